//! An exchange: a matching engine with a journal, and a feed of its market.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `order` | what an order is, and what makes one valid |
//! | `engine` | who trades with whom; knows neither clocks nor files |
//! | `journal` | every accepted command, on disk before anybody hears of it |
//! | `market` | one thread that owns engine, journal and subscribers |
//! | `feed` | one WebSocket |
//! | `api` | the HTTP side |

mod api;
mod engine;
mod feed;
mod journal;
mod market;
mod order;

use crate::{api::Exchange, market::Market};
use clap::Parser;
use plumbing::{DataDir, Failure, Listen};
use std::process::ExitCode;

/// A matching engine with a market feed
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    /// Messages that may wait for a client of the feed
    #[arg(long, env = "QUEUE", value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u16).range(1..))]
    queue: u16,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let (engine, journal) = journal::open(args.data.create()?)?;
    let listener = args.listen.bind().await?;
    let (market, failed) = Market::start(engine, journal, usize::from(args.queue));
    let exchange = Exchange::new(market);
    let stopping = exchange.stopping.clone();
    let stop = async move {
        tokio::select! {
            result = plumbing::shutdown_signal() => if let Err(error) = result {
                eprintln!("error: signals cannot be received, so only a kill ends this program: {error}");
                std::future::pending::<()>().await;
            },
            () = stopping.cancelled() => {}
        }
        stopping.cancel();
    };
    let stopping = exchange.stopping.clone();
    let failure = tokio::spawn(async move {
        let failure = failed.await.ok();
        if failure.is_some() {
            stopping.cancel();
        }
        failure
    });
    plumbing::serve_until(listener, api::app(exchange.clone()), stop).await?;
    exchange.closed().await;
    // Once nobody can send commands any more, the market ends, and says if it has failed.
    drop(exchange);
    match failure.await.ok().flatten() {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}
