//! What the tests of this day share: lines as servers write them, a naive count of them, and the program's report.

mod memory;

pub use memory::analyze_in_little_memory;

use flate2::{Compression, write::GzEncoder};
use harness::{Random, expect};
use jiff::{Timestamp, tz::Offset};
use serde_json::{Value, json};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fmt::Write as _,
    io::Write as _,
};

/// One request as a server logs it.
#[derive(Debug, Clone)]
pub struct Hit {
    pub user: String,
    pub time: Timestamp,
    /// Minutes that the server's clock is ahead of UTC.
    pub offset: i32,
    /// The request's path, without query.
    pub path: String,
    /// What follows the path, with its question mark.
    pub query: String,
    pub status: u16,
    pub bytes: u64,
    pub referer: String,
    pub agent: String,
    pub milliseconds: Option<u64>,
}

const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5",
    "curl/8.5.0",
    "-",
];

impl Hit {
    /// An ordinary request on some day of 2026, logged by a server whose clock shows UTC.
    pub fn random(random: &mut Random) -> Hit {
        let pages = ["/", "/about", "/pricing", "/docs/start", "/docs/api", "/blog", "/login", "/search"];
        Hit {
            user: "-".to_owned(),
            time: moment("2026-01-01T00:00:00Z", random.between(0..=364 * 86_400)),
            offset: 0,
            path: (*random.pick(&pages)).to_owned(),
            query: String::new(),
            status: *random.pick(&[200, 200, 200, 200, 204, 301, 304, 404, 500]),
            bytes: random.between(0..=50_000).unsigned_abs(),
            referer: if random.one_in(2) { "-".to_owned() } else { format!("https://{}.example/", random.word()) },
            agent: (*random.pick(&AGENTS)).to_owned(),
            milliseconds: None,
        }
    }

    /// The line, without its end.
    pub fn line(&self) -> String {
        let Hit { user, path, query, status, bytes, referer, agent, .. } = self;
        let time = clock(self.time, self.offset);
        let mut line = format!(
            "203.0.113.7 - {user} [{time}] \"GET {path}{query} HTTP/1.1\" {status} {bytes} \"{referer}\" \"{agent}\""
        );
        if let Some(time) = self.milliseconds {
            let _ = write!(line, " {}.{:03}", time / 1000, time % 1000);
        }
        line
    }
}

/// `seconds` after a moment.
pub fn moment(start: &str, seconds: i64) -> Timestamp {
    let start: Timestamp = start.parse().expect("the test's own moment is valid");
    Timestamp::from_second(start.as_second() + seconds).expect("the moment is within this millennium")
}

/// A time as a server writes it whose clock is `offset` minutes ahead of UTC: `31/Jan/2026:08:15:00 +0100`.
pub fn clock(time: Timestamp, offset: i32) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let local = Offset::from_seconds(offset * 60).expect("the offset is less than a day").to_datetime(time);
    let month = MONTHS[usize::from(local.month().unsigned_abs()) - 1];
    let sign = if offset < 0 { '-' } else { '+' };
    let (day, year) = (local.day(), local.year());
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
    format!("{day:02}/{month}/{year}:{hour:02}:{minute:02}:{second:02} {sign}{hours:02}{minutes:02}")
}

/// `count` ordinary requests.
pub fn hits(random: &mut Random, count: usize) -> Vec<Hit> {
    (0..count).map(|_| Hit::random(random)).collect()
}

/// The lines of a log file.
pub fn log<'a>(hits: impl IntoIterator<Item = &'a Hit>) -> String {
    hits.into_iter().map(|hit| hit.line() + "\n").collect()
}

/// `bytes` as one gzip member.
pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a Vec takes everything")
}

/// What a report has to say of these requests, apart from lines, times and the order of paths.
pub fn naive<'a>(hits: impl IntoIterator<Item = &'a Hit>) -> Value {
    let hits: Vec<_> = hits.into_iter().collect();
    let mut statuses = BTreeMap::<String, u64>::new();
    for hit in &hits {
        *statuses.entry(hit.status.to_string()).or_default() += 1;
    }
    let bytes: u64 = hits.iter().map(|hit| hit.bytes).sum();
    let paths: BTreeSet<_> = hits.iter().map(|hit| &hit.path).collect();
    json!({"requests": hits.len(), "bytes": bytes, "paths": paths.len(), "statuses": statuses})
}

