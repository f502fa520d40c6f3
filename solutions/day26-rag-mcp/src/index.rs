//! The store of passages: keeps it like the folder of documents, and finds what is near to a question.

use crate::{
    documents::{Documents, Passage, passages},
    embeddings::Embeddings,
    ranking::{best, cosine, fuse, to_bytes},
};
use futures_util::TryStreamExt;
use plumbing_sqlite::Database;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Mutex;

/// How much of each list goes into one of two.
const FUSED: usize = 50;

/// An index over a folder of documents. Clones are the same index.
#[derive(Debug, Clone)]
pub struct Index {
    database: Database,
    documents: Documents,
    embeddings: Embeddings,
    /// Held while the store is brought up to date, so that nothing is embedded twice at the same time.
    updating: Arc<Mutex<()>>,
}

/// A passage that was found.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct Hit {
    /// The document, as `read` takes it
    pub path: String,
    /// The first line of the passage, counted from 1
    pub first_line: i64,
    /// Its last line
    pub last_line: i64,
    /// Its text: words of the document, not of this server
    pub text: String,
    /// How good it is; higher is better
    #[sqlx(skip)]
    pub score: f64,
}

/// How a document is known: by the hash of its bytes, and the model of its vectors.
type Known = HashMap<String, (String, String)>;

impl Index {
    /// An index that may be out of date.
    pub fn new(database: Database, documents: Documents, embeddings: Embeddings) -> Index {
        Index { database, documents, embeddings, updating: Arc::default() }
    }

    /// Brings the store up to date: what has gone goes, what is new or has changed is embedded.
    ///
    /// May be dropped, or killed, at any moment: a document is replaced in one transaction, with the note that it is done.
    ///
    /// # Errors
    /// In words for whoever has called a tool. What was done until then is kept.
    pub async fn update(&self) -> Result<(), String> {
        let _alone = self.updating.lock().await;
        let documents = self.documents.clone();
        let paths = tokio::task::spawn_blocking(move || documents.all()).await.map_err(internal)?;
        let mut known = self.known().await.map_err(internal)?;
        let mut changed = Vec::new();
        for path in paths {
            let Some(text) = self.documents.read(&path) else {
                eprintln!("warning: {path} cannot be read as UTF-8, and so is no document");
                continue;
            };
            let version = (hash(&text), self.embeddings.model().to_owned());
            if known.remove(&path) != Some(version) {
                changed.push(path);
            }
        }
        // What has changed stays as it was until it is replaced. What is left is not in the folder any more.
        for path in known.keys() {
            self.forget(path).await.map_err(internal)?;
        }
        for path in changed {
            self.replace(&path).await?;
        }
        Ok(())
    }

    /// The passages that are nearest to `question`, the best first.
    ///
    /// # Errors
    /// In words for whoever has called a tool.
    pub async fn search(&self, question: &str, by_words: bool, count: usize) -> Result<Vec<Hit>, String> {
        self.update().await?;
        let vector = self.embeddings.embed(&[question]).await?.remove(0);
        self.nearest(question, &vector, by_words, count).await.map_err(internal)
    }

    async fn nearest(&self, question: &str, vector: &[f32], by_words: bool, count: usize) -> sqlx::Result<Vec<Hit>> {
        // One transaction, so that what is found is still there when it is read.
        let mut view = self.database.reader().begin().await?;
        let near = by_meaning(&mut view, vector).await?;
        let found = if by_words {
            let ids = |list: Vec<(i64, f64)>| list.into_iter().map(|(id, _)| id).collect();
            best(fuse(&[ids(best(near, FUSED)), with_words(&mut view, question).await?]), count)
        } else {
            best(near, count)
        };
        let mut hits = Vec::with_capacity(found.len());
        for (id, score) in found {
            let query = sqlx::query_as("SELECT path, first_line, last_line, text FROM passages WHERE id = ?").bind(id);
            let hit: Hit = query.fetch_one(&mut *view).await?;
            hits.push(Hit { score, ..hit });
        }
        Ok(hits)
    }

    /// Everything new is there before the old goes, and both happens in one moment.
    async fn replace(&self, path: &str) -> Result<(), String> {
        let Some(text) = self.documents.read(path) else { return Ok(()) };
        let passages = passages(&text);
        let texts: Vec<&str> = passages.iter().map(|passage| passage.text.as_str()).collect();
        let vectors = self.embeddings.embed(&texts).await?;
        self.store(path, &text, &passages, &vectors).await.map_err(internal)
    }

    async fn store(&self, path: &str, text: &str, passages: &[Passage], vectors: &[Vec<f32>]) -> sqlx::Result<()> {
        let mut transaction = self.database.begin().await?;
        sqlx::query("DELETE FROM documents WHERE path = ?").bind(path).execute(&mut *transaction).await?;
        let query = sqlx::query("INSERT INTO documents (path, sha256, model, bytes) VALUES (?, ?, ?, ?)");
        let query = query.bind(path).bind(hash(text)).bind(self.embeddings.model()).bind(number(text.len()));
        query.execute(&mut *transaction).await?;
        for (passage, vector) in passages.iter().zip(vectors) {
            let query =
                sqlx::query("INSERT INTO passages (path, first_line, last_line, text, vector) VALUES (?, ?, ?, ?, ?)");
            let query = query.bind(path).bind(number(passage.first_line)).bind(number(passage.last_line));
            query.bind(&passage.text).bind(to_bytes(vector)).execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }

    async fn forget(&self, path: &str) -> sqlx::Result<()> {
        let query = sqlx::query("DELETE FROM documents WHERE path = ?").bind(path);
        query.execute(self.database.writer()).await.map(drop)
    }

    async fn known(&self) -> sqlx::Result<Known> {
        let query = sqlx::query_as("SELECT path, sha256, model FROM documents");
        let rows: Vec<(String, String, String)> = query.fetch_all(self.database.reader()).await?;
        Ok(rows.into_iter().map(|(path, hash, model)| (path, (hash, model))).collect())
    }
}

/// All passages, with how near they are.
async fn by_meaning(view: &mut SqliteConnection, vector: &[f32]) -> sqlx::Result<Vec<(i64, f64)>> {
    let mut rows = sqlx::query_as("SELECT id, vector FROM passages").fetch(view);
    let mut near = Vec::new();
    // Row by row: all vectors together may be larger than memory.
    while let Some((id, stored)) = rows.try_next().await? {
        let stored: Vec<u8> = stored;
        near.extend(cosine(vector, &stored).map(|score| (id, score)));
    }
    Ok(near)
}

/// Those passages that have words of the question, the rarest words first.
async fn with_words(view: &mut SqliteConnection, question: &str) -> sqlx::Result<Vec<i64>> {
    // In quotes a word is a word, and nothing of FTS5's language.
    let words = question.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let query = sqlx::query_scalar("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank, rowid LIMIT ?");
    query.bind(words.join(" OR ")).bind(number(FUSED)).fetch_all(view).await
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn internal(error: impl std::fmt::Display) -> String {
    eprintln!("error: {error}");
    "the index cannot be used".to_owned()
}
