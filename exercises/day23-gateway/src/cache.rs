//! Stored responses (RFC 9111), and who fetches one that is not there.

mod policy;

use axum::body::Body;
use hyper::{
    HeaderMap, Request, Response,
    header::{HOST, HeaderValue},
};
use plumbing::Problem;
use policy::May;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Clone, Default)]
pub struct Cache(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    max_bytes: usize,
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
        if let Some(response) = self.lock().look(asked) {
            return Found::Stored(response);
        }
        let flight = Flight { cache: self.clone() };
        todo!("wait for who fetches {asked:?}, or be the one: {:?}", Found::Fetching(flight))
    }

    pub fn forget(&self, asked: &Asked) {
        todo!("forget what is stored for {asked:?}")
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
        let storable = response.as_ref().ok().and_then(|response| policy::of_response(&asked.headers, response));
        todo!("store {response:?} for {storable:?} in {:?}, and tell those who wait", self.cache)
    }
}

impl State {
    fn look(&self, asked: &Asked) -> Option<Response<Body>> {
        todo!("find what is stored for {}, or nothing", asked.key)
    }
}
