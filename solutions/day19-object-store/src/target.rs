//! What a request is about: the bucket and the key from its path, and the parameters from its query, all decoded.

use crate::error::{Code, Error};
use axum::http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const LONGEST_KEY: usize = 1024;

/// RFC 3986's unreserved characters stay, everything else is encoded.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const STRICT_PATH: &AsciiSet = &STRICT.remove(b'/');

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The whole path, decoded once.
    pub path: String,
    /// Empty for the service itself.
    pub bucket: String,
    /// Empty for a bucket itself.
    pub key: String,
    /// In the order of the request. A parameter without `=` has an empty value.
    pub query: Vec<(String, String)>,
}

impl Target {
    pub fn of(uri: &Uri) -> Result<Target, Error> {
        let path = decode(uri.path())?;
        let inside = path.strip_prefix('/').unwrap_or(&path);
        let (bucket, key) = inside.split_once('/').unwrap_or((inside, ""));
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        if key.len() > LONGEST_KEY {
            return Err(Error::new(Code::KeyTooLongError, format!("a key has at most {LONGEST_KEY} bytes")));
        }
        // XML has no way to write most of them.
        if key.contains(char::is_control) {
            return Err(Error::new(Code::InvalidArgument, "this server takes no control characters in keys"));
        }
        let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let query = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // In a query, unlike in a path, a plus is a space.
            Ok((decode(&name.replace('+', " "))?, decode(&value.replace('+', " "))?))
        });
        Ok(Target { query: query.collect::<Result<_, Error>>()?, path, bucket, key })
    }

    /// The value of a parameter, where it is there.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

fn decode(text: &str) -> Result<String, Error> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(String::from).map_err(|_| Error::new(Code::InvalidURI, "what is percent-encoded is not UTF-8"))
}

/// Encodes a name or a value.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, STRICT).to_string()
}

/// Encodes a path: slashes stay.
pub fn encode_path(path: &str) -> String {
    utf8_percent_encode(path, STRICT_PATH).to_string()
}
