use crate::visible::support::{Site, Wire, get, request};
use harness::{expect, random};

#[tokio::test]
async fn a_file_can_be_put_together_from_its_parts() {
    let mut random = random();
    let site = Site::empty();
    let size = 100_000 + random.below(100_000);
    let bytes = random.bytes(size);
    site.file("a.bin", &bytes);
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    let mut joined = Vec::new();
    while joined.len() < size {
        let first = joined.len();
        let last = (first + random.below(30_000)).min(size - 1);
        let answer = wire.ask(request("GET", "/a.bin", &[&format!("Range: bytes={first}-{last}")])).await;
        answer.has_status("a part within the file is 206", &[206]);
        answer.has_header("the part says which", "Content-Range", &format!("bytes {first}-{last}/{size}"));
        answer.has_header("the length is that of the part", "Content-Length", &(last - first + 1).to_string());
        joined.extend_from_slice(&answer.body);
        answer.expect("a part has exactly its bytes").that(joined.len() == last + 1, answer.body.len());
    }
    expect("the parts make the file").that(joined == bytes, "other bytes");
}

#[tokio::test]
async fn ends_that_reach_too_far_are_cut() {
    let site = Site::empty();
    site.file("a.txt", "0123456789");
    let (_program, http) = site.serve();
    for (range, part, content_range) in [
        ("bytes=7-1000", "789", "bytes 7-9/10"),
        ("bytes=-1000", "0123456789", "bytes 0-9/10"),
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=9-9", "9", "bytes 9-9/10"),
        ("bytes=-1", "9", "bytes 9-9/10"),
        ("bytes=0-", "0123456789", "bytes 0-9/10"),
    ] {
        let reply = http.get("/a.txt").header("range", range).send().await;
        reply.expect(format!("{range} of 10 bytes")).status(206).header("content-range", content_range).body(part);
    }
}

#[tokio::test]
async fn nothing_of_it_is_there() {
    let mut random = random();
    let site = Site::empty();
    site.file("a.txt", "0123456789");
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    let behind = random.between(10..=1_000_000);
    for range in ["10-10".to_owned(), format!("{behind}-"), format!("{behind}-{}", behind + 5), "-0".to_owned()] {
        let answer = wire.ask(request("GET", "/a.txt", &[&format!("Range: bytes={range}")])).await;
        answer.has_status("a range without a byte of the file is 416", &[416]);
        answer.has_header("416 says how long the file is", "Content-Range", "bytes */10");
        wire.ask(get("/a.txt")).await.is_file("the connection survives a 416", "0123456789");
    }
}

#[tokio::test]
async fn other_units_are_ignored() {
    let site = Site::empty();
    site.file("a.txt", "0123456789");
    let (_program, http) = site.serve();
    for range in ["lines=1-2", "bytes", "seconds=-3"] {
        let reply = http.get("/a.txt").header("range", range).send().await;
        reply.expect("a range in another unit is ignored").status(200).body("0123456789");
    }
    let reply = http.get("/a.txt").send().await;
    reply.expect("a file says that parts can be had").status(200).header("accept-ranges", "bytes");
}

#[tokio::test]
async fn what_is_no_range_is_ignored() {
    let site = Site::empty();
    site.file("a.txt", "0123456789");
    let (_program, http) = site.serve();
    for range in ["bytes=5-2", "bytes=x-2", "bytes=2-x", "bytes=-x", "bytes=-", "bytes=+1-2", "bytes=1-2-3"] {
        let reply = http.get("/a.txt").header("range", range).send().await;
        reply.expect(format!("what is no range is ignored, as {range}")).status(200).body("0123456789");
    }
}

#[tokio::test]
async fn if_range_guards_against_a_changed_file() {
    let site = Site::empty();
    site.file("a.txt", "0123456789");
    let (_program, http) = site.serve();
    let reply = http.get("/a.txt").send().await;
    let tag = reply.header("etag").unwrap_or("(none)");
    let date = reply.header("last-modified").unwrap_or("(none)");
    for same in [tag, date] {
        let part = http.get("/a.txt").header("range", "bytes=2-3").header("if-range", same).send().await;
        part.expect("the file is the same, so the part is sent").status(206).body("23");
    }
    for other in ["\"another\"", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        let whole = http.get("/a.txt").header("range", "bytes=2-3").header("if-range", other).send().await;
        whole.expect("the file is another one, so all of it is sent").status(200).body("0123456789");
    }
}

#[tokio::test]
async fn a_condition_counts_before_a_range() {
    let site = Site::empty();
    site.file("a.txt", "0123456789");
    let (_program, http) = site.serve();
    let reply = http.get("/a.txt").send().await;
    let tag = reply.header("etag").unwrap_or("(none)");
    let reply = http.get("/a.txt").header("range", "bytes=2-3").header("if-none-match", tag).send().await;
    reply.expect("what the client has is 304, range or not").status(304);
}
