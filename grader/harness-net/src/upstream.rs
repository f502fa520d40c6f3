//! A scripted server for programs that call somebody else: it records what it was asked, and delays, fails, truncates
//! or refuses as the test tells it.
//!
//! It runs on a thread of its own, so it answers while a test blocks on starting or stopping the program.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Response, StatusCode},
    serve::ListenerExt,
};
use futures_util::{StreamExt, stream};
use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
};

/// A request as the upstream received it.
#[derive(Debug, Clone)]
pub struct Received {
    /// `GET`, `POST` …
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
    /// When it had arrived, counted from the start of the upstream.
    pub after: Duration,
}

impl Received {
    /// A header's value, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON, or null.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Holds answers back until the test lets them go. Copies of it are one gate.
#[derive(Debug, Clone)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    /// A gate that is shut.
    pub fn shut() -> Gate {
        Gate(Arc::new(watch::Sender::new(false)))
    }

    /// Lets everything through, from now on.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    async fn pass(&self) {
        // We hold a sender, so the channel cannot be closed.
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

/// What a part of a body waits for.
#[derive(Debug, Clone)]
enum Wait {
    Pause(Duration),
    Gate(Gate),
}

/// What the upstream answers to one request.
#[derive(Debug, Clone)]
#[must_use = "an answer does nothing until it is given to an upstream"]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    /// Sent one after the other, each when it may be.
    chunks: Vec<(Wait, Bytes)>,
    delay: Duration,
    /// The connection breaks after this many bytes of the body.
    cut_after: Option<usize>,
    gate: Option<Gate>,
}

impl Answer {
    /// Status and text.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        let chunks = vec![(Wait::Pause(Duration::ZERO), Bytes::from(body.into()))];
        Answer { status, headers: Vec::new(), chunks, delay: Duration::ZERO, cut_after: None, gate: None }
    }

    /// Status and JSON.
    pub fn json(status: u16, body: &serde_json::Value) -> Answer {
        Answer::new(status, body.to_string()).header("content-type", "application/json")
    }

    /// One more header.
    pub fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits before the status line is sent.
    pub fn delay(mut self, delay: Duration) -> Answer {
        self.delay = delay;
        self
    }

    /// Waits until the gate is open before the status line is sent.
    pub fn behind(mut self, gate: &Gate) -> Answer {
        self.gate = Some(gate.clone());
        self
    }

    /// One more part of the body, sent after a pause: a stream.
    pub fn then(mut self, pause: Duration, part: impl Into<Vec<u8>>) -> Answer {
        self.chunks.push((Wait::Pause(pause), Bytes::from(part.into())));
        self
    }

    /// One more part of the body, sent once the gate is open: a stream that goes on when the test has seen what it wants.
    pub fn then_behind(mut self, gate: &Gate, part: impl Into<Vec<u8>>) -> Answer {
        self.chunks.push((Wait::Gate(gate.clone()), Bytes::from(part.into())));
        self
    }

    /// Promises the whole body and breaks the connection after `bytes` of it.
    pub fn truncate(mut self, bytes: usize) -> Answer {
        self.cut_after = Some(bytes);
        self
    }
}

type Script = Box<dyn FnMut(&Received) -> Answer + Send>;

struct Shared {
    script: Mutex<Script>,
    next: Mutex<VecDeque<Answer>>,
    received: Mutex<Vec<Received>>,
    /// Requests whose answer has not been sent completely, and the most there ever were at once.
    open: AtomicUsize,
    most_open: AtomicUsize,
    /// Answers that were not read to their end, because the caller went away.
    abandoned: AtomicUsize,
    started: std::time::Instant,
}

