//! The HTTP side: routes, and from request to response.

use crate::{
    code::Code,
    link::{Draft, LinkView},
    public_url::PublicUrl,
    store::{Store, Visit},
};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use plumbing::{Json, Problem};
use plumbing_sqlite::problem;

/// What all handlers share.
#[derive(Debug, Clone)]
struct App {
    store: Store,
    public_url: PublicUrl,
}

/// The whole service, without a socket.
pub fn app(store: Store, public_url: PublicUrl) -> Router {
    let app = Router::new()
        .route("/{code}", get(follow))
        .route("/api/links", post(create))
        .route("/api/links/{code}/stats", get(stats));
    plumbing::with_fallbacks(app).with_state(App { store, public_url })
}

/// `POST /api/links`
async fn create(State(app): State<App>, Json(draft): Json<Draft>) -> Result<Response, Problem> {
    let new = draft.checked(&app.public_url).map_err(|invalid| invalid.problem(""))?;
    let link = app.store.create(new).await?;
    let path = format!("/{}", link.code);
    let view = link.view(&app.public_url).map_err(Problem::internal)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, path)], Json(view)).into_response())
}

/// `GET /{code}`
async fn follow(State(app): State<App>, code: Code) -> Result<Response, Problem> {
    match app.store.visit(&code).await.map_err(problem)? {
        Visit::Counted(url) => todo!("redirect to {url}"),
        Visit::Expired => todo!("say that {code} has expired"),
        Visit::Unknown => Err(no_link(&code)),
    }
}

/// `GET /api/links/{code}/stats`
async fn stats(State(app): State<App>, code: Code) -> Result<Json<LinkView>, Problem> {
    let link = app.store.find(&code).await.map_err(problem)?.ok_or_else(|| no_link(&code))?;
    link.view(&app.public_url).map(Json).map_err(Problem::internal)
}

fn no_link(code: &Code) -> Problem {
    Problem::not_found(format!("no link has the code {code}"))
}
