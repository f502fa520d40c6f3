//! The database. Each change is one transaction, and the state is read in one, too.

use crate::{
    certificates::Signer,
    reports::{Outcome, Report},
    roadmap::Roadmap,
};
use jiff::Timestamp;
use plumbing::{Failure, Problem};
use plumbing_sqlite::{Database, problem};
use serde_json::{Value, json};
use sqlx::migrate::Migrator;
use std::{collections::BTreeSet, path::Path};

static MIGRATIONS: Migrator = sqlx::migrate!();

#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
}

/// All that is published, but the profile.
#[derive(Debug)]
pub struct State {
    /// By number.
    pub days: Vec<Day>,
    /// Those that are not revoked, the oldest first.
    pub certificates: Vec<Certificate>,
    pub roadmap: Roadmap,
    /// The first start, in milliseconds since 1970.
    pub begun_ms: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub struct Day {
    pub number: u8,
    pub id: String,
    pub title: String,
    pub outcome: Outcome,
    pub points: u32,
    pub points_required: u32,
    /// In the database as a JSON text.
    #[sqlx(try_from = "String")]
    pub highlights: Texts,
    /// When it first passed, whatever the outcome is now.
    pub passed_ms: Option<i64>,
}

#[derive(Debug)]
pub struct Texts(pub Vec<String>);

impl TryFrom<String> for Texts {
    type Error = serde_json::Error;

    fn try_from(json: String) -> Result<Texts, serde_json::Error> {
        serde_json::from_str(&json).map(Texts)
    }
}

#[derive(Debug, sqlx::FromRow)]
pub struct Certificate {
    pub id: String,
    pub issued_ms: i64,
    pub jws: String,
    pub revoked: bool,
}

impl State {
    pub fn passed(&self) -> impl Iterator<Item = &Day> {
        self.days.iter().filter(|day| day.outcome.is_pass())
    }

    /// As page, badge and everybody else say it.
    pub fn progress(&self) -> String {
        format!("{} of 30 days", self.passed().count())
    }
}

impl Store {
    pub async fn open(folder: &Path) -> Result<Store, Failure> {
        Ok(Store { database: Database::open(folder, "portfolio.db", &MIGRATIONS).await? })
    }

    pub async fn close(&self) {
        self.database.close().await;
    }

    /// The key that signs, made at the first start.
    pub async fn signer(&self) -> Result<Signer, Failure> {
        sqlx::query("INSERT INTO portfolio (only_one, begun_ms, secret) VALUES (1, ?, ?) ON CONFLICT DO NOTHING")
            .bind(now_ms())
            .bind(Signer::new_secret()?)
            .execute(self.database.writer())
            .await?;
        let query = sqlx::query_scalar("SELECT secret FROM portfolio");
        let secret: Vec<u8> = query.fetch_one(self.database.reader()).await?;
        Signer::new(&secret)
    }

    /// Takes a report. False when it is known, which changes nothing.
    pub async fn ingest(&self, id: &str, report: &Report) -> Result<bool, Problem> {
        let mut transaction = self.database.begin().await.map_err(problem)?;
        let query = sqlx::query("INSERT INTO reports (id) VALUES (?) ON CONFLICT DO NOTHING").bind(id);
        if query.execute(&mut *transaction).await.map_err(problem)?.rows_affected() == 0 {
            return Ok(false);
        }
        let now = now_ms();
        for day in report.days.iter().filter(|day| day.outcome != Outcome::NotGraded) {
            sqlx::query(
                "INSERT INTO days (number, id, title, outcome, points, points_required, highlights, passed_ms)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (number) DO UPDATE SET
                     id = excluded.id, title = excluded.title, outcome = excluded.outcome, points = excluded.points,
                     points_required = excluded.points_required, highlights = excluded.highlights,
                     passed_ms = coalesce(days.passed_ms, excluded.passed_ms)",
            )
            .bind(day.number)
            .bind(&day.id)
            .bind(&day.title)
            .bind(day.outcome)
            .bind(day.points)
            .bind(day.points_required)
            .bind(json!(day.highlights()).to_string())
            .bind(day.outcome.is_pass().then_some(now))
            .execute(&mut *transaction)
            .await
            .map_err(problem)?;
        }
        transaction.commit().await.map_err(problem)?;
        Ok(true)
    }

    pub async fn set_roadmap(&self, roadmap: &Roadmap) -> Result<(), Problem> {
        let query = sqlx::query("UPDATE portfolio SET roadmap = ?").bind(json!(roadmap.skills()).to_string());
        query.execute(self.database.writer()).await.map_err(problem)?;
        Ok(())
    }

    /// All of one moment: a change in the middle of reading is seen whole or not at all.
    pub async fn state(&self) -> Result<State, Problem> {
        let mut transaction = self.database.reader().begin().await.map_err(problem)?;
        let days: Vec<Day> =
            sqlx::query_as("SELECT * FROM days ORDER BY number").fetch_all(&mut *transaction).await.map_err(problem)?;
        let certificates = sqlx::query_as("SELECT * FROM certificates WHERE revoked = 0 ORDER BY number")
            .fetch_all(&mut *transaction)
            .await
            .map_err(problem)?;
        let (begun_ms, skills): (i64, String) = sqlx::query_as("SELECT begun_ms, roadmap FROM portfolio")
            .fetch_one(&mut *transaction)
            .await
            .map_err(problem)?;
        let mut roadmap = Roadmap::stored(serde_json::from_str(&skills).map_err(Problem::internal)?);
        let passed: BTreeSet<_> = days.iter().filter(|day| day.outcome.is_pass()).map(|day| day.id.as_str()).collect();
        roadmap.pass(&passed);
        Ok(State { days, certificates, roadmap, begun_ms })
    }

    /// Signs what `claims` makes of the days of this moment, and keeps it; none when no day passes.
    pub async fn certify(
        &self,
        signer: &Signer,
        id: &str,
        claims: impl FnOnce(&[Day], i64) -> Value,
    ) -> Result<Option<String>, Problem> {
        let mut transaction = self.database.begin().await.map_err(problem)?;
        let query = sqlx::query_as("SELECT * FROM days WHERE outcome IN ('star', 'passed') ORDER BY number");
        let days: Vec<Day> = query.fetch_all(&mut *transaction).await.map_err(problem)?;
        if days.is_empty() {
            return Ok(None);
        }
        let now = now_ms();
        let jws = signer.sign(&claims(&days, now));
        sqlx::query("INSERT INTO certificates (id, issued_ms, jws) VALUES (?, ?, ?)")
            .bind(id)
            .bind(now)
            .bind(&jws)
            .execute(&mut *transaction)
            .await
            .map_err(problem)?;
        transaction.commit().await.map_err(problem)?;
        Ok(Some(jws))
    }

    pub async fn certificate(&self, id: &str) -> Result<Option<Certificate>, Problem> {
        let query = sqlx::query_as("SELECT * FROM certificates WHERE id = ?").bind(id);
        query.fetch_optional(self.database.reader()).await.map_err(problem)
    }

    /// False when there is no such certificate.
    pub async fn revoke(&self, id: &str) -> Result<bool, Problem> {
        let query = sqlx::query("UPDATE certificates SET revoked = 1 WHERE id = ?").bind(id);
        Ok(query.execute(self.database.writer()).await.map_err(problem)?.rows_affected() == 1)
    }
}

fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// RFC 3339, in UTC. Its first ten letters are the date.
pub fn rfc3339(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

pub fn date(ms: i64) -> String {
    rfc3339(ms)[..10].to_owned()
}
