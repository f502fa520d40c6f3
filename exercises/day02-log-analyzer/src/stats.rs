//! Counting. What is kept grows with the number of different paths, never with the number of lines.

use crate::{
    record::Record,
    report::{Report, TopPath, printable},
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
        todo!("whether {time} is at or after {:?} and before {:?}, where these are given", self.since, self.until)
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
        match Record::parse(line) {
            None => todo!("count a line that is malformed: {}", line.escape_ascii()),
            Some(record) if self.window.contains(record.time) => self.add(&record),
            Some(record) => todo!("count a line that is outside the window: {record:?}"),
        }
    }

    /// Counts one request.
    fn add(&mut self, record: &Record<'_>) {
        let Record { time, path, status, bytes, milliseconds } = record;
        let path = path.escape_ascii();
        todo!("count a request for {path} at {time} with {status} and {bytes} bytes (stretch: {milliseconds:?} ms)")
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
            // Stretch: how long the requests took.
            time_ms: None,
        }
    }

    fn top_paths(&self, top: usize) -> Vec<TopPath> {
        let ranked = self.ranked().into_iter().take(top);
        ranked.map(|(path, &Tally { requests, bytes })| TopPath { path: printable(path), requests, bytes }).collect()
    }

    /// All paths, those with the most requests first. Equal counts are in the order of the paths.
    fn ranked(&self) -> Vec<(&[u8], &Tally)> {
        todo!("put {:?} into order", self.paths)
    }
}
