use crate::visible::support::{Hit, analyze, hits, log, naive};
use harness::random;
use serde_json::json;

#[test]
fn a_line_that_is_cut_off_anywhere_is_malformed() {
    let mut random = random();
    let hit = Hit { agent: r#"a \"quoted\" agent"#.to_owned(), ..Hit::random(&mut random) };
    let line = hit.line();
    let mut bytes: Vec<u8> = Vec::new();
    for end in 0..line.len() {
        bytes.extend(&line.as_bytes()[..end]);
        bytes.push(b'\n');
    }
    bytes.extend(line.as_bytes());
    let report = analyze(&bytes, &[]);
    report.expect("a line that ends before the last quote is malformed, wherever it ends", "malformed", line.len());
    report.expect_all("the whole line counts", &naive([&hit]));
}

#[test]
fn a_time_that_there_is_not_is_malformed() {
    let line = |time: &str| format!("203.0.113.7 - - [{time}] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n");
    let bad = [
        "31/Feb/2026:08:15:00 +0000",
        "29/Feb/2027:08:15:00 +0000",
        "00/Jan/2026:08:15:00 +0000",
        "32/Jan/2026:08:15:00 +0000",
        "01/Foo/2026:08:15:00 +0000",
        "01/13/2026:08:15:00 +0000",
        "01/Jan/2026:24:15:00 +0000",
        "01/Jan/2026:08:60:00 +0000",
        "01/Jan/2026:08:15:61 +0000",
        "01/Jan/2026:08:15:00 0000",
        "01/Jan/2026:08:15:00 +00x0",
        "01/Jan/2026:08:15:00 +0260",
        "01/Jan/2026:08:15:00",
        "01/Jan/2026 08:15:00 +0000",
        "2026-01-01T08:15:00Z",
        "",
        "-",
        "é1/Jan/2026:08:15:00 +000",
    ];
    for time in bad {
        let report = analyze(line(time) + &line("28/Feb/2026:08:15:00 +0000"), &[]);
        report.expect("a line whose time does not exist is malformed", "malformed", 1);
    }
}

#[test]
fn a_number_that_is_none_is_malformed() {
    let line = |status: &str, bytes: &str| {
        format!("203.0.113.7 - - [28/Feb/2026:08:15:00 +0000] \"GET / HTTP/1.1\" {status} {bytes} \"-\" \"-\"\n")
    };
    let bad = [
        ("20", "5"),
        ("2000", "5"),
        ("-20", "5"),
        ("+20", "5"),
        ("099", "5"),
        ("2x0", "5"),
        ("-", "5"),
        ("", "5"),
        ("200", "-5"),
        ("200", "+5"),
        ("200", "5.0"),
        ("200", "0x5"),
        ("200", ""),
        ("200", "--"),
        ("200", "99999999999999999999999999"),
        ("200", "18446744073709551616"),
    ];
    for (status, bytes) in bad {
        let report = analyze(line("200", "7") + &line(status, bytes), &[]);
        report.expect("a line whose status or size is no such number is malformed", "malformed", 1);
        report.expect("a malformed line adds no bytes", "bytes", 7);
    }
}

#[test]
fn quotes_have_to_be_where_they_belong() {
    let good = "203.0.113.7 - - [28/Feb/2026:08:15:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"agent\"";
    let bad = [
        good.replace("\"GET", "GET"),
        good.replace("\"agent\"", "agent"),
        good.replace(" \"agent\"", ""),
        good.replace("\"-\" ", ""),
        good.replace("\"agent\"", "\"agent\"x"),
        good.replace(" - - ", " "),
        good.replace("[", ""),
        r#"{"time": "2026-02-28T08:15:00Z", "status": 200}"#.to_owned(),
        " ".repeat(80),
        "\"".repeat(40),
    ];
    for line in bad {
        analyze(line + "\n", &[]).expect_all(
            "a line that is not in the format is malformed, and a log without any request is no error",
            &json!({"lines": 1, "malformed": 1, "requests": 0, "bytes": 0, "top_paths": [], "first": null}),
        );
    }
}

#[test]
fn malformed_lines_count_whatever_the_window() {
    let mut random = random();
    let hits = hits(&mut random, 10);
    let mixed = format!("nonsense\n{}\n\n", log(&hits));
    let report = analyze(mixed, &["--since", "2030-01-01T00:00:00Z"]);
    report.expect_all("a malformed line has no time", &json!({"lines": 13, "malformed": 3, "requests": 0}));
}

#[test]
fn a_line_of_more_than_64_kib_is_malformed() {
    let mut random = random();
    let ordinary = Hit { agent: String::new(), ..Hit::random(&mut random) };
    let long = |length: usize| Hit { agent: "x".repeat(length - ordinary.line().len()), ..ordinary.clone() };
    let hit = long(65_536);
    let report = analyze(log([&hit]), &[]);
    report.expect_all("a line of 65 536 bytes is a line like others", &naive([&hit]));
    // Its end does not count, and there may be none.
    for end in ["\r\n", ""] {
        let report = analyze(format!("{}{end}", hit.line()), &[]);
        report.expect_all("it is one whatever its end is", &naive([&hit]));
        let report = analyze(format!("{}{end}", long(65_537).line()), &[]);
        report.expect_all("and one byte more is too many", &json!({"lines": 1, "malformed": 1, "requests": 0}));
    }
    let (longer, after) = (long(65_537), Hit::random(&mut random));
    let much_longer = Hit { milliseconds: Some(5), referer: "y".repeat(200_000), ..longer.clone() };
    let report = analyze(log([&longer, &after, &much_longer, &after]), &[]);
    report.expect_all("a longer one is malformed, as one line", &json!({"lines": 4, "malformed": 2, "requests": 2}));
}
