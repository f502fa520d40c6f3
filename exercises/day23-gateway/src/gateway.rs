//! The way of one request through the gateway.

use crate::{
    cache::{Asked, Cache, Found},
    config::Config,
    headers, health,
    limit::Limiter,
    route::{Route, Table},
    tunnel,
    upstream::Failed,
};
use axum::{body::Body, response::IntoResponse};
use hyper::{Request, Response, StatusCode, Version, body::Incoming, header::RETRY_AFTER};
use plumbing::Problem;
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use tokio::task::JoinSet;

/// Everything that outlives a reload. What a reload replaces is in the table.
#[derive(Debug, Default)]
pub struct Gateway {
    table: RwLock<Arc<Table>>,
    limiter: Limiter,
    cache: Cache,
    /// Of the table in force. To replace them ends those from before.
    probes: Mutex<JoinSet<()>>,
}

impl Gateway {
    /// Puts a config in force. Requests that have begun keep the one they began with.
    pub fn apply(&self, config: Config) {
        let table = Arc::new(Table::new(config, &self.table()));
        let mut probes = JoinSet::new();
        for upstream in table.upstreams() {
            match &table.config.health {
                Some(settings) => drop(probes.spawn(health::watch(Arc::clone(upstream), settings.clone()))),
                None => upstream.health.forget(),
            }
        }
        self.cache.resize(table.config.cache.max_bytes.get());
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = table;
        *self.probes.lock().unwrap_or_else(PoisonError::into_inner) = probes;
    }

    fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers one request, whatever happens.
    pub async fn answer(&self, request: Request<Incoming>, peer: IpAddr) -> Response<Body> {
        self.handle(request.map(Body::new), peer.to_canonical()).await.unwrap_or_else(IntoResponse::into_response)
    }

    async fn handle(&self, mut request: Request<Body>, peer: IpAddr) -> Result<Response<Body>, Problem> {
        let table = self.table();
        let host = headers::check(&request)?;
        let client = headers::client(request.headers(), peer, &table.config);
        if let Some(limit) = &table.config.limit
            && let Err(seconds) = self.limiter.take(client, limit)
        {
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many requests; wait a while");
            return Ok(([(RETRY_AFTER, seconds.to_string())], problem).into_response());
        }
        let route = table.route(request.uri().path()).ok_or_else(|| Problem::not_found("no route leads there"))?;

        let upgrade = tunnel::is_wanted(&request).then(|| hyper::upgrade::on(&mut request));
        headers::prepare(&mut request, host, client, table.config.is_trusted(peer));
        if let Some(client) = upgrade {
            tunnel::ask(request.headers_mut());
            let response = forward(&table, route, request).await?;
            return Ok(tunnel::open(client, response));
        }
        if route.cache {
            return self.through_cache(&table, route, request).await;
        }
        forward(&table, route, request).await.and_then(refuse_upgrade)
    }

    async fn through_cache(
        &self,
        table: &Table,
        route: &Route,
        request: Request<Body>,
    ) -> Result<Response<Body>, Problem> {
        let asked = Asked::of(&request);
        let found = self.cache.find(&asked).await;
        if let Found::Stored(response) = found {
            return Ok(response);
        }
        let response = forward(table, route, request).await.and_then(refuse_upgrade);
        match found {
            Found::Fetching(flight) => flight.land(&asked, response).await,
            // Even if it failed: nobody knows what the upstream has done.
            Found::Changing => {
                self.cache.forget(&asked);
                response
            }
            Found::Stored(_) | Found::Passing => response,
        }
    }
}

/// Sends a request to the first upstream of its route that takes it.
async fn forward(table: &Table, route: &Route, request: Request<Body>) -> Result<Response<Body>, Problem> {
    let unavailable = |detail| Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail);
    let candidates = route.candidates(request.uri().path());
    let Some(first) = candidates.first() else {
        return Err(unavailable("no upstream of this route is healthy"));
    };
    match first.send(request, table.config.timeout).await {
        Ok(response) => Ok(cleaned(response)),
        Err(Failed::Unsent(request)) => todo!("send {request:?} to the next of {candidates:?}"),
        Err(failed) => {
            todo!("answer a request that is {failed:?}, or send it to the next of {candidates:?} if it may be")
        }
    }
}

/// A response as it may be passed on. Its status stays, and its body is not looked at.
fn cleaned(response: Response<Incoming>) -> Response<Body> {
    let mut response = response.map(Body::new);
    *response.version_mut() = Version::HTTP_11;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        headers::remove_hop_by_hop(response.headers_mut());
    }
    response
}

/// Nobody has asked for another protocol, so none can follow.
fn refuse_upgrade(response: Response<Body>) -> Result<Response<Body>, Problem> {
    match response.status() {
        StatusCode::SWITCHING_PROTOCOLS => {
            Err(Problem::new(StatusCode::BAD_GATEWAY, "the upstream switched protocols"))
        }
        _ => Ok(response),
    }
}
