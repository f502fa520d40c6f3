//! The HTTP side: routes, and from request to response.

use crate::{
    code::Code,
    link::{Draft, LinkView},
    public_url::PublicUrl,
    store::{Store, Visit},
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use plumbing::{Json, Problem};
use plumbing_sqlite::problem;
use serde::{Deserialize, Serialize};

/// A hundred drafts with the longest URLs fit in.
const BODY_LIMIT: usize = 256 * 1024;
const BULK: usize = 100;

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
        .route("/api/links/bulk", post(create_all))
        .route("/api/links/{code}/stats", get(stats));
    plumbing::with_fallbacks(app).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(App { store, public_url })
}

async fn create(State(app): State<App>, Json(draft): Json<Draft>) -> Result<Response, Problem> {
    let new = draft.checked(&app.public_url).map_err(|invalid| invalid.problem(""))?;
    let link = app.store.create(new).await?;
    let location = format!("/{}", link.code);
    let view = link.view(&app.public_url).map_err(Problem::internal)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(view)).into_response())
}

#[derive(Debug, Deserialize)]
struct Bulk {
    links: Vec<Draft>,
}

#[derive(Debug, Serialize)]
struct BulkView {
    links: Vec<LinkView>,
}

async fn create_all(State(app): State<App>, Json(bulk): Json<Bulk>) -> Result<Response, Problem> {
    if !(1..=BULK).contains(&bulk.links.len()) {
        return Err(Problem::invalid("links", format!("links must have from 1 to {BULK} entries")));
    }
    let check = |(index, draft): (usize, Draft)| {
        draft.checked(&app.public_url).map_err(|invalid| invalid.problem(&format!("links[{index}].")))
    };
    let drafts = bulk.links.into_iter().enumerate().map(check).collect::<Result<_, _>>()?;
    let links = app.store.create_all(drafts).await?;
    let views = links.into_iter().map(|link| link.view(&app.public_url)).collect::<Result<_, _>>();
    let view = BulkView { links: views.map_err(Problem::internal)? };
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

async fn follow(State(app): State<App>, code: Code) -> Result<Response, Problem> {
    match app.store.visit(&code).await.map_err(problem)? {
        // 302 and not 301: a browser would remember a 301 for ever, and the next click would not come by here.
        Visit::Counted(url) => {
            let headers = [(header::LOCATION, url), (header::CACHE_CONTROL, "no-store".to_owned())];
            Ok((StatusCode::FOUND, headers).into_response())
        }
        Visit::Expired => Err(Problem::new(StatusCode::GONE, format!("the link {code} has expired"))),
        Visit::Unknown => Err(no_link(&code)),
    }
}

async fn stats(State(app): State<App>, code: Code) -> Result<Json<LinkView>, Problem> {
    let link = app.store.find(&code).await.map_err(problem)?.ok_or_else(|| no_link(&code))?;
    link.view(&app.public_url).map(Json).map_err(Problem::internal)
}

fn no_link(code: &Code) -> Problem {
    Problem::not_found(format!("no link has the code {code}"))
}
