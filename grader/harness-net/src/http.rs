//! Requests that know their `curl` line.

use crate::reply::Reply;
use harness::{Program, expect, timeout};
use reqwest::{
    Client, Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use std::{net::SocketAddr, time::Duration};

/// How long a reply may take (before stretching).
const PATIENCE: Duration = Duration::from_secs(10);

/// An HTTP client for one server. It follows no redirects and keeps no cookies unless told to, so that a test sees
/// exactly what the program sent. Cloning is cheap and shares connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    base: String,
    headers: HeaderMap,
}

/// Why no reply came, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError(pub String);

impl Http {
    /// A client for the program's first listener.
    #[track_caller]
    pub fn to(program: &Program) -> Http {
        Http::at(program.address())
    }

    /// A client for `address`.
    pub fn at(address: SocketAddr) -> Http {
        Http::with(address, Client::builder())
    }

    /// A client for the program's first listener that keeps cookies, as a browser does.
    #[track_caller]
    pub fn with_cookies(program: &Program) -> Http {
        Http::with(program.address(), Client::builder().cookie_store(true))
    }

    fn with(address: SocketAddr, builder: reqwest::ClientBuilder) -> Http {
        let builder = builder.redirect(reqwest::redirect::Policy::none()).no_proxy().timeout(timeout(PATIENCE));
        let client = builder.build().unwrap_or_else(|error| panic!("the HTTP client cannot be made: {error}"));
        Http { client, base: format!("http://{address}"), headers: HeaderMap::new() }
    }

    /// The same client with one more header on every request.
    pub fn always(mut self, name: &str, value: &str) -> Http {
        let (name, value) = header(name, value);
        self.headers.insert(name, value);
        self
    }

    /// The start of every URL: `http://127.0.0.1:41234`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request with any method.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_else(|_| panic!("{method:?} is no HTTP method"));
        Call {
            client: self.client.clone(),
            method,
            url: format!("{}{path}", self.base),
            headers: self.headers.clone(),
            body: None,
        }
    }

    /// `GET path`.
    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    /// `HEAD path`.
    pub fn head(&self, path: &str) -> Call {
        self.call("HEAD", path)
    }

    /// `POST path`.
    pub fn post(&self, path: &str) -> Call {
        self.call("POST", path)
    }

    /// `PUT path`.
    pub fn put(&self, path: &str) -> Call {
        self.call("PUT", path)
    }

    /// `PATCH path`.
    pub fn patch(&self, path: &str) -> Call {
        self.call("PATCH", path)
    }

    /// `DELETE path`.
    pub fn delete(&self, path: &str) -> Call {
        self.call("DELETE", path)
    }
}

/// A request about to be sent.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until send or try_send is awaited"]
pub struct Call {
    client: Client,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

impl Call {
    /// Adds or replaces a header.
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Call {
        let (name, value) = header(name, value.as_ref());
        self.headers.insert(name, value);
        self
    }

    /// A JSON body with its content type.
    pub fn json(self, body: &impl serde::Serialize) -> Call {
        let body = serde_json::to_vec(body).unwrap_or_else(|error| panic!("the test's body is not JSON: {error}"));
        self.header("content-type", "application/json").body(body)
    }

    /// A form body with its content type. Values are percent-encoded.
    pub fn form(self, fields: &[(&str, &str)]) -> Call {
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        self.header("content-type", "application/x-www-form-urlencoded").body(fields.join("&"))
    }

    /// A body without a content type.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Call {
        self.body = Some(body.into());
        self
    }

    /// The request as a line for a shell.
    pub fn curl(&self) -> String {
        let mut line = String::from("curl -i");
        match self.method {
            Method::GET => {}
            Method::HEAD => line.push_str(" --head"),
            ref method => line.push_str(&format!(" -X {method}")),
        }
        line.push_str(&format!(" {}", quote(&self.url)));
        for (name, value) in &self.headers {
            line.push_str(&format!(" -H {}", quote(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))));
        }
        match &self.body {
            None => {}
            Some(body) if body.len() > 2000 => {
                line.push_str(&format!(" --data-binary @body   # {} bytes, beginning with ", body.len()));
                line.push_str(&String::from_utf8_lossy(&body[..60]));
            }
            Some(body) => {
                line.push_str(&format!(" --data-binary {}", quote(&String::from_utf8_lossy(body))));
            }
        }
        line
    }

    /// Sends the request and reads the whole reply.
    ///
    /// # Panics
    /// When no complete reply came, with a sentence that says why.
    pub async fn send(self) -> Reply {
        let curl = self.curl();
        match self.try_send().await {
            Ok(reply) => reply,
            Err(SendError(why)) => {
                expect("the program answers every request").request(curl).expected("an HTTP response").fail(why)
            }
        }
    }

    /// Sends the request and reads the whole reply, or says why there is none.
    pub async fn try_send(self) -> Result<Reply, SendError> {
        let curl = self.curl();
        let response = self.stream().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response
            .bytes()
            .await
            .map_err(|error| SendError(format!("status {status}, but the body broke off: {}", reasons(&error))))?;
        Ok(Reply::new(curl, status, headers, body.to_vec()))
    }

    /// Sends the request and returns as soon as the head of the response is there: for streams.
    pub async fn stream(self) -> Result<reqwest::Response, SendError> {
        let mut request = self.client.request(self.method, &self.url).headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        request.send().await.map_err(|error| SendError(explain(&error)))
    }
}

/// Early end, refused connection and silence are different mistakes, so each gets its own sentence.
fn explain(error: &reqwest::Error) -> String {
    let why = reasons(error);
    if error.is_timeout() {
        format!("silence: no response within {} s", timeout(PATIENCE).as_secs_f32())
    } else if error.is_connect() {
        format!("the connection was refused: nothing listens on the announced address ({why})")
    } else {
        format!("the connection was closed before a response came, as after a panic in the handler ({why})")
    }
}

fn reasons(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn header(name: &str, value: &str) -> (HeaderName, HeaderValue) {
    match (name.parse(), HeaderValue::from_bytes(value.as_bytes())) {
        (Ok(name), Ok(value)) => (name, value),
        _ => panic!("the test's header {name:?}: {value:?} is not valid"),
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub(crate) fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Quotes for a POSIX shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curl_line_can_be_pasted() {
        let http = Http::at("127.0.0.1:80".parse().unwrap());
        assert_eq!(
            http.post("/a?b=c").json(&"it's").curl(),
            r#"curl -i -X POST 'http://127.0.0.1:80/a?b=c' -H 'content-type: application/json' --data-binary '"it'\''s"'"#
        );
        assert_eq!(http.head("/").curl(), "curl -i --head 'http://127.0.0.1:80/'");
    }

    #[test]
    fn form_values_are_percent_encoded() {
        let call = Http::at("127.0.0.1:80".parse().unwrap()).post("/").form(&[("a b", "ü&=")]);
        assert_eq!(call.body.unwrap(), b"a%20b=%C3%BC%26%3D");
    }

    #[tokio::test]
    async fn a_refused_connection_gets_its_own_sentence() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let SendError(why) = Http::at(free).get("/").try_send().await.unwrap_err();
        assert!(why.starts_with("the connection was refused"), "{why}");
    }

    #[tokio::test]
    async fn a_connection_closed_without_a_reply_gets_its_own_sentence() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            loop {
                drop(listener.accept().await);
            }
        });
        let SendError(why) = Http::at(address).get("/").try_send().await.unwrap_err();
        server.abort();
        assert!(why.starts_with("the connection was closed"), "{why}");
    }
}
