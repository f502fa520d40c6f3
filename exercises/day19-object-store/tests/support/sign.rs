//! A signer for requests that no well-behaved client would send.

use harness::{expect, timeout};
use harness_net::{Http, Reply, SendError, Socket};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::{net::SocketAddr, time::Duration};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
pub const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Who signs.
#[derive(Debug, Clone)]
pub struct Keys {
    pub access: String,
    pub secret: String,
    pub region: String,
}

/// A request about to be signed.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until send is awaited"]
pub struct Draft {
    http: Http,
    address: SocketAddr,
    keys: Keys,
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    time: Timestamp,
    payload: Option<String>,
    service: String,
    day: Option<String>,
    without_host: bool,
}

/// A signed request, which can be changed before it is sent.
#[derive(Debug, Clone)]
pub struct Signed {
    http: Http,
    address: SocketAddr,
    pub method: String,
    /// As it is sent, encoded.
    pub path: String,
    /// As it is sent, encoded; empty or beginning with a question mark.
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// In hexadecimal.
    pub signature: String,
    pub time: String,
    pub scope: String,
    pub key: Vec<u8>,
}

impl Draft {
    pub fn new(http: &Http, address: SocketAddr, keys: &Keys, method: &str, path: &str) -> Draft {
        Draft {
            http: http.clone(),
            address,
            keys: keys.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
            time: Timestamp::now(),
            payload: None,
            service: "s3".to_owned(),
            day: None,
            without_host: false,
        }
    }

    /// A parameter, not encoded yet.
    pub fn query(mut self, name: &str, value: &str) -> Draft {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A header that is signed.
    pub fn header(mut self, name: &str, value: &str) -> Draft {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Draft {
        self.body = body.into();
        self
    }

    /// Signs as if it were then.
    pub fn at(mut self, time: Timestamp) -> Draft {
        self.time = time;
        self
    }

    /// What to say about the body, instead of its SHA-256.
    pub fn payload(mut self, payload: &str) -> Draft {
        self.payload = Some(payload.to_owned());
        self
    }

    /// A scope for another service or day.
    pub fn scope(mut self, service: &str, day: Option<&str>) -> Draft {
        (self.service, self.day) = (service.to_owned(), day.map(str::to_owned));
        self
    }

    pub fn without_host(mut self) -> Draft {
        self.without_host = true;
        self
    }

    pub fn keys(mut self, keys: Keys) -> Draft {
        self.keys = keys;
        self
    }

    pub async fn send(self) -> Reply {
        self.sign().send().await
    }

    /// Signs with a header.
    pub fn sign(mut self) -> Signed {
        let payload = self.payload.clone().unwrap_or_else(|| hex(&Sha256::digest(&self.body)));
        let time = stamp(self.time);
        self.headers.push(("x-amz-date".to_owned(), time.clone()));
        self.headers.push(("x-amz-content-sha256".to_owned(), payload.clone()));
        let (scope, key) = self.scope_and_key(&time);
        let (names, signature) = self.signature(&time, &scope, &key, &payload);
        let credential = format!("{}/{scope}", self.keys.access);
        let line = format!("{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}");
        self.headers.push(("authorization".to_owned(), line));
        self.signed(signature, time, scope, key)
    }

    /// Signs with the query, for whoever has the URL, for so long.
    pub fn presign(mut self, expires: &str) -> Signed {
        let time = stamp(self.time);
        let (scope, key) = self.scope_and_key(&time);
        let credential = format!("{}/{scope}", self.keys.access);
        let names = self.names();
        for (name, value) in [
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", &credential),
            ("X-Amz-Date", &time),
            ("X-Amz-Expires", expires),
            ("X-Amz-SignedHeaders", &names),
        ] {
            self = self.query(name, value);
        }
        let payload = self.payload.clone().unwrap_or_else(|| UNSIGNED.to_owned());
        let (_, signature) = self.signature(&time, &scope, &key, &payload);
        let mut signed = self.signed(signature.clone(), time, scope, key);
        signed.query.push_str(&format!("&X-Amz-Signature={signature}"));
        signed
    }

    fn scope_and_key(&self, time: &str) -> (String, Vec<u8>) {
        let day = self.day.clone().unwrap_or_else(|| time[..8].to_owned());
        let scope = format!("{day}/{}/{}/aws4_request", self.keys.region, self.service);
        let first = format!("AWS4{}", self.keys.secret).into_bytes();
        let key = scope.split('/').fold(first, |key, part| hmac(&key, part));
        (scope, key)
    }

    fn names(&self) -> String {
        let host = (!self.without_host).then_some("host");
        let mut names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).chain(host).collect();
        names.sort_unstable();
        names.dedup();
        names.join(";")
    }

    fn signature(&self, time: &str, scope: &str, key: &[u8], payload: &str) -> (String, String) {
        let mut query: Vec<_> = self.query.iter().map(|(name, value)| (encode(name), encode(value))).collect();
        query.sort();
        let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let host = ("host".to_owned(), self.address.to_string());
        let mut headers: Vec<_> =
            self.headers.iter().chain(Some(&host).filter(|_| !self.without_host)).cloned().collect();
        headers.sort();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let (method, path, names) = (&self.method, encode_path(&self.path), self.names());
        let request = format!("{method}\n{path}\n{}\n{headers}\n{names}\n{payload}", query.join("&"));
        let text = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hex(&Sha256::digest(request)));
        (names, hex(&hmac(key, &text)))
    }

