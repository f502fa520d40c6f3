//! The HTTP side: which operation a request means, and how its answer looks.

use crate::{
    conditions::{Conditions, range},
    documents,
    error::{Code, Error},
    list::Query,
    payload::{Content, Payload},
    signature::Credentials,
    store::{Draft, Incoming, Object, Store},
    target::Target,
    xml::CompleteMultipartUpload,
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use std::io::SeekFrom;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

/// The largest object that one request may bring, and the largest document.
const LARGEST_OBJECT: u64 = 5 << 30;
const LARGEST_DOCUMENT: u64 = 2 << 20;

/// What S3 has and we have not. Some of these would do harm if they were ignored: `PUT key?acl` is not a new content.
const NOT_IMPLEMENTED: [&str; 21] = [
    "accelerate",
    "acl",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "legal-hold",
    "lifecycle",
    "logging",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "replication",
    "restore",
    "retention",
    "select",
    "tagging",
    "versioning",
    "versions",
    "website",
];

/// Headers that come back with the object, besides `x-amz-meta-…`.
const KEPT: [&str; 6] =
    ["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"];

/// What all requests share. Cloning is cheap.
#[derive(Clone)]
pub struct Service {
    pub store: Store,
    pub credentials: Credentials,
}

/// A request whose signature is right. Its body is still to come.
struct Signed {
    method: String,
    headers: HeaderMap,
    target: Target,
    payload: Payload,
    body: Body,
}

/// All paths, without a socket. Paths are keys, which a router would take apart, so everything goes one way.
pub fn app(service: Service) -> Router {
    Router::new().fallback(handle).with_state(service)
}

async fn handle(State(service): State<Service>, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let target = Target::of(&parts.uri)?;
    let payload = service.credentials.verify(&parts.method, &parts.headers, &target, Timestamp::now())?;
    let method = parts.method.as_str().to_owned();
    service.answer(Signed { method, headers: parts.headers, target, payload, body }).await
}

impl Service {
    async fn answer(&self, request: Signed) -> Result<Response, Error> {
        let (store, target) = (&self.store, &request.target);
        let (bucket, key) = (target.bucket.as_str(), target.key.as_str());
        let has = |name| target.parameter(name).is_some();
        if let Some(missing) = NOT_IMPLEMENTED.into_iter().find(|name| has(name)) {
            return Err(Error::new(Code::NotImplemented, format!("this server has no {missing}")));
        }
        match (request.method.as_str(), bucket, key) {
            ("GET", "", _) => Ok(documents::buckets(&store.buckets().await?, &self.credentials.access_key)),
            ("PUT", _, "") => self.create_bucket(request).await,
            ("HEAD", _, "") => store.expect_bucket(bucket).await.map(IntoResponse::into_response),
            ("DELETE", _, "") => store.delete_bucket(bucket).await.map(no_content),
            ("GET", _, "") if has("location") => store.expect_bucket(bucket).await.map(|()| documents::location()),
            ("GET", _, _) if has("uploads") || has("uploadId") => {
                Err(Error::new(Code::NotImplemented, "this server does not list uploads"))
            }
            ("GET", _, "") => {
                let query = Query::of(target)?;
                Ok(documents::page(target, &query, &store.list(bucket, &query).await?))
            }
            ("PUT", ..) if has("uploadId") => self.put_part(request).await,
            ("PUT", ..) => self.put(request).await,
            ("GET" | "HEAD", ..) => self.get(&request.method, &request.headers, target).await,
            ("DELETE", ..) if has("uploadId") => {
                store.abort_upload(bucket, key, target.parameter("uploadId").unwrap_or_default()).await.map(no_content)
            }
            ("DELETE", ..) => store.delete(bucket, key).await.map(no_content),
            ("POST", _, key) if has("uploads") && !key.is_empty() => {
                let id = store.create_upload(bucket, key, &kept(&request.headers)).await?;
                Ok(documents::upload_begun(target, &id))
            }
            ("POST", ..) if has("uploadId") => self.complete_upload(request).await,
            _ => Err(Error::new(Code::MethodNotAllowed, "this does not go with that method")),
        }
    }

    async fn create_bucket(&self, request: Signed) -> Result<Response, Error> {
        // It may name a region, of which we have one.
        request.payload.receive(request.body, &mut Vec::new(), LARGEST_DOCUMENT).await?;
        self.store.create_bucket(&request.target.bucket).await?;
        Ok([(header::LOCATION, request.target.path)].into_response())
    }

    async fn put(&self, request: Signed) -> Result<Response, Error> {
        if request.headers.contains_key("x-amz-copy-source") {
            return Err(Error::new(Code::NotImplemented, "this server does not copy"));
        }
        let Target { bucket, key, .. } = request.target;
        self.store.expect_bucket(&bucket).await?;
        let (file, content) = self.receive(request.payload, request.body).await?;
        let etag = HEXLOWER.encode(&content.md5);
        let draft = Draft { bucket, key, headers: kept(&request.headers), size: content.size, etag };
        self.store.put(&draft, file, &Conditions::of(&request.headers)).await?;
        Ok([(header::ETAG, format!("\"{}\"", draft.etag))].into_response())
    }

    async fn put_part(&self, request: Signed) -> Result<Response, Error> {
        let Target { bucket, key, .. } = &request.target;
        let id = request.target.parameter("uploadId").unwrap_or_default();
        let number = request.target.parameter("partNumber").and_then(|number| number.parse().ok()).unwrap_or(0);
        self.store.expect_upload(bucket, key, id, number).await?;
        let (file, content) = self.receive(request.payload, request.body).await?;
        self.store.put_part(id, number, file, &content).await?;
        Ok([(header::ETAG, format!("\"{}\"", HEXLOWER.encode(&content.md5)))].into_response())
    }

    async fn receive(&self, payload: Payload, body: Body) -> Result<(Incoming, Content), Error> {
        let mut file = self.store.create_file().await?;
        let content = payload.receive(body, &mut file.file, LARGEST_OBJECT).await?;
        Ok((file, content))
    }

    async fn complete_upload(&self, request: Signed) -> Result<Response, Error> {
        let mut document = Vec::new();
        request.payload.receive(request.body, &mut document, LARGEST_DOCUMENT).await?;
        let parts = CompleteMultipartUpload::parse(&document)?.parts;
        let Target { bucket, key, .. } = &request.target;
        let id = request.target.parameter("uploadId").unwrap_or_default();
        let etag = self.store.complete_upload(bucket, key, id, &parts, &Conditions::of(&request.headers)).await?;
        Ok(documents::upload_completed(&request.target, &etag))
    }

    async fn get(&self, method: &str, request: &HeaderMap, target: &Target) -> Result<Response, Error> {
        let (object, mut file) = self.store.read(&target.bucket, &target.key).await?;
        let modified = Timestamp::from_millisecond(object.modified).map_err(Error::internal)?;
        let mut response = Response::builder();
        for (name, value) in headers(&object, modified)? {
            response = response.header(name, value);
        }
        if !Conditions::of(request).allow_reading(&object.etag, modified)? {
            return response.status(StatusCode::NOT_MODIFIED).body(Body::empty()).map_err(Error::internal);
        }
        let size = u64::try_from(object.size).unwrap_or_default();
        let wanted = range(request, size)?;
        if let Some(range) = &wanted {
            let part = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            response = response.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, part);
        }
        let range = wanted.unwrap_or(0..size);
        let length = range.end - range.start;
        let body = if method == "HEAD" {
            Body::empty()
        } else {
            file.seek(SeekFrom::Start(range.start)).await?;
            Body::from_stream(ReaderStream::with_capacity(file.take(length), 64 << 10))
        };
        response.header(header::CONTENT_LENGTH, length).body(body).map_err(Error::internal)
    }
}

