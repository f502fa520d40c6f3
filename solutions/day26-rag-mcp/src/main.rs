//! Document search for language models: an MCP server that speaks over standard input and output.
//!
//! # Layout
//!
//! ```text
//! server ──► index ──► embeddings     vectors of texts
//! the tools    │  └──► ranking        what is near
//!    │         └─────► documents      the folder
//!    ├───────────────► documents      read
//!    └───────────────► sql            questions to the store
//! ```
//!
//! | module | job |
//! | --- | --- |
//! | `server` | the tools, as a model sees them |
//! | `index` | keeps the store like the folder, and searches it |
//! | `documents` | which files are documents, and their passages |
//! | `embeddings` | asks the embeddings server |
//! | `ranking` | cosine, the best, two lists in one |
//! | `sql` | one statement that reads, and no other |

mod documents;
mod embeddings;
mod index;
mod ranking;
mod server;
mod sql;

use clap::{Parser, value_parser};
use documents::Documents;
use embeddings::Embeddings;
use index::Index;
use plumbing::{DataDir, Failure};
use plumbing_sqlite::Database;
use rmcp::{ServiceExt, service::ServerInitializeError, transport::stdio};
use server::Server;
use sql::Sql;
use sqlx::migrate::Migrator;
use std::{path::PathBuf, process::ExitCode, time::Duration};
use tokio_util::sync::CancellationToken;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The file of the store in the data folder.
const STORE: &str = "index.db";
/// What is in flight gets this long after SIGTERM.
const GRACE: Duration = Duration::from_millis(1500);

/// Document search as an MCP server on standard input and output
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// The folder of documents: its .md and .txt files, in folders as well
    #[arg(long, env = "DOCS", value_name = "DIR")]
    docs: PathBuf,
    #[command(flatten)]
    data: DataDir,
    #[command(flatten)]
    embeddings: embeddings::Settings,
    /// How long a question in SQL may take
    #[arg(long, env = "SQL_MS", value_name = "MS", default_value_t = 5000, value_parser = value_parser!(u64).range(1..))]
    sql_ms: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    let documents = Documents::open(&args.docs).map_err(|error| {
        Failure::new(format!("cannot read the folder {}: {error}; choose another with --docs", args.docs.display()))
    })?;
    let folder = args.data.create()?;
    let database = Database::open(folder, STORE, &MIGRATIONS).await?;
    let sql = Sql::open(&folder.join(STORE), Duration::from_millis(args.sql_ms));
    let index = Index::new(database.clone(), documents.clone(), Embeddings::new(&args.embeddings)?);

    // The client waits for the handshake, and gives up soon. The first search waits for this, if it has to.
    let first = index.clone();
    let ingest = tokio::spawn(async move {
        if let Err(error) = first.update().await {
            eprintln!("warning: {error}; the next search tries again");
        }
    });
    let result = talk(Server { index, documents, sql }).await;
    ingest.abort();
    database.close().await;
    result
}

/// Talks until the client closes our standard input, or SIGTERM.
async fn talk(server: Server) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let mut session = std::pin::pin!(session(server, stop.clone()));
    tokio::select! {
        result = &mut session => return result,
        signal = plumbing::shutdown_signal() => signal?,
    }
    stop.cancel();
    // What has not ended by then is not waited for.
    tokio::time::timeout(GRACE, session).await.unwrap_or(Ok(()))
}

async fn session(server: Server, stop: CancellationToken) -> Result<(), Failure> {
    match server.serve_with_ct(stdio(), stop).await {
        Ok(running) => {
            running.waiting().await?;
            Ok(())
        }
        // A client that goes before it has said hello is no fault.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