    fn signed(self, signature: String, time: String, scope: String, key: Vec<u8>) -> Signed {
        let query: Vec<_> =
            self.query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        Signed {
            http: self.http,
            address: self.address,
            method: self.method,
            path: encode_path(&self.path),
            query,
            headers: self.headers,
            body: self.body,
            signature,
            time,
            scope,
            key,
        }
    }
}

impl Signed {
    /// The path and the query, as they are sent.
    pub fn target(&self) -> String {
        format!("{}{}", self.path, self.query)
    }

    /// The value of a header that is there, to be changed.
    pub fn header(&mut self, name: &str) -> &mut String {
        let found = self.headers.iter_mut().find(|(found, _)| found == name);
        &mut found.unwrap_or_else(|| panic!("the test's request has no header {name}")).1
    }

    pub async fn send(self) -> Reply {
        let curl = self.call().curl();
        match self.try_send().await {
            Ok(reply) => reply,
            Err(SendError(why)) => expect("the program answers every request").request(curl).fail(why),
        }
    }

    pub async fn try_send(self) -> Result<Reply, SendError> {
        self.call().try_send().await
    }

    fn call(&self) -> harness_net::Call {
        let call = self.http.call(&self.method, &self.target());
        let call = self.headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        if self.body.is_empty() { call } else { call.body(self.body.clone()) }
    }

    /// What the client sends before its body.
    pub fn head(&self, length: usize) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", self.method, self.target(), self.address);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("connection: close\r\ncontent-length: {length}\r\n\r\n"));
        head
    }

    /// Sends the path as it is: HTTP libraries take dots out of it. Returns the status and the body.
    pub async fn send_raw(&self) -> (u16, Vec<u8>) {
        let mut socket = Socket::connect(self.address).await;
        socket.send(self.head(self.body.len())).await;
        socket.send(&self.body).await;
        let answer = socket.expect_closed("the connection is closed after the answer, as the request asks").await;
        let (head, body) = split(&answer);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (status, body.to_vec())
    }

    /// The body in signed pieces, as `aws-chunked` has them.
    pub fn chunks(&self, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut previous = self.signature.clone();
        let nothing = hex(&Sha256::digest(b""));
        let pieces = pieces.iter().copied().chain([b"".as_slice()]);
        let chunks = pieces.map(|piece| {
            let (time, scope, digest) = (&self.time, &self.scope, hex(&Sha256::digest(piece)));
            let text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{time}\n{scope}\n{previous}\n{nothing}\n{digest}");
            previous = hex(&hmac(&self.key, &text));
            let head = format!("{:x};chunk-signature={previous}\r\n", piece.len());
            [head.as_bytes(), piece, b"\r\n"].concat()
        });
        chunks.collect()
    }
}

/// Head and body of a raw answer.
fn split(answer: &[u8]) -> (String, &[u8]) {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    (String::from_utf8_lossy(&answer[..end]).into_owned(), &answer[end..])
}

/// Reads the head of an answer, and leaves the body where it is.
pub async fn read_head(socket: &mut Socket) -> String {
    let complete = |bytes: &[u8]| bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
    let reading = tokio::time::timeout(timeout(Duration::from_secs(10)), socket.read_until(complete));
    match reading.await {
        Ok(Ok(head)) => String::from_utf8_lossy(&head).into_owned(),
        other => expect("the program answers").expected("the head of an answer").fail(format!("{other:?}")),
    }
}

pub fn stamp(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn encode_path(path: &str) -> String {
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}
