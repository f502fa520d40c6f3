//! An OpenID provider: it asks users for their passwords, so that nobody else has to, and tells clients who they are.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `clients` | who may ask: the file of clients, and how they prove themselves |
//! | `users` | who may be asked about: the file of users, and their passwords |
//! | `keys` | the keys that sign ID tokens, and their rotation |
//! | `grants` | codes and tokens, each change one transaction |
//! | `authorize` | the endpoint that the browser sees |
//! | `token` | the endpoints that clients call: token, revoke, introspect |
//! | `api` | all paths; discovery, keys and userinfo |
//! | `params` | parameters, and errors as OAuth 2.0 writes them |

mod api;
mod authorize;
mod clients;
mod grants;
mod keys;
mod params;
mod token;
mod users;

use api::Provider;
use clap::Parser;
use clients::Clients;
use grants::{Grants, Lifetimes};
use keys::Keys;
use plumbing::{DataDir, Failure, Listen};
use plumbing_sqlite::Database;
use sqlx::migrate::Migrator;
use std::{path::PathBuf, process::ExitCode, sync::Arc};
use users::Users;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// An OpenID provider
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    /// The clients, as TOML
    #[arg(long, env = "CLIENTS", value_name = "FILE")]
    clients: PathBuf,
    /// The users, as TOML
    #[arg(long, env = "USERS", value_name = "FILE")]
    users: PathBuf,
    /// The address by which everybody knows this provider; http:// and the listening address, unless told
    #[arg(long, env = "ISSUER", value_name = "URL", value_parser = issuer)]
    issuer: Option<String>,
    /// How long a code may be redeemed
    #[arg(long, env = "CODE_MS", value_name = "MS", default_value_t = 60_000, value_parser = clap::value_parser!(u32).range(1..))]
    code_ms: u32,
    /// How long an access token is valid
    #[arg(long, env = "ACCESS_MS", value_name = "MS", default_value_t = 600_000, value_parser = clap::value_parser!(u32).range(1..))]
    access_ms: u32,
    /// How long a refresh token may be used
    #[arg(long, env = "REFRESH_MS", value_name = "MS", default_value_t = 2_592_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    refresh_ms: u32,
    /// How long an ID token is valid
    #[arg(long, env = "ID_TOKEN_MS", value_name = "MS", default_value_t = 600_000, value_parser = clap::value_parser!(u32).range(1..))]
    id_token_ms: u32,
    /// How long a key signs
    #[arg(long, env = "KEY_MS", value_name = "MS", default_value_t = 2_592_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    key_ms: u32,
}

/// Clients compare the issuer letter by letter and append paths to it.
fn issuer(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).map_err(|error| error.to_string())?;
    let is_plain = url.has_host() && url.query().is_none() && url.fragment().is_none() && !text.ends_with('/');
    if !is_plain || !["http", "https"].contains(&url.scheme()) {
        return Err("it has to be an http(s) address without query, fragment and slash at the end".to_owned());
    }
    Ok(text.to_owned())
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let clients = Clients::read(&args.clients)?;
    let users = Users::read(&args.users)?;
    let database = Database::open(args.data.create()?, "provider.db", &MIGRATIONS).await?;
    let listener = args.listen.bind().await?;
    let issuer = args.issuer.unwrap_or(format!("http://{}", listener.local_addr()?));
    let lifetimes = Lifetimes {
        code_ms: args.code_ms.into(),
        access_ms: args.access_ms.into(),
        refresh_ms: args.refresh_ms.into(),
    };
    let provider = Provider {
        clients,
        users,
        keys: Keys::new(database.clone(), args.key_ms.into(), args.id_token_ms.into()),
        grants: Grants::new(database.clone(), lifetimes),
        issuer,
    };
    plumbing::serve(listener, api::app(Arc::new(provider))).await?;
    database.close().await;
    Ok(())
}
