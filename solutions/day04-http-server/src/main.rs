//! A web server for static files: HTTP/1.1 by hand, on nothing but TCP.

mod answer;
mod conditions;
mod connection;
mod date;
mod request;
mod response;
mod serve;
mod site;

use clap::Parser;
use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

/// A web server for the files of one folder
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "LISTEN", value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Folder whose files are served
    #[arg(long, env = "ROOT", value_name = "DIR")]
    root: PathBuf,
    /// Time that a client has for the whole head of a request, in milliseconds
    #[arg(long, env = "HEADER_TIMEOUT_MS", value_name = "MS", default_value_t = 10_000)]
    header_timeout_ms: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), String> {
    let site = site::Site::open(&args.root)?;
    let patience = Duration::from_millis(args.header_timeout_ms);
    serve::serve(args.listen, Arc::new(site), patience).await
}
