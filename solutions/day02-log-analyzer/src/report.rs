//! The report, for programs and for people.

use jiff::Timestamp;
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// What `--format json` prints; serde writes the fields under their names.
#[derive(Debug, Serialize)]
pub struct Report {
    /// All lines, whatever stood in them.
    pub lines: u64,
    pub malformed: u64,
    /// From here on, only requests within the window count.
    pub requests: u64,
    pub bytes: u64,
    /// How many different paths.
    pub paths: usize,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// Requests by status.
    pub statuses: BTreeMap<u16, u64>,
    /// The most requested first.
    pub top_paths: Vec<TopPath>,
    /// None when no line says how long its request took.
    pub time_ms: Option<Percentiles>,
}

#[derive(Debug, Serialize)]
pub struct TopPath {
    pub path: String,
    pub requests: u64,
    pub bytes: u64,
}

/// Milliseconds.
#[derive(Debug, Serialize)]
pub struct Percentiles {
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub max: u64,
}

/// Bytes from a log as text that is safe to show. What is no UTF-8 becomes U+FFFD, and so do control characters: a client
/// chose them, and some tell a terminal to do things.
pub fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace(char::is_control, "\u{fffd}")
}

/// What `--format text` prints.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: Option<Timestamp>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
        writeln!(f, "lines      {}", self.lines)?;
        writeln!(f, "malformed  {}", self.malformed)?;
        writeln!(f, "requests   {}", self.requests)?;
        writeln!(f, "bytes      {}", self.bytes)?;
        writeln!(f, "paths      {}", self.paths)?;
        writeln!(f, "first      {}", time(self.first))?;
        writeln!(f, "last       {}", time(self.last))?;
        if let Some(Percentiles { p50, p90, p99, max }) = &self.time_ms {
            writeln!(f, "\ntime in ms  p50 {p50}  p90 {p90}  p99 {p99}  max {max}")?;
        }
        writeln!(f, "\nstatus  requests")?;
        for (status, requests) in &self.statuses {
            writeln!(f, "{status:<8}{requests}")?;
        }
        writeln!(f, "\nrequests  path")?;
        for TopPath { path, requests, .. } in &self.top_paths {
            writeln!(f, "{requests:<10}{path}")?;
        }
        Ok(())
    }
}
