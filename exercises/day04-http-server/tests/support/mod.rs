//! What the tests of this day share: a folder to serve, and a client that sends exactly the bytes it is told to.

use harness::{Expectation, Launch, Program, Random, expect, scratch};
use harness_net::{Closed, Http, Socket};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::net::TcpStream;

/// A fresh folder that is to be served, with room beside it for what is not.
#[derive(Debug)]
pub struct Site(TempDir);

impl Site {
    pub fn empty() -> Site {
        let site = Site(scratch());
        std::fs::create_dir(site.root()).expect("the folder to serve can be made");
        site
    }

    /// The folder that is served.
    pub fn root(&self) -> PathBuf {
        self.0.path().join("site")
    }

    /// A place beside the folder that is served.
    pub fn beside(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Puts a file into the site and returns where it is.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        write(self.root().join(path), content)
    }

    /// Puts a file beside the site and returns where it is.
    pub fn file_beside(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        write(self.beside(path), content)
    }

    /// Puts a file of `size` zeros into the site that takes no room on the disk.
    pub fn large_file(&self, path: &str, size: u64) {
        let file = std::fs::File::create(self.root().join(path)).expect("a file can be made");
        file.set_len(size).expect("a file can be made long");
    }

    /// The server of this site, about to be started.
    pub fn launch(&self) -> Launch {
        Launch::service().arg("--root").arg(self.root())
    }

    /// The server of this site, and a well-behaved client for it.
    pub fn serve(&self) -> (Program, Http) {
        let program = self.launch().start();
        let http = Http::to(&program);
        (program, http)
    }
}

fn write(path: PathBuf, content: impl AsRef<[u8]>) -> PathBuf {
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder can be made");
    std::fs::write(&path, content).expect("a file can be written");
    path
}

/// A file with text of its own, and that text.
pub fn text(random: &mut Random) -> String {
    format!("{}\n", random.words(8))
}

/// A request without a body.
pub fn request(method: &str, target: &str, headers: &[&str]) -> String {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!("{method} {target} HTTP/1.1\r\nHost: files.test\r\n{headers}\r\n")
}

/// `GET target`, and nothing more than every request needs.
pub fn get(target: &str) -> String {
    request("GET", target, &[])
}

/// One connection over which responses are read one after another.
#[derive(Debug)]
pub struct Wire {
    socket: Socket,
    sent: Vec<u8>,
}

impl Wire {
    pub async fn open(program: &Program) -> Wire {
        Wire { socket: Socket::connect(program.address()).await, sent: Vec::new() }
    }

    /// Sends these bytes and nothing else.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.sent.extend_from_slice(bytes.as_ref());
        self.socket.send(bytes).await;
    }

    /// The end of what this client sends; it can still read.
    pub async fn finish(&mut self) {
        self.socket.finish().await;
    }

    /// Sends a request and reads the response to it.
    pub async fn ask(&mut self, request: impl AsRef<[u8]>) -> Answer {
        self.sent.clear();
        self.send(request).await;
        self.answer().await
    }

    /// The next response, with its body.
    pub async fn answer(&mut self) -> Answer {
        self.read(false).await
    }

    /// The next response without a body: to HEAD.
    pub async fn head(&mut self) -> Answer {
        self.read(true).await
    }

    /// Waits until so many bytes of a response are there, and leaves them to be read.
    pub async fn begun(&mut self, count: usize) {
        if let Err(Closed(bytes)) = self.socket.read_until(|bytes| (bytes.len() >= count).then_some(0)).await {
            let wanted = expect("the request is answered").request(show(&self.sent));
            wanted.fail(format!("the connection ended after {} bytes:\n{}", bytes.len(), show(&bytes)));
        }
    }

    async fn read(&mut self, head_only: bool) -> Answer {
        let outcome = self.socket.read_until(|bytes| response_length(bytes, head_only)).await;
        let request = show(&self.sent);
        match outcome {
            Ok(bytes) => Answer::new(request, &bytes),
            Err(Closed(bytes)) => expect("every request gets a whole response")
                .request(request)
                .expected("a head with Content-Length, and as many bytes of body")
                .fail(format!("the connection ended after {} bytes:\n{}", bytes.len(), show(&bytes))),
        }
    }

    /// The program has to close the connection; returns what it sent before.
    pub async fn closed(&mut self, requirement: &str) -> Vec<u8> {
        self.socket.expect_closed(requirement).await
    }

    /// The connection itself.
    pub fn into_stream(self) -> TcpStream {
        self.socket.into_inner()
    }
}

