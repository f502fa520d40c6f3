//! The links in the database. Whatever users send is bound to a `?` and never becomes part of the SQL.

use crate::{
    code::Code,
    link::{Link, NewLink},
};
use jiff::Timestamp;
use plumbing::Problem;
use plumbing_sqlite::{Database, problem};
use sqlx::SqliteConnection;

#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
}

/// Why links were not made.
#[derive(Debug)]
pub enum NotMade {
    /// 409: another link has this code, or had it.
    Taken(Code),
    /// 503 or 500.
    Database(sqlx::Error),
    /// 500: the operating system has no random numbers.
    NoCode(getrandom::Error),
}

/// What a visitor of a code finds.
#[derive(Debug)]
pub enum Visit {
    /// The URL to go to. The click has been counted.
    Counted(String),
    Expired,
    Unknown,
}

impl Store {
    pub fn new(database: Database) -> Store {
        Store { database }
    }

    pub async fn create(&self, new: NewLink) -> Result<Link, NotMade> {
        let mut connection = self.database.writer().acquire().await?;
        insert(&mut connection, new, now_ms()).await
    }

    /// All of them or, when one cannot be made, none.
    pub async fn create_all(&self, drafts: Vec<NewLink>) -> Result<Vec<Link>, NotMade> {
        let now = now_ms();
        // Dropped by an early return, a transaction is rolled back.
        let mut transaction = self.database.begin().await?;
        let mut links = Vec::with_capacity(drafts.len());
        for new in drafts {
            links.push(insert(&mut transaction, new, now).await?);
        }
        transaction.commit().await?;
        Ok(links)
    }

    /// Finds where this code leads, and counts the click.
    pub async fn visit(&self, code: &Code) -> sqlx::Result<Visit> {
        let Some(link) = self.find(code).await? else { return Ok(Visit::Unknown) };
        if link.is_expired_at(now_ms()) {
            return Ok(Visit::Expired);
        }
        self.count_click(code).await?;
        Ok(Visit::Counted(link.url))
    }

    /// The database adds, and does one addition after the other. A number that was read into the program could be old by
    /// the time it is written back.
    async fn count_click(&self, code: &Code) -> sqlx::Result<()> {
        let query = sqlx::query("UPDATE links SET clicks = clicks + 1 WHERE code = ?").bind(code);
        query.execute(self.database.writer()).await?;
        Ok(())
    }

    pub async fn find(&self, code: &Code) -> sqlx::Result<Option<Link>> {
        let query = sqlx::query_as("SELECT code, url, created_ms, expires_ms, clicks FROM links WHERE code = ?");
        query.bind(code).fetch_optional(self.database.reader()).await
    }
}

/// Inserts one link, on its own or as part of a transaction.
async fn insert(connection: &mut SqliteConnection, new: NewLink, now_ms: i64) -> Result<Link, NotMade> {
    let NewLink { url, alias, lifetime_ms } = new;
    let expires_ms = lifetime_ms.map(|lifetime| now_ms + lifetime);
    loop {
        let code = match &alias {
            Some(alias) => alias.clone(),
            None => Code::random()?,
        };
        // Looking first whether the code is free would leave a gap in which somebody else takes it. The primary key has
        // no gap: of any number of inserts one succeeds.
        let query = sqlx::query(
            "INSERT INTO links (code, url, created_ms, expires_ms) VALUES (?, ?, ?, ?) ON CONFLICT (code) DO NOTHING",
        );
        let query = query.bind(&code).bind(&url).bind(now_ms).bind(expires_ms);
        if query.execute(&mut *connection).await?.rows_affected() == 1 {
            return Ok(Link { code, url, created_ms: now_ms, expires_ms, clicks: 0 });
        }
        if alias.is_some() {
            return Err(NotMade::Taken(code));
        }
        // A random code that is taken, once in a very long time: try another.
    }
}

fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

impl From<sqlx::Error> for NotMade {
    fn from(error: sqlx::Error) -> NotMade {
        NotMade::Database(error)
    }
}

impl From<getrandom::Error> for NotMade {
    fn from(error: getrandom::Error) -> NotMade {
        NotMade::NoCode(error)
    }
}

impl From<NotMade> for Problem {
    fn from(reason: NotMade) -> Problem {
        match reason {
            NotMade::Taken(code) => Problem::conflict(format!("the alias {code} is taken")).with("field", "alias"),
            NotMade::Database(error) => problem(error),
            NotMade::NoCode(error) => Problem::internal(error),
        }
    }
}
