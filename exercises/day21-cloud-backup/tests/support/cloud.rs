//! Three object stores over plain HTTP, as far as backups need them: S3, Azure Blob Storage, Google Cloud Storage. They tell
//! lists in pages of two, and have faults when a test wants them.

use harness_net::{Answer, Gate, Received, Upstream};
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub const BUCKET: &str = "vault";
/// Objects on one page of a list.
const PAGE: usize = 2;
const DATE: &str = "Sat, 31 Jan 2026 08:15:00 GMT";
/// Not secret: it opens nothing but the stores of these tests.
const AZURE_KEY: &str = "dGhlIHRlc3RzIG9mIHRoaXMgY291cnNlIGFuZCBub3RoaW5nIGVsc2UK";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    S3,
    Azure,
    Google,
}

pub const ALL: [Dialect; 3] = [Dialect::S3, Dialect::Azure, Dialect::Google];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Get,
    Put,
    List,
    Delete,
}

/// What goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Nothing is done, and the answer is 503.
    Busy,
    /// It is done, and the answer is 503.
    DoneButBusy,
    /// It is done, and the body of the answer breaks off.
    Truncated,
    /// It is done, and the answer comes when the gate opens.
    Behind(Gate),
    /// It is done, and the answer comes, when the test says so with [`Cloud::release`]. For what is stored.
    Held(Gate),
    /// Nothing is done, and no answer comes.
    Never,
}

/// Says which requests have which faults: operation, name of the object or prefix of the list.
type Plan = Box<dyn FnMut(Operation, &str) -> Option<Fault> + Send>;

/// All objects by name.
pub type Objects = BTreeMap<String, Vec<u8>>;

struct State {
    dialect: Dialect,
    objects: Objects,
    /// The objects after each change, once a test wants to know them.
    history: Option<Vec<Objects>>,
    /// What will be stored when it is released.
    held: Vec<(String, Vec<u8>)>,
    puts: usize,
    deletions: usize,
    plan: Plan,
    shut: Gate,
}

pub struct Cloud {
    dialect: Dialect,
    upstream: Upstream,
    state: Arc<Mutex<State>>,
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cloud").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

impl Cloud {
    pub fn start(dialect: Dialect) -> Cloud {
        let state = Arc::new(Mutex::new(State {
            dialect,
            objects: Objects::new(),
            history: None,
            held: Vec::new(),
            puts: 0,
            deletions: 0,
            plan: Box::new(|_, _| None),
            shut: Gate::shut(),
        }));
        let shared = Arc::clone(&state);
        let upstream = Upstream::start(move |request| lock(&shared).answer(request));
        Cloud { dialect, upstream, state }
    }

    /// What a program has to know to get here.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        match self.dialect {
            Dialect::S3 => vec![
                ("AWS_ACCESS_KEY_ID", "test-id".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", "test-key".to_owned()),
                ("AWS_REGION", "eu-central-1".to_owned()),
            ],
            Dialect::Azure => vec![
                ("AZURE_STORAGE_ACCOUNT_NAME", "tester".to_owned()),
                ("AZURE_STORAGE_ACCOUNT_KEY", AZURE_KEY.to_owned()),
            ],
            Dialect::Google => vec![("GOOGLE_BEARER_TOKEN", "test-token".to_owned())],
        }
    }

    pub fn endpoint(&self) -> String {
        let account = if self.dialect == Dialect::Azure { "/tester" } else { "" };
        format!("{}{account}", self.upstream.url())
    }

