//! The connector, between a client of `object_store` and a server that behaves like one, and like none.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::get};
use object_store::{ObjectStoreExt, PutPayload, RetryConfig, aws::AmazonS3Builder, path::Path};
use plumbing_objects::Connector;
use std::{
    io::Write,
    net::TcpListener,
    sync::{Arc, Mutex},
};

fn bucket(address: impl std::fmt::Display) -> impl ObjectStoreExt {
    AmazonS3Builder::new()
        .with_endpoint(format!("http://{address}"))
        .with_allow_http(true)
        .with_bucket_name("bucket")
        .with_access_key_id("me")
        .with_secret_access_key("secret")
        .with_http_connector(Connector::default())
        .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() })
        .build()
        .unwrap()
}

#[tokio::test]
async fn bytes_that_are_put_can_be_got() {
    let kept = Arc::new(Mutex::new(Bytes::new()));
    let put = async |State(kept): State<Arc<Mutex<Bytes>>>, body: Bytes| {
        *kept.lock().unwrap() = body;
        [("etag", "\"1\"")]
    };
    let read = async |State(kept): State<Arc<Mutex<Bytes>>>| {
        ([("etag", "\"1\""), ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT")], kept.lock().unwrap().clone())
    };
    let app = Router::new().route("/bucket/key", get(read).put(put)).with_state(kept);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });

    let bucket = bucket(address);
    let key = Path::from("key");
    bucket.put(&key, PutPayload::from_static(b"twelve bytes")).await.unwrap();
    let got = bucket.get(&key).await.unwrap().bytes().await.unwrap();
    assert_eq!(got, "twelve bytes");
}

#[tokio::test]
async fn a_refusal_is_not_taken_for_a_success() {
    let app = Router::new().fallback(async || StatusCode::FORBIDDEN);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let error = bucket(address).put(&Path::from("key"), PutPayload::from_static(b"x")).await.unwrap_err();
    assert!(matches!(error, object_store::Error::PermissionDenied { .. }), "{error:?}");
}

#[tokio::test]
async fn a_body_that_ends_too_early_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = "HTTP/1.1 200 OK\r\netag: \"1\"\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
            write!(stream, "{head}content-length: 100\r\n\r\ntoo short").unwrap();
        }
    });
    let got = bucket(address).get(&Path::from("key")).await;
    let bytes = match got {
        Ok(got) => got.bytes().await,
        Err(error) => Err(error),
    };
    assert!(bytes.is_err(), "{bytes:?}");
}
