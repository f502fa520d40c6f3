//! What the tests of this day share.

pub mod cloud;
pub mod database;
pub mod tree;

use cloud::{BUCKET, Cloud, Dialect};
use harness::{expect, scratch};
use std::{
    ffi::OsString,
    path::Path,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

pub const PASSPHRASE: &str = "correct horse battery staple";

/// A place for backups, and how a program gets there.
#[derive(Debug)]
pub struct Vault {
    pub to: String,
    pub endpoint: Option<String>,
    pub environment: Vec<(&'static str, String)>,
    /// Keeps a folder that is the place.
    folder: Option<TempDir>,
}

impl Vault {
    /// A folder of its own.
    pub fn folder() -> Vault {
        let folder = scratch();
        let to = format!("file://{}", folder.path().join("vault").display());
        Vault { to, endpoint: None, environment: passphrase(PASSPHRASE), folder: Some(folder) }
    }

    /// A prefix in the bucket of a cloud.
    pub fn within(cloud: &Cloud, prefix: &str) -> Vault {
        let to = format!("{}://{BUCKET}/{prefix}", cloud.scheme());
        let mut environment = passphrase(PASSPHRASE);
        environment.extend(cloud.environment());
        Vault { to, endpoint: Some(cloud.endpoint()), environment, folder: None }
    }

    /// An S3 of its own.
    pub fn s3() -> (Cloud, Vault) {
        let cloud = Cloud::start(Dialect::S3);
        let vault = Vault::within(&cloud, "backups");
        (cloud, vault)
    }

    /// The folder that is the place, for one made with [`Vault::folder`].
    pub fn path(&self) -> std::path::PathBuf {
        self.folder.as_ref().map(|folder| folder.path().join("vault")).unwrap_or_default()
    }

    /// The same place with another passphrase.
    pub fn with_passphrase(&self, other: &str) -> Vault {
        let mut environment = passphrase(other);
        environment.extend(self.environment.iter().filter(|(name, _)| *name != "BACKUP_PASSPHRASE").cloned());
        Vault { to: self.to.clone(), endpoint: self.endpoint.clone(), environment, folder: None }
    }

    /// The program with these arguments and this place, for a test that looks after it itself.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = harness::std_command();
        for name in unwanted() {
            command.env_remove(name);
        }
        command.args(self.complete(arguments)).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program with these arguments and this place to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Said {
        run(&self.complete(arguments), &self.environment)
    }

    fn complete(&self, arguments: &[&str]) -> Vec<String> {
        let endpoint = self.endpoint.iter().flat_map(|endpoint| ["--endpoint", endpoint]);
        let place = ["--to", &self.to].into_iter().chain(endpoint).chain(["--retry-ms", "1"]);
        arguments.iter().copied().chain(place).map(str::to_owned).collect()
    }

    /// Makes a snapshot, which has to succeed.
    #[track_caller]
    pub fn backup(&self, folder: &Path) -> Line {
        self.backup_with(folder, &[])
    }

    #[track_caller]
    pub fn backup_with(&self, folder: &Path, more: &[&str]) -> Line {
        let arguments = backup_of(folder, more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let said = self.run(&arguments);
        said.expect("a backup succeeds and prints the line of its snapshot").code(0);
        let lines = said.lines();
        expect("a backup prints one line").request(&said.command).eq(lines.len(), 1);
        lines[0].clone()
    }

    /// Restores the latest snapshot, or the one with this id, into a new folder, which has to succeed.
    #[track_caller]
    pub fn restore(&self, id: Option<&str>) -> TempDir {
        let target = scratch();
        self.restore_into(id, target.path()).expect("a restore succeeds").code(0);
        target
    }

    #[track_caller]
    pub fn restore_into(&self, id: Option<&str>, target: &Path) -> Said {
        let target = target.display().to_string();
        let mut arguments = vec!["restore", "--into", &target];
        arguments.extend(id.into_iter().flat_map(|id| ["--snapshot", id]));
        self.run(&arguments)
    }

    /// The lines of `list`, which has to succeed.
    #[track_caller]
    pub fn list(&self) -> Vec<Line> {
        let said = self.run(&["list"]);
        said.expect("list succeeds").code(0);
        said.lines()
    }

    #[track_caller]
    pub fn verify(&self, requirement: &str) {
        self.run(&["verify"]).expect(requirement).code(0);
    }
}

/// The arguments of a backup whose key costs little.
pub fn backup_of(folder: &Path, more: &[&str]) -> Vec<String> {
    let folder = folder.display().to_string();
    let arguments = ["backup", &folder, "--kdf-memory-kib", "8", "--kdf-passes", "1"];
    arguments.iter().chain(more).map(|argument| (*argument).to_owned()).collect()
}

fn passphrase(passphrase: &str) -> Vec<(&'static str, String)> {
    vec![("BACKUP_PASSPHRASE", passphrase.to_owned())]
}

/// Variables of this machine that say something about clouds and proxies.
fn unwanted() -> Vec<OsString> {
    let ours = |name: &OsString| {
        let name = name.to_string_lossy().to_ascii_lowercase();
        ["aws_", "azure_", "google_", "backup_"].iter().any(|start| name.starts_with(start)) || name.ends_with("_proxy")
    };
    std::env::vars_os().map(|(name, _)| name).filter(ours).collect()
}

/// Runs the program with exactly these arguments and variables to its end.
#[track_caller]
pub fn run(arguments: &[String], environment: &[(&'static str, String)]) -> Said {
    let mut command = harness::command();
    for name in unwanted() {
        command.env_remove(name);
    }
    command.args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
    match command.output() {
        Ok(output) => Said::new(arguments.join(" "), &output),
        Err(error) => expect("the program comes to an end").request(arguments.join(" ")).fail(error),
    }
}

/// The line of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub id: String,
    pub time: String,
    pub files: u64,
    pub bytes: u64,
}

/// What the program said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub command: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    pub fn new(command: String, output: &Output) -> Said {
        Said {
            command,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Standard output, each line that of a snapshot.
    #[track_caller]
    pub fn lines(&self) -> Vec<Line> {
        self.stdout.lines().map(|line| self.line(line)).collect()
    }

    #[track_caller]
    fn line(&self, line: &str) -> Line {
        let parsed = match line.split(' ').collect::<Vec<_>>()[..] {
            [id, time, files, bytes] => files.parse().ok().zip(bytes.parse().ok()).map(|(files, bytes)| Line {
                id: id.to_owned(),
                time: time.to_owned(),
                files,
                bytes,
            }),
            _ => None,
        };
        let requirement = expect("a snapshot is told as ID TIME FILES BYTES").request(&self.command);
        parsed.unwrap_or_else(|| requirement.expected("four words, the last two of them numbers").fail(line))
    }

    pub fn expect(&self, requirement: &str) -> Expected<'_> {
        Expected { said: self, requirement: requirement.to_owned() }
    }
}

/// One requirement about what the program said.
#[derive(Debug)]
pub struct Expected<'a> {
    said: &'a Said,
    requirement: String,
}

impl Expected<'_> {
    /// The exit status.
    #[track_caller]
    pub fn code(&self, code: i32) -> &Self {
        self.check(self.said.code == Some(code), format!("exit status {code}"))
    }

    /// Exit status 1, and one line on standard error that contains all of `parts`.
    #[track_caller]
    pub fn fails_with(&self, parts: &[&str]) -> &Self {
        self.code(1);
        self.check(self.said.stderr.lines().count() == 1, "one line on standard error".to_owned());
        let all = parts.iter().all(|part| self.said.stderr.contains(part));
        self.check(all, format!("a line on standard error with {}", parts.join(" and ")))
    }

    /// These words nowhere in what it said.
    #[track_caller]
    pub fn hides(&self, secret: &str) -> &Self {
        let hidden = !self.said.stdout.contains(secret) && !self.said.stderr.contains(secret);
        self.check(hidden, format!("{secret:?} is nowhere to be seen"))
    }

    #[track_caller]
    fn check(&self, holds: bool, expected: String) -> &Self {
        let said = self.said;
        let code = said.code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit status {code}"));
        let actual = format!("{code}\nstandard output: {:?}\nstandard error: {:?}", said.stdout, said.stderr);
        expect(self.requirement.clone()).request(&said.command).expected(expected).that(holds, actual);
        self
    }
}