/// How long the first response in `bytes` is, once all of it is there. 304 has no body, and without a `Content-Length`
/// nobody could say where the next response begins.
fn response_length(bytes: &[u8], head_only: bool) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let answer = Answer::new(String::new(), &bytes[..head]);
    if head_only || answer.status == 304 {
        return Some(head);
    }
    let Some(length) = answer.header("content-length").and_then(|length| length.parse::<usize>().ok()) else {
        expect("every response but 304 says how long its body is").expected("Content-Length: …").fail(answer.describe())
    };
    (bytes.len() >= head + length).then_some(head + length)
}

/// A response as it came over the wire.
#[derive(Debug)]
pub struct Answer {
    request: String,
    head: String,
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    fn new(request: String, bytes: &[u8]) -> Answer {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
        let Some(status) = status else {
            expect("a response begins with HTTP/1.1 and a status").request(request).fail(show(bytes))
        };
        Answer { request, head, status, body: bytes[end..].to_vec() }
    }

    /// The value of the first header with this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// Begins an expectation about this response.
    pub fn expect(&self, requirement: &str) -> Expectation {
        expect(requirement).request(&self.request)
    }

    /// The status is one of these.
    #[track_caller]
    pub fn has_status(&self, requirement: &str, allowed: &[u16]) -> &Answer {
        let allowed_text: Vec<_> = allowed.iter().map(u16::to_string).collect();
        self.expect(requirement)
            .expected(format!("status {}", allowed_text.join(" or ")))
            .that(allowed.contains(&self.status), self.describe());
        self
    }

    /// Status 200 with this body.
    #[track_caller]
    pub fn is_file(&self, requirement: &str, content: impl AsRef<[u8]>) -> &Answer {
        let content = content.as_ref();
        self.expect(requirement)
            .expected(format!("status 200 and these {} bytes: {}", content.len(), show(content)))
            .that(self.status == 200 && self.body == content, self.describe());
        self
    }

    /// A header with exactly this value.
    #[track_caller]
    pub fn has_header(&self, requirement: &str, name: &str, value: &str) -> &Answer {
        self.expect(requirement)
            .expected(format!("{name}: {value}"))
            .that(self.header(name) == Some(value), self.describe());
        self
    }

    /// The response for a failure message.
    pub fn describe(&self) -> String {
        format!("{}{}", self.head, show(&self.body))
    }
}

/// Bytes as text, line by line, with the invisible ones written out. The middle of much is left out.
pub fn show(bytes: &[u8]) -> String {
    const SHOWN: usize = 700;
    let lines = |bytes: &[u8]| bytes.escape_ascii().to_string().replace("\\n", "\\n\n").replace("\\\"", "\"");
    if bytes.len() <= 2 * SHOWN {
        return lines(bytes);
    }
    let (head, tail) = (&bytes[..SHOWN], &bytes[bytes.len() - SHOWN..]);
    format!("{}\n… {} bytes …\n{}", lines(head), bytes.len() - 2 * SHOWN, lines(tail))
}

/// Lets this process, and the programs that it starts, have many files and sockets open at once. Systems begin with a
/// modest limit that every process may raise.
pub fn allow_many_sockets() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        const ENOUGH: u64 = 2048;
        let limit = getrlimit(Resource::Nofile);
        if limit.current.is_some_and(|current| current < ENOUGH) {
            let current = Some(limit.maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH)));
            // Where it is refused, the connections will show it.
            let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum: limit.maximum });
        }
    }
}
