//! Which upstreams a request can go to, and in which order they are tried.

use crate::{
    config::{self, Balance, Config},
    upstream::Upstream,
};
use std::{
    cmp::Reverse,
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// A config in force.
#[derive(Debug, Default)]
pub struct Table {
    pub config: Config,
    /// Longest prefix first.
    routes: Vec<Route>,
    upstreams: HashMap<SocketAddr, Arc<Upstream>>,
}

#[derive(Debug)]
pub struct Route {
    prefix: String,
    upstreams: Vec<Arc<Upstream>>,
    balance: Balance,
    /// How many requests have been given out.
    turn: AtomicUsize,
    pub cache: bool,
}

impl Table {
    /// A table that takes the upstreams which it shares with `before` from there, with what is known of them.
    pub fn new(config: Config, before: &Table) -> Table {
        let mut upstreams = HashMap::new();
        let mut known = |address: SocketAddr| {
            let fresh = || before.upstreams.get(&address).cloned().unwrap_or_else(|| Arc::new(Upstream::new(address)));
            Arc::clone(upstreams.entry(address).or_insert_with(fresh))
        };
        let mut route = |route: &config::Route| Route {
            prefix: route.prefix.clone(),
            upstreams: route.upstreams.iter().map(|address| known(*address)).collect(),
            balance: route.balance,
            turn: AtomicUsize::new(0),
            cache: route.cache,
        };
        let mut routes: Vec<_> = config.routes.iter().map(&mut route).collect();
        routes.sort_by_key(|route| Reverse(route.prefix.len()));
        Table { config, routes, upstreams }
    }

    /// The route with the longest prefix of `path`.
    pub fn route(&self, path: &str) -> Option<&Route> {
        self.routes.iter().find(|route| path.starts_with(&route.prefix))
    }

    /// Each upstream once.
    pub fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.upstreams.values()
    }
}

impl Route {
    /// The healthy upstreams, in the order in which this request tries them.
    pub fn candidates(&self, path: &str) -> Vec<Arc<Upstream>> {
        let healthy = self.upstreams.iter().filter(|upstream| upstream.health.is_up());
        let mut candidates: Vec<_> = healthy.cloned().collect();
        if candidates.is_empty() {
            return candidates;
        }
        match self.balance {
            Balance::RoundRobin => {
                let turn = self.turn.fetch_add(1, Ordering::Relaxed);
                let first = turn % candidates.len();
                candidates.rotate_left(first);
            }
            // Rendezvous hashing: each upstream draws a number for each path, and the highest wins. When one goes, only
            // the paths that it had won go elsewhere.
            Balance::Hash => candidates.sort_by_cached_key(|upstream| Reverse(draw(path, upstream.address))),
        }
        candidates
    }
}

fn draw(path: &str, upstream: SocketAddr) -> u64 {
    // Unlike a RandomState, it begins with the same keys each time: after a restart, too.
    let mut hasher = DefaultHasher::new();
    (path, upstream).hash(&mut hasher);
    hasher.finish()
}
