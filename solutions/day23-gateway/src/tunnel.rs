//! WebSockets (RFC 6455): once both sides have agreed, bytes flow in both directions.

use crate::headers::words;
use axum::body::Body;
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    header::{CONNECTION, HeaderValue, UPGRADE},
    upgrade::OnUpgrade,
};
use hyper_util::rt::TokioIo;

/// Whether the client wants a WebSocket. Other protocols are not passed on: who speaks HTTP/2 behind our back could ask for
/// anything.
pub fn is_wanted(request: &Request<Body>) -> bool {
    let headers = request.headers();
    words(headers, &CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade"))
        && words(headers, &UPGRADE).any(|word| word.eq_ignore_ascii_case("websocket"))
}

/// Adds the wish to a request that we have made our own.
pub fn ask(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

/// Joins both sides when the upstream has agreed; any other response is the client's.
pub fn open(client: OnUpgrade, mut response: Response<Body>) -> Response<Body> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let upstream = hyper::upgrade::on(&mut response);
        tokio::spawn(async move {
            // Either side may go at any time; that ends the other.
            let Ok((client, upstream)) = tokio::try_join!(client, upstream) else { return };
            let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
            let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
        });
    }
    response
}
