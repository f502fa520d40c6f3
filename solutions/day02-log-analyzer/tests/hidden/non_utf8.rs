use crate::visible::support::{Hit, analyze, log, naive, run};
use harness::{Random, expect, random};
use serde_json::json;

/// The line of `hit` with `#` replaced by `bytes`.
fn with(hit: &Hit, bytes: &[u8]) -> Vec<u8> {
    let line = hit.line() + "\n";
    let (before, after) = line.split_once('#').expect("the test put a # there");
    [before.as_bytes(), bytes, after.as_bytes()].concat()
}

fn plain(random: &mut Random) -> Hit {
    Hit { query: String::new(), ..Hit::random(random) }
}

#[test]
fn any_bytes_may_stand_in_an_agent() {
    let mut random = random();
    let (mut bytes, mut hits) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        let mut junk = random.bytes(30);
        junk.retain(|byte| !b"\"\\\r\n#".contains(byte));
        let hit = Hit { agent: "a # b".to_owned(), ..plain(&mut random) };
        bytes.extend(with(&hit, &junk));
        hits.push(hit);
    }
    let report = analyze(&bytes, &[]);
    report.expect("any bytes may stand in an agent", "malformed", 0);
    report.expect_all("any bytes may stand in an agent", &naive(&hits));
}

#[test]
fn paths_are_compared_as_bytes() {
    let mut random = random();
    let hit = Hit { path: "/#".to_owned(), bytes: 1, ..plain(&mut random) };
    let (first, second) = (with(&hit, b"\xFE"), with(&hit, b"\xFF"));
    let third = with(&hit, "ä".as_bytes());
    let log = [first.as_slice(), &second, &third, &first, &third, &first].concat();
    let report = analyze(log, &[]);
    report.expect("paths are different when their bytes are, however they are shown", "paths", 3);
    let path = |path: &str, requests: u64| json!({"path": path, "requests": requests, "bytes": requests});
    let top = vec![path("/\u{fffd}", 3), path("/ä", 2), path("/\u{fffd}", 1)];
    report.expect("each byte that is no UTF-8 is shown as U+FFFD", "top_paths", top);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let mut random = random();
    let hit = Hit { path: "/a#b".to_owned(), bytes: 1, ..plain(&mut random) };
    let log: Vec<u8> =
        ["\u{1b}[31m", "\u{7f}", "\u{9b}", "\u{7}", "\t", "\0"].iter().flat_map(|c| with(&hit, c.as_bytes())).collect();
    let report = analyze(&log, &[]);
    report.expect("a control character in a path is no mistake", "malformed", 0);
    let text = report.json["top_paths"].to_string();
    expect("control characters are shown as U+FFFD, in JSON too")
        .request(&report.request)
        .that(text.contains("/a\u{fffd}[31mb") && !text.contains("\\u") && !text.contains("\\t"), &text);
    let output = run(&log, ["-", "--format", "text"]);
    let text = String::from_utf8_lossy(&output.stdout);
    expect("no control character of a log reaches the terminal")
        .request("analyze - --format text")
        .expected("U+FFFD in place of each control character")
        .that(
            text.contains("/a\u{fffd}[31mb") && !text.contains(|c: char| c.is_control() && c != '\n'),
            text.escape_debug(),
        );
}

#[test]
fn a_file_that_is_no_log_at_all_is_malformed() {
    let mut random = random();
    let mut bytes: Vec<u8> = vec![0xFF, 0xFE, b'\n', 0, 0, b'\n'];
    for _ in 0..50 {
        let mut junk = random.bytes(80);
        // Without this byte no line can be in the format.
        junk.retain(|byte| !b"[\n".contains(byte));
        bytes.extend(junk);
        bytes.push(b'\n');
    }
    let hit = plain(&mut random);
    bytes.extend(log([&hit]).as_bytes());
    let report = analyze(&bytes, &[]);
    report.expect_all("noise is malformed", &json!({"lines": 53, "malformed": 52, "requests": 1}));
}
