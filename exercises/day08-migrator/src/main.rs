//! Brings a database from one version of its schema to another, with the same files and the same table as sqlx.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `args` | the command line, and which database it means |
//! | `source` | the folder with the migrations |
//! | `history` | what the files and the database say of each other, and what is to be done |
//! | `database` | reads and changes a database: `sqlite`, `postgres` |
//! | `migrator` | the commands |

mod args;
mod database;
mod history;
mod migrator;
mod source;

use args::{Args, Url};
use clap::{CommandFactory, Parser, error::ErrorKind};
use database::{Database, Postgres, Sqlite};
use plumbing::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    // Not clap's business: its message would show the address, and with it the password.
    match Url::parse(args.command.url()) {
        Ok(url) => plumbing::run(run(args, url)),
        Err(why) => Args::command().error(ErrorKind::ValueValidation, why).exit(),
    }
}

async fn run(args: Args, url: Url) -> Result<(), Failure> {
    let place = url.place();
    let cannot_open = |error| Failure::new(format!("cannot open {place}: {}", one_line(&error)));
    match url {
        Url::Sqlite(options) => {
            let database = Sqlite::open(options, args.command.may_create()).await.map_err(cannot_open)?;
            obey(args, database).await
        }
        Url::Postgres(options) => obey(args, Postgres::open(options).await.map_err(cannot_open)?).await,
    }
}

async fn obey<D: Database>(args: Args, mut database: D) -> Result<(), Failure> {
    let result = migrator::run(&args.command, &mut database).await;
    // Whatever happened, the server is told that this session ends.
    database.close().await;
    result
}

/// The message of an error that may have several lines.
fn one_line(error: &sqlx::Error) -> String {
    error.to_string().replace('\n', " ")
}
