//! A library for a test: a folder of documents, a folder for the store, an embeddings server; and sessions with the program.

pub mod model;
pub mod session;

use harness::scratch;
use model::Model;
use session::Session;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Everything that a program is started with.
#[derive(Debug)]
pub struct Library {
    pub model: Model,
    docs: TempDir,
    data: TempDir,
    options: Vec<String>,
    /// The key of the embeddings server; none by default.
    pub key: Option<String>,
}

impl Library {
    pub fn empty() -> Library {
        Library { model: Model::start(), docs: scratch(), data: scratch(), options: Vec::new(), key: None }
    }

    /// Further options for sessions that are begun from now on.
    pub fn with(mut self, options: &[&str]) -> Library {
        self.options = options.iter().map(|option| (*option).to_owned()).collect();
        self
    }

    /// Where documents are.
    pub fn docs(&self) -> &Path {
        self.docs.path()
    }

    /// Where the store is.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Writes a document, and the folders above it.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.docs().join(path);
        let made = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&file, content)).unwrap_or_else(|error| panic!("{path}: {error}"));
        file
    }

    /// Removes a document.
    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.docs().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// The program, as it is started for this library.
    pub fn command(&self) -> std::process::Command {
        let mut command = harness::std_command();
        command.arg("--docs").arg(self.docs()).arg("--data-dir").arg(self.data());
        command.arg("--embeddings-url").arg(self.model.url()).args(&self.options).env_remove("EMBEDDINGS_KEY");
        if let Some(key) = &self.key {
            command.env("EMBEDDINGS_KEY", key);
        }
        command
    }

    /// Starts the program and says hello.
    pub async fn session(&self) -> Session {
        Session::begin(self.command()).await
    }
}
