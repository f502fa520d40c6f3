//! What is known about a city, and how to come to know it: from the cache, or by asking, once for everybody who waits.

use crate::{
    cache::{Cache, Entry},
    flights::Flights,
    guard::Guard,
    upstream::{Answer, Observation, Trouble, Upstream},
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The weather of all cities. Clones are one.
#[derive(Debug, Clone)]
pub struct Weather {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: Upstream,
    guard: Guard,
    cache: Mutex<Cache>,
    flights: Flights<Result<Known, Trouble>>,
}

/// What is known about a city.
#[derive(Debug, Clone)]
pub struct Known {
    pub observation: Arc<Observation>,
    pub source: Source,
    /// Since it was fetched.
    pub age: Duration,
}

/// Where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// From the cache.
    Hit,
    /// Just fetched.
    Miss,
    /// From the cache, although it is no longer fresh, because fetching failed.
    Stale,
    /// From the cache; the weather service says that nothing has changed.
    Revalidated,
}

impl Weather {
    pub fn new(upstream: Upstream, guard: Guard, cache: Cache) -> Weather {
        let shared = Shared { upstream, guard, cache: Mutex::new(cache), flights: Flights::default() };
        Weather { shared: Arc::new(shared) }
    }

    /// The current weather of a city.
    pub async fn current(&self, city: &str) -> Result<Known, Trouble> {
        let key = city.to_lowercase();
        if let Some(known) = self.shared.fresh(&key) {
            return Ok(known);
        }
        let (shared, city, wanted) = (Arc::clone(&self.shared), city.to_owned(), key.clone());
        let fetching = self.shared.flights.join(&key, async move { shared.fetch(&wanted, &city).await });
        fetching.await.unwrap_or_else(|| Err(Trouble::Bad("the call ended without an outcome".to_owned())))
    }
}

impl Shared {
    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self, key: &str) -> Option<Known> {
        let now = Instant::now();
        self.cache().fresh(key, now).map(|entry| known(&entry, Source::Hit, now))
    }

    async fn fetch(&self, key: &str, city: &str) -> Result<Known, Trouble> {
        // Between our first look and this call another one may have brought it.
        if let Some(known) = self.fresh(key) {
            return Ok(known);
        }
        let old = self.cache().usable(key, Instant::now());
        match self.ask(city, old.as_ref().and_then(|old| old.etag.as_deref())).await {
            Ok(Answer::New(observation, etag)) => {
                let entry = Entry { observation: Arc::new(observation), etag, fetched: Instant::now() };
                self.cache().insert(key, entry.clone());
                Ok(known(&entry, Source::Miss, entry.fetched))
            }
            Ok(Answer::NotModified) => {
                let old = old.ok_or_else(|| Trouble::Bad("not modified, but nothing was known".to_owned()))?;
                let entry = Entry { fetched: Instant::now(), ..old };
                self.cache().insert(key, entry.clone());
                Ok(known(&entry, Source::Revalidated, entry.fetched))
            }
            Err(Trouble::UnknownCity) => {
                self.cache().remove(key);
                Err(Trouble::UnknownCity)
            }
            Err(trouble) => old.map(|old| known(&old, Source::Stale, Instant::now())).ok_or(trouble),
        }
    }

    /// Asks the weather service, if it may be asked now.
    async fn ask(&self, city: &str, etag: Option<&str>) -> Result<Answer, Trouble> {
        self.guard.enter(Instant::now()).map_err(Trouble::Busy)?;
        let answer = self.upstream.fetch(city, etag).await;
        self.guard.leave(Instant::now(), answer.as_ref().err());
        if let Err(Trouble::Bad(why)) = &answer {
            eprintln!("warning: {city:?} could not be fetched: {why}");
        }
        answer
    }
}

fn known(entry: &Entry, source: Source, now: Instant) -> Known {
    Known { observation: Arc::clone(&entry.observation), source, age: now.saturating_duration_since(entry.fetched) }
}
