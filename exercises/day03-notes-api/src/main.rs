//! A notes service: create, read, replace, delete, list. Notes live in memory and end with the program.

mod api;
mod note;
mod problem;
mod serve;
mod store;

use clap::Parser;
use std::{net::SocketAddr, process::ExitCode};

/// A web service that keeps notes in memory
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "LISTEN", value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match serve::serve(args.listen, api::app()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
