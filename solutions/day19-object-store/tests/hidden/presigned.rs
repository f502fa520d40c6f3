use crate::visible::support::{Cloud, expect_refusal};
use jiff::{SignedDuration, Timestamp};

#[tokio::test]
async fn a_url_expires() {
    let cloud = Cloud::start().await;
    cloud.put("photo", "mine").await;
    let ago = |seconds| Timestamp::now() - SignedDuration::from_secs(seconds);
    // Older than a header may be: a URL says itself for how long it is good.
    let url = cloud.object("GET", "photo").at(ago(3000)).presign("3600");
    url.send().await.expect("signed 50 minutes ago, for an hour").status(200).body("mine");
    let url = cloud.object("GET", "photo").at(ago(120)).presign("60");
    expect_refusal("signed two minutes ago, for one", &url.send().await, 403, &["AccessDenied"]);
    let url = cloud.object("GET", "photo").at(ago(-3000)).presign("3600");
    url.send().await.expect("signed in the future").status_in(&[400, 403]);
    for expires in ["604801", "0", "-5", "long"] {
        let reply = cloud.object("GET", "photo").presign(expires).send().await;
        expect_refusal("a URL is good for a second to a week", &reply, 400, &["AuthorizationQueryParametersError"]);
    }
    let mut url = cloud.object("GET", "photo").at(ago(120)).presign("60");
    url.query = url.query.replace("Expires=60", "Expires=600");
    expect_refusal("the end was moved", &url.send().await, 403, &["SignatureDoesNotMatch"]);
}

#[tokio::test]
async fn a_url_can_be_for_putting() {
    let cloud = Cloud::start().await;
    let mut url = cloud.object("PUT", "a b/ü+.txt").presign("60");
    url.body = b"from a browser".to_vec();
    url.clone().send().await.expect("whoever has the URL can put").status(200);
    cloud.expect_content("any content", "a b/ü+.txt", b"from a browser").await;
    url.headers.push(("x-amz-meta-owner".to_owned(), "mallory".to_owned()));
    expect_refusal("but add no headers that decide", &url.send().await, 403, &["AccessDenied"]);
    let mut url = cloud.object("PUT", "a b/ü+.txt").header("content-type", "text/plain").presign("60");
    url.headers[0].1 = "text/html".to_owned();
    expect_refusal("nor change one that is signed", &url.send().await, 403, &["SignatureDoesNotMatch"]);
}

#[tokio::test]
async fn a_url_is_whole() {
    let cloud = Cloud::start().await;
    cloud.put("photo", "mine").await;
    let url = cloud.object("GET", "photo").presign("60");
    for missing in ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"] {
        let mut url = url.clone();
        let query = url.query.trim_start_matches('?');
        let kept: Vec<_> = query.split('&').filter(|pair| !pair.starts_with(missing)).collect();
        url.query = format!("?{}", kept.join("&"));
        url.send().await.expect(format!("without {missing}")).status_in(&[400, 403]).media_type("application/xml");
    }
    let mut twice = cloud.object("GET", "photo").sign();
    twice.query = url.query;
    expect_refusal("two signatures are one too many", &twice.send().await, 400, &["InvalidArgument"]);
}
