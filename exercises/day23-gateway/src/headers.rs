//! What of a head may be passed on, and who the client is.

use crate::config::Config;
use axum::body::Body;
use hyper::{
    HeaderMap, Request,
    header::{
        CONNECTION, FORWARDED, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
        TRANSFER_ENCODING, UPGRADE,
    },
};
use plumbing::Problem;
use std::net::IpAddr;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// These concern one connection only (RFC 9110, section 7.6.1), as does everything that Connection names.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What a client could say about itself. We say it anew, or not at all.
const SAID_BY_PROXIES: [HeaderName; 5] = [
    FORWARDED,
    FORWARDED_FOR,
    FORWARDED_PROTO,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

/// Refuses what an upstream could understand in another way than we do, and returns the host that is meant.
///
/// hyper has refused most of it: lengths that differ or are no numbers, codings that do not end in `chunked`. Where both
/// a length and a coding are given, it has removed the length and closes the connection afterwards (RFC 9112, section 6.3).
pub fn check(request: &Request<Body>) -> Result<HeaderValue, Problem> {
    todo!("refuse {request:?} if it can be read in two ways, or return its host")
}

/// Who sent a request: the last address that no trusted proxy has vouched for.
pub fn client(headers: &HeaderMap, peer: IpAddr, config: &Config) -> IpAddr {
    todo!("walk from {peer} to the left through {FORWARDED_FOR} of {headers:?}, as far as {:?} goes", config.trusted)
}

/// Makes a client's request one of our own.
pub fn prepare(request: &mut Request<Body>, host: HeaderValue, client: IpAddr, peer_is_trusted: bool) {
    remove_hop_by_hop(request.headers_mut());
    todo!(
        "remove {SAID_BY_PROXIES:?}, and say {host:?}, {client}, {FORWARDED_PROTO} (peer trusted: {peer_is_trusted}) and Via"
    )
}

/// Removes what concerns this connection only.
pub fn remove_hop_by_hop(headers: &mut HeaderMap) {
    todo!("remove {HOP_BY_HOP:?} from {headers:?}, and what {CONNECTION} names")
}

/// The members of a header that is a list, from all its lines.
pub fn words<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|word| !word.is_empty())
}
