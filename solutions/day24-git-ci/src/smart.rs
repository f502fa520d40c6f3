//! Git's smart HTTP protocol (gitprotocol-http): git itself does the talking, this module carries the bytes. Nothing is
//! held: a pack goes through in the pieces in which it comes.

use crate::{access::Denied, api::Ci, repositories::Repository};
use axum::{
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use flate2::write::GzDecoder;
use futures_util::StreamExt;
use plumbing::Problem;
use serde::Deserialize;
use std::{
    io::{self, Write},
    process::Stdio,
};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
    sync::mpsc,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::io::ReaderStream;

/// So many pieces of an answer wait for a slow client; then git waits.
const PIECES: usize = 4;
/// Compressed bytes that are unpacked at once, so that a bomb fills no memory.
const PACKED: usize = 4096;

/// The two things that a client can want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    /// Clone and fetch.
    UploadPack,
    /// Push.
    ReceivePack,
}

impl Service {
    fn named(name: &str) -> Option<Service> {
        match name {
            "git-upload-pack" => Some(Service::UploadPack),
            "git-receive-pack" => Some(Service::ReceivePack),
            _ => None,
        }
    }

    /// As git calls it, without `git-`.
    fn command(self) -> &'static str {
        match self {
            Service::UploadPack => "upload-pack",
            Service::ReceivePack => "receive-pack",
        }
    }
}

#[derive(Debug, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    service: String,
}

/// `GET /{name}.git/info/refs?service=git-…`: which branches there are.
pub async fn advertise(
    State(ci): State<Ci>,
    Path(folder): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let repository = find(&ci, &folder).map_err(IntoResponse::into_response)?;
    let service = Service::named(&wanted.service).ok_or_else(|| {
        Problem::new(StatusCode::FORBIDDEN, "only the smart protocol is spoken here: ?service=git-upload-pack")
            .into_response()
    })?;
    admit(&ci, service, &headers).map_err(IntoResponse::into_response)?;
    let body = references(command(&repository, service, &headers), &repository, service, &headers).await;
    let body = body.map_err(|error| Problem::internal(error).into_response())?;
    Ok(answer(service, "advertisement", Body::from(body)))
}

/// What git says of its branches, behind the line that names the service.
async fn references(
    mut command: Command,
    repository: &Repository,
    service: Service,
    headers: &HeaderMap,
) -> io::Result<Vec<u8>> {
    command.arg("--http-backend-info-refs").arg(repository.path()).stdin(Stdio::null());
    let output = command.output().await?;
    if !output.status.success() {
        return Err(io::Error::other(format!("git {} ended with {}", service.command(), output.status)));
    }
    let mut body = Vec::new();
    // Version 2 (gitprotocol-v2) does without the line.
    let is_newer = protocol(headers).is_some_and(|version| version.contains("version=2"));
    if !is_newer || service == Service::ReceivePack {
        let line = format!("# service=git-{}\n", service.command());
        body.extend_from_slice(format!("{:04x}{line}0000", line.len() + 4).as_bytes());
    }
    body.extend_from_slice(&output.stdout);
    Ok(body)
}

/// `POST /{name}.git/git-upload-pack`
pub async fn upload_pack(
    state: State<Ci>,
    folder: Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    exchange(state, folder, headers, body, Service::UploadPack).await
}

/// `POST /{name}.git/git-receive-pack`
pub async fn receive_pack(
    state: State<Ci>,
    folder: Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    exchange(state, folder, headers, body, Service::ReceivePack).await
}

async fn exchange(
    State(ci): State<Ci>,
    Path(folder): Path<String>,
    headers: HeaderMap,
    body: Body,
    service: Service,
) -> Result<Response, Response> {
    let repository = find(&ci, &folder).map_err(IntoResponse::into_response)?;
    admit(&ci, service, &headers).map_err(IntoResponse::into_response)?;
    let is_packed = check_media(service, &headers).map_err(IntoResponse::into_response)?;
    let mut command = command(&repository, service, &headers);
    command.arg(repository.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| Problem::internal(error).into_response())?;
    if let Some(stdin) = child.stdin.take() {
        tokio::spawn(feed(body, stdin, is_packed));
    }
    let (sender, pieces) = mpsc::channel(PIECES);
    tokio::spawn(carry(ci, repository, child, service, sender));
    Ok(answer(service, "result", Body::from_stream(ReceiverStream::new(pieces))))
}

