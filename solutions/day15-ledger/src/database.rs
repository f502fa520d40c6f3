//! The pool, transactions that are tried again, and errors as answers.

use axum::http::StatusCode;
use plumbing::{Failure, Problem};
use sqlx::{
    PgPool, Postgres, Transaction,
    error::DatabaseError,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{borrow::Cow, time::Duration};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How often a transaction is begun again when the database has ended it for the sake of another one.
const TRIES: usize = 10;
/// How long closing may take: the program has to end soon after SIGTERM.
const FAREWELL: Duration = Duration::from_millis(300);

/// Class 40 of PostgreSQL's error codes: nothing is wrong with the transaction but its moment.
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK_DETECTED: &str = "40P01";

/// Why a transaction ended without effect.
#[derive(Debug)]
pub enum Error {
    /// The answer for whoever asked.
    Refused(Problem),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        Error::Database(error)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Error {
        Error::Refused(problem)
    }
}

/// A transaction of PostgreSQL.
pub type Tx = Transaction<'static, Postgres>;

#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
}

impl Database {
    /// Connects, and brings the tables up to date.
    pub async fn open(url: &str, connections: u32, patience: Duration) -> Result<Database, Failure> {
        // The address may hold a password: it is not part of any message.
        if url.is_empty() {
            return Err(Failure::new("DATABASE_URL is not set; put the address of a PostgreSQL database there"));
        }
        let options: PgConnectOptions =
            url.parse().map_err(|_| Failure::new("DATABASE_URL is not of the form postgres://USER@HOST:PORT/NAME"))?;
        let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(patience);
        let pool = pool.connect_with(options).await.map_err(|error| {
            Failure::new(format!("cannot connect to the database of DATABASE_URL: {error}; is it running?"))
        })?;
        MIGRATIONS.run(&pool).await?;
        Ok(Database { pool })
    }

    /// For reading outside of a transaction.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Begins a transaction; dropping it undoes what it did.
    pub async fn begin(&self) -> Result<Tx, Error> {
        // Whatever the database's own default is: rows are locked one by one here, and what was committed while we waited
        // for a lock has to be seen.
        Ok(self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?)
    }

    pub async fn close(&self) {
        // What still holds a connection after SIGTERM's grace is not waited for.
        let _ = tokio::time::timeout(FAREWELL, self.pool.close()).await;
    }
}

/// Does a transaction again while the database ends it for the sake of another one. It begins from the beginning each time,
/// so it must have no effect outside of the database.
///
/// ```ignore
/// let mut attempts = Attempts::default();
/// let id = loop {
///     if let Some(id) = attempts.settle(once(database, new).await)? {
///         break id;
///     }
/// };
/// ```
#[derive(Debug, Default)]
pub struct Attempts(usize);

impl Attempts {
    /// What came out of one attempt: its value, none when it is to be made again, or the answer to the request.
    pub fn settle<T>(&mut self, attempt: Result<T, Error>) -> Result<Option<T>, Problem> {
        self.0 += 1;
        match attempt {
            Ok(done) => Ok(Some(done)),
            Err(Error::Database(error)) if is_passing(&error) && self.0 < TRIES => Ok(None),
            Err(Error::Database(error)) => Err(problem(error)),
            Err(Error::Refused(problem)) => Err(problem),
        }
    }
}

/// Whether the same transaction may well succeed in a moment.
fn is_passing(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| code == SERIALIZATION_FAILURE || code == DEADLOCK_DETECTED)
}

/// The answer to a request that the database did not serve: 503 while it is away, 500 for everything else.
pub fn problem(error: sqlx::Error) -> Problem {
    // Class 57 is an intervention of the operator, as a restart; 08 a broken connection; 53 a lack of something.
    let code = error.as_database_error().and_then(|error| error.code().map(Cow::into_owned));
    let is_away = match &code {
        Some(code) => ["57", "08", "53"].iter().any(|class| code.starts_with(class)) || is_passing(&error),
        None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_)),
    };
    if is_away {
        eprintln!("warning: the database does not answer: {error}");
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer; try again in a moment");
    }
    Problem::internal(error)
}
