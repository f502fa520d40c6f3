//! A portfolio: it takes the grader's reports and publishes what they say, for people and for programs.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `profile` | who this is about: a file that is read at the start |
//! | `reports` | what a report has to look like |
//! | `roadmap` | the skills of day 1, and what to learn next |
//! | `store` | the database: each change one transaction |
//! | `site` | the state, and all answers that are made from it |
//! | `page`, `badge`, `resume`, `feed` | one format each, from the same state |
//! | `certificates` | signing and verifying |
//! | `conditional` | an answer with its tag, or 304 |
//! | `api` | all paths |
//! | `server` | where connections come from, and how they end |

mod api;
mod badge;
mod certificates;
mod conditional;
mod feed;
mod page;
mod profile;
mod reports;
mod resume;
mod roadmap;
mod server;
mod site;
mod store;

use clap::Parser;
use plumbing::{DataDir, Failure, Listen};
use profile::Profile;
use site::Site;
use std::{path::PathBuf, process::ExitCode, sync::Arc};
use store::Store;

/// A portfolio of what you have built
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    /// Take the listening socket from standard input, as systemd and inetd hand it over
    #[arg(long, env = "INHERIT")]
    inherit: bool,
    #[command(flatten)]
    data: DataDir,
    /// Who this is about, as JSON
    #[arg(long, env = "PROFILE", value_name = "FILE")]
    profile: PathBuf,
    /// The secret of all that changes something, 16 characters or more
    #[arg(long, env = "TOKEN", hide_env_values = true, value_parser = token)]
    token: String,
    /// Where the world finds this; http:// and the listening address, unless told
    #[arg(long, env = "BASE_URL", value_name = "URL", value_parser = base_url)]
    base_url: Option<String>,
}

/// It travels in a header, so it is plain ASCII.
fn token(text: &str) -> Result<String, String> {
    if text.len() < 16 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it needs 16 characters or more of ASCII, without white space".to_owned());
    }
    Ok(text.to_owned())
}

/// Paths are appended to it.
fn base_url(text: &str) -> Result<String, String> {
    if !profile::is_web_address(text) || text.ends_with('/') || text.contains(['?', '#']) {
        return Err("it has to be an http(s) address without query, fragment and slash at the end".to_owned());
    }
    Ok(text.to_owned())
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let profile = Profile::read(&args.profile)?;
    let store = Store::open(args.data.create()?).await?;
    let (listener, source) = if args.inherit {
        (server::inherited()?, server::Source::Inherited)
    } else {
        (args.listen.bind().await?, server::Source::Opened)
    };
    let base_url = args.base_url.unwrap_or(format!("http://{}", listener.local_addr()?));
    let site = Arc::new(Site::open(profile, base_url, args.token, store.clone()).await?);
    server::serve(listener, source, api::app(site)).await?;
    store.close().await;
    Ok(())
}