/// Reading is for everybody, writing for whoever has the token.
fn admit(ci: &Ci, service: Service, headers: &HeaderMap) -> Result<(), Denied> {
    match service {
        Service::UploadPack => Ok(()),
        Service::ReceivePack => ci.token.check(headers),
    }
}

fn find(ci: &Ci, folder: &str) -> Result<Repository, Problem> {
    let name = folder.strip_suffix(".git").ok_or_else(|| Problem::not_found("nothing is at this path"))?;
    ci.repositories.find(name)
}

fn command(repository: &Repository, service: Service, headers: &HeaderMap) -> Command {
    let mut command = repository.git();
    if let Some(version) = protocol(headers) {
        command.env("GIT_PROTOCOL", version);
    }
    // Objects of strangers are looked at before they are taken; nothing goes on in the background after an answer.
    command.args(["-c", "receive.fsckObjects=true", "-c", "gc.auto=0", "-c", "receive.autogc=false"]);
    command.args(["-c", "core.hooksPath=/dev/null", service.command(), "--stateless-rpc"]);
    command
}

/// The version that a client asks for, if it is nothing but that.
fn protocol(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("git-protocol")?.to_str().ok()?;
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"=:-".contains(&byte)).then_some(value)
}

/// The right media type and a known coding, or 415. Returns whether the body is compressed.
fn check_media(service: Service, headers: &HeaderMap) -> Result<bool, Problem> {
    let unsupported = |what: String| Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, what));
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let expected = format!("application/x-git-{}-request", service.command());
    if text(header::CONTENT_TYPE) != expected {
        return unsupported(format!("the body must be {expected}"));
    }
    match text(header::CONTENT_ENCODING) {
        "" | "identity" => Ok(false),
        "gzip" | "x-gzip" => Ok(true),
        other => unsupported(format!("the coding {other:?} is not known here; gzip is")),
    }
}

/// The request's body becomes git's input.
async fn feed(body: Body, mut stdin: ChildStdin, is_packed: bool) -> io::Result<()> {
    let mut pieces = body.into_data_stream();
    let mut unpacking = is_packed.then(|| GzDecoder::new(Vec::new()));
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(io::Error::other)?;
        match &mut unpacking {
            None => stdin.write_all(&piece).await?,
            Some(decoder) => {
                for packed in piece.chunks(PACKED) {
                    decoder.write_all(packed)?;
                    stdin.write_all(&std::mem::take(decoder.get_mut())).await?;
                }
            }
        }
    }
    if let Some(decoder) = unpacking {
        stdin.write_all(&decoder.finish()?).await?;
    }
    stdin.shutdown().await
}

/// Git's output becomes the answer, whose end comes after a push has been written down: when `git push` returns, its run
/// is there.
async fn carry(
    ci: Ci,
    repository: Repository,
    mut child: Child,
    service: Service,
    sender: mpsc::Sender<io::Result<Bytes>>,
) {
    if let Some(stdout) = child.stdout.take() {
        let mut pieces = ReaderStream::new(stdout);
        while let Some(piece) = pieces.next().await {
            // A client that has gone needs no pack. But a push that git has begun is finished.
            if sender.send(piece).await.is_err() && service == Service::UploadPack {
                return;
            }
        }
    }
    if let Err(error) = child.wait().await {
        eprintln!("error: git cannot be waited for: {error}");
    }
    if service == Service::ReceivePack && ci.pushes.look_at(&repository).await.is_err() {
        eprintln!("error: {}: what was pushed is run after the next push or start", repository.name);
    }
}

fn answer(service: Service, kind: &str, body: Body) -> Response {
    let media = format!("application/x-git-{}-{kind}", service.command());
    ([(header::CONTENT_TYPE, media), (header::CACHE_CONTROL, "no-cache".to_owned())], body).into_response()
}
