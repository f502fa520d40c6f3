//! A working copy, and git as people use it.

use harness::expect;
use harness_net::within;
use std::{path::Path, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::process::Command;

/// How long one git command may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A working copy in a folder of its own, which the program cannot see: git runs hooks and commands that it finds there.
#[derive(Debug)]
pub struct Work {
    folder: TempDir,
}

/// How a git command ended.
#[derive(Debug, Clone)]
pub struct Git {
    pub line: String,
    pub succeeded: bool,
    /// Both outputs.
    pub text: String,
    pub stdout: String,
}

impl Work {
    /// An empty one on the branch `main`, whose remote `origin` is this URL.
    pub async fn new(url: &str) -> Work {
        let work = Work { folder: harness::private() };
        work.git(&["init", "--quiet", "--initial-branch=main"]).await;
        work.git(&["remote", "add", "origin", url]).await;
        work
    }

    /// A clone.
    pub async fn clone(url: &str) -> Work {
        let work = Work { folder: harness::private() };
        work.git(&["clone", "--quiet", url, "."]).await;
        work
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        let folder = path.parent().unwrap_or(self.path());
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, content));
        written.unwrap_or_else(|error| panic!("the test cannot write {}: {error}", path.display()));
    }

    pub fn read(&self, path: &str) -> Vec<u8> {
        let path = self.path().join(path);
        std::fs::read(&path).unwrap_or_else(|error| {
            expect("the file is in the clone").expected(format!("{}", path.display())).fail(error.to_string())
        })
    }

    /// Commits everything, and returns the commit's id.
    pub async fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]).await;
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]).await;
        self.git(&["rev-parse", "HEAD"]).await.stdout.trim().to_owned()
    }

    /// Writes a file, commits it and pushes the branch. Returns the commit's id.
    pub async fn push_file(&self, path: &str, content: &str) -> String {
        self.write(path, content);
        let commit = self.commit(&format!("change {path}")).await;
        self.push("HEAD").await;
        commit
    }

    /// `git push origin REFSPEC`
    pub async fn push(&self, refspec: &str) -> Git {
        self.git(&["push", "--quiet", "origin", refspec]).await
    }

    /// A git command that has to succeed.
    pub async fn git(&self, arguments: &[&str]) -> Git {
        let git = self.try_git(arguments).await;
        if !git.succeeded {
            expect("git can do this with the server").request(&git.line).expected("exit status 0").fail(&git.text);
        }
        git
    }

    /// A git command.
    pub async fn try_git(&self, arguments: &[&str]) -> Git {
        self.try_git_with(&[], arguments).await
    }

    /// A git command with more variables in its environment.
    pub async fn try_git_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Git {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null()).kill_on_drop(true);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        // Nobody's own settings, and never a question for a password.
        command.env("HOME", self.path()).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "true");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.org");
        }
        command.envs(environment.iter().copied());
        let line = format!("git {}", arguments.join(" "));
        let output = within(&format!("`{line}` comes to its end"), PATIENCE, command.output()).await;
        let output = output.unwrap_or_else(|error| panic!("git cannot be run: {error}"));
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let text = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
        Git { line, succeeded: output.status.success(), text, stdout }
    }
}
