//! Counting. What is kept grows with the number of different paths, never with the number of lines.

use crate::{
    record::Record,
    report::{Report, TopPath, printable},
    times::Times,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// Which requests count: from `since`, which is included, to `until`, which is not. So windows that follow one another
/// count each request once.
#[derive(Debug, Default, Clone, Copy)]
pub struct Window {
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

impl Window {
    fn contains(&self, time: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
    }
}

/// What was counted so far.
#[derive(Debug, Default)]
pub struct Stats {
    window: Window,
    lines: u64,
    malformed: u64,
    requests: u64,
    bytes: u64,
    /// The earliest and the latest time, which need not be those of the first and the last line.
    span: Option<(Timestamp, Timestamp)>,
    statuses: BTreeMap<u16, u64>,
    paths: HashMap<Box<[u8]>, Tally>,
    times: Times,
}

#[derive(Debug, Default)]
struct Tally {
    requests: u64,
    bytes: u64,
}

impl Stats {
    pub fn new(window: Window) -> Stats {
        Stats { window, ..Stats::default() }
    }

    /// Counts one line of a log.
    pub fn add_line(&mut self, line: &[u8]) {
        self.lines += 1;
        match Record::parse(line) {
            None => self.malformed += 1,
            // Lines are not in order of time: servers write them when a request ends. So nothing stops at `until`.
            Some(record) if self.window.contains(record.time) => self.add(&record),
            Some(_) => {}
        }
    }

    fn add(&mut self, record: &Record<'_>) {
        self.requests += 1;
        self.bytes = self.bytes.saturating_add(record.bytes);
        let (first, last) = self.span.unwrap_or((record.time, record.time));
        self.span = Some((first.min(record.time), last.max(record.time)));
        *self.statuses.entry(record.status).or_default() += 1;
        if let Some(milliseconds) = record.milliseconds {
            self.times.add(milliseconds);
        }
        // `entry` would want a path of its own for every line. This way only a path that is new is copied.
        let tally = match self.paths.get_mut(record.path) {
            Some(tally) => tally,
            None => self.paths.entry(record.path.into()).or_default(),
        };
        tally.requests += 1;
        tally.bytes = tally.bytes.saturating_add(record.bytes);
    }

    /// The report, with the `top` most requested paths.
    pub fn report(&self, top: usize) -> Report {
        Report {
            lines: self.lines,
            malformed: self.malformed,
            requests: self.requests,
            bytes: self.bytes,
            paths: self.paths.len(),
            first: self.span.map(|(first, _)| first),
            last: self.span.map(|(_, last)| last),
            statuses: self.statuses.clone(),
            top_paths: self.top_paths(top),
            time_ms: self.times.percentiles(),
        }
    }

    fn top_paths(&self, top: usize) -> Vec<TopPath> {
        let ranked = self.ranked().into_iter().take(top);
        ranked.map(|(path, &Tally { requests, bytes })| TopPath { path: printable(path), requests, bytes }).collect()
    }

    /// All paths, those with the most requests first.
    fn ranked(&self) -> Vec<(&[u8], &Tally)> {
        let mut paths: Vec<_> = self.paths.iter().map(|(path, tally)| (path.as_ref(), tally)).collect();
        // A HashMap has another order in every run, so paths with the same number of requests need an order of their own.
        paths.sort_unstable_by(|(a, a_tally), (b, b_tally)| b_tally.requests.cmp(&a_tally.requests).then(a.cmp(b)));
        paths
    }
}
