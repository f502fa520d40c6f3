//! Mails, as files in a folder: whoever delivers them takes them from there.

use crate::tokens::{Token, now_ms, unique_name};
use plumbing::{Failure, Problem};
use serde::Serialize;
use std::path::{Path, PathBuf};
use tokio::{fs, io::AsyncWriteExt};

/// The folder `outbox`.
#[derive(Debug)]
pub struct Outbox {
    folder: PathBuf,
}

/// A mail about to be delivered.
#[derive(Serialize)]
pub struct Mail<'a> {
    pub to: &'a str,
    /// `register`, `exists` or `reset`.
    pub kind: &'a str,
    pub token: Option<&'a str>,
}

impl Outbox {
    pub fn open(data_dir: &Path) -> Result<Outbox, Failure> {
        let folder = data_dir.join("outbox");
        std::fs::create_dir_all(&folder)
            .map_err(|error| Failure::new(format!("cannot make {}: {error}", folder.display())))?;
        Ok(Outbox { folder })
    }

    /// Puts a mail into the folder, whole: it gets its name when all of it is on disk. Names are in order of time.
    pub async fn send(&self, to: &str, kind: &str, token: Option<&Token>) -> Result<(), Problem> {
        let mail = Mail { to, kind, token: token.map(Token::as_str) };
        let text = serde_json::to_vec(&mail).map_err(Problem::internal)?;
        let name = format!("{:015}-{}", now_ms(), unique_name().map_err(Problem::internal)?);
        let (temporary, path) = (self.folder.join(format!("{name}.new")), self.folder.join(format!("{name}.json")));
        let write = async {
            let mut file = fs::File::create(&temporary).await?;
            file.write_all(&text).await?;
            file.sync_all().await?;
            fs::rename(&temporary, &path).await
        };
        write.await.map_err(Problem::internal)
    }
}
