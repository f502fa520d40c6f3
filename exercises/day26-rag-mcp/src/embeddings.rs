//! Asks the embeddings server for vectors, in the words of OpenAI's `/v1/embeddings`.

use clap::value_parser;
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// How to ask for vectors.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Where the embeddings server is: /embeddings is added to it
    #[arg(long, env = "EMBEDDINGS_URL", value_name = "URL")]
    embeddings_url: String,
    /// The model that it is to use
    #[arg(long, env = "EMBEDDINGS_MODEL", value_name = "NAME", default_value = "text-embedding-3-small")]
    embeddings_model: String,
    /// How long it may take for an answer
    #[arg(long, env = "EMBEDDINGS_MS", value_name = "MS", default_value_t = 30_000, value_parser = value_parser!(u64).range(1..))]
    embeddings_ms: u64,
    /// Its key, if it wants one. Arguments are seen by everybody on the machine, so only the environment.
    #[arg(skip = Key(std::env::var("EMBEDDINGS_KEY").unwrap_or_default()))]
    key: Key,
}

/// A secret that does not show itself to whoever prints what it is part of.
#[derive(Clone)]
struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(…)")
    }
}

/// A client of the embeddings server. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Embeddings {
    http: reqwest::Client,
    url: String,
    model: String,
    key: Key,
}

#[derive(Debug, Serialize)]
struct Request<'a> {
    model: &'a str,
    input: &'a [&'a str],
    encoding_format: &'static str,
}

#[derive(Debug, Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    /// Which of the texts it belongs to. The order of the items means nothing.
    index: usize,
    embedding: Vec<f32>,
}

impl Embeddings {
    /// # Errors
    /// When the machine does not allow for a client.
    pub fn new(settings: &Settings) -> Result<Embeddings, reqwest::Error> {
        let http =
            reqwest::Client::builder().no_proxy().timeout(Duration::from_millis(settings.embeddings_ms)).build()?;
        let url = format!("{}/embeddings", settings.embeddings_url.trim_end_matches('/'));
        Ok(Embeddings { http, url, model: settings.embeddings_model.clone(), key: settings.key.clone() })
    }

    /// The name of the model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// A vector for each of `texts`, in their order.
    ///
    /// # Errors
    /// In words for whoever has called the tool. They do not have the server's own words, which may repeat the key.
    pub async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, String> {
        let answer = self.ask(texts).await?;
        let items: Vec<_> = answer.data.into_iter().map(|Item { index, embedding }| (index, embedding)).collect();
        todo!("put the vectors of {items:?} in the order of {texts:?}, and look whether all are usable")
    }

    /// One request.
    async fn ask(&self, texts: &[&str]) -> Result<Answer, String> {
        let request = Request { model: &self.model, input: texts, encoding_format: "float" };
        let mut call = self.http.post(&self.url).json(&request);
        if !self.key.0.is_empty() {
            call = call.bearer_auth(&self.key.0);
        }
        let unreachable = |error: reqwest::Error| {
            eprintln!("warning: the embeddings server: {}", error.without_url());
            "the embeddings server did not answer; try again later".to_owned()
        };
        let response = call.send().await.map_err(unreachable)?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("the embeddings server answered with status {}; try again later", status.as_u16()));
        }
        let body = response.bytes().await.map_err(unreachable)?;
        serde_json::from_slice(&body).map_err(|_| strange("something that is no list of vectors"))
    }
}

fn strange(what: &str) -> String {
    format!("the embeddings server answered with {what}")
}
