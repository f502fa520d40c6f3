//! Stored responses (RFC 9111), and who fetches one that is not there.

mod policy;

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::{Body as _, Bytes},
    header::{AGE, HOST, HeaderName, HeaderValue},
};
use plumbing::Problem;
use policy::{May, Variant};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// A body that is longer is not stored.
const LARGEST: u64 = 1 << 20;
const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

#[derive(Debug, Clone, Default)]
pub struct Cache(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// By host and target. One address has several responses when they vary.
    stored: HashMap<String, Vec<Entry>>,
    /// Who is being waited for. None stands for "wait", and otherwise it says whether the response was stored.
    flights: HashMap<String, watch::Receiver<Option<bool>>>,
    /// Of all bodies.
    bytes: usize,
    max_bytes: usize,
}

#[derive(Debug)]
struct Entry {
    variant: Variant,
    headers: HeaderMap,
    body: Bytes,
    /// When it was made, as far as we know: a response can come from another cache.
    made: Instant,
    lifetime: Duration,
}

/// What the cache needs to know of a request.
#[derive(Debug)]
pub struct Asked {
    key: String,
    may: May,
    headers: HeaderMap,
}

impl Asked {
    pub fn of(request: &Request<Body>) -> Asked {
        let host = request.headers().get(HOST).map_or(&b""[..], HeaderValue::as_bytes);
        let key = format!("{} {}", String::from_utf8_lossy(host).to_ascii_lowercase(), request.uri());
        Asked { key, may: policy::of_request(request), headers: request.headers().clone() }
    }
}

/// How a request gets its response.
#[derive(Debug)]
pub enum Found {
    Stored(Response<Body>),
    /// This request fetches it, and others wait for it.
    Fetching(Flight),
    /// The cache has nothing to do with it.
    Passing,
    /// What is stored for its address may be wrong afterwards.
    Changing,
}

/// A request on its way to an upstream, with which others want to know what becomes of it. When it is dropped, also because its client has left, nobody waits for it any more.
#[derive(Debug)]
pub struct Flight {
    cache: Cache,
    key: String,
    outcome: watch::Sender<Option<bool>>,
}

impl Cache {
    pub fn resize(&self, max_bytes: usize) {
        self.lock().max_bytes = max_bytes;
    }

    /// Looks for a stored response. Waits when somebody fetches it already.
    pub async fn find(&self, asked: &Asked) -> Found {
        match asked.may {
            May::Use => {}
            May::Pass => return Found::Passing,
            May::Change => return Found::Changing,
        }
        loop {
            let mut flight = {
                let mut state = self.lock();
                if let Some(response) = state.look(asked) {
                    return Found::Stored(response);
                }
                match state.flights.get(&asked.key) {
                    Some(flight) => flight.clone(),
                    None => {
                        let outcome = watch::Sender::new(None);
                        state.flights.insert(asked.key.clone(), outcome.subscribe());
                        return Found::Fetching(Flight { cache: self.clone(), key: asked.key.clone(), outcome });
                    }
                }
            };
            // To wait again for what cannot be stored would let one client after the other through.
            if let Ok(outcome) = flight.wait_for(Option::is_some).await
                && *outcome == Some(false)
            {
                return Found::Passing;
            }
        }
    }

    pub fn forget(&self, asked: &Asked) {
        self.lock().retain(|key, _| key != asked.key);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Stores the response if it may be stored, and passes it on. When it may not, those who wait ask for themselves.
    ///
    /// # Errors
    /// When the upstream breaks off in the middle of a body that was to be stored.
    pub async fn land(
        self,
        asked: &Asked,
        response: Result<Response<Body>, Problem>,
    ) -> Result<Response<Body>, Problem> {
        let response = response.inspect_err(|_| self.tell(false))?;
        let small = response.body().size_hint().exact().is_some_and(|bytes| bytes <= LARGEST);
        let storable = policy::of_response(&asked.headers, &response).filter(|_| small);
        let Some((variant, lifetime, age)) = storable else {
            self.tell(false);
            return Ok(response);
        };
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| {
            eprintln!("error: an upstream broke off: {error}");
            Problem::new(StatusCode::BAD_GATEWAY, "the upstream broke off")
        })?;
        let body = body.to_bytes();
        let now = Instant::now();
        let made = now.checked_sub(age).unwrap_or(now);
        let entry = Entry { variant, headers: head.headers.clone(), body: body.clone(), made, lifetime };
        self.cache.lock().store(&self.key, entry);
        self.tell(true);
        Ok(Response::from_parts(head, Body::from(body)))
    }
}

impl Flight {
    /// Whether the response was stored, for those who wait.
    fn tell(&self, stored: bool) {
        self.outcome.send_replace(Some(stored));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.cache.lock().flights.remove(&self.key);
    }
}

impl State {
    fn look(&self, asked: &Asked) -> Option<Response<Body>> {
        let fresh = |entry: &&Entry| entry.made.elapsed() < entry.lifetime && entry.variant.matches(&asked.headers);
        let entry = self.stored.get(&asked.key)?.iter().find(fresh)?;
        let mut response = Response::new(Body::from(entry.body.clone()));
        *response.headers_mut() = entry.headers.clone();
        response.headers_mut().insert(AGE, entry.made.elapsed().as_secs().into());
        response.headers_mut().insert(CACHE_STATUS, HeaderValue::from_static("gateway; hit"));
        Some(response)
    }

    fn store(&mut self, key: &str, entry: Entry) {
        // In place of what it replaces, and of what is too old.
        self.retain(|at, old| old.made.elapsed() < old.lifetime && !(at == key && old.variant == entry.variant));
        while self.bytes + entry.body.len() > self.max_bytes {
            let left = |entry: &Entry| entry.lifetime.saturating_sub(entry.made.elapsed());
            let Some(soonest) = self.stored.values().flatten().map(left).min() else { return };
            self.retain(|_, old| left(old) > soonest);
        }
        self.bytes += entry.body.len();
        self.stored.entry(key.to_owned()).or_default().push(entry);
    }

    fn retain(&mut self, keep: impl Fn(&str, &Entry) -> bool) {
        self.stored.retain(|key, entries| {
            entries.retain(|entry| keep(key, entry));
            !entries.is_empty()
        });
        self.bytes = self.stored.values().flatten().map(|entry| entry.body.len()).sum();
    }
}
