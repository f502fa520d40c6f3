//! An object store that speaks S3: buckets, objects, listings and uploads in parts, for whoever signs requests.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `target` | bucket, key and parameters of a request |
//! | `claim` | what a request says about its signature |
//! | `signature` | whether that is true |
//! | `payload` | the body, checked on its way to a file |
//! | `store` | buckets and objects: an index and files |
//! | `list` | pages of a listing |
//! | `multipart` | objects that come in parts |
//! | `conditions` | conditional requests and ranges |
//! | `xml`, `documents`, `error` | answers as S3 words them |
//! | `api` | the HTTP side |

mod api;
mod claim;
mod conditions;
mod documents;
mod error;
mod list;
mod multipart;
mod payload;
mod signature;
mod store;
mod target;
mod xml;

use clap::{Parser, builder::NonEmptyStringValueParser};
use plumbing::{DataDir, Failure, Listen};
use signature::Credentials;
use std::process::ExitCode;
use store::Store;

/// An object store that speaks S3
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    /// The name of the one who may use the server
    #[arg(long, env = "ACCESS_KEY", value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
    access_key: String,
    /// The secret that requests are signed with; arguments are seen by everybody on the machine, so better set SECRET_KEY
    #[arg(long, env = "SECRET_KEY", hide_env_values = true, value_name = "SECRET", value_parser = NonEmptyStringValueParser::new())]
    secret_key: String,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let store = Store::open(args.data.create()?).await?;
    let listener = args.listen.bind().await?;
    let credentials = Credentials { access_key: args.access_key, secret_key: args.secret_key };
    plumbing::serve(listener, api::app(api::Service { store: store.clone(), credentials })).await?;
    store.database.close().await;
    Ok(())
}
