//! Runs and their steps. Each change of a run names the state that it comes from, so of two who want to change it one does.

use plumbing::Problem;
use plumbing_sqlite::{Database, problem};
use serde::Serialize;
use std::collections::BTreeMap;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum Status {
    /// It waits for its turn.
    Queued,
    Running,
    Passed,
    Failed,
    TimedOut,
    /// A newer push took its place.
    Canceled,
    /// The server ended while it ran.
    Interrupted,
    /// `.ci.toml` is no pipeline.
    Invalid,
}

impl Status {
    pub fn is_final(self) -> bool {
        !matches!(self, Status::Queued | Status::Running)
    }
}

/// A run without its steps.
#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub struct Run {
    pub id: i64,
    pub repository: String,
    pub branch: String,
    #[serde(rename = "commit")]
    pub commit_id: String,
    pub status: Status,
    pub note: Option<String>,
    #[serde(skip)]
    pub mark: String,
    pub created_at: String,
    pub finished_at: Option<String>,
}

#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct StepState {
    pub name: String,
    pub status: Status,
    pub exit_code: Option<i64>,
}

/// A branch that has moved, and what is to be done about it.
#[derive(Debug)]
pub struct Moved {
    pub branch: String,
    pub commit: String,
    pub plan: Plan,
}

#[derive(Debug)]
pub enum Plan {
    /// There is no `.ci.toml`.
    Nothing,
    Run {
        cancel_superseded: bool,
        mark: String,
    },
    Refuse(String),
}

