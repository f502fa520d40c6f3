//! Mails as files, numbered in order of sending.

use serde_json::json;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

pub struct Outbox {
    folder: PathBuf,
    sent: u64,
}

impl Outbox {
    /// Opens the folder, which is made if it is not there.
    pub fn open(data_dir: &Path) -> io::Result<Outbox> {
        let folder = data_dir.join("outbox");
        fs::create_dir_all(&folder)?;
        let mut sent = 0;
        for file in fs::read_dir(&folder)? {
            let name = file?.file_name();
            let number = name.to_string_lossy().split('.').next().and_then(|number| number.parse().ok());
            sent = sent.max(number.unwrap_or(0));
        }
        Ok(Outbox { folder, sent })
    }

    /// Puts a mail there, whole or not at all.
    pub fn send(&mut self, to: &str, kind: &str, token: Option<&str>) -> io::Result<()> {
        self.sent += 1;
        let path = self.folder.join(format!("{:012}.json", self.sent));
        let draft = path.with_extension("draft");
        self.draft(&draft, &format!("{:#}\n", json!({"token": token, "kind": kind, "to": to})))?;
        fs::rename(draft, path)
    }

    /// As much work as a mail, for nobody.
    pub fn pretend(&mut self) -> io::Result<()> {
        let draft = self.folder.join("nobody.draft");
        self.draft(&draft, "{}\n")?;
        fs::remove_file(draft)
    }

    fn draft(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }
}
