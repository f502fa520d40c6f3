use crate::visible::support::{Hit, analyze, hits, log, naive};
use harness::{Random, random};
use serde_json::json;

/// A line with these fields; the rest is as usual.
fn line(request: &str, bytes: &str, agent: &str) -> String {
    format!("2001:db8::7 - - [28/Feb/2026:23:59:59 +0000] \"{request}\" 200 {bytes} \"-\" \"{agent}\"\n")
}

#[test]
fn every_member_is_what_a_naive_count_gives() {
    let mut random = random();
    let mut hits = hits(&mut random, 700);
    for hit in hits.iter_mut().step_by(3) {
        hit.query = format!("?q={}", random.word());
    }
    let report = analyze(log(&hits), &[]);
    report.expect_all("the report is what a naive count gives", &naive(&hits));
    let times = || hits.iter().map(|hit| hit.time);
    report.expect("first is the earliest time", "first", times().min().map(|time| time.to_string()));
    report.expect("last is the latest time", "last", times().max().map(|time| time.to_string()));
}

#[test]
fn an_empty_log_has_an_empty_report() {
    analyze("", &[]).expect_all(
        "nothing was asked for",
        &json!({"lines": 0, "malformed": 0, "requests": 0, "bytes": 0, "paths": 0, "first": null, "last": null,
                "statuses": {}, "top_paths": []}),
    );
}

#[test]
fn a_user_name_may_contain_spaces() {
    let mut random = random();
    let users = ["-", "john", "john doe", "o'neil (ops) 7", "a - b", "x:y/z"];
    let hits: Vec<_> = users.map(|user| Hit { user: user.to_owned(), ..Hit::random(&mut random) }).into();
    let report = analyze(log(&hits), &[]);
    report.expect("the user ends where the time begins", "malformed", 0);
    report.expect_all("the fields after a user with spaces are found", &naive(&hits));
}

/// Text with quotes, backslashes and other things that end fields elsewhere, escaped as Apache does it.
fn nasty(random: &mut Random) -> String {
    let pieces = [r#"\""#, r"\\", r"\x22", r"\t", " ", "[", "]", "] \\\"", "- -", "200", "GET", "/", "x", "?"];
    (0..random.between(0..=9)).map(|_| *random.pick(&pieces)).collect()
}

#[test]
fn quotes_and_backslashes_are_found_in_every_field() {
    let mut random = random();
    let nasty_hit = |random: &mut Random| Hit {
        path: format!("/{}", nasty(random).replace([' ', '?'], "")),
        referer: nasty(random),
        agent: nasty(random),
        ..Hit::random(random)
    };
    let hits: Vec<_> = (0..200).map(|_| nasty_hit(&mut random)).collect();
    let report = analyze(log(&hits), &[]);
    report.expect("escaped quotes are in no one's way", "malformed", 0);
    report.expect_all("the fields between and after them are found", &naive(&hits));
}

#[test]
fn a_request_that_is_none_has_no_path() {
    let odd =
        ["-", "", r"\x16\x03\x01\x02\x00\x01", "GET /index.html", "GET /a b HTTP/1.1", "GET  / HTTP/1.1", "SSH-2.0-Go"];
    let log: String = odd.iter().map(|request| line(request, "157", "-")).collect();
    let report = analyze(log, &[]);
    report.expect("what a scanner sends is a request all the same", "requests", odd.len());
    let count = odd.len();
    report.expect("its path is -", "top_paths", json!([{"path": "-", "requests": count, "bytes": 157 * count}]));
}

#[test]
fn the_path_ends_at_the_first_question_mark() {
    for (target, path) in [
        ("/s?q=a", "/s"),
        ("/s?", "/s"),
        ("/s?a?b", "/s"),
        ("/s#x?y", "/s#x"),
        ("/%3F%20", "/%3F%20"),
        (r#"/caf\xC3\xA9/\"a\\"#, r#"/caf\xC3\xA9/\"a\\"#),
        ("*", "*"),
        ("http://example.com/s?x", "http://example.com/s"),
    ] {
        analyze(line(&format!("OPTIONS {target} HTTP/1.0"), "1", "-"), &[]).expect(
            "a path is the target up to its first ?, as it stands in the log",
            "top_paths",
            json!([{"path": path, "requests": 1, "bytes": 1}]),
        );
    }
}

#[test]
fn no_bytes_are_a_dash_and_large_ones_fit() {
    let log = line("GET / HTTP/1.1", "-", "-") + &line("GET / HTTP/1.1", "5000000000", "-");
    let report = analyze(log, &[]);
    report.expect("a dash is no bytes, and no mistake", "requests", 2);
    report.expect("a download may have more than 4 GB", "bytes", 5_000_000_000_u64);
}

#[test]
fn further_fields_and_line_ends_do_not_matter() {
    let plain = line("GET / HTTP/1.1", "1", "x");
    let plain = plain.trim_end();
    let log = format!("{plain} \"10.0.0.1, 10.0.0.2\" upstream=3\r\n{plain}\r\n{plain} -\n{plain}");
    let report = analyze(log, &[]);
    let expected = json!({"lines": 4, "malformed": 0, "requests": 4});
    report.expect_all("further fields, \\r\\n and a last line without its end are all fine", &expected);
}