    pub fn scheme(&self) -> &'static str {
        match self.dialect {
            Dialect::S3 => "s3",
            Dialect::Azure => "az",
            Dialect::Google => "gs",
        }
    }

    /// From now on, requests have the faults that `plan` gives them.
    pub fn plan(&self, plan: impl FnMut(Operation, &str) -> Option<Fault> + Send + 'static) {
        lock(&self.state).plan = Box::new(plan);
    }

    /// From now on there are no faults.
    pub fn heal(&self) {
        self.plan(|_, _| None);
    }

    pub fn objects(&self) -> Objects {
        lock(&self.state).objects.clone()
    }

    /// Changes what is stored behind the program's back.
    pub fn set(&self, objects: Objects) {
        lock(&self.state).objects = objects;
    }

    /// What was stored after each change since the last call; nothing at the first.
    pub fn history(&self) -> Vec<Objects> {
        lock(&self.state).history.replace(Vec::new()).unwrap_or_default()
    }

    /// Does what is held, and lets the answers go.
    pub fn release(&self, gate: &Gate) {
        let mut state = lock(&self.state);
        for (name, object) in std::mem::take(&mut state.held) {
            state.objects.insert(name, object);
            state.remember();
        }
        gate.open();
    }

    /// How many requests to store something have come.
    pub fn puts(&self) -> usize {
        lock(&self.state).puts
    }

    /// How many requests to delete something have come.
    pub fn deletions(&self) -> usize {
        lock(&self.state).deletions
    }

    pub fn received(&self) -> Vec<Received> {
        self.upstream.received()
    }

    pub fn requests(&self) -> usize {
        self.upstream.count()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn answer(&mut self, request: &Received) -> Answer {
        let credentials = match self.dialect {
            Dialect::S3 => "AWS4-HMAC-SHA256 Credential=test-id/",
            Dialect::Azure => "SharedKey tester:",
            Dialect::Google => "Bearer test-token",
        };
        if !request.header("authorization").unwrap_or_default().starts_with(credentials) {
            return Answer::new(403, "<Error><Code>AccessDenied</Code></Error>");
        }
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let query: BTreeMap<String, String> = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode(name), decode(value)))
            .collect();
        let Some(name) = object_name(path) else {
            return Answer::new(404, "<Error><Code>NoSuchBucket</Code></Error>");
        };
        let operation = match request.method.as_str() {
            "GET" if name.is_empty() => Operation::List,
            "GET" | "HEAD" => Operation::Get,
            "PUT" => Operation::Put,
            "DELETE" | "POST" => Operation::Delete,
            _ => return Answer::new(405, ""),
        };
        self.puts += usize::from(operation == Operation::Put);
        self.deletions += usize::from(operation == Operation::Delete);
        let fault = match operation {
            Operation::List => (self.plan)(operation, query.get("prefix").map_or("", String::as_str)),
            _ => (self.plan)(operation, &name),
        };
        match &fault {
            Some(Fault::Busy) => return Answer::new(503, "<Error><Code>SlowDown</Code></Error>"),
            Some(Fault::Held(gate)) => {
                self.held.push((name, request.body.clone()));
                let status = if self.dialect == Dialect::Azure { 201 } else { 200 };
                return Answer::new(status, "").header("etag", &tag(&request.body)).behind(gate);
            }
            Some(Fault::Never) => return Answer::new(503, "").behind(&self.shut),
            _ => {}
        }
        let (answer, length) = match operation {
            Operation::List => self.list(&query),
            Operation::Get => self.get(request, &name),
            Operation::Put => (self.put(request, &name), 0),
            Operation::Delete if request.method == "POST" => (self.delete_many(request), 0),
            Operation::Delete => (self.delete(&name), 0),
        };
        match fault {
            Some(Fault::DoneButBusy) => Answer::new(503, "<Error><Code>SlowDown</Code></Error>"),
            Some(Fault::Truncated) => answer.truncate(length / 2),
            Some(Fault::Behind(gate)) => answer.behind(&gate),
            _ => answer,
        }
    }

    /// A page: S3's and Google's ListBucketResult, or Azure's EnumerationResults.
    fn list(&self, query: &BTreeMap<String, String>) -> (Answer, usize) {
        let get = |name: &str| query.get(name).map_or("", String::as_str);
        let prefix = get("prefix");
        let token = if self.dialect == Dialect::Azure { get("marker") } else { get("continuation-token") };
        let after = if token.is_empty() { get("start-after") } else { token };
        let mut matching = self.objects.iter().filter(|(name, _)| name.starts_with(prefix) && name.as_str() > after);
        let page: Vec<_> = matching.by_ref().take(PAGE).collect();
        let more = matching.next().and(page.last()).map_or("", |(name, _)| name);
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
        if self.dialect == Dialect::Azure {
            xml.push_str("<EnumerationResults><Blobs>");
            for (name, object) in page {
                let (length, tag) = (object.len(), tag(object));
                xml.push_str(&format!(
                    "<Blob><Name>{name}</Name><Properties><Last-Modified>{DATE}</Last-Modified><Etag>{tag}</Etag>\
                     <Content-Length>{length}</Content-Length><Content-Type>application/octet-stream</Content-Type>\
                     </Properties></Blob>"
                ));
            }
            xml.push_str(&format!("</Blobs><NextMarker>{more}</NextMarker></EnumerationResults>"));
        } else {
            xml.push_str("<ListBucketResult>");
            for (name, object) in page {
                let (length, tag) = (object.len(), tag(object));
                xml.push_str(&format!(
                    "<Contents><Key>{name}</Key><LastModified>2026-01-31T08:15:00.000Z</LastModified>\
                     <ETag>{tag}</ETag><Size>{length}</Size></Contents>"
                ));
            }
            if !more.is_empty() {
                xml.push_str(&format!("<NextContinuationToken>{more}</NextContinuationToken>"));
            }
            xml.push_str(&format!("<IsTruncated>{}</IsTruncated></ListBucketResult>", !more.is_empty()));
        }
        let length = xml.len();
        (Answer::new(200, xml).header("content-type", "application/xml"), length)
    }

    fn get(&self, request: &Received, name: &str) -> (Answer, usize) {
        let Some(object) = self.objects.get(name) else {
            return (Answer::new(404, "<Error><Code>NoSuchKey</Code></Error>"), 0);
        };
        let range = request.header("range").or(request.header("x-ms-range")).and_then(|range| {
            let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
            let last = to.parse().unwrap_or(usize::MAX).min(object.len().saturating_sub(1));
            Some(from.parse::<usize>().ok()?..=last)
        });
        let answer = match &range {
            Some(range) => {
                let told = format!("bytes {}-{}/{}", range.start(), range.end(), object.len());
                let part = object.get(range.clone()).unwrap_or_default();
                Answer::new(206, part).header("content-range", &told)
            }
            None => Answer::new(200, object.clone()),
        };
        (answer.header("etag", &tag(object)).header("last-modified", DATE), object.len())
    }

    fn put(&mut self, request: &Received, name: &str) -> Answer {
        let is_new = !self.objects.contains_key(name);
        let only_new =
            request.header("if-none-match") == Some("*") || request.header("x-goog-if-generation-match") == Some("0");
        if only_new && !is_new {
            let status = if self.dialect == Dialect::Azure { 409 } else { 412 };
            return Answer::new(status, "<Error><Code>PreconditionFailed</Code></Error>");
        }
        let tag = tag(&request.body);
        self.objects.insert(name.to_owned(), request.body.clone());
        self.remember();
        Answer::new(if self.dialect == Dialect::Azure { 201 } else { 200 }, "").header("etag", &tag)
    }

    fn remember(&mut self) {
        if let Some(history) = &mut self.history {
            history.push(self.objects.clone());
        }
    }

    /// Google and Azure say 404 when there is nothing to delete; S3 does not.
    fn delete(&mut self, name: &str) -> Answer {
        let found = self.objects.remove(name).is_some();
        self.remember();
        Answer::new(if found || self.dialect == Dialect::S3 { 204 } else { 404 }, "")
    }

    /// S3's DeleteObjects, and Azure's batch of requests in parts (RFC 2046).
    fn delete_many(&mut self, request: &Received) -> Answer {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if self.dialect == Dialect::S3 {
            let names = body.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
            let deleted = names.map(|name| {
                drop(self.delete(name));
                format!("<Deleted><Key>{name}</Key></Deleted>")
            });
            let result = format!("<DeleteResult>{}</DeleteResult>", deleted.collect::<String>());
            return Answer::new(200, result).header("content-type", "application/xml");
        }
        let mut parts = String::new();
        let paths = body.lines().filter_map(|line| line.strip_prefix("DELETE ")?.split_whitespace().next());
        for (number, path) in paths.enumerate() {
            let found = object_name(path).is_some_and(|name| self.objects.remove(&name).is_some());
            self.remember();
            let status = if found { "202 Accepted" } else { "404 Not Found" };
            parts.push_str(&format!(
                "--parts\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\nHTTP/1.1 {status}\r\n\
                 x-ms-version: 2025-01-05\r\n\r\n"
            ));
        }
        Answer::new(202, parts + "--parts--\r\n").header("content-type", "multipart/mixed; boundary=parts")
    }
}

/// The name in a path, below the bucket; empty for the bucket itself.
fn object_name(path: &str) -> Option<String> {
    let path = decode(path);
    let path = format!("{}/", path.trim_matches('/'));
    let (_, name) = path.trim_start_matches("tester/").split_once(&format!("{BUCKET}/"))?;
    Some(name.trim_end_matches('/').to_owned())
}

/// Changes with the content.
fn tag(object: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    object.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())
            }
            b'+' => Some(b' '),
            other => Some(other),
        };
        bytes.extend(decoded);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
