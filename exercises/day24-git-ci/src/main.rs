//! A Git server over smart HTTP that runs the steps of `.ci.toml` on every push, with live logs.
//!
//! # Layout
//!
//! ```text
//! smart ──► pushes ──► store ──► runner ──► job ──► log
//! git's      what is    runs      one run    one     lines, masked
//! own words  new        and       at a       step    
//!                       steps     time       
//! ```
//!
//! | module | job |
//! | --- | --- |
//! | `repositories` | bare repositories on disk, and the git commands that read them |
//! | `smart` | smart HTTP: what `git clone` and `git push` say |
//! | `access` | who may write |
//! | `pipeline` | `.ci.toml` |
//! | `pushes` | turns branches that have moved into runs |
//! | `store` | runs and steps in the database |
//! | `runner` | takes runs from the queue, ends them in time |
//! | `job` | a run's steps in a fresh checkout |
//! | `processes` | ends everything that a run has started |
//! | `log`, `mask` | what steps print, without secrets |
//! | `api` | the HTTP side for people and programs |

mod access;
mod api;
mod job;
mod log;
mod mask;
mod pipeline;
mod processes;
mod pushes;
mod repositories;
mod runner;
mod smart;
mod store;

use access::Token;
use clap::Parser;
use log::Logs;
use mask::Secrets;
use plumbing::{DataDir, Failure, Listen};
use plumbing_sqlite::Database;
use pushes::Pushes;
use repositories::Repositories;
use runner::Runner;
use sqlx::migrate::Migrator;
use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};
use store::Store;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// A Git server that runs .ci.toml on every push
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    /// How many runs are under way at the same time
    #[arg(long, env = "WORKERS", value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: u16,
    /// How long a run may take
    #[arg(long, env = "RUN_TIMEOUT_MS", value_name = "MS", default_value_t = 600_000, value_parser = clap::value_parser!(u64).range(1..))]
    run_timeout_ms: u64,
    /// A TOML file of NAME = "value": secrets that steps get in their environment
    #[arg(long, env = "SECRETS", value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// Who may push. Arguments are seen by everybody on the machine, so only the environment.
    #[arg(skip = std::env::var("CI_TOKEN").unwrap_or_default())]
    token: String,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let token =
        Token::new(&args.token).ok_or_else(|| Failure::new("CI_TOKEN is not set; put the token for pushing there"))?;
    let secrets = Secrets::load(args.secrets.as_deref()).map_err(Failure::new)?;
    let folder = args.data.create()?;
    let database = Database::open(folder, "ci.db", &MIGRATIONS).await?;
    let listener = args.listen.bind().await?;

    let store = Store::new(database.clone());
    let repositories = Repositories::open(&folder.join("repositories"))?;
    let logs = Logs::open(&folder.join("logs"))?;
    let runner = Runner::new(runner::Parts {
        store: store.clone(),
        repositories: repositories.clone(),
        logs: logs.clone(),
        secrets,
        work: folder.join("work"),
        timeout: Duration::from_millis(args.run_timeout_ms),
    })?;
    let pushes = Arc::new(Pushes::new(store.clone(), repositories.clone(), runner.clone()));
    // What an earlier life of this program has begun is over, and what was pushed in its last moment is still to be run.
    runner.clean_up().await?;
    pushes.look_at_all().await?;
    runner.start(args.workers);

    let app = api::app(api::Ci { store, repositories, logs, pushes, token: Arc::new(token) });
    let stop = {
        let runner = runner.clone();
        async move {
            if let Err(error) = plumbing::shutdown_signal().await {
                eprintln!("error: signals cannot be received, so only a kill ends this program: {error}");
                std::future::pending::<()>().await;
            }
            runner.stop().await;
        }
    };
    plumbing::serve_until(listener, app, stop).await?;
    database.close().await;
    Ok(())
}
