//! Who sends this request? The session cookie, and the extractor that handlers ask with.

use crate::{
    api::App,
    store::Account,
    tokens::{Token, TokenHash},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, request::Parts},
};
use plumbing::Problem;
use std::sync::Arc;

const COOKIE: &str = "session";

/// The account whose session the request carries. A handler with this parameter answers 401 to everybody else.
pub struct Session {
    pub account: Account,
    pub hash: TokenHash,
}

impl FromRequestParts<Arc<App>> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Session, Problem> {
        let refused = || Problem::new(StatusCode::UNAUTHORIZED, "log in first");
        let hash = presented(&parts.headers).ok_or_else(refused)?;
        let account = app.store.session(&hash).await?.ok_or_else(refused)?;
        Ok(Session { account, hash })
    }
}

/// The hash of the session token that a request carries, whether or not it is any good.
pub fn presented(headers: &HeaderMap) -> Option<TokenHash> {
    todo!("look for the cookie {COOKIE} in {headers:?}")
}

/// The `Set-Cookie` value of a new session. `HttpOnly`: scripts cannot read it. `SameSite=Lax`: other sites' forms do not
/// send it.
pub fn cookie(token: &Token, max_age_ms: i64, secure: bool) -> String {
    todo!("a cookie for {} that lasts {max_age_ms} ms{}", token.as_str(), mark(secure))
}

/// The `Set-Cookie` value that makes a browser forget the session.
pub fn no_cookie(secure: bool) -> String {
    todo!("the same without a value, over at once{}", mark(secure))
}

fn mark(secure: bool) -> &'static str {
    if secure { "; Secure" } else { "" }
}
