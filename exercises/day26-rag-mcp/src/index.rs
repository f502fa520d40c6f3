//! The store of passages: keeps it like the folder of documents, and finds what is near to a question.

use crate::{
    documents::{Documents, Passage, passages},
    embeddings::Embeddings,
    ranking::{best, cosine, to_bytes},
};
use futures_util::TryStreamExt;
use plumbing_sqlite::Database;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// An index over a folder of documents. Clones are the same index.
#[derive(Debug, Clone)]
pub struct Index {
    database: Database,
    documents: Documents,
    embeddings: Embeddings,
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
        Index { database, documents, embeddings }
    }

    /// Brings the store up to date: what has gone goes, what is new or has changed is embedded.
    ///
    /// May be dropped, or killed, at any moment: a document is replaced in one transaction, with the note that it is done.
    ///
    /// # Errors
    /// In words for whoever has called a tool. What was done until then is kept.
    pub async fn update(&self) -> Result<(), String> {
        let known = self.known().await.map_err(internal)?;
        for path in self.documents.all() {
            let Some(text) = self.documents.read(&path) else { continue };
            if self.has_changed(&path, &text, &known) {
                self.replace(&path, &text).await?;
            }
        }
        todo!("forget what is in {known:?} and not in the folder")
    }

    /// Whether a document has to be embedded.
    fn has_changed(&self, path: &str, text: &str, known: &Known) -> bool {
        let (hash, model) = (hash(text), self.embeddings.model());
        todo!("compare {hash} and {model} with what is known of {path}: {:?}", known.get(path))
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
        let found = if by_words { todo!("stretch: also by the words of {question:?}") } else { best(near, count) };
        todo!("read the passages of {found:?} in {view:?}, each with its score")
    }

    /// Everything new is there before the old goes, and both happens in one moment.
    async fn replace(&self, path: &str, text: &str) -> Result<(), String> {
        let passages = passages(text);
        let texts: Vec<&str> = passages.iter().map(|passage| passage.text.as_str()).collect();
        let vectors = self.embeddings.embed(&texts).await?;
        let rows: Vec<(&Passage, Vec<u8>)> =
            passages.iter().zip(vectors.iter().map(|vector| to_bytes(vector))).collect();
        todo!("put {rows:?} in the place of what {:?} has of {path}", self.database)
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

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn internal(error: impl std::fmt::Display) -> String {
    eprintln!("error: {error}");
    "the index cannot be used".to_owned()
}
