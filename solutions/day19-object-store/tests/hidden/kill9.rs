use crate::visible::support::{
    Cloud, etag,
    sign::{UNSIGNED, read_head},
};
use harness::{expect, random};
use harness_net::Socket;

#[tokio::test]
async fn a_kill_within_uploads_leaves_the_old_objects_and_no_rest() {
    let mut cloud = Cloud::start().await;
    let mut random = random();
    let old = random.bytes(1000);
    for key in ["one", "two"] {
        cloud.put(key, old.clone()).await;
    }
    cloud.kill_and_restart();
    let before = cloud.files().len();
    let mut sockets = Vec::new();
    for key in ["one", "two", "three"] {
        let draft = cloud.object("PUT", key).payload(UNSIGNED).header("expect", "100-continue");
        let mut socket = Socket::connect(cloud.address).await;
        socket.send(draft.sign().head(100_000)).await;
        let head = read_head(&mut socket).await;
        expect("the program asks for the body").contains(&head, "100 Continue");
        socket.send(random.bytes(60_000)).await;
        sockets.push(socket);
    }
    cloud.kill_and_restart();
    for key in ["one", "two"] {
        cloud.expect_content("an object is as it was before the upload that was killed", key, &old).await;
    }
    expect("a new object is not there by half").eq(cloud.get("three").await.status, 404);
    expect("and no file is left of the uploads").eq(cloud.files().len(), before);
}

#[tokio::test]
async fn everything_is_as_it_was() {
    let mut cloud = Cloud::start().await;
    let content = random().bytes(5000);
    let request = cloud.object("PUT", "a/<b>").header("content-type", "image/png").header("x-amz-meta-place", "Rome");
    request.body(content.clone()).send().await.expect("an object").status(200);
    cloud.put("gone", "x").await;
    cloud.object("DELETE", "gone").send().await.expect("deleted").status(204);
    let before = cloud.list(&[]).await;
    for _ in 0..2 {
        cloud.kill_and_restart();
        let after = cloud.list(&[]).await;
        expect("the listing is the same").eq(after.keys(), before.keys());
        expect("with the same times").eq(&after.contents[0].last_modified, &before.contents[0].last_modified);
        cloud.expect_content("the content is the same", "a/<b>", &content).await;
        let reply = cloud.get("a/<b>").await;
        reply.expect("and so are the headers").header("etag", &etag(&content)).header("content-type", "image/png");
        reply.expect("all of them").header("x-amz-meta-place", "Rome");
    }
}
