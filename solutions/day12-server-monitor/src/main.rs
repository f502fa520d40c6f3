//! A monitor: probes targets over HTTP and TCP, watches its host, and tells a webhook when something is down.

mod alert;
mod api;
mod config;
mod exposition;
mod host;
mod monitor;
mod probe;
mod record;

use crate::{config::Config, monitor::Monitor};
use clap::Parser;
use plumbing::{Failure, Listen};
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// Probes targets, watches the host, and says what is down
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    /// What to probe; read again on SIGHUP
    #[arg(long, env = "CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// Where the kernel shows what the host does
    #[arg(long, env = "PROCFS", value_name = "DIR", default_value = "/proc")]
    procfs: PathBuf,
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
    let monitor = Arc::new(Monitor::new()?);
    monitor.apply(config);
    tokio::spawn(reload(hangups, Arc::clone(&monitor), args.config));
    plumbing::serve(listener, api::app(monitor, args.procfs)).await
}

/// Reads the config again each time that SIGHUP comes. A bad one changes nothing.
async fn reload(mut hangups: Hangups, monitor: Arc<Monitor>, path: PathBuf) {
    loop {
        hangups.next().await;
        match Config::load(&path) {
            Ok(config) => {
                monitor.apply(config);
                monitor.note_reload(true);
                eprintln!("{}: reloaded", path.display());
            }
            Err(why) => {
                eprintln!("error: {why}; the config from before stays in force");
                monitor.note_reload(false);
            }
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
