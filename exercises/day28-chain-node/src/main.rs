//! A Bitcoin node for regtest, with a wallet.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `rpc`, `params` | JSON-RPC: which call is meant, its parameters, its answer |
//! | `node` | what can be done: each change one transaction of the database |
//! | `chain` | the blocks: which there are, and which of them are the chain |
//! | `coins` | the outputs that nobody has spent |
//! | `rules`, `signature` | what a block, a transaction, an input has to keep to |
//! | `pool`, `miner` | what waits for a block, and new blocks |
//! | `wallet` | keys of our own, and what they own |
//! | `peers`, `wire`, `sync` | other nodes: connections, messages, and what they mean |
//! | `fault` | what can go wrong |

mod chain;
mod coins;
mod fault;
mod miner;
mod node;
mod params;
mod peers;
mod pool;
mod rpc;
mod rules;
mod signature;
mod sync;
mod wallet;
mod wire;

use clap::Parser;
use node::Node;
use plumbing::{DataDir, Failure, Listen};
use plumbing_sqlite::Database;
use sqlx::migrate::Migrator;
use std::{net::SocketAddr, process::ExitCode, time::Duration};
use tokio::net::TcpListener;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// A Bitcoin node for regtest
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    /// Where other nodes may connect to this one; without it none can
    #[arg(long, env = "P2P_LISTEN", value_name = "ADDR:PORT")]
    p2p_listen: Option<SocketAddr>,
    /// Another node to connect to; may be given several times
    #[arg(long, env = "CONNECT", value_name = "ADDR:PORT", value_delimiter = ',')]
    connect: Vec<SocketAddr>,
    /// How long to wait until a lost connection is tried again
    #[arg(long, env = "RETRY_MS", value_name = "MS", default_value_t = 1000)]
    retry_ms: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let database = Database::open(args.data.create()?, "node.db", &MIGRATIONS).await?;
    let listener = args.listen.bind().await?;
    let node = Node::new(database.clone()).await?;
    if let Some(address) = args.p2p_listen {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Failure::new(format!("cannot listen on {address}: {error}; choose another with --p2p-listen"))
        })?;
        println!("LISTENING p2p {}", listener.local_addr()?);
        tokio::spawn(peers::listen(node.clone(), listener));
    }
    for address in args.connect {
        tokio::spawn(peers::connect(node.clone(), address, Duration::from_millis(args.retry_ms)));
    }
    plumbing::serve(listener, rpc::app(node)).await?;
    database.close().await;
    Ok(())
}
