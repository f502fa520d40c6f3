//! A message queue that clients of Amazon SQS can use.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `api` | HTTP: which operation is meant, and its answer or its fault |
//! | `wire`, `fault` | requests, answers and errors, as they are written |
//! | `broker` | the operations: each look and each change one transaction, and the waiting between |
//! | `bells` | wakes who waits |
//! | `queues`, `settings` | the table of queues, and what can be set about one |
//! | `messages` | the table of messages |
//! | `check`, `digest` | what may be sent, and its MD5 sums |
//! | `clock` | how long a second is |

mod api;
mod bells;
mod broker;
mod check;
mod clock;
mod digest;
mod fault;
mod messages;
mod queues;
mod settings;
mod wire;

use broker::Broker;
use clap::Parser;
use clock::Clock;
use plumbing::{DataDir, Failure, Listen};
use plumbing_sqlite::Database;
use sqlx::migrate::Migrator;
use std::process::ExitCode;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// A message queue for clients of Amazon SQS
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    /// How long one second of the protocol lasts; less makes tests fast
    #[arg(long, env = "SECOND_MS", value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    second_ms: u32,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let database = Database::open(args.data.create()?, "queue.db", &MIGRATIONS).await?;
    let listener = args.listen.bind().await?;
    let broker = Broker::new(database.clone(), Clock::new(args.second_ms));
    plumbing::serve(listener, api::app(broker)).await?;
    database.close().await;
    Ok(())
}
