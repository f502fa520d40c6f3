//! Who wants events, and the secrets that they share with us.

use crate::{
    deliveries::{now_ms, random_id},
    guard::Guard,
    signature::Secret,
};
use plumbing::Problem;
use plumbing_sqlite::{Database, problem};
use reqwest::Url;
use serde::{Deserialize, Serialize};

/// The longest URL, in bytes.
const URL_BYTES: usize = 2000;

/// What a customer says about an endpoint.
#[derive(Debug, Deserialize)]
pub struct Draft {
    pub url: String,
    /// The events that it wants; none stands for all.
    #[serde(default)]
    pub types: Vec<String>,
}

/// What everybody may see of an endpoint: everything but its secrets.
#[derive(Debug, Serialize)]
pub struct Endpoint {
    pub id: String,
    pub url: String,
    pub types: Vec<String>,
    /// It has said that it is gone.
    pub disabled: bool,
}

#[derive(Debug, Clone)]
pub struct Endpoints {
    database: Database,
    overlap_ms: i64,
}

type Row = (String, String, String, bool);

impl Endpoints {
    pub fn new(database: Database, overlap_ms: i64) -> Endpoints {
        Endpoints { database, overlap_ms }
    }

    pub async fn create(&self, guard: &Guard, draft: Draft) -> Result<(Endpoint, Secret), Problem> {
        let url = valid_url(guard, &draft.url)?;
        if !draft.types.iter().all(|name| is_type(name)) {
            return Err(Problem::invalid("types", TYPE_RULE));
        }
        let endpoint = Endpoint { id: random_id("ep_")?, url: url.into(), types: draft.types, disabled: false };
        let secret = Secret::random()?;
        let types = serde_json::to_string(&endpoint.types).map_err(Problem::internal)?;
        let mut transaction = self.database.begin().await.map_err(problem)?;
        let query = sqlx::query("INSERT INTO endpoints (id, url, types) VALUES (?, ?, ?)");
        let query = query.bind(&endpoint.id).bind(&endpoint.url).bind(types);
        query.execute(&mut *transaction).await.map_err(problem)?;
        let query = sqlx::query("INSERT INTO secrets (endpoint, secret) VALUES (?, ?)");
        query.bind(&endpoint.id).bind(secret.bytes()).execute(&mut *transaction).await.map_err(problem)?;
        transaction.commit().await.map_err(problem)?;
        Ok((endpoint, secret))
    }

    pub async fn all(&self) -> Result<Vec<Endpoint>, Problem> {
        let query = sqlx::query_as("SELECT id, url, types, disabled FROM endpoints ORDER BY rowid");
        let rows: Vec<Row> = query.fetch_all(self.database.reader()).await.map_err(problem)?;
        Ok(rows.into_iter().map(endpoint).collect())
    }

    pub async fn get(&self, id: &str) -> Result<Endpoint, Problem> {
        let query = sqlx::query_as("SELECT id, url, types, disabled FROM endpoints WHERE id = ?").bind(id);
        let row: Option<Row> = query.fetch_optional(self.database.reader()).await.map_err(problem)?;
        row.map(endpoint).ok_or_else(|| Problem::not_found("there is no such endpoint"))
    }

    /// An endpoint that was gone is there again.
    pub async fn enable(&self, id: &str) -> Result<Endpoint, Problem> {
        let query = sqlx::query("UPDATE endpoints SET disabled = 0 WHERE id = ?").bind(id);
        query.execute(self.database.writer()).await.map_err(problem)?;
        self.get(id).await
    }

    /// A new secret. Those before it stay valid for a while, so that the receiver can change over when it likes.
    pub async fn rotate(&self, id: &str) -> Result<Secret, Problem> {
        self.get(id).await?;
        let secret = Secret::random()?;
        let until = now_ms() + self.overlap_ms;
        todo!("the secrets of {id} end at {until}, and {secret:?} begins")
    }
}

fn endpoint((id, url, types, disabled): Row) -> Endpoint {
    Endpoint { id, url, types: serde_json::from_str(&types).unwrap_or_default(), disabled }
}

fn valid_url(guard: &Guard, text: &str) -> Result<Url, Problem> {
    let refuse = |why: &str| Problem::invalid("url", why);
    let url = Url::parse(text).map_err(|error| refuse(&error.to_string()))?;
    if url.scheme() != "http" || url.as_str().len() > URL_BYTES {
        return Err(refuse("a url begins with http:// and has 2000 bytes at most"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("a url has no user and no password"));
    }
    guard.check_url(&url).map_err(|error| refuse(&error.to_string()))?;
    Ok(url)
}

pub const TYPE_RULE: &str = "a type has 1 to 100 letters, digits, dots, dashes and underscores";

pub fn is_type(name: &str) -> bool {
    (1..=100).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}
