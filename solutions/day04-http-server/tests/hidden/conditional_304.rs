use crate::visible::support::{Site, Wire, get, request, text};
use harness::{expect, random};
use std::{
    fs::File,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

fn set_modified(path: &Path, seconds: u64) {
    let file = File::options().write(true).open(path).expect("the file can be opened");
    file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("its time can be set");
}

#[tokio::test]
async fn last_modified_is_the_time_of_the_file() {
    let site = Site::empty();
    let path = site.file("one.txt", "x");
    let (_program, http) = site.serve();
    for (seconds, date) in [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (946_684_799, "Fri, 31 Dec 1999 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
        (1_767_225_599, "Wed, 31 Dec 2025 23:59:59 GMT"),
        (1_767_225_600, "Thu, 01 Jan 2026 00:00:00 GMT"),
        (1_835_438_706, "Tue, 29 Feb 2028 12:05:06 GMT"),
    ] {
        set_modified(&path, seconds);
        let reply = http.get("/one.txt").send().await;
        reply.expect("Last-Modified is the time of the last change").status(200).header("last-modified", date);
        let again = http.get("/one.txt").header("if-modified-since", date).send().await;
        again.expect("not modified since its own date").status(304);
    }
}

#[tokio::test]
async fn earlier_and_later_dates() {
    let site = Site::empty();
    let path = site.file("one.txt", "x");
    set_modified(&path, 951_782_400);
    let (_program, http) = site.serve();
    for (date, status) in [
        ("Mon, 28 Feb 2000 23:59:59 GMT", 200),
        ("Tue, 29 Feb 2000 00:00:01 GMT", 304),
        ("Wed, 31 Dec 2025 23:59:59 GMT", 304),
        ("Thu, 01 Jan 1998 00:00:00 GMT", 200),
        ("yesterday", 200),
        ("Tue, 99 Feb 2000 00:00:00 GMT", 200),
        ("Wed, 31 Dec 2025 24:00:00 GMT", 200),
        ("Wed, 31 Dec 2025 00:60:00 GMT", 200),
    ] {
        let reply = http.get("/one.txt").header("if-modified-since", date).send().await;
        reply.expect(format!("changed at Tue, 29 Feb 2000 00:00:00 GMT, asked since {date}")).status(status);
    }
}

#[tokio::test]
async fn the_tag_changes_with_the_file() {
    let mut random = random();
    let site = Site::empty();
    let (_program, http) = site.serve();
    let mut seen = Vec::new();
    for round in 1..=4 {
        // Always the same size, so it is the time that makes the difference.
        let path = site.file("one.txt", random.bytes(20));
        set_modified(&path, 1_700_000_000 + 1000 * round + random.below(1000) as u64);
        let tag = http.get("/one.txt").send().await.header("etag").unwrap_or_default().to_owned();
        expect("an ETag stands in quotes").that(tag.trim_start_matches("W/").len() > 2 && tag.ends_with('"'), &tag);
        expect("another content has another ETag").that(!seen.contains(&tag), &tag);
        for old in &seen {
            let reply = http.get("/one.txt").header("if-none-match", old).send().await;
            reply.expect("the tag of an earlier content does not match").status(200);
        }
        seen.push(tag);
    }
}

#[tokio::test]
async fn lists_weak_tags_and_the_star() {
    let site = Site::empty();
    site.file("one.txt", "x");
    let (_program, http) = site.serve();
    let reply = http.get("/one.txt").send().await;
    let tag = reply.header("etag").unwrap_or("(none)").trim_start_matches("W/");
    for (value, status) in [
        (format!("\"a\", {tag}, \"b\""), 304),
        (format!("W/{tag}"), 304),
        (format!("\"a\",W/{tag}"), 304),
        ("*".to_owned(), 304),
        ("\"a\", \"b\"".to_owned(), 200),
        (tag.trim_matches('"').to_owned(), 200),
    ] {
        let reply = http.get("/one.txt").header("if-none-match", &value).send().await;
        reply.expect(format!("If-None-Match: {value}")).status(status);
    }
    let missing = http.get("/missing.txt").header("if-none-match", "*").send().await;
    missing.expect("what is not there is 404, whatever the conditions").status(404);
}

#[tokio::test]
async fn the_tag_counts_more_than_the_date() {
    let site = Site::empty();
    site.file("one.txt", "x");
    let (_program, http) = site.serve();
    let later = "Fri, 31 Dec 2100 23:59:59 GMT";
    let reply = http.get("/one.txt").header("if-none-match", "\"a\"").header("if-modified-since", later).send().await;
    reply.expect("If-Modified-Since is ignored beside If-None-Match").status(200);
}

#[tokio::test]
async fn a_304_has_no_body_and_keeps_the_connection() {
    let mut random = random();
    let (site, content) = (Site::empty(), text(&mut random));
    site.file("one.txt", &content);
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    let tag = wire.ask(get("/one.txt")).await.header("etag").unwrap_or("(none)").to_owned();
    for method in ["GET", "HEAD"] {
        wire.send(request(method, "/one.txt", &[&format!("If-None-Match: {tag}")])).await;
        let answer = wire.head().await;
        answer.has_status("the client has it already", &[304]).has_header("304 names the version", "ETag", &tag);
        wire.ask(get("/one.txt")).await.is_file("the next response begins right after the head", &content);
    }
}