fn no_content((): ()) -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// What comes back with the object, as `name: value` lines. How its body was sent is none of it.
fn kept(headers: &HeaderMap) -> String {
    let of_object = |name: &str| KEPT.contains(&name) || name.starts_with("x-amz-meta-");
    let lines = headers.iter().filter(|(name, _)| of_object(name.as_str())).filter_map(|(name, value)| {
        let mut value = value.to_str().ok()?.to_owned();
        if name == header::CONTENT_ENCODING {
            let codings = value.split(',').map(str::trim).filter(|coding| *coding != "aws-chunked");
            value = codings.collect::<Vec<_>>().join(", ");
        }
        (!value.is_empty()).then(|| format!("{name}: {value}\n"))
    });
    lines.collect()
}

/// The head of an answer about an object.
fn headers(object: &Object, modified: Timestamp) -> Result<Vec<(String, String)>, Error> {
    let line = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut headers: Vec<_> = object.headers.lines().filter_map(line).collect();
    if !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), "binary/octet-stream".to_owned()));
    }
    let modified = DateTimePrinter::new().timestamp_to_rfc9110_string(&modified).map_err(Error::internal)?;
    headers.push(("last-modified".to_owned(), modified));
    headers.push(("etag".to_owned(), format!("\"{}\"", object.etag)));
    headers.push(("accept-ranges".to_owned(), "bytes".to_owned()));
    Ok(headers)
}
