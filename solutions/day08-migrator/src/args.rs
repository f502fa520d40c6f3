//! The command line, and which database it means.

use clap::{Parser, Subcommand, value_parser};
use sqlx::{postgres::PgConnectOptions, sqlite::SqliteConnectOptions};
use std::path::PathBuf;

/// Schema migrations for SQLite and PostgreSQL, compatible with sqlx
#[derive(Debug, Parser)]
#[command(version)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Apply what is pending, in order of version
    Up {
        #[command(flatten)]
        common: Common,
        /// Stop after this version
        #[arg(long, value_name = "VERSION", value_parser = value_parser!(i64).range(0..))]
        to: Option<i64>,
        /// Say what would be applied, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Revert the latest migration that is applied
    Down {
        #[command(flatten)]
        common: Common,
        /// Revert all that are later than this version; 0 reverts everything
        #[arg(long, value_name = "VERSION", value_parser = value_parser!(i64).range(0..))]
        to: Option<i64>,
        /// Say what would be reverted, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show every migration and its state
    Status {
        #[command(flatten)]
        common: Common,
    },
    /// Check that files and database agree on what was applied
    Verify {
        #[command(flatten)]
        common: Common,
    },
}

/// What every command needs to know.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// The database: sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/NAME
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    url: String,
    /// Folder with the migrations
    #[arg(long, env = "MIGRATIONS", value_name = "DIR", default_value = "migrations")]
    pub source: PathBuf,
}

impl Command {
    pub fn common(&self) -> &Common {
        match self {
            Command::Up { common, .. } | Command::Down { common, .. } => common,
            Command::Status { common } | Command::Verify { common } => common,
        }
    }

    pub fn url(&self) -> &str {
        &self.common().url
    }

    /// Only `up` may make a SQLite file: for everybody else a missing file is a slip of the pen.
    pub fn may_create(&self) -> bool {
        matches!(self, Command::Up { dry_run: false, .. })
    }
}

/// Where the database is, and how to get in.
#[derive(Debug)]
pub enum Url {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

impl Url {
    /// # Errors
    /// What is wrong with it, without the address itself: there may be a password in it.
    pub fn parse(text: &str) -> Result<Url, String> {
        let wrong = |error| format!("the URL makes no sense: {error}");
        match text.split_once(':') {
            Some(("sqlite", _)) => text.parse().map(Url::Sqlite).map_err(wrong),
            Some(("postgres" | "postgresql", _)) => text.parse().map(Url::Postgres).map_err(wrong),
            _ => Err("the URL begins with neither sqlite: nor postgres:".to_owned()),
        }
    }

    /// How messages call the database: everything but user and password.
    pub fn place(&self) -> String {
        match self {
            Url::Sqlite(options) => options.get_filename().display().to_string(),
            Url::Postgres(options) => {
                let name = options.get_database().unwrap_or_default();
                format!("the database {name:?} at {}:{}", options.get_host(), options.get_port())
            }
        }
    }
}
