//! A webhook service by the Standard Webhooks specification: it takes events, and delivers each of them, signed, to every
//! endpoint that wants it, until the endpoint has it.
//!
//! # Layout
//!
//! Data flows from top to bottom.
//!
//! | module | job |
//! | --- | --- |
//! | `api` | the HTTP side |
//! | `endpoints` | who wants events, and the secrets that they share with us |
//! | `deliveries` | the queue, which is a table, and the log of attempts |
//! | `worker` | makes attempts when they are due, apart for each endpoint |
//! | `sender` | one attempt |
//! | `signature` | secrets, and what is signed with them |
//! | `guard` | which addresses may be called at all |

mod api;
mod deliveries;
mod endpoints;
mod guard;
mod sender;
mod signature;
mod worker;

use clap::Parser;
use deliveries::Deliveries;
use endpoints::Endpoints;
use guard::Guard;
use ipnet::IpNet;
use plumbing::{DataDir, Failure, Listen};
use plumbing_sqlite::Database;
use sender::Sender;
use sqlx::migrate::Migrator;
use std::{net::SocketAddr, process::ExitCode, time::Duration};
use worker::Worker;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Delivers events to the endpoints of customers
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    /// How long to wait after the first, the second … failed attempt; the one after the last wait is the last
    #[arg(
        long,
        env = "RETRY_MS",
        value_name = "MS,MS…",
        value_delimiter = ',',
        default_value = "5000,300000,1800000,7200000,18000000,36000000,50400000"
    )]
    retry_ms: Vec<u32>,
    /// How long an attempt may take
    #[arg(long, env = "TIMEOUT_MS", value_name = "MS", default_value_t = 15_000, value_parser = clap::value_parser!(u32).range(1..))]
    timeout_ms: u32,
    /// How long a secret is valid beside the one that has replaced it
    #[arg(long, env = "OVERLAP_MS", value_name = "MS", default_value_t = 86_400_000)]
    overlap_ms: u32,
    /// Addresses that may be called although they are not public, as 10.1.0.0/16 or 127.0.0.1/32
    #[arg(long, env = "ALLOW_CIDR", value_name = "NET,NET…", value_delimiter = ',')]
    allow_cidr: Vec<IpNet>,
    /// The DNS server to ask, instead of the one of this machine
    #[arg(long, env = "RESOLVER", value_name = "ADDR:PORT")]
    resolver: Option<SocketAddr>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let database = Database::open(args.data.create()?, "webhooks.db", &MIGRATIONS).await?;
    let listener = args.listen.bind().await?;
    let guard = Guard::new(args.allow_cidr, args.resolver)?;
    let sender = Sender::new(guard.clone(), Duration::from_millis(args.timeout_ms.into()))?;
    let endpoints = Endpoints::new(database.clone(), args.overlap_ms.into());
    let deliveries = Deliveries::new(database.clone(), args.retry_ms);
    let worker = Worker::start(&endpoints, deliveries.clone(), sender).await?;
    let service = api::Service { endpoints, deliveries, worker, guard };
    plumbing::serve(listener, api::app(service)).await?;
    database.close().await;
    Ok(())
}
