use crate::visible::support::{
    Cloud, expect_refusal,
    sign::{Signed, UNSIGNED, stamp},
};
use harness::{expect, random};
use jiff::{SignedDuration, Timestamp};

#[tokio::test]
async fn one_digit_makes_another_signature() {
    let cloud = Cloud::start().await;
    cloud.put("photo", "mine").await;
    let mut random = random();
    for _ in 0..12 {
        let mut request = cloud.object("GET", "photo").sign();
        let at = random.below(request.signature.len());
        let digit = u8::from_str_radix(&request.signature[at..=at], 16).unwrap_or_default();
        let digit = format!("{:x}", (digit + 1) % 16);
        let mut forged = request.signature.clone();
        forged.replace_range(at..=at, &digit);
        let line = request.header("authorization");
        *line = line.rsplit_once('=').map(|(start, _)| format!("{start}={forged}")).unwrap_or_default();
        expect_refusal("another signature", &request.send().await, 403, &["SignatureDoesNotMatch"]);
    }
    for length in [0, 2, 62] {
        let mut request = cloud.object("GET", "photo").sign();
        let (whole, part) = (request.signature.clone(), request.signature[..length].to_owned());
        let line = request.header("authorization");
        *line = line.replace(&whole, &part);
        request.send().await.expect("a part of the signature").status_in(&[400, 403]);
    }
}

#[tokio::test]
async fn what_decides_about_a_request_has_to_be_signed() {
    let cloud = Cloud::start().await;
    let mut request = cloud.object("PUT", "photo").body("x").sign();
    request.headers.push(("x-amz-meta-owner".to_owned(), "mallory".to_owned()));
    expect_refusal("a header x-amz-… that was added", &request.send().await, 403, &["AccessDenied"]);
    let reply = cloud.object("PUT", "photo").body("x").without_host().send().await;
    reply.expect("a signature that is good for any host").status_in(&[400, 403]);
    expect("nothing was stored").eq(cloud.list(&[]).await.keys(), Vec::<String>::new());
}

#[tokio::test]
async fn a_signature_is_for_one_day_and_one_service() {
    let cloud = Cloud::start().await;
    let reply = cloud.of_bucket("GET").scope("sqs", None).send().await;
    reply.expect("a signature for another service").status_in(&[400, 403]);
    let yesterday = stamp(Timestamp::now() - SignedDuration::from_hours(24));
    let reply = cloud.of_bucket("GET").scope("s3", Some(&yesterday[..8])).send().await;
    reply.expect("a signature with the key of yesterday").status_in(&[400, 403]);
}

#[tokio::test]
async fn an_unsigned_body_is_taken_where_the_request_says_so() {
    let cloud = Cloud::start().await;
    let mut request = cloud.object("PUT", "photo").payload(UNSIGNED).sign();
    request.body = b"anything".to_vec();
    request.send().await.expect("UNSIGNED-PAYLOAD").status(200);
    cloud.expect_content("it is stored", "photo", b"anything").await;
    let mut request = cloud.object("PUT", "photo").body("evil").sign();
    *request.header("x-amz-content-sha256") = UNSIGNED.to_owned();
    expect_refusal("but that has to be signed", &request.send().await, 403, &["SignatureDoesNotMatch"]);
    let reply = cloud.object("PUT", "photo").payload("sha-something").body("evil").send().await;
    reply.expect("neither a digest nor a known word").status_in(&[400, 501]);
    cloud.expect_content("the object is as it was", "photo", b"anything").await;
}

fn chunked(cloud: &Cloud, payload: &str, length: usize) -> Signed {
    let draft = cloud.object("PUT", "photo").payload(payload).header("content-encoding", "aws-chunked");
    draft.header("x-amz-decoded-content-length", &length.to_string()).sign()
}

#[tokio::test]
async fn each_piece_of_a_body_is_signed() {
    let cloud = Cloud::start().await;
    let mut random = random();
    let pieces = [random.bytes(70_000), random.bytes(70_000), random.bytes(9)];
    let pieces: Vec<_> = pieces.iter().map(Vec::as_slice).collect();
    let content = pieces.concat();
    let prepare = || {
        let request = chunked(&cloud, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", content.len());
        let chunks = request.chunks(&pieces);
        (request, chunks)
    };
    let (mut request, chunks) = prepare();
    request.body = chunks.concat();
    request.send().await.expect("signed pieces are put together").status(200);
    cloud.expect_content("without what stood between them", "photo", &content).await;
    cloud.get("photo").await.expect("aws-chunked was the coding of the request only").no_header("content-encoding");

    let (mut request, mut chunks) = prepare();
    let last = chunks[1].len() - 3;
    chunks[1][last] ^= 1;
    request.body = chunks.concat();
    expect_refusal("a byte was changed", &request.send().await, 403, &["SignatureDoesNotMatch"]);
    let (mut request, mut chunks) = prepare();
    chunks.swap(0, 1);
    request.body = chunks.concat();
    expect_refusal("two pieces were swapped", &request.send().await, 403, &["SignatureDoesNotMatch"]);
    let (mut request, mut chunks) = prepare();
    chunks.pop();
    request.body = chunks.concat();
    request.send().await.expect("the end is missing").status_in(&[400, 403]);
    let (mut request, mut chunks) = prepare();
    chunks.remove(2);
    request.body = chunks.concat();
    request.send().await.expect("a piece was left out").status_in(&[400, 403]);
    cloud.expect_content("and nothing of that was stored", "photo", &content).await;
}

#[tokio::test]
async fn pieces_can_end_with_a_trailer() {
    let cloud = Cloud::start().await;
    let mut request = chunked(&cloud, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", 11);
    request.body = b"5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n".to_vec();
    request.send().await.expect("as newer clients of S3 send it").status(200);
    cloud.expect_content("the pieces are put together", "photo", b"hello world").await;
    for (length, body) in [(12, "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), (5, "6\r\nhello\r\n0\r\n\r\n"), (5, "hello")]
    {
        let mut request = chunked(&cloud, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", length);
        request.body = body.as_bytes().to_vec();
        request.send().await.expect("a body that is not what it says").status(400).media_type("application/xml");
    }
    cloud.expect_content("that is not stored", "photo", b"hello world").await;
}