/// A running scripted server. It ends when the value is dropped.
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Upstream").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Upstream {
    /// Starts a server on a free port that answers every request by `script`.
    pub fn start(script: impl FnMut(&Received) -> Answer + Send + 'static) -> Upstream {
        let shared = Arc::new(Shared {
            script: Mutex::new(Box::new(script)),
            next: Mutex::default(),
            received: Mutex::default(),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
            abandoned: AtomicUsize::new(0),
            started: std::time::Instant::now(),
        });
        let mut upstream = Upstream { address: ([127, 0, 0, 1], 0).into(), shared, stop: None, thread: None };
        upstream.accept_again();
        upstream
    }

    /// `http://127.0.0.1:41234`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers the next request with `answer`, before the script is asked again. Several are used in order.
    pub fn next(&self, answer: Answer) {
        lock(&self.shared.next).push_back(answer);
    }

    /// Replaces the script.
    pub fn change(&self, script: impl FnMut(&Received) -> Answer + Send + 'static) {
        *lock(&self.shared.script) = Box::new(script);
    }

    /// Everything received so far, in order of arrival.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// How many requests have been received so far.
    pub fn count(&self) -> usize {
        lock(&self.shared.received).len()
    }

    /// The most requests that were being answered at the same time.
    pub fn most_at_once(&self) -> usize {
        self.shared.most_open.load(Ordering::SeqCst)
    }

    /// Answers whose caller went away before their end.
    pub fn abandoned(&self) -> usize {
        self.shared.abandoned.load(Ordering::SeqCst)
    }

    /// Closes the listener and all connections: from now on connections are refused.
    pub fn refuse(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    /// Listens again on the same address after [`Upstream::refuse`].
    ///
    /// # Panics
    /// When somebody else has taken the port meanwhile.
    pub fn accept_again(&mut self) {
        let (stop, stopped) = oneshot::channel::<()>();
        let (bound, address) = std::sync::mpsc::channel();
        let (shared, wanted) = (Arc::clone(&self.shared), self.address);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.unwrap_or_else(|error| panic!("the upstream's runtime cannot be made: {error}"));
            runtime.block_on(async {
                let listener = TcpListener::bind(wanted).await;
                let listener =
                    listener.unwrap_or_else(|error| panic!("the upstream cannot listen on {wanted}: {error}"));
                let _ = bound.send(listener.local_addr());
                let app = Router::new().fallback(answer).with_state(shared);
                // Head and body leave at once, instead of waiting for the acknowledgement of what was sent before.
                let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
                let server = axum::serve(listener, app);
                // Dropping the server's future drops the listener, and the runtime's end drops the connections.
                tokio::select! {
                    _ = server => {}
                    _ = stopped => {}
                }
            });
        });
        match address.recv() {
            Ok(Ok(address)) => self.address = address,
            problem => panic!("the upstream did not start: {problem:?}"),
        }
        (self.stop, self.thread) = (Some(stop), Some(thread));
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.refuse();
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts an answer as open until it is dropped.
struct Open {
    shared: Arc<Shared>,
    complete: bool,
}

