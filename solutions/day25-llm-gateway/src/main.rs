//! A gateway for language models: one address and one protocol before several providers, with keys, budgets, and a
//! second provider for when the first one fails.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `config` | the TOML file: providers, models, prices |
//! | `api` | the HTTP side: paths, keys in headers, bodies |
//! | `fault` | errors in OpenAI's form |
//! | `keys` | makes keys, and finds out whose one is |
//! | `call` | one request: its checks, what it may cost, what goes to a provider |
//! | `ledger` | reserves before a call, and settles after it |
//! | `gateway` | the way of one call |
//! | `providers` | asks one provider after the other |
//! | `sse` | where the events of a stream end |
//! | `stream` | passes a stream on |
//! | `cache` | remembers answers |

mod api;
mod cache;
mod call;
mod config;
mod fault;
mod gateway;
mod keys;
mod ledger;
mod providers;
mod sse;
mod stream;

use clap::Parser;
use config::{Config, Secret};
use gateway::Gateway;
use keys::Keys;
use ledger::Ledger;
use plumbing::{DataDir, Failure, Listen};
use plumbing_sqlite::Database;
use providers::Providers;
use sqlx::migrate::Migrator;
use std::{path::PathBuf, process::ExitCode, sync::Arc};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Keys, budgets and fallback for language models
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    /// Providers and models
    #[arg(long, env = "CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// For /admin. Arguments are seen by everybody on the machine, so only the environment.
    #[arg(skip = Secret::from_environment("ADMIN_TOKEN"))]
    admin_token: Option<Secret>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let missing = || Failure::new("ADMIN_TOKEN is not set; set it to a secret of your choice");
    let admin_token = args.admin_token.ok_or_else(missing)?;
    let config = Config::load(&args.config).map_err(Failure::new)?;
    let database = Database::open(args.data.create()?, "gateway.db", &MIGRATIONS).await?;
    let ledger = Ledger::open(database.clone()).await?;
    let gateway = Gateway {
        providers: Providers::new(config.timeout)?,
        models: config.models,
        keys: Keys::new(database.clone()),
        ledger,
        cache: cache::Cache::default(),
        admin_token,
    };
    let listener = args.listen.bind().await?;
    plumbing::serve(listener, api::app(Arc::new(gateway))).await?;
    database.close().await;
    Ok(())
}
