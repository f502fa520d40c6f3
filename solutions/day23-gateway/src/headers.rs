//! What of a head may be passed on, and who the client is.

use crate::config::Config;
use axum::body::Body;
use hyper::{
    HeaderMap, Request, StatusCode, Uri, Version,
    header::{
        CONNECTION, EXPECT, FORWARDED, HOST, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
        TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
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
    let headers = request.headers();
    // We take the coding away, so there must be none but that of the connection.
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    if let Some(coding) = codings.next()
        && (codings.next().is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
    {
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "the only known transfer coding is chunked"));
    }
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.clone(),
        (None, _) if request.version() == Version::HTTP_10 => HeaderValue::from_static(""),
        _ => return Err(Problem::new(StatusCode::BAD_REQUEST, "a request has one Host")),
    };
    // In `GET http://a/b`, the Host is not looked at (RFC 9112, section 3.2.2).
    let named = request.uri().authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    Ok(named.unwrap_or(host))
}

/// Who sent a request: the last address that no trusted proxy has vouched for.
pub fn client(headers: &HeaderMap, peer: IpAddr, config: &Config) -> IpAddr {
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    let mut client = peer;
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        // Each proxy has written down whom it heard from, so one is believed as long as it is trusted itself.
        match hop.trim().parse::<IpAddr>() {
            Ok(address) if config.is_trusted(client) => client = address.to_canonical(),
            _ => break,
        }
    }
    client
}

/// Makes a client's request one of our own.
pub fn prepare(request: &mut Request<Body>, host: HeaderValue, client: IpAddr, peer_is_trusted: bool) {
    let proto = request.headers().get(FORWARDED_PROTO).filter(|_| peer_is_trusted).cloned();
    let headers = request.headers_mut();
    // First this: Connection may name anything, also what we are about to add.
    remove_hop_by_hop(headers);
    for name in &SAID_BY_PROXIES {
        headers.remove(name);
    }
    // Who asks us to say "continue" hears it from us.
    headers.remove(EXPECT);
    headers.insert(HOST, host);
    headers.insert(FORWARDED_PROTO, proto.unwrap_or(HeaderValue::from_static("http")));
    if let Ok(client) = HeaderValue::from_str(&client.to_string()) {
        headers.insert(FORWARDED_FOR, client);
    }
    headers.append(VIA, HeaderValue::from_static("1.1 gateway"));
    let target = request.uri().path_and_query().cloned();
    *request.uri_mut() = target.map_or(Uri::from_static("/"), Uri::from);
    *request.version_mut() = Version::HTTP_11;
}

/// Removes what concerns this connection only.
pub fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = words(headers, &CONNECTION).filter_map(|name| name.parse().ok()).collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// The members of a header that is a list, from all its lines.
pub fn words<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|word| !word.is_empty())
}