impl Open {
    fn count(shared: &Arc<Shared>) -> Open {
        let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_open.fetch_max(open, Ordering::SeqCst);
        Open { shared: Arc::clone(shared), complete: false }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.open.fetch_sub(1, Ordering::SeqCst);
        if !self.complete {
            self.shared.abandoned.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let open = Open::count(&shared);
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let after = shared.started.elapsed();
    let received = Received { method: head.method.to_string(), target, headers: head.headers, body, after };
    lock(&shared.received).push(received.clone());
    let next = lock(&shared.next).pop_front();
    let answer = next.unwrap_or_else(|| (lock(&shared.script))(&received));
    tokio::time::sleep(answer.delay).await;
    if let Some(gate) = &answer.gate {
        gate.pass().await;
    }
    respond(answer, open)
}

fn respond(answer: Answer, open: Open) -> Response<Body> {
    let mut response = Response::builder().status(StatusCode::from_u16(answer.status).unwrap_or_default());
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let whole: usize = answer.chunks.iter().map(|(_, part)| part.len()).sum();
    if answer.chunks.len() == 1 {
        response = response.header("content-length", whole);
    }
    let mut left = answer.cut_after.unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    for (wait, mut part) in answer.chunks {
        part.truncate(left);
        left -= part.len();
        parts.push((wait, Ok(part)));
    }
    if answer.cut_after.is_some_and(|bytes| bytes < whole) {
        parts.push((Wait::Pause(Duration::from_millis(10)), Err(io::Error::other("cut by the script"))));
    }
    let body = stream::unfold((parts.into_iter(), open), |(mut parts, mut open)| async move {
        let (wait, part) = parts.next()?;
        match wait {
            // Even a sleep of nothing would last until the next millisecond.
            Wait::Pause(Duration::ZERO) => {}
            Wait::Pause(pause) => tokio::time::sleep(pause).await,
            Wait::Gate(gate) => gate.pass().await,
        }
        open.complete = parts.len() == 0;
        Some((part, (parts, open)))
    });
    let response = response.body(Body::from_stream(body.boxed()));
    response.unwrap_or_else(|error| panic!("the script's answer is not valid HTTP: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Http;

    #[tokio::test]
    async fn the_script_answers_and_the_request_is_recorded() {
        let upstream = Upstream::start(|request| Answer::new(200, request.target.clone()));
        let http = Http::at(upstream.address());
        upstream.next(Answer::new(503, "busy").header("retry-after", "1"));
        let busy = http.post("/a?b=1").json(&1).send().await;
        busy.expect("the queued answer comes first").status(503).header("retry-after", "1");
        http.get("/c").send().await.expect("then the script").status(200).body("/c");
        assert_eq!((upstream.count(), upstream.received()[0].json()), (2, 1.into()));
    }

    #[tokio::test]
    async fn a_gate_holds_an_answer_back() {
        let upstream = Upstream::start(|_| Answer::new(200, "script"));
        let (http, gate) = (Http::at(upstream.address()), Gate::shut());
        upstream.next(Answer::new(200, "held").behind(&gate));
        let call = http.get("/");
        let held = tokio::spawn(async move { call.send().await });
        crate::eventually("the request arrives", Duration::from_secs(5), || async {
            (upstream.count() == 1).then_some(())
        })
        .await;
        http.get("/").send().await.expect("others are answered meanwhile").body("script");
        assert!(!held.is_finished());
        gate.open();
        held.await.unwrap().expect("then the held one").body("held");
    }

    #[tokio::test]
    async fn a_gate_holds_a_part_back() {
        let gate = Gate::shut();
        let answer = Answer::new(200, "first").then_behind(&gate, "second");
        let upstream = Upstream::start(move |_| answer.clone());
        let mut response = Http::at(upstream.address()).get("/").stream().await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "first");
        gate.open();
        assert_eq!(response.text().await.unwrap(), "second");
    }

    #[tokio::test]
    async fn a_truncated_body_breaks_off() {
        let upstream = Upstream::start(|_| Answer::new(200, "0123456789").truncate(4));
        let broken = Http::at(upstream.address()).get("/").try_send().await.unwrap_err();
        assert!(broken.0.contains("the body broke off"), "{broken:?}");
    }

    #[tokio::test]
    async fn it_refuses_and_accepts_again_on_the_same_port() {
        let mut upstream = Upstream::start(|_| Answer::new(204, ""));
        let address = upstream.address();
        upstream.refuse();
        let refused = Http::at(address).get("/").try_send().await.unwrap_err();
        assert!(refused.0.contains("refused"), "{refused:?}");
        upstream.accept_again();
        assert_eq!(Http::at(address).get("/").send().await.status, 204);
    }

    #[tokio::test]
    async fn a_caller_that_leaves_is_counted() {
        let upstream = Upstream::start(|_| Answer::new(200, "first").then(Duration::from_secs(60), "never"));
        let response = Http::at(upstream.address()).get("/").stream().await.unwrap();
        assert_eq!(upstream.abandoned(), 0);
        drop(response);
        crate::eventually("the upstream notices", Duration::from_secs(5), || async {
            (upstream.abandoned() == 1).then_some(())
        })
        .await;
    }
}
