//! A Redis: strings with deadlines, lists, transactions and channels over RESP2, kept in an append-only file.
//!
//! # Layout
//!
//! ```text
//! server ──requests──► keeper ──► commands ──► keyspace
//!   ▲  │                 │ │                      │ effects
//!   │  └─ resp           │ └──────► journal ◄─────┘
//!   └──────outputs───────┘
//! ```
//!
//! | module | job |
//! | --- | --- |
//! | `resp` | requests and replies as bytes |
//! | `server` | connections: bytes from and to sockets |
//! | `keeper` | the one thread that owns the data: one request after another, transactions, channels, waiting |
//! | `client` | what the keeper remembers of one client |
//! | `commands` | what each data command does |
//! | `keyspace` | keys, values, deadlines, and the effects that change them |
//! | `journal` | the append-only file |

mod client;
mod commands;
mod journal;
mod keeper;
mod keyspace;
mod resp;
mod server;

use crate::journal::Journal;
use clap::Parser;
use plumbing::{DataDir, Failure, Listen};
use std::process::ExitCode;

/// A key-value server that Redis clients can talk to
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data_dir: DataDir,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(run(args))
}

async fn run(args: Args) -> Result<(), Failure> {
    let (journal, keyspace) = Journal::open(&args.data_dir.create()?.join("appendonly.aof"))?;
    let listener = args.listen.bind().await?;
    let (keeper, keeper_end) = keeper::start(journal, keyspace)?;
    plumbing::announce(&[("redis", listener.local_addr()?)])?;
    server::serve(listener, keeper, keeper_end).await
}
