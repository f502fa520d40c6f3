//! A store for time series that speaks the HTTP interface of InfluxDB 1.x.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `line` | from line protocol to points |
//! | `influxql` | from InfluxQL to statements |
//! | `store` | databases, policies, series and fields in SQLite |
//! | `write` | points into the store |
//! | `select` | points out of it: rows, groups, aggregates |
//! | `time` | nanoseconds since 1970, and the units that clients use |
//! | `api` | the HTTP side |

mod api;
mod influxql;
mod line;
mod select;
mod store;
mod time;
mod write;

use clap::Parser;
use plumbing::{DataDir, Failure, Listen};
use plumbing_sqlite::Database;
use sqlx::migrate::Migrator;
use std::process::ExitCode;
use store::Store;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// A store for time series that speaks InfluxDB 1.x
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    #[command(flatten)]
    limits: Limits,
}

/// What one request may ask for.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Limits {
    /// The most rows in one reply; what was left out is marked as partial
    #[arg(long, env = "MAX_ROWS", value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    max_rows: u32,
    /// The most intervals that one SELECT may be grouped into
    #[arg(long, env = "MAX_BUCKETS", value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    max_buckets: u32,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let database = Database::open(args.data.create()?, "telemetry.db", &MIGRATIONS).await?;
    let listener = args.listen.bind().await?;
    let store = Store::new(database.clone());
    tokio::spawn(write::expire(store.clone()));
    plumbing::serve(listener, api::app(store, args.limits)).await?;
    database.close().await;
    Ok(())
}
