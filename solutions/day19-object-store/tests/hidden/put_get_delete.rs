use crate::visible::support::{Cloud, expect_refusal, fresh_name};
use harness::{Launch, expect, random};
use harness_net::eventually;
use std::time::Duration;

#[tokio::test]
async fn headers_come_back_with_the_object() {
    let cloud = Cloud::start().await;
    let request = cloud.object("PUT", "page").header("content-type", "text/html; charset=utf-8");
    let request = request.header("x-amz-meta-author", "Ada Lovelace").header("cache-control", "max-age=60");
    request.body("<p>").send().await.expect("an object with headers").status(200);
    for method in ["GET", "HEAD"] {
        let reply = cloud.object(method, "page").send().await;
        let reply = reply.expect(format!("{method} tells them"));
        reply.status(200).header("content-type", "text/html; charset=utf-8").header("content-length", "3");
        reply.header("x-amz-meta-author", "Ada Lovelace").header("cache-control", "max-age=60");
    }
    cloud.put("page", "<p>").await;
    let reply = cloud.get("page").await;
    reply.expect("a new object has its own").no_header("x-amz-meta-author").no_header("cache-control");
    reply.expect("without a type").header("content-type", "binary/octet-stream");
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let cloud = Cloud::start().await;
    let (other, key) = (format!("/{}", fresh_name()), fresh_name());
    expect_refusal("no such key", &cloud.get(&key).await, 404, &["NoSuchKey"]);
    let reply = cloud.object("HEAD", &key).send().await;
    reply.expect("an answer to HEAD has no body").status(404).body("");
    cloud.object("DELETE", &key).send().await.expect("to delete nothing is no error").status(204);
    for (method, path) in [("PUT", "/key"), ("GET", "/key"), ("DELETE", "/key"), ("GET", "?"), ("DELETE", "")] {
        let reply = cloud.request(method, &format!("{other}{}", path.trim_end_matches('?'))).send().await;
        expect_refusal("no such bucket", &reply, 404, &["NoSuchBucket"]);
    }
}

#[tokio::test]
async fn any_bytes_of_any_number_are_kept() {
    let cloud = Cloud::start().await;
    let mut random = random();
    for size in [0, 1, 65_536, 2_500_000] {
        let content = random.bytes(size);
        cloud.put("bytes", content.clone()).await;
        cloud.expect_content(&format!("{size} bytes"), "bytes", &content).await;
    }
}

#[tokio::test]
async fn what_is_replaced_or_deleted_takes_no_room() {
    let cloud = Cloud::start().await;
    let mut random = random();
    for _ in 0..5 {
        cloud.put("large", random.bytes(500_000)).await;
    }
    cloud.put("other", random.bytes(500_000)).await;
    cloud.object("DELETE", "other").send().await.expect("an object is deleted").status(204);
    eventually("the room of old contents is free again", Duration::from_secs(5), || async {
        (cloud.room() < 950_000).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_bucket_has_a_name_that_can_stand_in_a_url() {
    let cloud = Cloud::start().await;
    for name in ["ab", "Photos", "my_photos", "-photos", &"x".repeat(64)] {
        let reply = cloud.request("PUT", &format!("/{name}")).send().await;
        expect_refusal(&format!("{name:?} is no name"), &reply, 400, &["InvalidBucketName"]);
    }
    cloud.put("photo", "mine").await;
    cloud.of_bucket("PUT").send().await.expect("it is there already").status_in(&[200, 409]);
    cloud.expect_content("and stays as it is", "photo", b"mine").await;
}

#[tokio::test]
async fn what_is_not_built_is_501() {
    let cloud = Cloud::start().await;
    cloud.put("photo", "mine").await;
    let request = cloud.object("PUT", "photo").query("acl", "").body("<AccessControlPolicy/>");
    expect_refusal("access lists", &request.send().await, 501, &["NotImplemented"]);
    let request = cloud.object("PUT", "copy").header("x-amz-copy-source", &format!("/{}/photo", cloud.bucket));
    expect_refusal("copies", &request.send().await, 501, &["NotImplemented"]);
    cloud.expect_content("nothing was overwritten", "photo", b"mine").await;
    expect("and nothing was made").eq(cloud.list(&[]).await.keys(), vec!["photo"]);
}

#[test]
fn it_does_not_start_without_its_keys() {
    let ended = Launch::service().data_dir().env("ACCESS_KEY", "me").run_to_end();
    expect("without a secret key the command line is wrong").eq(ended.code, Some(2));
}
