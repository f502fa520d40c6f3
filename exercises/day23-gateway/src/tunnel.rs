//! WebSockets (RFC 6455): once both sides have agreed, bytes flow in both directions.

use crate::headers::words;
use axum::body::Body;
use hyper::{
    HeaderMap, Request, Response,
    header::{CONNECTION, UPGRADE},
    upgrade::OnUpgrade,
};

/// Whether the client wants a WebSocket. Other protocols are not passed on: who speaks HTTP/2 behind our back could ask for
/// anything.
pub fn is_wanted(request: &Request<Body>) -> bool {
    let headers = request.headers();
    words(headers, &CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade"))
        && words(headers, &UPGRADE).any(|word| word.eq_ignore_ascii_case("websocket"))
}

/// Adds the wish to a request that we have made our own.
pub fn ask(headers: &mut HeaderMap) {
    todo!("ask for a WebSocket in {headers:?}")
}

/// Joins both sides when the upstream has agreed; any other response is the client's.
pub fn open(client: OnUpgrade, response: Response<Body>) -> Response<Body> {
    todo!("join {client:?} and the other side of {response:?}, if the upstream has agreed")
}
