//! An MQTT 3.1.1 broker: topics with wildcards, retained messages, wills, three qualities of service, sessions that
//! survive a crash, passwords and access rules.
//!
//! # Layout
//!
//! ```text
//!            packets                 changes
//! server ──────────────► broker ──────────────► session (the state)
//!   ▲  └─ codec, users     │ └─ topic, access      ▲
//!   └───────bytes──────────┘                       │ replay
//!                          └───► journal ──────────┘
//! ```
//!
//! | module | job |
//! | --- | --- |
//! | `codec` | packets as bytes |
//! | `topic` | which topics and filters are valid, and which filter matches which topic |
//! | `users` | who may connect |
//! | `access` | who may read and write which topics |
//! | `server` | connections: bytes from and to sockets, keep alive |
//! | `broker` | the one thread that owns everything: one packet after another |
//! | `session` | what is remembered of each client, retained messages, and the changes to both |
//! | `journal` | those changes on the disk |

mod access;
mod broker;
mod codec;
mod journal;
mod server;
mod session;
mod topic;
mod users;

use crate::{access::Acl, journal::Journal, server::Gate, users::Users};
use clap::Parser;
use plumbing::{DataDir, Failure, Listen};
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// An MQTT 3.1.1 broker
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data_dir: DataDir,
    /// Who may connect: a file made by mosquitto_passwd; without it everybody may
    #[arg(long, env = "USERS", value_name = "FILE")]
    users: Option<PathBuf>,
    /// Who may read and write which topics; without it all users may do everything
    #[arg(long, env = "ACL", value_name = "FILE", requires = "users")]
    acl: Option<PathBuf>,
    /// How long a new connection may take to send its CONNECT
    #[arg(long, env = "CONNECT_TIMEOUT_MS", value_name = "MS", default_value_t = 10_000)]
    connect_timeout_ms: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(run(args))
}

async fn run(args: Args) -> Result<(), Failure> {
    let users = args.users.as_deref().map(Users::load).transpose()?;
    let acl = args.acl.as_deref().map(Acl::load).transpose()?;
    let (journal, state) = Journal::open(&args.data_dir.create()?.join("broker.journal"))?;
    let listener = args.listen.bind().await?;
    let (broker, broker_end) = broker::start(journal, state, acl)?;
    plumbing::announce(&[("mqtt", listener.local_addr()?)])?;
    let gate = Gate { users, connect_timeout: Duration::from_millis(args.connect_timeout_ms) };
    server::serve(listener, gate, broker, broker_end).await
}
