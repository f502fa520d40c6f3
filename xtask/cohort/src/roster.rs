//! Who is expected, and where their submissions are.

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// One learner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learner {
    /// What the institution knows them by; it names their record.
    pub id: String,
    /// As they write it.
    #[serde(default)]
    pub name: String,
    /// For gradebooks that go by it.
    #[serde(default)]
    pub email: String,
    /// A folder or an archive, below the submissions unless absolute, or the URL of a Git repository. When it is empty,
    /// `<id>`, `<id>.zip`, `<id>.tar.gz` and `<id>.tgz` are looked for.
    #[serde(default)]
    pub submission: String,
    /// When it was handed in, in RFC 3339. Empty: in time, as far as anybody knows.
    #[serde(default)]
    pub submitted_at: String,
}

/// Where a learner's submission is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder or an archive.
    File(PathBuf),
    /// A repository.
    Git(String),
    /// Nowhere: what was looked for.
    Missing(String),
}

/// Reads a roster, a `.toml` with `[[learner]]` tables or a `.csv` with a header, in order of ids.
pub fn read(path: &Path) -> Result<Vec<Learner>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("the roster {}: {error}", path.display()))?;
    let learners = match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => from_toml(&text),
        Some("csv") => from_csv(&text),
        _ => Err("its name has to end in .csv or .toml".to_owned()),
    };
    learners.and_then(checked).map_err(|fault| format!("the roster {}: {fault}", path.display()))
}

fn from_toml(text: &str) -> Result<Vec<Learner>, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Roster {
        #[serde(default)]
        learner: Vec<Learner>,
    }
    toml::from_str::<Roster>(text).map(|roster| roster.learner).map_err(|error| error.to_string())
}

fn from_csv(text: &str) -> Result<Vec<Learner>, String> {
    // Spreadsheets mark UTF-8 with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.map_err(|error| error.to_string())).collect()
}

/// In order of ids. An id that is there twice would make two records one.
fn checked(mut learners: Vec<Learner>) -> Result<Vec<Learner>, String> {
    learners.sort_by(|a, b| a.id.cmp(&b.id));
    if learners.is_empty() {
        return Err("it names nobody".to_owned());
    }
    let mut seen = BTreeMap::new();
    for learner in &learners {
        if learner.id.is_empty() {
            return Err(format!("{:?} has no id", learner.name));
        }
        // Some file systems do not tell upper from lower case.
        if let Some(other) = seen.insert(file_name(&learner.id).to_lowercase(), &learner.id) {
            return Err(format!("the ids {other:?} and {:?} are the same", learner.id));
        }
        if !learner.submitted_at.is_empty() {
            crate::late::time(&learner.submitted_at).map_err(|why| format!("submitted_at of {}: {why}", learner.id))?;
        }
    }
    Ok(learners)
}

/// An id as the name of a file: what is no plain letter, digit, `-`, `_` or `@` is written as its bytes in hexadecimal, a dot
/// at the beginning, too.
pub fn file_name(id: &str) -> String {
    let is_plain =
        |at: usize, byte: u8| byte.is_ascii_alphanumeric() || b"-_@".contains(&byte) || byte == b'.' && at > 0;
    id.bytes()
        .enumerate()
        .map(|(at, byte)| if is_plain(at, byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

impl Learner {
    /// Finds the submission.
    pub fn place(&self, submissions: &Path) -> Place {
        let named = self.submission.as_str();
        if named.contains("://") || named.starts_with("git@") {
            return Place::Git(named.to_owned());
        }
        let candidates = if named.is_empty() {
            ["", ".zip", ".tar.gz", ".tgz"]
                .map(|ending| submissions.join(format!("{}{ending}", file_name(&self.id))))
                .to_vec()
        } else {
            vec![submissions.join(named)]
        };
        match candidates.iter().find(|path| path.exists()) {
            // A bare repository, or a clone of one, that is meant as such.
            Some(path) if named.ends_with(".git") => Place::Git(path.to_string_lossy().into_owned()),
            Some(path) => Place::File(path.clone()),
            None => {
                // For the learner, who knows nothing of the folders of this machine.
                let below = candidates.iter().map(|path| path.strip_prefix(submissions).unwrap_or(path));
                let shown: Vec<_> = below.map(|path| path.display().to_string()).collect();
                Place::Missing(format!("nothing was submitted: there is no {}", shown.join(" and no ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_and_toml_say_the_same() {
        let csv = "\u{feff}id,name,email,submission,submitted_at\nb,\"Müller, Zoë\",zoe@example.org,,\na,山田,,a.zip,2026-03-01T10:00:00Z\n";
        let toml = "[[learner]]\nid = \"b\"\nname = \"Müller, Zoë\"\nemail = \"zoe@example.org\"\n\
                    [[learner]]\nid = \"a\"\nname = \"山田\"\nsubmission = \"a.zip\"\nsubmitted_at = \"2026-03-01T10:00:00Z\"\n";
        let read = from_csv(csv).and_then(checked).unwrap();
        assert_eq!(read, from_toml(toml).and_then(checked).unwrap());
        assert_eq!(read.iter().map(|learner| learner.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn ids_that_would_share_a_record_are_refused() {
        for (first, second) in [("ada", "ada"), ("ada", "ADA")] {
            let fault = from_csv(&format!("id\n{first}\n{second}\n")).and_then(checked).unwrap_err();
            assert!(fault.contains("are the same"), "{fault}");
        }
        assert!(from_csv("id,nmae\nada,Ada\n").unwrap_err().contains("nmae"));
        assert!(from_csv("id\n").and_then(checked).unwrap_err().contains("nobody"));
    }

    #[test]
    fn an_id_never_leads_out_of_its_folder() {
        assert_eq!(file_name("ada@example.org"), "ada@example.org");
        assert_eq!(file_name("../x"), "%2E.%2Fx");
        assert_eq!(file_name("山"), "%E5%B1%B1");
    }
}
