//! A link shortener: short codes that lead to long URLs, and a count of those who followed them.

mod api;
mod code;
mod link;
mod public_url;
mod store;

use clap::Parser;
use plumbing::{DataDir, Failure, Listen};
use plumbing_sqlite::Database;
use public_url::PublicUrl;
use sqlx::migrate::Migrator;
use std::process::ExitCode;
use store::Store;

/// The SQL files under `migrations`, made part of the program when it is compiled.
static MIGRATIONS: Migrator = sqlx::migrate!();

/// A link shortener with a SQLite database
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    /// Where people reach this service; the address that it listens on, if not given
    #[arg(long, env = "PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let database = Database::open(args.data.create()?, "links.db", &MIGRATIONS).await?;
    let listener = args.listen.bind().await?;
    let public_url = match args.public_url {
        Some(url) => url,
        None => PublicUrl::at(listener.local_addr()?)?,
    };
    let app = api::app(Store::new(database.clone()), public_url);
    plumbing::serve(listener, app).await?;
    database.close().await;
    Ok(())
}
