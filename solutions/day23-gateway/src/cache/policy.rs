//! What may be stored, and for whom.

use crate::headers::words;
use axum::body::Body;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    header::{AGE, AUTHORIZATION, CACHE_CONTROL, HeaderName, HeaderValue, RANGE, SET_COOKIE, VARY},
};
use std::time::Duration;

/// What a request may do with the cache.
#[derive(Debug, Clone, Copy)]
pub enum May {
    Use,
    Pass,
    /// It changes what the address stands for.
    Change,
}

pub fn of_request(request: &Request<Body>) -> May {
    let headers = request.headers();
    match *request.method() {
        Method::GET => {}
        Method::HEAD | Method::OPTIONS => return May::Pass,
        _ => return May::Change,
    }
    let wants_the_origin = words(headers, &CACHE_CONTROL).any(|word| is(word, "no-cache") || is(word, "no-store"));
    let personal = headers.contains_key(AUTHORIZATION) || headers.contains_key(RANGE);
    if wants_the_origin || personal { May::Pass } else { May::Use }
}

/// For which requests a response may be used again, for how long, and how old it is already; none when it may not.
pub fn of_response(request: &HeaderMap, response: &Response<Body>) -> Option<(Variant, Duration, Duration)> {
    let headers = response.headers();
    if response.status() != StatusCode::OK || headers.contains_key(SET_COOKIE) {
        return None;
    }
    let control = || words(headers, &CACHE_CONTROL);
    if control().any(|word| ["private", "no-store", "no-cache"].iter().any(|forbidden| is(word, forbidden))) {
        return None;
    }
    // s-maxage is for caches that many share, as this one.
    let age_of = |name| control().find(|word| is(word, name)).and_then(|word| word.split_once('=')?.1.parse().ok());
    let lifetime = Duration::from_secs(age_of("s-maxage").or_else(|| age_of("max-age"))?);
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.parse().ok()).unwrap_or(0);
    Some((Variant::new(request, headers)?, lifetime, Duration::from_secs(age)))
}

/// Whether a directive has this name; it may have a value.
fn is(directive: &str, name: &str) -> bool {
    directive.split('=').next().is_some_and(|word| word.trim().eq_ignore_ascii_case(name))
}

/// The headers of a request that a response depends on.
#[derive(Debug, PartialEq, Eq)]
pub struct Variant(Vec<(HeaderName, Vec<HeaderValue>)>);

impl Variant {
    /// None when nobody can tell what it depends on (`Vary: *`).
    fn new(request: &HeaderMap, response: &HeaderMap) -> Option<Variant> {
        let mut names = words(response, &VARY).map(|name| name.parse().ok()).collect::<Option<Vec<HeaderName>>>()?;
        names.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        names.dedup();
        if names.iter().any(|name| name == "*") {
            return None;
        }
        Some(Variant(names.into_iter().map(|name| (name.clone(), values(request, &name))).collect()))
    }

    /// Whether a request would get the same response.
    pub fn matches(&self, request: &HeaderMap) -> bool {
        self.0.iter().all(|(name, stored)| *stored == values(request, name))
    }
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<HeaderValue> {
    headers.get_all(name).iter().cloned().collect()
}
