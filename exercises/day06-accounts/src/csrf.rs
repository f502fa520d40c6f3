//! Cross-site request forgery: another site's page makes a visitor's browser send a request here, and the browser adds
//! our cookie. Browsers say where a request comes from, and scripts cannot change what they say.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode},
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
    todo!("what do Origin and Sec-Fetch-Site say in {headers:?}?")
}
