//! A store for configuration that speaks a subset of etcd v3: a revision for each change of the store, transactions,
//! watches that miss nothing, leases, compaction, and a write-ahead log.
//!
//! # Layout
//!
//! ```text
//!              jobs                          records
//! service ──┬──────────► engine ─► state ──────────────► wal
//! watch   ──┘◄──────────────┘        ├─ store, lease      │
//!              answers, after the    └─ kv, check         │
//!              commit                     ▲               │
//!                                         └────replay─────┘
//! ```
//!
//! | module | job |
//! | --- | --- |
//! | `proto` | what goes over the wire, generated |
//! | `service` | gRPC: a request becomes a job, its result the answer |
//! | `watch` | watches: each is a place in the history, and goes forward |
//! | `engine` | the one thread that owns the state: a group of jobs, a commit, the answers |
//! | `state` | everything that is stored, and the records of what was changed and is not on the disk yet |
//! | `kv` | what Range, Put, DeleteRange, Txn and Compact do |
//! | `check` | requests that are refused whatever is stored |
//! | `lease` | leases: what goes with them, and when they end |
//! | `store` | keys with their history, and the history of all keys |
//! | `wal` | records on the disk |
//! | `fault` | why a request is refused, as etcd says it |

mod check;
mod engine;
mod fault;
mod kv;
mod lease;
mod proto;
mod service;
mod state;
mod store;
mod wal;
mod watch;

use crate::{state::State, wal::Wal};
use clap::Parser;
use plumbing::{DataDir, Failure, Listen};
use std::{process::ExitCode, time::Duration};

/// A store for configuration that speaks etcd v3
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data_dir: DataDir,
    /// How many milliseconds one second of a lease lasts
    #[arg(long, env = "SECOND_MS", value_name = "MS", default_value_t = 1000)]
    second_ms: u32,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(run(args))
}

async fn run(args: Args) -> Result<(), Failure> {
    let mut state = State::new(Duration::from_millis(args.second_ms.into()));
    let wal = Wal::open(&args.data_dir.create()?.join("wal"), |record| state.replay(record))?;
    let listener = args.listen.bind().await?;
    let (engine, engine_end) = engine::start(wal, state)?;
    plumbing::announce(&[("grpc", listener.local_addr()?)])?;
    service::serve(listener, engine, engine_end).await
}
