use crate::visible::support::{
    Cloud, md5,
    sign::{UNSIGNED, read_head},
};
use harness::{expect, random};
use harness_net::{Socket, together};

#[tokio::test]
async fn who_has_begun_to_read_reads_to_the_end() {
    let cloud = Cloud::start().await;
    let mut random = random();
    let (old, new) = (random.bytes(1_500_000), random.bytes(1_400_000));
    cloud.put("film", old.clone()).await;
    let mut slow = Socket::connect_narrow(cloud.address).await;
    slow.send(cloud.object("GET", "film").sign().head(0)).await;
    let head = read_head(&mut slow).await;
    expect("the answer begins").contains(&head, "200 OK");
    cloud.put("film", new.clone()).await;
    cloud.expect_content("others get the new object", "film", &new).await;
    cloud.object("DELETE", "film").send().await.expect("and it can be deleted").status(204);
    let body = slow.expect_closed("the answer ends").await;
    expect("the slow reader gets the object that it began to read")
        .expected(format!("{} bytes with the MD5 {}", old.len(), md5(&old)))
        .that(body == old, format!("{} bytes with the MD5 {}", body.len(), md5(&body)));
}

#[tokio::test]
async fn an_upload_that_breaks_off_changes_nothing() {
    let cloud = Cloud::start().await;
    let mut random = random();
    let old = random.bytes(1000);
    cloud.put("photo", old.clone()).await;
    for payload in [UNSIGNED, &md5(b"x").repeat(2)] {
        let mut socket = Socket::connect(cloud.address).await;
        socket.send(cloud.object("PUT", "photo").payload(payload).sign().head(2000)).await;
        socket.send(random.bytes(1500)).await;
        socket.finish().await;
        let answer = socket.expect_closed("the connection is over").await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        expect("half an upload is not acknowledged").lacks(&answer, " 200 ");
        cloud.expect_content("the old object is still there", "photo", &old).await;
    }
}

#[tokio::test]
async fn readers_and_writers_at_once() {
    let cloud = Cloud::start().await;
    let content = |version: usize| version.to_string().repeat(50_000 + version);
    cloud.put("photo", content(0)).await;
    together(8, |number| {
        let client = cloud.client.clone();
        async move {
            for version in 1..6 {
                if number < 3 {
                    client.put("photo", content(version + number)).await;
                    continue;
                }
                let reply = client.get("photo").await;
                let etag = format!("\"{}\"", md5(&reply.body));
                reply.expect("what is read is one version, with its ETag").status(200).header("etag", &etag);
                let one = reply.body.iter().all(|byte| Some(byte) == reply.body.first());
                expect("of one writer").that(one, "a mixture");
            }
        }
    })
    .await;
}
