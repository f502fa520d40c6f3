use crate::visible::support::{
    Cloud, etag, expect_refusal,
    sign::{UNSIGNED, read_head},
};
use harness::{expect, random};
use harness_net::{Socket, together};

#[tokio::test]
async fn any_range_is_that_part() {
    let cloud = Cloud::start().await;
    let mut random = random();
    let content = random.bytes(300_000);
    cloud.put("bytes", content.clone()).await;
    for _ in 0..15 {
        let (one, other) = (random.below(content.len()), random.below(content.len()));
        let (first, last) = (one.min(other), one.max(other));
        let request = cloud.object("GET", "bytes").header("range", &format!("bytes={first}-{last}"));
        let reply = request.send().await;
        reply.expect("a range").status(206).header("content-range", &format!("bytes {first}-{last}/300000"));
        expect("its bytes").request(reply.curl()).that(reply.body == content[first..=last], reply.body.len());
    }
    for (range, part) in
        [("bytes=299990-999999", "bytes 299990-299999/300000"), ("bytes=-999999", "bytes 0-299999/300000")]
    {
        let reply = cloud.object("GET", "bytes").header("range", range).send().await;
        reply.expect("a range that reaches too far ends with the object").status(206).header("content-range", part);
    }
    for range in ["bytes=9-2", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5"] {
        let reply = cloud.object("GET", "bytes").header("range", range).send().await;
        reply.expect(format!("{range} is ignored")).status(200).header("content-length", "300000");
    }
    let reply = cloud.object("HEAD", "bytes").header("range", "bytes=0-9").send().await;
    reply.expect("HEAD has the head of GET").status(206).header("content-length", "10").body("");
}

#[tokio::test]
async fn times_and_lists_are_conditions_too() {
    let cloud = Cloud::start().await;
    cloud.put("photo", "mine").await;
    let reply = cloud.get("photo").await;
    let now = reply.header("last-modified").unwrap_or_default().to_owned();
    let (past, tags) = ("Thu, 01 Jan 2015 00:00:00 GMT", format!("\"x\", {}", etag(b"mine")));
    let get = async |headers: &[(&str, &str)]| {
        let request = cloud.object("GET", "photo");
        headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await.status
    };
    expect("not modified since").eq(get(&[("if-modified-since", &now)]).await, 304);
    expect("modified since 2015").eq(get(&[("if-modified-since", past)]).await, 200);
    expect("modified, so not sent").eq(get(&[("if-unmodified-since", past)]).await, 412);
    expect("not modified, so sent").eq(get(&[("if-unmodified-since", &now)]).await, 200);
    expect("one of several").eq(get(&[("if-match", &tags)]).await, 200);
    expect("any").eq(get(&[("if-match", "*")]).await, 200);
    expect("one of several that the client has").eq(get(&[("if-none-match", &tags)]).await, 304);
    let both = [("if-none-match", "\"x\""), ("if-modified-since", &now)];
    expect("an ETag says more than a time").eq(get(&both).await, 200);
    let both = [("if-match", tags.as_str()), ("if-unmodified-since", past)];
    expect("in both directions").eq(get(&both).await, 200);
}

#[tokio::test]
async fn one_of_twenty_makes_an_object() {
    let cloud = Cloud::start().await;
    let statuses = together(20, |number| {
        let request = cloud.object("PUT", "lock").header("if-none-match", "*").body(number.to_string());
        async move { request.send().await.status }
    });
    let statuses = statuses.await;
    let winners: Vec<_> = (0..20).filter(|number| statuses[*number] == 200).collect();
    expect("one writer is the first").that(winners.len() == 1, format!("{statuses:?}"));
    let others = statuses.iter().all(|status| [200, 409, 412].contains(status));
    expect("the others are told").that(others, format!("{statuses:?}"));
    cloud.expect_content("its content is there", "lock", winners[0].to_string().as_bytes()).await;
    let reply = cloud.object("PUT", "nothing").header("if-match", &etag(b"x")).send().await;
    expect_refusal("there is nothing to replace", &reply, 404, &["NoSuchKey"]);
}

#[tokio::test]
async fn a_condition_is_about_the_moment_of_writing() {
    let cloud = Cloud::start().await;
    let draft = cloud.object("PUT", "lock").payload(UNSIGNED).header("expect", "100-continue");
    let mut slow = Socket::connect(cloud.address).await;
    slow.send(draft.header("if-none-match", "*").sign().head(4)).await;
    let head = read_head(&mut slow).await;
    expect("there is nothing yet, so the program asks for the body").contains(&head, "100 Continue");
    let reply = cloud.object("PUT", "lock").header("if-none-match", "*").body("fast").send().await;
    reply.expect("meanwhile another writer is faster").status(200);
    slow.send("slow").await;
    let head = read_head(&mut slow).await;
    expect("the first one is too late")
        .expected("status 412 or 409")
        .that(head.contains(" 412 ") || head.contains(" 409 "), head);
    cloud.expect_content("the object is the other's", "lock", b"fast").await;
}
