//! A chat server: rooms with a history, presence, and direct messages, over WebSockets.

mod api;
mod chat;
mod connection;
mod hub;
mod message;
mod room;

use crate::chat::{Chat, Settings};
use clap::Parser;
use plumbing::{Failure, Listen};
use std::{process::ExitCode, time::Duration};

/// Rooms to talk in, over WebSockets
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    /// Messages that a room remembers
    #[arg(long, env = "HISTORY", value_name = "N", default_value_t = 100)]
    history: usize,
    /// Messages that may wait for a client
    #[arg(long, env = "QUEUE", value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..))]
    queue: u16,
    /// Time between two pings; a client that is silent for twice as long is gone
    #[arg(long, env = "PING_MS", value_name = "MS", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=86_400_000))]
    ping_ms: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let listener = args.listen.bind().await?;
    let settings = Settings { queue: usize::from(args.queue), ping: Duration::from_millis(args.ping_ms) };
    let chat = Chat::new(args.history, settings);
    let stopping = chat.stopping.clone();
    let stop = async move {
        if let Err(error) = plumbing::shutdown_signal().await {
            eprintln!("error: signals cannot be received, so only a kill ends this program: {error}");
            std::future::pending::<()>().await;
        }
        stopping.cancel();
    };
    plumbing::serve_until(listener, api::app(chat.clone()), stop).await?;
    chat.closed().await;
    Ok(())
}
