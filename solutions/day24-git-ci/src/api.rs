//! The HTTP side: git's own paths, and those for people and programs.

use crate::{
    access::{Denied, Token},
    log::{Logs, Reader},
    pushes::Pushes,
    repositories::Repositories,
    smart,
    store::{Run, StepState, Store},
};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post, put},
};
use plumbing::{Json, Problem};
use serde::Serialize;
use serde_json::{Value, json};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// What all requests share.
#[derive(Debug, Clone)]
pub struct Ci {
    pub store: Store,
    pub repositories: Repositories,
    pub logs: Logs,
    pub pushes: Arc<Pushes>,
    pub token: Arc<Token>,
}

pub fn app(ci: Ci) -> Router {
    let app = Router::new()
        .route("/repos", get(list))
        .route("/repos/{name}", put(create))
        .route("/repos/{name}/runs", get(runs))
        .route("/repos/{name}/commits/{commit}/status", get(commit_status))
        .route("/runs/{id}", get(run))
        .route("/runs/{id}/log", get(log))
        .route("/runs/{id}/events", get(events))
        .route("/{folder}/info/refs", get(smart::advertise))
        .route("/{folder}/git-upload-pack", post(smart::upload_pack))
        .route("/{folder}/git-receive-pack", post(smart::receive_pack));
    plumbing::with_fallbacks(app).with_state(ci)
}

async fn list(State(ci): State<Ci>) -> Result<Json<Value>, Problem> {
    let names = ci.repositories.names().map_err(Problem::internal)?;
    Ok(Json(json!({ "repositories": names })))
}

async fn create(State(ci): State<Ci>, Path(name): Path<String>, headers: HeaderMap) -> Result<StatusCode, Response> {
    ci.token.check(&headers).map_err(Denied::into_response)?;
    let is_new = ci.repositories.create(&name).await.map_err(Problem::into_response)?;
    Ok(if is_new { StatusCode::CREATED } else { StatusCode::NO_CONTENT })
}

async fn runs(State(ci): State<Ci>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    let repository = ci.repositories.find(&name)?;
    Ok(Json(json!({ "runs": ci.store.runs_of(&repository.name).await? })))
}

async fn commit_status(
    State(ci): State<Ci>,
    Path((name, commit)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let repository = ci.repositories.find(&name)?;
    let run = ci.store.run_of_commit(&repository.name, &commit).await?;
    Ok(Json(json!({ "commit": commit, "status": run.status, "run": run.id })))
}

#[derive(Serialize)]
struct RunAndSteps {
    #[serde(flatten)]
    run: Run,
    steps: Vec<StepState>,
}

async fn run(State(ci): State<Ci>, Path(id): Path<String>) -> Result<Json<RunAndSteps>, Problem> {
    let run = find(&ci, &id).await?;
    let steps = ci.store.steps(run.id).await?;
    Ok(Json(RunAndSteps { run, steps }))
}

/// What there is so far, as text.
async fn log(State(ci): State<Ci>, Path(id): Path<String>) -> Result<Response, Problem> {
    let run = find(&ci, &id).await?;
    let lines = ci.logs.read(run.id).lines().map_err(Problem::internal)?;
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// Lines as they come, as server-sent events. `Last-Event-ID` is the number of the last line that the client has.
async fn events(
    State(ci): State<Ci>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let run = find(&ci, &id).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
    let (sender, events) = mpsc::channel(64);
    tokio::spawn(async move {
        let reader = ci.logs.read(run.id);
        // An error means that the client has gone, or is in the log already.
        let _ = follow(&ci, run.id, reader, last, &sender).await;
    });
    Ok(Sse::new(ReceiverStream::new(events)).keep_alive(KeepAlive::default()))
}

/// Nobody listens any more, or nothing can be read any more.
struct Over;

async fn follow(
    ci: &Ci,
    run: i64,
    mut reader: Reader,
    last: u64,
    sender: &mpsc::Sender<Result<Event, Infallible>>,
) -> Result<(), Over> {
    let mut news = ci.logs.news();
    let mut number = 0;
    loop {
        news.borrow_and_update();
        // The status first: when it is final, all lines have been written.
        let status = ci.store.run(run).await.map_err(|_| Over)?.status;
        for line in reader.lines().map_err(|_| Over)? {
            number += 1;
            if number > last {
                let event = Event::default().event("log").id(number.to_string()).data(line);
                sender.send(Ok(event)).await.map_err(|_| Over)?;
            }
        }
        if status.is_final() {
            let end = Event::default().event("end").data(json!({ "status": status }).to_string());
            return sender.send(Ok(end)).await.map_err(|_| Over);
        }
        tokio::select! {
            changed = news.changed() => changed.map_err(|_| Over)?,
            () = sender.closed() => return Ok(()),
        }
    }
}

async fn find(ci: &Ci, id: &str) -> Result<Run, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found("there is no such run"))?;
    ci.store.run(id).await
}
