//! A small Kubernetes: an API of objects that can be watched, and two control loops that make processes of them.
//!
//! # Layout
//!
//! ```text
//! api ──► store ──► watch ──► clients
//!           ▲ │
//!           │ └──► deployments   makes and deletes pods
//!           └────► pods ──► agent ──► process
//!                  one agent for each pod, one process for each agent
//! ```
//!
//! | module | job |
//! | --- | --- |
//! | `resource` | which kinds of objects there are, and what names one |
//! | `store` | objects and their last changes, each with a version |
//! | `views` | what this program reads of objects, and the status that it writes |
//! | `check` | whether what a client sends is an object |
//! | `fault` | errors as Kubernetes words them |
//! | `selector` | which objects somebody wants |
//! | `watch` | changes as they happen |
//! | `api`, `discovery` | the HTTP side |
//! | `merge` | JSON merge patches |
//! | `deployments` | the loop that compares deployments with pods |
//! | `pods`, `agent` | the loop that compares pods with processes |
//! | `process` | starts, finds, signals and ends processes |
//! | `probe`, `addresses` | whether a pod answers, and where it lives |

mod addresses;
mod agent;
mod api;
mod check;
mod deployments;
mod discovery;
mod fault;
mod merge;
mod pods;
mod probe;
mod process;
mod resource;
mod selector;
mod store;
mod views;
mod watch;

use addresses::Addresses;
use clap::Parser;
use ipnet::Ipv4Net;
use plumbing::{DataDir, Failure, Listen};
use plumbing_sqlite::Database;
use pods::Shared;
use sqlx::migrate::Migrator;
use std::{net::Ipv4Addr, process::ExitCode, sync::Arc, time::Duration};
use store::Store;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Runs programs as pods, and keeps as many of them running as deployments want
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    /// Addresses of pods, within 127.0.0.0/8
    #[arg(long, env = "POD_CIDR", value_name = "CIDR", default_value = "127.64.0.0/16", value_parser = loopback)]
    pod_cidr: Ipv4Net,
    /// How many changes are remembered for watches
    #[arg(long, env = "HISTORY", value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(i64).range(1..))]
    history: i64,
    /// How long a second of pods is: back-off, grace periods, probes
    #[arg(long, env = "SECOND_MS", value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    second_ms: u32,
}

fn loopback(text: &str) -> Result<Ipv4Net, String> {
    let net: Ipv4Net = text.parse().map_err(|_| "it is not of the form 127.64.0.0/16".to_owned())?;
    let all = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
    if all.contains(&net) { Ok(net) } else { Err("it is not within 127.0.0.0/8".to_owned()) }
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let folder = args.data.create()?;
    let database = Database::open(folder, "objects.db", &MIGRATIONS).await?;
    let listener = args.listen.bind().await?;
    let unreadable = |_| Failure::new("the objects cannot be read; look whether the disk is full");
    let store = Store::open(database.clone(), args.history).await.map_err(unreadable)?;
    // Programs of pods run in a folder of their own, so the path must not depend on ours.
    let logs = std::path::absolute(folder.join("logs"))?;
    std::fs::create_dir_all(&logs)?;

    let shared = Arc::new(Shared {
        store: store.clone(),
        logs: logs.clone(),
        addresses: Addresses::new(args.pod_cidr),
        second: Duration::from_millis(args.second_ms.into()),
    });
    // Whatever an earlier life of this program has started is ours again before anybody can ask for it.
    let pods = pods::adopt(shared).await.map_err(unreadable)?;
    tokio::spawn(pods.follow());
    tokio::spawn(deployments::run(store.clone()));

    let app = api::app(api::Api { store: store.clone(), logs });
    let stop = async move {
        if let Err(error) = plumbing::shutdown_signal().await {
            eprintln!("error: signals cannot be received, so only a kill ends this program: {error}");
            std::future::pending::<()>().await;
        }
        // Watches would not end by themselves. Pods run on, and the next start finds them.
        store.close();
    };
    plumbing::serve_until(listener, app, stop).await?;
    database.close().await;
    Ok(())
}
