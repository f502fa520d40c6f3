//! The answers that are XML documents.

use crate::{
    list::{Page, Query},
    store::Bucket,
    target::{Target, encode, encode_path},
    xml::Xml,
};
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;

fn xml(document: String) -> Response {
    ([(header::CONTENT_TYPE, "application/xml")], document).into_response()
}

/// Milliseconds since 1970 as RFC 3339 with three digits after the point, which is what clients of S3 know.
fn time(milliseconds: i64) -> String {
    format!("{:.3}", Timestamp::from_millisecond(milliseconds).unwrap_or_default())
}

fn etag(etag: &str) -> String {
    format!("\"{etag}\"")
}

pub fn buckets(buckets: &[Bucket], owner: &str) -> Response {
    xml(Xml::document("ListAllMyBucketsResult", |xml| {
        xml.element("Owner", |xml| xml.text("ID", owner));
        xml.element("Buckets", |xml| {
            for bucket in buckets {
                xml.element("Bucket", |xml| {
                    xml.text("Name", &bucket.name);
                    xml.text("CreationDate", time(bucket.created));
                });
            }
        });
    }))
}

/// Where the bucket is: nowhere in particular, which S3 says for its first region.
pub fn location() -> Response {
    xml(Xml::document("LocationConstraint", |_| {}))
}

/// A page of a listing, in the version that was asked for.
pub fn page(target: &Target, query: &Query, page: &Page) -> Response {
    let version_2 = target.parameter("list-type") == Some("2");
    let encoded = target.parameter("encoding-type") == Some("url");
    let word = |text: &str| if encoded { encode_path(text) } else { text.to_owned() };
    let key = |key: &[u8]| word(&String::from_utf8_lossy(key));
    xml(Xml::document("ListBucketResult", |xml| {
        xml.text("Name", &target.bucket);
        xml.text("Prefix", word(&query.prefix));
        if let Some(delimiter) = &query.delimiter {
            xml.text("Delimiter", if encoded { encode(delimiter) } else { delimiter.clone() });
        }
        if encoded {
            xml.text("EncodingType", "url");
        }
        xml.text("MaxKeys", query.max_keys);
        xml.text("IsTruncated", page.next.is_some());
        if version_2 {
            xml.text("KeyCount", page.len());
            for (name, parameter) in [("ContinuationToken", "continuation-token"), ("StartAfter", "start-after")] {
                if let Some(value) = target.parameter(parameter) {
                    xml.text(name, word(value));
                }
            }
            if let Some(token) = page.token() {
                xml.text("NextContinuationToken", token);
            }
        } else {
            xml.text("Marker", word(target.parameter("marker").unwrap_or_default()));
            if page.next.is_some() {
                let last_key = page.objects.last().map(|entry| entry.key.as_slice());
                let last_prefix = page.prefixes.last().map(String::as_bytes);
                xml.text("NextMarker", key(last_key.max(last_prefix).unwrap_or_default()));
            }
        }
        for entry in &page.objects {
            xml.element("Contents", |xml| {
                xml.text("Key", key(&entry.key));
                xml.text("LastModified", time(entry.modified));
                xml.text("ETag", etag(&entry.etag));
                xml.text("Size", entry.size);
                xml.text("StorageClass", "STANDARD");
            });
        }
        for prefix in &page.prefixes {
            xml.element("CommonPrefixes", |xml| xml.text("Prefix", word(prefix)));
        }
    }))
}

pub fn upload_begun(target: &Target, id: &str) -> Response {
    xml(Xml::document("InitiateMultipartUploadResult", |xml| {
        xml.text("Bucket", &target.bucket);
        xml.text("Key", &target.key);
        xml.text("UploadId", id);
    }))
}

pub fn upload_completed(target: &Target, tag: &str) -> Response {
    xml(Xml::document("CompleteMultipartUploadResult", |xml| {
        xml.text("Location", encode_path(&target.path));
        xml.text("Bucket", &target.bucket);
        xml.text("Key", &target.key);
        xml.text("ETag", etag(tag));
    }))
}
