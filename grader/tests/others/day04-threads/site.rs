//! From a request to a file below the root, or to a status.

use crate::head::Head;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

const DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Status, headers, and what of a file is the body.
pub struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub length: u64,
    pub file: Option<File>,
}

impl Response {
    pub fn of(status: u16) -> Response {
        Response { status, headers: Vec::new(), length: 0, file: None }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Response {
        self.headers.push((name, value.into()));
        self
    }
}

/// Answers a request. `root` is free of symbolic links.
pub fn respond(root: &Path, head: &Head) -> Response {
    if head.method != "GET" && head.method != "HEAD" {
        return Response::of(405).with("ALLOW", "GET, HEAD");
    }
    find(root, head).unwrap_or_else(|error| match error.kind() {
        ErrorKind::PermissionDenied => Response::of(403),
        _ => Response::of(404),
    })
}

fn find(root: &Path, head: &Head) -> io::Result<Response> {
    let path = std::str::from_utf8(&head.path).map_err(|_| ErrorKind::NotFound)?;
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => segments.pop().map(drop).ok_or(ErrorKind::NotFound)?,
            name => segments.push(name),
        }
    }
    let names_folder = matches!(path.rsplit('/').next(), Some("" | "." | ".."));
    let mut path = behind_the_wall(root, &segments.iter().collect::<PathBuf>())?;
    let mut kind = fs::metadata(&path)?;
    if kind.is_dir() {
        if !names_folder {
            let encoded: Vec<_> = segments.iter().map(|it| utf8_percent_encode(it, SEGMENT).to_string()).collect();
            return Ok(Response::of(301).with("LOCATION", format!("/{}/", encoded.join("/"))));
        }
        segments.push("index.html");
        path = behind_the_wall(root, &segments.iter().collect::<PathBuf>())?;
        kind = fs::metadata(&path)?;
    } else if names_folder {
        return Ok(Response::of(404));
    }
    // A pipe would let whoever opens it wait.
    if !kind.is_file() {
        return Ok(Response::of(404));
    }
    let file = File::open(path)?;
    send(head, file, segments.last().copied().unwrap_or_default())
}

/// The file itself, wherever symbolic links lead, if that is below the root.
fn behind_the_wall(root: &Path, path: &Path) -> io::Result<PathBuf> {
    let path = fs::canonicalize(root.join(path))?;
    if path.starts_with(root) { Ok(path) } else { Err(ErrorKind::NotFound.into()) }
}

fn send(head: &Head, mut file: File, name: &str) -> io::Result<Response> {
    let metadata = file.metadata()?;
    let (length, modified) = (metadata.len(), metadata.modified()?);
    let seconds = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let seconds = i64::try_from(seconds).unwrap_or(0);
    let date = Timestamp::from_second(seconds).map(|at| at.strftime(DATE).to_string()).unwrap_or_default();
    let etag = format!("\"{length:x}.{seconds:x}\"");
    let validators = |response: Response| response.with("ETAG", etag.clone()).with("LAST-MODIFIED", date.clone());

    let is_known = match (head.list("if-none-match"), head.list("if-modified-since")) {
        (Some(tags), _) => tags.trim() == "*" || tags_of(&tags).any(|tag| tag == etag),
        (None, Some(since)) => parsed(&since).is_some_and(|since| since >= seconds),
        (None, None) => false,
    };
    if is_known {
        return Ok(validators(Response::of(304)));
    }
    let may_be_part = head.list("if-range").is_none_or(|it| it == etag || it == date);
    let range = head.list("range").filter(|_| may_be_part);
    let response = match range.and_then(|range| part(&range, length)) {
        Some(None) => return Ok(Response::of(416).with("CONTENT-RANGE", format!("bytes */{length}"))),
        Some(Some((first, last))) => {
            file.seek(SeekFrom::Start(first))?;
            let response = Response { length: last - first + 1, ..Response::of(206) };
            response.with("CONTENT-RANGE", format!("bytes {first}-{last}/{length}"))
        }
        None => Response { length, ..Response::of(200) },
    };
    let response = Response { file: Some(file), ..response };
    Ok(validators(response).with("ACCEPT-RANGES", "bytes").with("CONTENT-TYPE", media_type(name)))
}

/// The tags of a list. A comma inside quotes belongs to the tag, and `W/` makes no difference here.
fn tags_of(list: &str) -> impl Iterator<Item = String> {
    list.split('"').skip(1).step_by(2).map(|tag| format!("\"{tag}\""))
}

/// The one date form that is not obsolete, in seconds since 1970.
fn parsed(text: &str) -> Option<i64> {
    let at = TimeZone::UTC.to_timestamp(DateTime::strptime(DATE, text).ok()?).ok()?;
    (at.strftime(DATE).to_string() == text).then(|| at.as_second())
}

/// The first and the last byte that are asked for. Outer `None`: the header is ignored; inner: no such byte.
fn part(range: &str, length: u64) -> Option<Option<(u64, u64)>> {
    let (unit, range) = range.split_once('=')?;
    let (first, last) = range.trim().split_once('-').filter(|_| unit.trim().eq_ignore_ascii_case("bytes"))?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(first) || !is_number(last) || (first.is_empty() && last.is_empty()) {
        return None;
    }
    // What does not fit into 64 bits lies behind the end of every file.
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    let (first, last) = match (first, last) {
        ("", count) => (length.saturating_sub(number(count)), length.saturating_sub(u64::from(number(count) > 0))),
        (first, "") => (number(first), u64::MAX),
        (first, last) if number(first) > number(last) => return None,
        (first, last) => (number(first), number(last)),
    };
    let last = last.min(length.saturating_sub(1));
    Some((first < length && first <= last).then_some((first, last)))
}

fn media_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
    match extension.as_deref() {
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "application/javascript",
        Some("txt") => "text/plain",
        Some("json") => "application/json",
        Some("pdf") => "application/pdf",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
