//! A double-entry ledger on PostgreSQL: accounts, transfers that add up to nothing, holds, and a journal for accountants.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `database` | the pool, transactions that are tried again, and errors as answers |
//! | `account` | accounts and their balances, now and then |
//! | `transfer` | moves money: the one place where entries are written |
//! | `hold` | money that is promised and not yet moved |
//! | `journal` | everything, as hledger reads it |
//! | `api` | the HTTP side |

mod account;
mod api;
mod database;
mod hold;
mod journal;
mod transfer;

use clap::Parser;
use database::Database;
use plumbing::{Failure, Listen};
use std::{process::ExitCode, time::Duration};

/// A double-entry ledger
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    /// How many connections to the database at most
    #[arg(long, env = "CONNECTIONS", value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    connections: u32,
    /// How long a request waits for the database
    #[arg(long, env = "DATABASE_TIMEOUT_MS", value_name = "MS", default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..))]
    database_timeout_ms: u64,
    /// postgres://… It may hold a password, and arguments are seen by everybody: so only from the environment.
    #[arg(skip = std::env::var("DATABASE_URL").unwrap_or_default())]
    database_url: String,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let patience = Duration::from_millis(args.database_timeout_ms);
    let database = Database::open(&args.database_url, args.connections, patience).await?;
    let listener = args.listen.bind().await?;
    plumbing::serve(listener, api::app(database.clone())).await?;
    database.close().await;
    Ok(())
}
