//! Encrypted, deduplicated backups of a folder in any cloud.
//!
//! # Layout
//!
//! Data flows one way: `source` → `backup` → `repository` → `crypto` → `storage`, and back for `restore`.
//!
//! | module | job |
//! | --- | --- |
//! | `source` | walks a folder; gives SQLite databases as consistent copies |
//! | `backup` | cuts files into chunks, stores those that are new, then publishes the snapshot |
//! | `restore` | makes files, folders and links again from a snapshot |
//! | `upkeep` | list, verify, prune |
//! | `repository` | what is in the store: a config, chunks, snapshots |
//! | `crypto` | keys from a passphrase; sealing and opening objects |
//! | `storage` | S3, Azure, Google Cloud Storage or a folder behind five operations |

mod backup;
mod crypto;
mod repository;
mod restore;
mod source;
mod storage;
mod upkeep;

use clap::{Parser, Subcommand, value_parser};
use jiff::Timestamp;
use plumbing::Failure;
use repository::Repository;
use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
    path::PathBuf,
    process::ExitCode,
};
use storage::Storage;
use url::Url;

/// Encrypted, deduplicated backups in any cloud. The passphrase is taken from BACKUP_PASSPHRASE
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a snapshot of a folder
    Backup {
        /// The folder
        folder: PathBuf,
        #[command(flatten)]
        store: Store,
        /// The time of the snapshot, if it is not now
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
        #[command(flatten)]
        cost: crypto::Cost,
    },
    /// Make the files of a snapshot again
    Restore {
        #[command(flatten)]
        store: Store,
        /// A new or empty folder
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
        /// The id of a snapshot; without it the latest
        #[arg(long, value_name = "ID")]
        snapshot: Option<String>,
    },
    /// Print all snapshots, oldest first
    List(Store),
    /// Remove snapshots, and whatever no snapshot needs
    Prune {
        #[command(flatten)]
        store: Store,
        #[command(flatten)]
        policy: upkeep::Policy,
    },
    /// Read everything, and look whether it is what was written
    Verify(Store),
}

/// Where the backups are.
#[derive(Debug, clap::Args)]
pub struct Store {
    /// s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, gs://BUCKET/PREFIX or file:///FOLDER
    #[arg(long, env = "BACKUP_TO", value_name = "URL", value_parser = storage::place)]
    to: Url,
    /// Another address than that of the cloud, such as http://127.0.0.1:9000
    #[arg(long, env = "BACKUP_ENDPOINT", value_name = "URL")]
    endpoint: Option<Url>,
    /// Time before a request is repeated; it grows with each repetition
    #[arg(long, env = "BACKUP_RETRY_MS", value_name = "MS", default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
    retry_ms: u32,
}

fn main() -> ExitCode {
    let Args { command } = Args::parse();
    plumbing::run(run(command))
}

async fn run(command: Command) -> Result<(), Failure> {
    // Arguments are seen by everybody on the machine, so only the environment.
    let passphrase = std::env::var("BACKUP_PASSPHRASE").unwrap_or_default();
    if passphrase.is_empty() {
        return Err(Failure::new("BACKUP_PASSPHRASE is not set; put the passphrase of the backups there"));
    }
    let open = async |store: &Store| Repository::open(Storage::connect(store, false)?, &passphrase).await;
    match command {
        Command::Backup { folder, store, at, cost } => {
            let repository = Repository::open_or_create(Storage::connect(&store, true)?, &passphrase, &cost).await?;
            backup::run(&repository, &folder, at.unwrap_or_else(Timestamp::now)).await
        }
        Command::Restore { store, into, snapshot } => {
            restore::run(&open(&store).await?, snapshot.as_deref(), &into).await
        }
        Command::List(store) => upkeep::list(&open(&store).await?).await,
        Command::Prune { store, policy } => upkeep::prune(&open(&store).await?, &policy).await,
        Command::Verify(store) => upkeep::verify(&open(&store).await?).await,
    }
}

/// Prints a line. A reader of standard output that has gone is no reason to stop in the middle of the work.
fn say(line: impl Display) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
