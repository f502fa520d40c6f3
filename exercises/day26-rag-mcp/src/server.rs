//! The tools, as a model sees them: names, descriptions, what goes in and what comes out.
//!
//! What documents say is data. It stands in fields of the answers, and never where this server speaks for itself: not in
//! its instructions, not in a description, not between the lines of a text that we have composed.

use crate::{
    documents::Documents,
    index::{Hit, Index},
    sql::{Sql, Table},
};
use rmcp::{Json, ServerHandler, handler::server::wrapper::Parameters, tool, tool_handler, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the tools work with.
#[derive(Debug, Clone)]
pub struct Server {
    pub index: Index,
    pub documents: Documents,
    pub sql: Sql,
}

/// How passages are ranked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// By meaning
    #[default]
    Vector,
    /// By meaning and by words, for names and numbers that a model of meaning does not know
    Hybrid,
}

/// What `search` takes.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SearchParameters {
    /// What is sought, in words
    pub query: String,
    /// How many passages at most
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 50))]
    pub limit: usize,
    /// How they are ranked
    #[serde(default)]
    pub mode: Mode,
}

/// What `search` gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SearchAnswer {
    /// The best first
    pub results: Vec<Hit>,
}

/// What `read` takes.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadParameters {
    /// The document, as `search` names it
    pub path: String,
    /// The first line, counted from 1
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub first_line: usize,
    /// The last line; as far as one answer goes when it is not given
    pub last_line: Option<usize>,
}

/// What `read` gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReadAnswer {
    /// The document
    pub path: String,
    /// The first line of the text
    pub first_line: usize,
    /// Its last line
    pub last_line: usize,
    /// How many lines the document has
    pub lines: usize,
    /// Words of the document, not of this server
    pub text: String,
}

/// What `sql_readonly` takes.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SqlParameters {
    /// One SELECT
    pub query: String,
}

fn one() -> usize {
    1
}

fn ten() -> usize {
    10
}

#[tool_router]
impl Server {
    // A tool is told by its name and its description; the documentation of the method is taken for that.
    #[tool]
    async fn search(
        &self,
        Parameters(SearchParameters { query, limit, mode }): Parameters<SearchParameters>,
    ) -> Result<Json<SearchAnswer>, String> {
        let results = self.index.search(&query, mode == Mode::Hybrid, limit).await?;
        Ok(Json(SearchAnswer { results }))
    }

    /// Reads a document, or some lines of it; at most 400 at a time.
    #[tool(annotations(title = "Read a document", read_only_hint = true, open_world_hint = false))]
    async fn read(
        &self,
        Parameters(ReadParameters { path, first_line, last_line }): Parameters<ReadParameters>,
    ) -> Result<Json<ReadAnswer>, String> {
        let text = self.documents.read(&path).ok_or("no document has this path; search tells the paths")?;
        todo!("lines {first_line} to {last_line:?} of {text}, and what goes with them")
    }

    #[tool]
    async fn sql_readonly(
        &self,
        Parameters(SqlParameters { query }): Parameters<SqlParameters>,
    ) -> Result<Json<Table>, String> {
        self.sql.ask(&query).await.map(Json)
    }
}

#[tool_handler(name = "day26-rag-mcp")]
impl ServerHandler for Server {}
