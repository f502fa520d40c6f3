//! How `object_store` sends its requests here: with the `reqwest` that all days share.
//!
//! `object_store` brings a connector of its own, and with it a TLS stack that nobody who only talks to his own machine should
//! have to compile. For a bucket that is reached by HTTPS, add the feature `rustls` to `reqwest` in the root manifest.
//!
//! ```no_run
//! use object_store::aws::AmazonS3Builder;
//! use plumbing_objects::Connector;
//!
//! # fn main() -> Result<(), object_store::Error> {
//! let bucket = AmazonS3Builder::new()
//!     .with_endpoint("http://127.0.0.1:9000")
//!     .with_allow_http(true)
//!     .with_bucket_name("backups")
//!     .with_access_key_id("me")
//!     .with_secret_access_key("secret")
//!     .with_http_connector(Connector::default())
//!     .build()?;
//! # drop(bucket);
//! # Ok(())
//! # }
//! ```

use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
    },
};
use std::{error::Error, io, time::Duration};

/// Connects an `object_store` client through `reqwest`.
#[derive(Debug, Clone, Copy)]
pub struct Connector {
    /// How long one request and its answer may take.
    pub timeout: Duration,
}

impl Default for Connector {
    /// With the time that `object_store` allows by itself: 30 seconds.
    fn default() -> Self {
        Connector { timeout: Duration::from_secs(30) }
    }
}

impl HttpConnector for Connector {
    /// The options of the store's builder are not looked at: what matters is in this type.
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = reqwest::Client::builder()
            .timeout(self.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| object_store::Error::Generic { store: "HTTP", source: Box::new(error) })?;
        Ok(HttpClient::new(Service(client)))
    }
}

#[derive(Debug)]
struct Service(reqwest::Client);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let url = reqwest::Url::parse(&parts.uri.to_string())
            .map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(reqwest::Body::wrap(body));
        let answer = self.0.execute(request).await.map_err(classified)?;
        let (parts, body) = http::Response::<reqwest::Body>::from(answer).into_parts();
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body.map_err(classified))))
    }
}

/// `object_store` asks again after an error, depending on its kind.
fn classified(error: reqwest::Error) -> HttpError {
    let kind = if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_connect() {
        HttpErrorKind::Connect
    } else if is_broken_connection(&error) {
        HttpErrorKind::Interrupted
    } else if error.is_decode() {
        HttpErrorKind::Decode
    } else {
        HttpErrorKind::Request
    };
    // The URL may carry a signature; object_store adds it to its messages where it may be shown.
    HttpError::new(kind, error.without_url())
}

/// Whether the connection ended in the middle of an answer.
fn is_broken_connection(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
            return matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof);
        }
        source = error.source();
    }
    false
}