/// All paths as they have to be listed: most requests first, equal ones in the order of their bytes.
pub fn ranking(hits: &[Hit]) -> Vec<Value> {
    let mut paths = BTreeMap::<&str, (u64, u64)>::new();
    for hit in hits {
        let path = paths.entry(&hit.path).or_default();
        *path = (path.0 + 1, path.1 + hit.bytes);
    }
    let mut paths: Vec<_> = paths.into_iter().collect();
    // A stable sort of what is in the order of its paths already.
    paths.sort_by_key(|(_, (requests, _))| Reverse(*requests));
    paths
        .into_iter()
        .map(|(path, (requests, bytes))| json!({"path": path, "requests": requests, "bytes": bytes}))
        .collect()
}

/// What the program said.
#[derive(Debug, Clone)]
pub struct Report {
    pub json: Value,
    /// How to repeat it.
    pub request: String,
}

/// The report on a log that comes through standard input.
#[track_caller]
pub fn analyze(log: impl AsRef<[u8]>, options: &[&str]) -> Report {
    let log = log.as_ref();
    let output = run(log, [&["-", "--format", "json"], options].concat());
    let shown: String = log.split_inclusive(|&byte| byte == b'\n').take(12).map(readable).collect();
    let more = log.split(|&byte| byte == b'\n').count().saturating_sub(13);
    let more = if more > 0 { format!("… and {more} more lines\n") } else { String::new() };
    let options: String = options.iter().map(|option| format!(" {option}")).collect();
    Report::new(&output, format!("analyze - --format json{options} <<'LOG'\n{shown}{more}LOG"))
}

/// The report on files and folders.
#[track_caller]
pub fn analyze_paths<A: AsRef<OsStr>>(paths: impl IntoIterator<Item = A>) -> Report {
    let mut arguments: Vec<_> = paths.into_iter().map(|path| path.as_ref().to_owned()).collect();
    arguments.extend(["--format".into(), "json".into()]);
    let shown: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let shown = format!("analyze {}", shown.join(" "));
    Report::new(&run(&[], &arguments), shown)
}

/// Runs `analyze` with these arguments and this standard input until it ends.
pub fn run<A: AsRef<OsStr>>(input: &[u8], arguments: impl IntoIterator<Item = A>) -> std::process::Output {
    let mut command = harness::command();
    command.arg("analyze").args(arguments).write_stdin(input);
    command.output().unwrap_or_else(|error| panic!("the program could not be run to its end: {error}"))
}

/// Bytes for a failure message: what is no text is escaped.
fn readable(line: &[u8]) -> String {
    match str::from_utf8(line) {
        Ok(text) if text.len() < 600 => text.to_owned(),
        _ => format!("{}…\n", line[..line.len().min(600)].escape_ascii()),
    }
}

impl Report {
    #[track_caller]
    pub fn new(output: &std::process::Output, request: String) -> Report {
        expect("the analysis succeeds").request(&request).expected("exit status 0").that(
            output.status.success(),
            format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end()),
        );
        let text = String::from_utf8_lossy(&output.stdout);
        match serde_json::from_str(&text) {
            Ok(json) => Report { json, request },
            Err(error) => expect("standard output is one JSON document")
                .request(request)
                .fail(format!("{error}:\n{}", text.trim_end())),
        }
    }

    /// `expected` is what has to stand in the report under `name`.
    #[track_caller]
    pub fn expect(&self, requirement: &str, name: &str, expected: impl Into<Value>) {
        let expected = expected.into();
        let actual = &self.json[name];
        let equal = match name {
            // Both mean a moment, and a moment can be written in more than one way.
            "first" | "last" => as_moment(actual) == as_moment(&expected),
            // Members that the page does not know are no mistake.
            "top_paths" => top(actual) == top(&expected),
            _ => *actual == expected,
        };
        expect(requirement)
            .request(&self.request)
            .expected(format!("\"{name}\": {}", lines(&expected)))
            .that(equal, format!("\"{name}\": {}", lines(actual)));
    }

    /// Every member of `expected` has to stand in the report. The first that does not is shown, so the telling ones come
    /// first: where a line is malformed, all other counts are wrong too.
    #[track_caller]
    pub fn expect_all(&self, requirement: &str, expected: &Value) {
        const TELLING: [&str; 3] = ["lines", "malformed", "requests"];
        let mut members: Vec<_> = expected.as_object().into_iter().flatten().collect();
        members.sort_by_key(|(name, _)| TELLING.iter().position(|telling| telling == name).unwrap_or(TELLING.len()));
        for (name, value) in members {
            self.expect(requirement, name, value.clone());
        }
    }
}

fn as_moment(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

fn top(value: &Value) -> Option<Vec<[&Value; 3]>> {
    Some(value.as_array()?.iter().map(|entry| [&entry["path"], &entry["requests"], &entry["bytes"]]).collect())
}

/// A list with one entry a line.
fn lines(value: &Value) -> String {
    match value.as_array() {
        Some(list) => list.iter().map(|entry| format!("\n  {entry}")).collect(),
        None => value.to_string(),
    }
}
