//! The links in the database. Whatever users send is bound to a `?` and never becomes part of the SQL.

use crate::{
    code::Code,
    link::{Link, NewLink},
};
use jiff::Timestamp;
use plumbing::Problem;
use plumbing_sqlite::{Database, problem};

#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
}

/// Why a link was not made. A taken code is a reason that is still missing here: it is 409.
#[derive(Debug)]
pub enum NotMade {
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

    /// Stores a link under its alias or under a random code, and returns it as it is stored.
    pub async fn create(&self, new: NewLink) -> Result<Link, NotMade> {
        let NewLink { url, alias, lifetime_ms } = new;
        let expires_ms = lifetime_ms.map(|lifetime| now_ms() + lifetime);
        // Awaiting this connection is waiting for one's turn to write. `query.execute(&mut *connection)` uses it.
        let connection = self.database.writer().acquire().await?;
        let code = match alias {
            Some(alias) => alias,
            None => Code::random()?,
        };
        todo!("store {url} under {code}, to end at {expires_ms:?}, through {connection:?}; say so when {code} is taken")
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

    /// Adds one to the clicks of this link.
    async fn count_click(&self, code: &Code) -> sqlx::Result<()> {
        todo!("add a click to {code} through {:?}", self.database.writer())
    }

    /// The link with this code, if there is one.
    pub async fn find(&self, code: &Code) -> sqlx::Result<Option<Link>> {
        // The names of the selected columns are those of the fields of `Link`.
        todo!("select the link whose code is {code} from {:?}", self.database.reader())
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
            NotMade::Database(error) => problem(error),
            NotMade::NoCode(error) => Problem::internal(error),
        }
    }
}
