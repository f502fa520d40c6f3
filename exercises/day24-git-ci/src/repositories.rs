//! Bare repositories below one folder, and the git commands that read them.

use crate::pipeline;
use plumbing::{Failure, Problem};
use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::process::Command;

const LONGEST_NAME: usize = 64;

/// The folder of all repositories.
#[derive(Debug, Clone)]
pub struct Repositories {
    folder: PathBuf,
}

/// One bare repository that is there.
#[derive(Debug, Clone)]
pub struct Repository {
    pub name: String,
    path: PathBuf,
}

/// `.ci.toml` in a commit.
#[derive(Debug)]
pub enum PipelineFile {
    Missing,
    /// It is there, and no pipeline whatever its content is.
    Unusable(String),
    Text(String),
}

impl Repositories {
    pub fn open(folder: &Path) -> Result<Repositories, Failure> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::new(format!("cannot make {}: {error}", folder.display())))?;
        // A repository is found by a path that git does not take for relative.
        let folder = std::path::absolute(folder)?;
        Ok(Repositories { folder })
    }

    /// The names, in order.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            // A folder that is still being made has another ending.
            names.extend(name.to_str().and_then(|name| name.strip_suffix(".git")).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// The repository of this name.
    pub fn find(&self, name: &str) -> Result<Repository, Problem> {
        let missing = || Problem::not_found("there is no repository of this name");
        if !is_name(name) {
            return Err(missing());
        }
        let path = self.folder.join(format!("{name}.git"));
        if path.is_dir() { Ok(Repository { name: name.to_owned(), path }) } else { Err(missing()) }
    }

    /// Makes an empty repository. Returns whether it was not there before.
    pub async fn create(&self, name: &str) -> Result<bool, Problem> {
        if !is_name(name) {
            let rule = "1 to 64 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit, without '..' and without '.git' at the end";
            return Err(Problem::invalid("name", rule));
        }
        if self.find(name).is_ok() {
            return Ok(false);
        }
        // Made under another name and moved: a repository is there whole or not at all.
        let draft = tempfile_name(&self.folder, name)?;
        let mut init = plain_git();
        // No template: the samples of hooks in it would only be hooks waiting for somebody to switch them on.
        init.args(["init", "--quiet", "--bare", "--template=", "--initial-branch=main"]).arg(&draft);
        run(init).await.map_err(Problem::internal)?;
        let path = self.folder.join(format!("{name}.git"));
        match std::fs::rename(&draft, &path) {
            Ok(()) => Ok(true),
            // Somebody else was faster.
            Err(_) if path.is_dir() => {
                let _ = std::fs::remove_dir_all(&draft);
                Ok(false)
            }
            Err(error) => Err(Problem::internal(error)),
        }
    }
}

impl Repository {
    /// git, working on this repository and with nobody's settings.
    pub fn git(&self) -> Command {
        let mut command = plain_git();
        command.arg("--git-dir").arg(&self.path);
        command
    }

    /// The path, for those git commands that take it as an argument.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Branches, without `refs/heads/`, and their commits.
    pub async fn heads(&self) -> io::Result<Vec<(String, String)>> {
        let mut list = self.git();
        list.args(["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads"]);
        let text = String::from_utf8(run(list).await?).map_err(io::Error::other)?;
        let parse = |line: &str| {
            let (commit, name) = line.split_once(' ')?;
            Some((name.strip_prefix("refs/heads/")?.to_owned(), commit.to_owned()))
        };
        Ok(text.lines().filter_map(parse).collect())
    }

    /// `.ci.toml` as it is in `commit`.
    pub async fn pipeline_file(&self, commit: &str) -> io::Result<PipelineFile> {
        let mut list = self.git();
        list.args(["ls-tree", "-l", commit, "--", pipeline::FILE]);
        let entry = String::from_utf8_lossy(&run(list).await?).into_owned();
        // `100644 blob <id> <size>\t.ci.toml`
        let fields: Vec<_> = entry.split_whitespace().collect();
        let [mode, kind, id, size, ..] = fields[..] else { return Ok(PipelineFile::Missing) };
        if kind != "blob" || !mode.starts_with("100") {
            return Ok(PipelineFile::Unusable(format!("{} is not a file", pipeline::FILE)));
        }
        if size.parse::<u64>().is_ok_and(|size| size > pipeline::LARGEST) {
            return Ok(PipelineFile::Unusable(format!("{} has more than {} bytes", pipeline::FILE, pipeline::LARGEST)));
        }
        let mut show = self.git();
        show.args(["cat-file", "blob", id]);
        Ok(match String::from_utf8(run(show).await?) {
            Ok(text) => PipelineFile::Text(text),
            Err(_) => PipelineFile::Unusable(format!("{} is not UTF-8", pipeline::FILE)),
        })
    }

    /// Puts the files of `commit` into the empty folder `tree`. `index` is a file that only this checkout uses.
    pub async fn check_out(&self, commit: &str, tree: &Path, index: &Path) -> io::Result<()> {
        let mut checkout = self.git();
        checkout.arg("--work-tree").arg(tree).env("GIT_INDEX_FILE", index).current_dir(tree);
        checkout.args(["checkout", "--quiet", "--force", commit, "--", "."]);
        run(checkout).await.map(drop)
    }
}

/// Names become parts of paths, so they are made of what cannot mean anything in a path.
fn is_name(name: &str) -> bool {
    todo!("whether {name:?}, of at most {LONGEST_NAME} bytes, is a name as the page allows it")
}

fn tempfile_name(folder: &Path, name: &str) -> Result<PathBuf, Problem> {
    Ok(folder.join(format!("{name}.{}.new", random_hex().map_err(Problem::internal)?)))
}

/// 16 random hexadecimal digits.
pub fn random_hex() -> io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

fn plain_git() -> Command {
    let mut command = Command::new("git");
    command.env_clear().env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // Whoever may read our folder may use our repositories, whoever made them.
    command.args(["-c", "safe.directory=*"]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command that ends by itself, and returns what it printed.
async fn run(mut command: Command) -> io::Result<Vec<u8>> {
    let output = command.output().await?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(io::Error::other(format!("git ended with {}: {complaint}", output.status)))
}
