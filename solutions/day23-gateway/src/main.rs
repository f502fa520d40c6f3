//! A gateway: stands before other servers, spreads requests over those that are well, slows down who asks too much, and
//! remembers what may be remembered.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `config` | gw.toml |
//! | `server` | accepts connections; ends without losing a request |
//! | `gateway` | the way of one request: check, limit, route, cache, upstream |
//! | `headers` | what may be passed on, and who the client is |
//! | `limit` | a token bucket for each client |
//! | `route` | which upstreams a request can go to, in which order |
//! | `upstream` | connections to one upstream; sends one request |
//! | `health` | whether an upstream is well |
//! | `cache` | stored responses, and who fetches one |
//! | `tunnel` | WebSockets |

mod cache;
mod config;
mod gateway;
mod headers;
mod health;
mod limit;
mod route;
mod server;
mod tunnel;
mod upstream;

use clap::Parser;
use config::Config;
use gateway::Gateway;
use plumbing::{Failure, Listen};
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// Load balancer, rate limiter and cache
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    /// Routes and limits; read again on SIGHUP
    #[arg(long, env = "CONFIG", value_name = "FILE")]
    config: PathBuf,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let config = Config::load(&args.config).map_err(Failure::new)?;
    let listener = args.listen.bind().await?;
    // Before READY: until somebody listens for it, SIGHUP ends a program.
    let hangups = Hangups::listen()?;
    let gateway = Arc::new(Gateway::default());
    gateway.apply(config);
    tokio::spawn(reload(hangups, Arc::clone(&gateway), args.config));
    server::serve(listener, gateway).await
}

/// Reads the config again each time that SIGHUP comes. A bad one changes nothing.
async fn reload(mut hangups: Hangups, gateway: Arc<Gateway>, path: PathBuf) {
    loop {
        hangups.next().await;
        match Config::load(&path) {
            Ok(config) => {
                gateway.apply(config);
                eprintln!("{}: reloaded", path.display());
            }
            Err(why) => eprintln!("error: {why}; the config from before stays in force"),
        }
    }
}

/// Where there is no SIGHUP, it never comes.
struct Hangups {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Hangups {
    fn listen() -> std::io::Result<Hangups> {
        Ok(Hangups {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if self.signal.recv().await.is_some() {
            return;
        }
        std::future::pending::<()>().await;
    }
}
