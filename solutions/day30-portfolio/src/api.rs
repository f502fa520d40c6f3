//! All paths.

use crate::{
    conditional::Document,
    page,
    roadmap::{Roadmap, Skill},
    site::{Format, Site},
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRequestParts, Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post, put},
};
use plumbing::{Json, Problem};
use serde_json::{Value, json};
use std::sync::Arc;

/// Longer than a report of thirty days on which everything fails.
const BODY_BYTES: usize = 8 << 20;
/// Longer than any certificate.
const CERTIFICATE_BYTES: usize = 16 << 10;

/// Nothing but our own style and pictures, in nobody's frame. Should a hole be left in the page, this is the second wall.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// All paths, without a socket.
pub fn app(site: Arc<Site>) -> Router {
    let app = Router::new()
        .route("/reports", post(ingest))
        .route("/roadmap", put(set_roadmap))
        .route("/certificate", get(newest).post(certify))
        .route("/certificate/verify", post(verify).layer(DefaultBodyLimit::max(CERTIFICATE_BYTES)))
        .route("/certificate/{id}", get(certificate).delete(revoke))
        .route("/jwks", get(async |State(site): State<Arc<Site>>| Json(json!({"keys": [site.signer.jwk]}))))
        .route("/", document(Format::Page))
        .route("/badge.svg", document(Format::Badge))
        .route("/resume.json", document(Format::Resume))
        .route("/feed.atom", document(Format::Feed))
        .route("/next", document(Format::Next))
        .route("/style.css", get(style));
    plumbing::with_fallbacks(app)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        // Around everything, so that no answer can be forgotten, and errors neither.
        .layer(map_response(protect))
        .with_state(site)
}

async fn protect(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A request that brings the token. As the first argument of a handler it comes before the body is looked at.
struct Owner;

impl FromRequestParts<Arc<Site>> for Owner {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Owner, Response> {
        let sent = parts.headers.get(header::AUTHORIZATION).and_then(bearer);
        if sent.is_some_and(|token| site.is_owner(token)) {
            return Ok(Owner);
        }
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "this needs the token of the owner");
        Err(([(header::WWW_AUTHENTICATE, "Bearer")], problem).into_response())
    }
}

fn bearer(header: &HeaderValue) -> Option<&str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A path that shows one of the documents.
fn document(format: Format) -> MethodRouter<Arc<Site>> {
    get(async move |State(site): State<Arc<Site>>, headers: HeaderMap| {
        site.shown().document(format).map(|document| document.answer(&headers))
    })
}

async fn style(headers: HeaderMap) -> Response {
    Document::new("text/css; charset=utf-8", page::STYLE).answer(&headers)
}

async fn ingest(
    _: Owner,
    State(site): State<Arc<Site>>,
    Json(report): Json<Value>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let (id, is_new, days_passed) = site.ingest(report).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(json!({"id": id, "days_passed": days_passed}))))
}

async fn set_roadmap(
    _: Owner,
    State(site): State<Arc<Site>>,
    Json(skills): Json<Vec<Skill>>,
) -> Result<StatusCode, Problem> {
    site.set_roadmap(&Roadmap::new(skills)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn certify(_: Owner, State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let (id, certificate) = site.certify().await?;
    let location = [(header::LOCATION, format!("/certificate/{id}"))];
    Ok((StatusCode::CREATED, location, Json(json!({"id": id, "certificate": certificate}))).into_response())
}

async fn newest(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let newest = site.shown().state.certificates.last().map(|certificate| certificate.jws.clone());
    newest.map(jose).ok_or_else(|| Problem::not_found("there is no certificate"))
}

async fn certificate(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Result<Response, Problem> {
    match site.certificate(&id).await? {
        None => Err(Problem::not_found("there is no such certificate")),
        Some(certificate) if certificate.revoked => Err(Problem::new(StatusCode::GONE, "it was revoked")),
        Some(certificate) => Ok(jose(certificate.jws)),
    }
}

fn jose(certificate: String) -> Response {
    const NO_CACHE: (HeaderName, &str) = (header::CACHE_CONTROL, "no-cache");
    ([(header::CONTENT_TYPE, "application/jose"), NO_CACHE], certificate).into_response()
}

async fn revoke(_: Owner, State(site): State<Arc<Site>>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    match site.revoke(&id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("there is no such certificate")),
    }
}

async fn verify(State(site): State<Arc<Site>>, certificate: Certificate) -> Result<Json<Value>, Problem> {
    Ok(Json(match site.verify(certificate.0.trim()).await? {
        Ok(claims) => json!({"valid": true, "claims": claims}),
        Err(reason) => json!({"valid": false, "reason": reason}),
    }))
}

/// A body as text, of any media type. What is no text is no certificate either.
struct Certificate(String);

impl axum::extract::FromRequest<Arc<Site>> for Certificate {
    type Rejection = Problem;

    async fn from_request(request: axum::extract::Request, site: &Arc<Site>) -> Result<Certificate, Problem> {
        let bytes = axum::body::Bytes::from_request(request, site).await;
        let bytes = bytes.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
        Ok(Certificate(String::from_utf8_lossy(&bytes).into_owned()))
    }
}
