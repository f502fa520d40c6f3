//! What may be stored, and for whom.

use axum::body::Body;
use hyper::{HeaderMap, Request, Response};
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
    todo!("say whether {request:?} may be answered from the cache: {:?}", [May::Use, May::Pass, May::Change])
}

/// For how long a response may be used again; none when it may not.
pub fn of_response(request: &HeaderMap, response: &Response<Body>) -> Option<Duration> {
    todo!("say how long {response:?} may be stored, and for which requests like {request:?}")
}
