//! What came back, and expectations about it.

use harness::{Expectation, expect};
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A complete HTTP response, together with the request that it answers.
#[derive(Debug, Clone)]
pub struct Reply {
    curl: String,
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(curl: String, status: u16, headers: HeaderMap, body: Vec<u8>) -> Reply {
        Reply { curl, status, headers, body }
    }

    /// The request as a `curl` line.
    pub fn curl(&self) -> &str {
        &self.curl
    }

    /// A header's value, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text; invalid UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            expect("the body is JSON")
                .request(&self.curl)
                .expected("a JSON document")
                .fail(format!("{error}\n{}", self.describe()))
        })
    }

    /// The value at `pointer` (RFC 6901, `/items/0/id`) of the JSON body.
    ///
    /// # Panics
    /// When the body is not JSON or has nothing there.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or_else(|| {
            expect(format!("the body has a value at {pointer}"))
                .request(&self.curl)
                .expected(format!("a value at {pointer}"))
                .fail(self.describe())
        })
    }

    /// The text at `pointer` of the JSON body.
    ///
    /// # Panics
    /// When there is no text.
    #[track_caller]
    pub fn text_at(&self, pointer: &str) -> String {
        match self.at(pointer) {
            Value::String(text) => text,
            _ => expect(format!("the body has text at {pointer}"))
                .request(&self.curl)
                .expected(format!("a string at {pointer}"))
                .fail(self.describe()),
        }
    }

    /// The whole number at `pointer` of the JSON body.
    ///
    /// # Panics
    /// When there is no whole number.
    #[track_caller]
    pub fn number_at(&self, pointer: &str) -> i64 {
        self.at(pointer).as_i64().unwrap_or_else(|| {
            expect(format!("the body has a whole number at {pointer}"))
                .request(&self.curl)
                .expected(format!("a whole number at {pointer}"))
                .fail(self.describe())
        })
    }

    /// Begins expectations about this reply with the requirement that they check.
    pub fn expect(&self, requirement: impl Into<String>) -> ReplyExpectation<'_> {
        ReplyExpectation { reply: self, requirement: requirement.into() }
    }

    /// Status line, headers and body, as `curl -i` prints them.
    pub fn describe(&self) -> String {
        let mut text = format!("status {}\n", self.status);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
        }
        text.push('\n');
        text.push_str(&self.text());
        text
    }
}

/// The status of a response that came as bytes, in any version of HTTP/1 and with any words behind the number. None: that is
/// no response.
pub fn status_of(response: &[u8]) -> Option<u16> {
    let [_, b' ', code @ ..] = response.strip_prefix(b"HTTP/1.")? else { return None };
    std::str::from_utf8(code.get(..3)?).ok()?.parse().ok()
}

/// One requirement about a reply. Checks can be chained; each panics with the whole explanation when it does not hold.
#[derive(Debug)]
#[must_use = "an expectation checks nothing until one of its checks is called"]
pub struct ReplyExpectation<'a> {
    reply: &'a Reply,
    requirement: String,
}

