use crate::visible::support::{Hit, analyze, log, moment};
use harness::{Random, random};
use serde_json::{Value, json};

/// The definition, literally: the smallest of the times that at least `percent` of them do not exceed.
fn naive(times: &[u64], percent: usize) -> u64 {
    let enough = |limit: u64| times.iter().filter(|time| **time <= limit).count() * 100 >= percent * times.len();
    times.iter().copied().filter(|time| enough(*time)).min().unwrap_or_default()
}

fn hits(random: &mut Random, times: &[u64]) -> Vec<Hit> {
    times.iter().map(|time| Hit { milliseconds: Some(*time), ..Hit::random(random) }).collect()
}

fn expected(times: &[u64]) -> Value {
    json!({"p50": naive(times, 50), "p90": naive(times, 90), "p99": naive(times, 99), "max": naive(times, 100)})
}

#[test]
fn they_are_exact_for_any_number_of_times() {
    let mut random = random();
    for count in [2, 3, 7, 10, 11, 99, 100, 101, 250] {
        let ceiling = *random.pick(&[20, 3000, 100_000]);
        let times: Vec<_> = (0..count).map(|_| random.between(0..=ceiling).unsigned_abs()).collect();
        let report = analyze(log(&hits(&mut random, &times)), &[]);
        report.expect("a percentile is the nearest rank, and exact", "time_ms", expected(&times));
    }
}

#[test]
fn only_requests_within_the_window_have_a_say() {
    let mut random = random();
    let mut all = hits(&mut random, &[1, 2, 3, 1000, 2000]);
    for (hit, day) in all.iter_mut().zip([0, 0, 0, 40, 40]) {
        hit.time = moment("2026-04-01T00:00:00Z", day * 86_400);
    }
    let report = analyze(log(&all), &["--until", "2026-05-01T00:00:00Z"]);
    report.expect("requests outside the window have no say", "time_ms", expected(&[1, 2, 3]));
}

#[test]
fn what_is_no_time_has_no_say() {
    let mut random = random();
    let timed = Hit { milliseconds: Some(61_042), ..Hit::random(&mut random) };
    let plain = Hit { milliseconds: None, ..Hit::random(&mut random) };
    let others = ["-", "0.12", "0.1234", "5", ".123", "1.2x3", "-0.100", "\"0.100\"", "x 0.100", "1,000"];
    let mut text: String = others.iter().map(|field| format!("{} {field}\n", plain.line())).collect();
    text += &format!("{} 0.250 \"further fields\"\n", timed.line());
    let report = analyze(text, &[]);
    report.expect("a further field that is no time is no mistake", "malformed", 0);
    report.expect("only SECONDS.MMM as the first further field is a time", "time_ms", expected(&[61_042]));
}
