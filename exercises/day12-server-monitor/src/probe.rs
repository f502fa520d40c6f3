//! One probe: does a target answer?

use crate::config::{How, Target};
use reqwest::{Client, redirect::Policy};

/// A client for probes and messages: it follows no redirect, asks no proxy, and keeps no connection. One that was open
/// already would say nothing about whether the next client gets in.
///
/// # Errors
/// When the machine's settings do not allow for one.
pub fn client() -> reqwest::Result<Client> {
    Client::builder().redirect(Policy::none()).no_proxy().pool_max_idle_per_host(0).build()
}

/// Probes the target once, for at most its timeout.
///
/// # Errors
/// Why it counts as down, in a few words.
pub async fn probe(client: &Client, target: &Target) -> Result<(), String> {
    match &target.how {
        How::Http(url) => todo!("GET {url} with {client:?}, within {:?}", target.timeout),
        How::Tcp => todo!("connect to {}, within {:?}", target.address, target.timeout),
    }
}
