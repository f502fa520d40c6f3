//! The plumbing as a client sees it: a service on a free port, asked over HTTP.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use harness_net::{Http, Socket};
use plumbing::{Failure, Json, Problem, serve_until, with_fallbacks};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    net::TcpListener,
    sync::{Notify, oneshot},
    task::JoinHandle,
};

/// A running service, and how to stop it.
struct Service {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    end: JoinHandle<Result<(), Failure>>,
}

async fn start(app: Router) -> std::io::Result<Service> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let end = tokio::spawn(serve_until(listener, app, async {
        let _ = stopped.await;
    }));
    Ok(Service { address, stop, end })
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let service = start(with_fallbacks(Router::new().route("/here", get(async || "here")))).await.unwrap();
    let http = Http::at(service.address);
    http.get("/here").send().await.expect("routes are served").status(200).body("here");
    http.get("/there").send().await.expect("an unknown path is 404").problem(404);
    http.post("/here").send().await.expect("another method is 405 with Allow").problem(405).header("allow", "GET,HEAD");
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_problems() {
    async fn echo(Json(value): Json<Vec<u8>>) -> Json<Vec<u8>> {
        Json(value)
    }
    let app = Router::new().route("/", post(echo)).layer(axum::extract::DefaultBodyLimit::max(64));
    let service = start(app).await.unwrap();
    let http = Http::at(service.address);
    let send = |body: &str| http.post("/").header("content-type", "application/json").body(body).send();
    send("[1, 2]").await.expect("a good body is read").status(200).json(&json!([1, 2]));
    send("[1,").await.expect("broken JSON is 400").problem(400);
    send("[\"one\"]").await.expect("another shape is 422").problem(422);
    send(&"1".repeat(65)).await.expect("a body over the limit is 413").problem(413);
    http.post("/").body("[]").send().await.expect("an undeclared body is 415").problem(415);
}

#[tokio::test]
async fn a_problem_carries_its_members_and_hides_causes() {
    let app = Router::new()
        .route("/invalid", get(async || Problem::invalid("age", "must be a number").with("got", "x")))
        .route("/broken", get(async || Problem::internal("password=secret")));
    let service = start(app).await.unwrap();
    let http = Http::at(service.address);
    let invalid = http.get("/invalid").send().await;
    invalid.expect("members stand beside the standard ones").problem(422).json_at("/field", "age").json_at("/got", "x");
    let broken = http.get("/broken").send().await;
    broken.expect("a fault of ours is 500").problem(500);
    assert_eq!(broken.json().get("detail"), Some(&Value::from("the server could not complete the request")));
}

#[tokio::test]
async fn what_is_in_flight_is_answered_after_the_stop() {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let app = Router::new()
        .route(
            "/",
            get(async |State((entered, leave)): State<(Arc<Notify>, Arc<Notify>)>| {
                entered.notify_one();
                leave.notified().await;
                StatusCode::NO_CONTENT
            }),
        )
        .with_state((Arc::clone(&entered), Arc::clone(&leave)));
    let service = start(app).await.unwrap();
    let request = tokio::spawn(Http::at(service.address).get("/").send());
    entered.notified().await;
    service.stop.send(()).unwrap();
    leave.notify_one();
    request.await.unwrap().expect("a request that was in flight is answered").status(204);
    assert!(service.end.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_the_program_alive() {
    let service = start(Router::new().route("/", post(async |_: String| "read"))).await.unwrap();
    let mut socket = Socket::connect(service.address).await;
    socket.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf").await;
    service.stop.send(()).unwrap();
    assert!(service.end.await.unwrap().is_ok());
}

#[test]
fn a_failure_is_one_line_with_all_causes() {
    let inner = std::io::Error::other("disk\nfull");
    let failure = Failure::from(std::io::Error::other(inner));
    assert_eq!(failure.to_string(), "disk full");
    let parse: Failure = "x".parse::<u8>().unwrap_err().into();
    assert_eq!(parse.to_string(), "invalid digit found in string");
}
