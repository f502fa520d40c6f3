use crate::visible::support::{Cloud, etag};
use harness::{expect, random};

#[tokio::test]
async fn of_nothing_of_much_and_of_what_is_new() {
    let cloud = Cloud::start().await;
    let mut random = random();
    for content in [Vec::new(), random.bytes(3), random.bytes(1_000_000)] {
        let reply = cloud.object("PUT", "photo").body(content.clone()).send().await;
        reply.expect("PUT tells the MD5").status(200).header("etag", &etag(&content));
        cloud.object("HEAD", "photo").send().await.expect("and HEAD, too").header("etag", &etag(&content));
    }
}

#[tokio::test]
async fn the_same_content_has_the_same_etag_under_any_key() {
    let cloud = Cloud::start().await;
    let content = random().bytes(500);
    for key in ["one", "two"] {
        cloud.put(key, content.clone()).await;
    }
    let etags: Vec<_> = cloud.list(&[]).await.contents.into_iter().map(|entry| entry.etag).collect();
    expect("both are the MD5").eq(etags, vec![etag(&content); 2]);
}
