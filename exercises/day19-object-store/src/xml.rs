//! XML, out and in.

use crate::error::{Code, Error};
use quick_xml::escape::escape;
use serde::Deserialize;
use std::fmt::Display;

/// A document that is being written. Every text goes through [`Xml::text`], and is escaped there.
#[derive(Debug)]
pub struct Xml(String);

impl Xml {
    pub fn document(root: &str, content: impl FnOnce(&mut Xml)) -> String {
        let mut xml = Xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned());
        xml.element(root, content);
        xml.0
    }

    /// An element that holds others.
    pub fn element(&mut self, name: &str, content: impl FnOnce(&mut Xml)) {
        self.0.push_str(&format!("<{name}>"));
        content(self);
        self.0.push_str(&format!("</{name}>"));
    }

    /// An element that holds text.
    pub fn text(&mut self, name: &str, text: impl Display) {
        let text = text.to_string();
        let text = escape(&text);
        self.0.push_str(&format!("<{name}>{text}</{name}>"));
    }
}

/// What a client sends to complete a multipart upload.
#[derive(Debug, Deserialize)]
pub struct CompleteMultipartUpload {
    #[serde(rename = "Part", default)]
    pub parts: Vec<CompletedPart>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CompletedPart {
    pub part_number: i64,
    #[serde(rename = "ETag")]
    pub etag: String,
}

impl CompleteMultipartUpload {
    pub fn parse(body: &[u8]) -> Result<CompleteMultipartUpload, Error> {
        let text = std::str::from_utf8(body).unwrap_or_default();
        quick_xml::de::from_str(text).map_err(|error| Error::new(Code::MalformedXML, error.to_string()))
    }
}
