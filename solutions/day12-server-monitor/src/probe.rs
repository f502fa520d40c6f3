//! One probe: does a target answer?

use crate::config::{How, Target};
use reqwest::{Client, redirect::Policy};
use std::error::Error;
use tokio::net::TcpStream;

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
    let attempt = async {
        match &target.how {
            How::Http(url) => {
                // This ends with the head of the response: nobody waits for a body.
                let response = client.get(url.clone()).send().await.map_err(|error| innermost(&error))?;
                let status = response.status();
                if status.is_success() { Ok(()) } else { Err(format!("status {}", status.as_u16())) }
            }
            How::Tcp => TcpStream::connect(&target.address).await.map(drop).map_err(|error| error.to_string()),
        }
    };
    let limit = target.timeout;
    tokio::time::timeout(limit, attempt)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} ms", limit.as_millis())))
}

/// The cause that says most; what wraps it repeats the address.
pub fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
