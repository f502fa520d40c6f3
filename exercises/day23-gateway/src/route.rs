//! Which upstreams a request can go to, and in which order they are tried.

use crate::{
    config::{self, Balance, Config},
    upstream::Upstream,
};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicUsize},
};

/// A config in force.
#[derive(Debug, Default)]
pub struct Table {
    pub config: Config,
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
        let routes = config.routes.iter().map(&mut route).collect();
        Table { config, routes, upstreams }
    }

    /// The route with the longest prefix of `path`.
    pub fn route(&self, path: &str) -> Option<&Route> {
        let prefixes: Vec<_> = self.routes.iter().map(|route| &route.prefix).collect();
        todo!("find the route of {path} among {prefixes:?}")
    }

    /// Each upstream once.
    pub fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.upstreams.values()
    }
}

impl Route {
    /// The healthy upstreams, in the order in which this request tries them.
    pub fn candidates(&self, path: &str) -> Vec<Arc<Upstream>> {
        let healthy: Vec<_> = self.upstreams.iter().filter(|upstream| upstream.health.is_up()).collect();
        todo!("bring {healthy:?} into the order for {path} by {:?}, at turn {:?}", self.balance, self.turn)
    }
}
