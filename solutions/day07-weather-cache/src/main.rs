//! A front for a weather service that is slow and often fails: it remembers, waits politely, and asks once for many.

mod api;
mod cache;
mod flights;
mod guard;
mod upstream;
mod weather;

use clap::Parser;
use plumbing::{Failure, Listen};
use reqwest::Url;
use std::{process::ExitCode, time::Duration};

/// A cache in front of a weather service
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    /// The weather service, as http://127.0.0.1:9000
    #[arg(long, env = "UPSTREAM", value_name = "URL")]
    upstream: Url,
    /// How long an answer is fresh, in milliseconds
    #[arg(long, env = "TTL_MS", value_name = "MS", default_value = "60000")]
    ttl_ms: u64,
    /// How much longer an answer may stand in when the weather service fails, in milliseconds
    #[arg(long, env = "STALE_MS", value_name = "MS", default_value = "600000")]
    stale_ms: u64,
    /// How long one try may take, up to the last byte, in milliseconds
    #[arg(long, env = "TIMEOUT_MS", value_name = "MS", default_value = "2000")]
    timeout_ms: u64,
    /// How often a try that failed is repeated
    #[arg(long, env = "RETRIES", value_name = "N", default_value = "1")]
    retries: u32,
    /// The pause before the first repetition, in milliseconds; it doubles each time
    #[arg(long, env = "RETRY_MS", value_name = "MS", default_value = "100")]
    retry_ms: u64,
    /// How many cities are remembered
    #[arg(long, env = "CAPACITY", value_name = "N", default_value = "1000")]
    capacity: usize,
    /// After so many failed calls in a row the weather service is left alone
    #[arg(long, env = "BREAKER_FAILURES", value_name = "N", default_value = "5")]
    breaker_failures: u32,
    /// For how long it is left alone, in milliseconds
    #[arg(long, env = "BREAKER_MS", value_name = "MS", default_value = "5000")]
    breaker_ms: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let listener = args.listen.bind().await?;
    let upstream = upstream::Upstream::new(upstream::Settings {
        base: args.upstream,
        // No argument: every user of the machine could read it in the list of processes.
        key: std::env::var("UPSTREAM_KEY").unwrap_or_default(),
        timeout: Duration::from_millis(args.timeout_ms),
        retries: args.retries,
        pause: Duration::from_millis(args.retry_ms),
    })?;
    let guard = guard::Guard::new(args.breaker_failures, Duration::from_millis(args.breaker_ms));
    let cache =
        cache::Cache::new(args.capacity, Duration::from_millis(args.ttl_ms), Duration::from_millis(args.stale_ms));
    let weather = weather::Weather::new(upstream, guard, cache);
    plumbing::serve(listener, api::app(weather)).await
}