#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    pub fn new(database: Database) -> Store {
        Store { database }
    }

    /// The heads of a repository as they were last seen.
    pub async fn heads(&self, repository: &str) -> Result<BTreeMap<String, String>, Problem> {
        let query = sqlx::query_as("SELECT branch, commit_id FROM heads WHERE repository = ?").bind(repository);
        let rows: Vec<(String, String)> = query.fetch_all(self.database.reader()).await.map_err(problem)?;
        Ok(rows.into_iter().collect())
    }

    /// Writes down in one transaction that branches have moved or gone, and what is to be run for it. Returns the runs
    /// under way that are superseded.
    pub async fn moved(&self, repository: &str, moved: &[Moved], gone: &[String]) -> Result<Vec<i64>, Problem> {
        let mut transaction = self.database.begin().await.map_err(problem)?;
        let mut superseded = Vec::new();
        for Moved { branch, commit, plan } in moved {
            let head = "INSERT INTO heads VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET commit_id = excluded.commit_id";
            let head = sqlx::query(head).bind(repository).bind(branch).bind(commit);
            head.execute(&mut *transaction).await.map_err(problem)?;
            let (status, note, mark) = match plan {
                Plan::Nothing => continue,
                Plan::Refuse(why) => (Status::Invalid, Some(why.as_str()), ""),
                Plan::Run { mark, .. } => (Status::Queued, None, mark.as_str()),
            };
            if matches!(plan, Plan::Run { cancel_superseded: true, .. }) {
                let waiting = "UPDATE runs SET status = 'canceled', finished_at = ? \
                               WHERE repository = ? AND branch = ? AND status = 'queued'";
                let waiting = sqlx::query(waiting).bind(now()).bind(repository).bind(branch);
                waiting.execute(&mut *transaction).await.map_err(problem)?;
                let under_way = "SELECT id FROM runs WHERE repository = ? AND branch = ? AND status = 'running'";
                let under_way = sqlx::query_scalar(under_way).bind(repository).bind(branch);
                let under_way: Vec<i64> = under_way.fetch_all(&mut *transaction).await.map_err(problem)?;
                superseded.extend(under_way);
            }
            let insert = "INSERT INTO runs (repository, branch, commit_id, status, note, mark, created_at, finished_at) \
                          VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
            let finished = status.is_final().then(now);
            let insert = sqlx::query(insert).bind(repository).bind(branch).bind(commit).bind(status);
            let insert = insert.bind(note).bind(mark).bind(now()).bind(finished);
            insert.execute(&mut *transaction).await.map_err(problem)?;
        }
        for branch in gone {
            let delete = sqlx::query("DELETE FROM heads WHERE repository = ? AND branch = ?");
            delete.bind(repository).bind(branch).execute(&mut *transaction).await.map_err(problem)?;
        }
        transaction.commit().await.map_err(problem)?;
        Ok(superseded)
    }

    /// The oldest run that waits, which is running from now on.
    pub async fn claim(&self) -> Result<Option<Run>, Problem> {
        let claim = "UPDATE runs SET status = 'running' \
                     WHERE id = (SELECT min(id) FROM runs WHERE status = 'queued') RETURNING *";
        let runs: Vec<Run> = sqlx::query_as(claim).fetch_all(self.database.writer()).await.map_err(problem)?;
        Ok(runs.into_iter().next())
    }

    /// The runs that are under way.
    pub async fn running(&self) -> Result<Vec<Run>, Problem> {
        let query = sqlx::query_as("SELECT * FROM runs WHERE status = 'running' ORDER BY id");
        query.fetch_all(self.database.reader()).await.map_err(problem)
    }

    /// A run, and the step that it was in, have come to their end.
    pub async fn finish(&self, run: i64, status: Status, note: Option<&str>) -> Result<(), Problem> {
        let mut transaction = self.database.begin().await.map_err(problem)?;
        let steps = sqlx::query("UPDATE steps SET status = ? WHERE run = ? AND status = 'running'");
        steps.bind(status).bind(run).execute(&mut *transaction).await.map_err(problem)?;
        let runs = "UPDATE runs SET status = ?, note = ?, finished_at = ? WHERE id = ? AND status = 'running'";
        let runs = sqlx::query(runs).bind(status).bind(note).bind(now()).bind(run);
        runs.execute(&mut *transaction).await.map_err(problem)?;
        transaction.commit().await.map_err(problem)
    }

    pub async fn step_begins(&self, run: i64, number: usize, name: &str) -> Result<(), Problem> {
        let insert = sqlx::query("INSERT INTO steps (run, number, name, status) VALUES (?, ?, ?, 'running')");
        let insert = insert.bind(run).bind(number as i64).bind(name);
        insert.execute(self.database.writer()).await.map(drop).map_err(problem)
    }

    pub async fn step_ends(&self, run: i64, number: usize, exit_code: i32) -> Result<(), Problem> {
        let status = if exit_code == 0 { Status::Passed } else { Status::Failed };
        let update = sqlx::query("UPDATE steps SET status = ?, exit_code = ? WHERE run = ? AND number = ?");
        let update = update.bind(status).bind(exit_code).bind(run).bind(number as i64);
        update.execute(self.database.writer()).await.map(drop).map_err(problem)
    }

    pub async fn run(&self, id: i64) -> Result<Run, Problem> {
        let query = sqlx::query_as("SELECT * FROM runs WHERE id = ?").bind(id);
        let run: Option<Run> = query.fetch_optional(self.database.reader()).await.map_err(problem)?;
        run.ok_or_else(|| Problem::not_found("there is no such run"))
    }

    pub async fn steps(&self, run: i64) -> Result<Vec<StepState>, Problem> {
        let query = sqlx::query_as("SELECT name, status, exit_code FROM steps WHERE run = ? ORDER BY number").bind(run);
        query.fetch_all(self.database.reader()).await.map_err(problem)
    }

    /// The newest first.
    pub async fn runs_of(&self, repository: &str) -> Result<Vec<Run>, Problem> {
        let query =
            sqlx::query_as("SELECT * FROM runs WHERE repository = ? ORDER BY id DESC LIMIT 100").bind(repository);
        query.fetch_all(self.database.reader()).await.map_err(problem)
    }

    /// The newest run of a commit.
    pub async fn run_of_commit(&self, repository: &str, commit: &str) -> Result<Run, Problem> {
        let query = "SELECT * FROM runs WHERE repository = ? AND commit_id = ? ORDER BY id DESC LIMIT 1";
        let query = sqlx::query_as(query).bind(repository).bind(commit);
        let run: Option<Run> = query.fetch_optional(self.database.reader()).await.map_err(problem)?;
        run.ok_or_else(|| Problem::not_found("nothing was run for this commit"))
    }
}

/// RFC 3339, in UTC.
fn now() -> String {
    jiff::Timestamp::now().to_string()
}
