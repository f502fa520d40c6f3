use crate::visible::support::{Cloud, Completed, expect_refusal, md5, parse};
use harness::{expect, random};

const SMALLEST: usize = 5 << 20;

#[tokio::test]
async fn parts_come_in_any_order_and_again() {
    let cloud = Cloud::start().await;
    let mut random = random();
    let (first, last) = (random.bytes(SMALLEST), random.bytes(17));
    let reply = cloud.object("POST", "film").query("uploads", "").header("content-type", "video/mp4").send().await;
    let id = parse::<crate::visible::support::Upload>(&reply).upload_id;
    let end = cloud.put_part("film", &id, 9, &last).await;
    cloud.put_part("film", &id, 2, b"a try that is replaced").await;
    let start = cloud.put_part("film", &id, 2, &first).await;
    cloud.put_part("film", &id, 3, b"a part that is not listed").await;
    expect("there is no object yet").eq(cloud.list(&[]).await.keys(), Vec::<String>::new());
    let reply = cloud.complete("film", &id, &[(2, &start), (9, &end)]).send().await;
    reply.expect("the upload is completed").status(200).media_type("application/xml");
    let digests =
        [md5(&first), md5(&last)].map(|part| data_encoding::HEXLOWER.decode(part.as_bytes()).unwrap_or_default());
    let etag = format!("\"{}-2\"", md5(&digests.concat()));
    let completed: Completed = parse(&reply);
    expect("its key and ETag").eq((completed.key, &completed.etag), ("film".to_owned(), &etag));
    cloud.expect_content("the parts in the order of their numbers", "film", &[first, last].concat()).await;
    let reply = cloud.object("HEAD", "film").send().await;
    reply.expect("with the headers of the beginning").header("content-type", "video/mp4").header("etag", &etag);
    let reply = cloud.complete("film", &id, &[(2, &start), (9, &end)]).send().await;
    reply.expect("an upload is completed once, or is told to be complete").status_in(&[200, 404]);
}

#[tokio::test]
async fn only_what_fits_is_put_together() {
    let cloud = Cloud::start().await;
    let id = cloud.begin_upload("film").await;
    let one = cloud.put_part("film", &id, 1, b"small").await;
    let two = cloud.put_part("film", &id, 2, b"and small").await;
    let complete = async |parts: &[(usize, &str)]| cloud.complete("film", &id, parts).send().await;
    expect_refusal("the first part is too small", &complete(&[(1, &one), (2, &two)]).await, 400, &["EntityTooSmall"]);
    expect_refusal("not in order", &complete(&[(2, &two), (1, &one)]).await, 400, &["InvalidPartOrder"]);
    expect_refusal("no such part", &complete(&[(3, &one)]).await, 400, &["InvalidPart"]);
    expect_refusal("a part has another ETag", &complete(&[(1, &two)]).await, 400, &["InvalidPart"]);
    let reply = cloud.object("POST", "film").query("uploadId", &id).body("<Complete").send().await;
    expect_refusal("no XML", &reply, 400, &["MalformedXML"]);
    for number in ["0", "10001", "one"] {
        let reply = cloud.part("film", &id, number, b"x").send().await;
        expect_refusal("a part has a number from 1 to 10000", &reply, 400, &["InvalidArgument"]);
    }
    let reply = cloud.part("another", &id, "1", b"x").send().await;
    expect_refusal("an upload is for one key", &reply, 404, &["NoSuchUpload"]);
    expect("no object was made").eq(cloud.list(&[]).await.keys(), Vec::<String>::new());
    complete(&[(1, &one)]).await.expect("one part may be small").status(200);
    cloud.expect_content("it is the object", "film", b"small").await;
}

#[tokio::test]
async fn an_upload_can_be_called_off() {
    let cloud = Cloud::start().await;
    cloud.put("film", "old").await;
    let before = cloud.room();
    let id = cloud.begin_upload("film").await;
    let one = cloud.put_part("film", &id, 1, &random().bytes(500_000)).await;
    let reply = cloud.object("DELETE", "film").query("uploadId", &id).send().await;
    reply.expect("the upload is aborted").status(204);
    let reply = cloud.complete("film", &id, &[(1, &one)]).send().await;
    expect_refusal("it has ended", &reply, 404, &["NoSuchUpload"]);
    expect_refusal("no part is taken", &cloud.part("film", &id, "2", b"x").send().await, 404, &["NoSuchUpload"]);
    cloud.expect_content("the object is as it was", "film", b"old").await;
    expect("the parts take no room").that(cloud.room() < before + 400_000, cloud.room());
}

#[tokio::test]
async fn parts_survive_a_kill() {
    let mut cloud = Cloud::start().await;
    let id = cloud.begin_upload("film").await;
    let one = cloud.put_part("film", &id, 1, b"the whole film").await;
    cloud.kill_and_restart();
    let reply = cloud.complete("film", &id, &[(1, &one)]).send().await;
    reply.expect("an upload goes on after a restart").status(200);
    cloud.kill_and_restart();
    cloud.expect_content("and so does its object", "film", b"the whole film").await;
}
