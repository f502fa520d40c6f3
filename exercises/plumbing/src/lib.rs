//! What every service of the course does before its first idea: read its arguments, listen, announce, serve, and end
//! in good order.
//!
//! Days 3 and 4 write this by hand; the later days use it from here. It is small enough to be read in ten minutes, and
//! nothing in it is secret.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use clap::Parser;
//! use plumbing::{Failure, Listen};
//!
//! #[derive(Parser)]
//! struct Args {
//!     #[command(flatten)]
//!     listen: Listen,
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     let args = Args::parse();
//!     plumbing::run(async {
//!         let listener = args.listen.bind().await?;
//!         let app = Router::new().route("/", get(async || "hello"));
//!         plumbing::serve(listener, app).await
//!     })
//! }
//! ```
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `args` | `--listen` and `--data-dir`, with their environment twins |
//! | `run` | from an error to one line on stderr and an exit status |
//! | `serve` | announce, serve, and stop on SIGTERM after what is in flight |
//! | `problem` | errors as RFC 9457 documents, and a JSON extractor that uses them |

mod args;
mod problem;
mod run;
mod serve;

pub use args::{DataDir, Listen};
pub use problem::{Json, Problem, not_found, with_fallbacks};
pub use run::{Failure, run};
pub use serve::{announce, serve, serve_until, shutdown_signal};
