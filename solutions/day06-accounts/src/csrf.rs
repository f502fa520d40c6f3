//! Cross-site request forgery: another site's page makes a visitor's browser send a request here, and the browser adds
//! our cookie. Browsers say where a request comes from, and scripts cannot change what they say.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use plumbing::Problem;

/// Refuses requests that change something and come from another site's page.
pub async fn guard(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_ours(request.headers()) {
        return Problem::new(StatusCode::FORBIDDEN, "this request comes from another site").into_response();
    }
    next.run(request).await
}

fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("not text"));
    // RFC 6454, section 7. Programs that are no browsers send none.
    let origin_is_ours = text(header::ORIGIN.as_str()).is_none_or(|origin| {
        let host = origin.strip_prefix("https://").or(origin.strip_prefix("http://"));
        host.is_some() && host == text(header::HOST.as_str())
    });
    // Fetch Metadata: `same-site` is another host of the same domain, and not trusted either.
    let site_is_ours = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    origin_is_ours && site_is_ours
}