impl ReplyExpectation<'_> {
    fn wanted(&self, expected: String) -> Expectation {
        expect(self.requirement.clone()).request(&self.reply.curl).expected(expected)
    }

    /// The status code.
    #[track_caller]
    pub fn status(&self, status: u16) -> &Self {
        self.wanted(format!("status {status}")).that(self.reply.status == status, self.reply.describe());
        self
    }

    /// One of several status codes, where the page leaves the choice.
    #[track_caller]
    pub fn status_in(&self, allowed: &[u16]) -> &Self {
        self.wanted(format!("a status among {allowed:?}"))
            .that(allowed.contains(&self.reply.status), self.reply.describe());
        self
    }

    /// A header with exactly this value.
    #[track_caller]
    pub fn header(&self, name: &str, value: &str) -> &Self {
        self.wanted(format!("{name}: {value}")).that(self.reply.header(name) == Some(value), self.reply.describe());
        self
    }

    /// No such header.
    #[track_caller]
    pub fn no_header(&self, name: &str) -> &Self {
        self.wanted(format!("no header {name}")).that(self.reply.header(name).is_none(), self.reply.describe());
        self
    }

    /// The media type, whatever parameters such as `charset` follow it.
    #[track_caller]
    pub fn media_type(&self, media_type: &str) -> &Self {
        let sent = self.reply.header("content-type").unwrap_or_default();
        let essence = sent.split(';').next().unwrap_or_default().trim();
        self.wanted(format!("content-type: {media_type}"))
            .that(essence.eq_ignore_ascii_case(media_type), self.reply.describe());
        self
    }

    /// The JSON body has `value` at `pointer` (RFC 6901); 62 and 62.0 are the same number.
    #[track_caller]
    pub fn json_at(&self, pointer: &str, value: impl Into<Value>) -> &Self {
        let value = value.into();
        let found: Option<Value> = serde_json::from_slice(&self.reply.body).ok();
        self.wanted(format!("{value} at {pointer} of the JSON body")).that(
            found.as_ref().and_then(|body| body.pointer(pointer)).is_some_and(|found| same(found, &value)),
            self.reply.describe(),
        );
        self
    }

    /// The JSON body is `value`, whatever the order of its keys; 62 and 62.0 are the same number.
    #[track_caller]
    pub fn json(&self, value: &Value) -> &Self {
        let found: Option<Value> = serde_json::from_slice(&self.reply.body).ok();
        self.wanted(format!("{value:#}"))
            .that(found.as_ref().is_some_and(|found| same(found, value)), self.reply.describe());
        self
    }

    /// The body is these bytes.
    #[track_caller]
    pub fn body(&self, body: impl AsRef<[u8]>) -> &Self {
        let body = body.as_ref();
        self.wanted(format!("a body of {} bytes: {}", body.len(), String::from_utf8_lossy(body)))
            .that(self.reply.body == body, self.reply.describe());
        self
    }

    /// The body contains this text.
    #[track_caller]
    pub fn contains(&self, text: &str) -> &Self {
        self.wanted(format!("a body that contains {text:?}"))
            .that(self.reply.text().contains(text), self.reply.describe());
        self
    }

    /// An error document by RFC 9457: this status in the status line and in the body, `application/problem+json`, and a
    /// `title` that is not empty.
    #[track_caller]
    pub fn problem(&self, status: u16) -> &Self {
        self.status(status).media_type("application/problem+json").json_at("/status", status);
        let body: Option<Value> = serde_json::from_slice(&self.reply.body).ok();
        let title = body.as_ref().and_then(|body| body.pointer("/title")).and_then(Value::as_str).unwrap_or_default();
        self.wanted("a title in the error document".to_owned()).that(!title.is_empty(), self.reply.describe());
        self
    }
}

/// Whether two JSON values are the same. JSON has one kind of number, and many languages write 62.0 as 62 (RFC 8259, section 6).
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        // As floats, two large integers that differ could be equal.
        (Value::Number(one), Value::Number(other)) if one.is_f64() != other.is_f64() => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let in_other = |(key, value): (&String, &Value)| other.get(key).is_some_and(|other| same(value, other));
            one.len() == other.len() && one.iter().all(in_other)
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::{same, status_of};
    use serde_json::json;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        assert!(same(&json!({"a": [62, null], "b": "x"}), &json!({"b": "x", "a": [62.0, null]})));
        for (one, other) in [
            (json!(62), json!(62.5)),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64)),
            (json!([1]), json!([1, 2])),
            (json!({"a": 1}), json!({"b": 1})),
            (json!({"a": 1}), json!({"a": 1, "b": 1})),
            (json!("62"), json!(62)),
        ] {
            assert!(!same(&one, &other), "{one} {other}");
        }
    }

    #[test]
    fn the_status_is_read_whatever_stands_around_it() {
        assert_eq!(status_of(b"HTTP/1.1 413 Payload Too Large\r\n"), Some(413));
        assert_eq!(status_of(b"HTTP/1.0 200\r\n\r\n413"), Some(200));
        for other in ["", "HTTP/1.1", "HTTP/2 200", "HTTP/1.1 4", "HTTP/1.1 abc", "<html>"] {
            assert_eq!(status_of(other.as_bytes()), None, "{other}");
        }
    }
}
