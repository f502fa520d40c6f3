use crate::visible::support::{Cloud, expect_refusal, fresh_name, sign::Keys};
use harness::expect;

#[tokio::test]
async fn every_operation_wants_a_signature() {
    let cloud = Cloud::start().await;
    cloud.put("photo", "mine").await;
    let keys = Keys { secret: fresh_name(), ..cloud.keys.clone() };
    let bucket = format!("/{}", cloud.bucket);
    for (method, path, query) in [
        ("GET", "/".to_owned(), ""),
        ("PUT", format!("/{}", fresh_name()), ""),
        ("GET", bucket.clone(), "list-type"),
        ("DELETE", bucket.clone(), ""),
        ("PUT", format!("{bucket}/photo"), ""),
        ("DELETE", format!("{bucket}/photo"), ""),
        ("POST", format!("{bucket}/photo"), "uploads"),
    ] {
        let request = cloud.request(method, &path).keys(keys.clone());
        let request = if query.is_empty() { request } else { request.query(query, "2") };
        let signed = request.sign();
        let mut unsigned = signed.clone();
        unsigned.headers.clear();
        expect_refusal("without a signature", &unsigned.send().await, 403, &["AccessDenied"]);
        expect_refusal("signed by somebody else", &signed.send().await, 403, &["SignatureDoesNotMatch"]);
    }
    let reply = cloud.object("HEAD", "photo").keys(keys).send().await;
    reply.expect("an answer to HEAD has a status only").status(403).body("");
    cloud.expect_content("nothing was changed", "photo", b"mine").await;
    expect("and nothing was made").eq(cloud.list(&[]).await.keys(), vec!["photo"]);
}

#[tokio::test]
async fn a_claim_that_makes_no_sense_is_refused() {
    let cloud = Cloud::start().await;
    let signed = cloud.object("GET", "photo").sign();
    let good = signed.clone().header("authorization").clone();
    for claim in [
        "Basic bWU6c2VjcmV0".to_owned(),
        "AWS4-HMAC-SHA256".to_owned(),
        good.replace("Credential=", "Credentials="),
        good.replace("/aws4_request", ""),
        good.replace("SignedHeaders", "signedheaders"),
        good.replace("Signature=", "Signature=xyz"),
        good.split(", Signature").next().unwrap_or_default().to_owned(),
    ] {
        let mut request = signed.clone();
        *request.header("authorization") = claim.clone();
        let reply = request.send().await;
        reply.expect(format!("Authorization: {claim}")).status_in(&[400, 403]).media_type("application/xml");
    }
    for missing in ["x-amz-date", "x-amz-content-sha256"] {
        let mut request = signed.clone();
        request.headers.retain(|(name, _)| name != missing);
        request.send().await.expect(format!("no {missing}")).status_in(&[400, 403]).media_type("application/xml");
    }
}
