use crate::visible::support::{Hit, analyze, clock, log, moment, naive, run};
use harness::{Random, expect, random};

/// Hits around new year, in no order, from servers all over the world.
fn around_new_year(random: &mut Random) -> Vec<Hit> {
    let offsets = [0, 60, 120, 330, 345, -210, -300, -720, 840];
    let hit = |random: &mut Random| Hit {
        time: moment("2026-12-31T00:00:00Z", random.between(0..=2 * 86_400)),
        offset: *random.pick(&offsets),
        ..Hit::random(random)
    };
    (0..400).map(|_| hit(random)).collect()
}

#[test]
fn any_window_holds_what_a_naive_filter_finds() {
    let mut random = random();
    let hits = around_new_year(&mut random);
    let log = log(&hits);
    let since = moment("2026-12-31T06:00:00Z", random.between(0..=50_000));
    let until = moment("2027-01-01T00:00:00Z", random.between(0..=50_000));
    let (since_text, until_text) = (since.to_string(), until.to_string());
    let requirement = "--since and --until select by the moment that a line means, wherever its server stands";
    let within = naive(hits.iter().filter(|hit| since <= hit.time && hit.time < until));
    analyze(&log, &["--since", &since_text, "--until", &until_text]).expect_all(requirement, &within);
    let after = naive(hits.iter().filter(|hit| since <= hit.time));
    analyze(&log, &["--since", &since_text]).expect_all("--since alone has no end", &after);
    let before = naive(hits.iter().filter(|hit| hit.time < until));
    analyze(&log, &["--until", &until_text]).expect_all("--until alone has no beginning", &before);
}

#[test]
fn lines_need_not_be_in_order() {
    let mut random = random();
    let hit = |seconds| Hit { time: moment("2026-05-05T10:00:00Z", seconds), ..Hit::random(&mut random) };
    let hits = [5000, 100, 0, 7000, 200, 90_000, 300].map(hit);
    let report = analyze(log(&hits), &["--since", "2026-05-05T10:00:00Z", "--until", "2026-05-05T10:10:00Z"]);
    report.expect("a line after --until says nothing about the lines below it", "requests", 4);
    report.expect("first is the earliest time, not the first line's", "first", "2026-05-05T10:00:00Z");
    report.expect(
        "last is the latest time, not the last line's",
        "last",
        moment("2026-05-05T10:00:00Z", 300).to_string(),
    );
}

#[test]
fn a_window_can_be_written_with_any_offset() {
    let mut random = random();
    let time = moment("2028-02-29T12:34:56Z", 0);
    let hits = [Hit { time, offset: -210, ..Hit::random(&mut random) }];
    expect("the line is as the test means it").eq(clock(time, -210), "29/Feb/2028:09:04:56 -0330".to_owned());
    for (since, until, requests) in [
        ("2028-02-29T12:34:56Z", "2028-02-29T12:34:57Z", 1),
        ("2028-02-29T18:19:56+05:45", "2028-02-29T09:04:57-03:30", 1),
        ("2028-02-29T12:34:57+00:00", "2028-03-01T00:00:00Z", 0),
        ("2028-02-29T00:00:00Z", "2028-02-29T02:34:56-10:00", 0),
    ] {
        let report = analyze(log(&hits), &["--since", since, "--until", until]);
        report.expect("--since and --until are moments, with an offset of their own", "requests", requests);
    }
}

#[test]
fn what_is_no_moment_is_wrong_usage() {
    for (option, value) in
        [("--since", "yesterday"), ("--until", "2026-13-01T00:00:00Z"), ("--since", "2026-02-30T00:00:00Z")]
    {
        let output = run(b"", ["-", option, value]);
        let said = String::from_utf8_lossy(&output.stderr);
        expect("a value that is no moment is wrong usage: exit status 2 and a message")
            .request(format!("analyze - {option} {value}"))
            .that(output.status.code() == Some(2) && !said.is_empty(), format!("{}\n{said}", output.status));
    }
}
