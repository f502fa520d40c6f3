//! One run: a fresh checkout, and its steps one after the other until one fails.

use crate::{
    log::Log,
    mask::Secrets,
    pipeline::Step,
    processes,
    repositories::Repository,
    store::{Run, Status, Store},
};
use std::{
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
};
use tokio::{net::unix::pipe, process::Command};

/// What a run needs.
#[derive(Debug)]
pub struct Job<'a> {
    pub run: &'a Run,
    pub repository: &'a Repository,
    pub store: &'a Store,
    pub secrets: &'a Secrets,
    /// A folder of its own, which is there and empty.
    pub folder: PathBuf,
}

impl Job<'_> {
    /// Runs the steps. Dropping the future leaves processes behind: whoever does that ends them by the run's mark.
    pub async fn execute(&self, steps: &[Step], log: &mut Log) -> io::Result<Status> {
        let tree = self.folder.join("tree");
        std::fs::create_dir(&tree)?;
        self.repository.check_out(&self.run.commit_id, &tree, &self.folder.join("index")).await?;
        for (number, step) in steps.iter().enumerate() {
            self.store.step_begins(self.run.id, number, &step.name).await.map_err(stored)?;
            log.line(format!("==> {}", step.name).as_bytes())?;
            let code = exit_code(self.step(step, &tree, log).await?);
            self.store.step_ends(self.run.id, number, code).await.map_err(stored)?;
            if code != 0 {
                log.line(format!("==> {} ended with {code}", step.name).as_bytes())?;
                return Ok(Status::Failed);
            }
        }
        Ok(Status::Passed)
    }

    async fn step(&self, step: &Step, tree: &Path, log: &mut Log) -> io::Result<ExitStatus> {
        // One pipe for both outputs keeps their order.
        let (output, input) = io::pipe()?;
        let mut command = self.command(step, tree);
        command.stdout(input.try_clone()?).stderr(input);
        let mut child = command.spawn()?;
        // It holds our ends for writing, and the output would never come to its end.
        drop(command);
        let waiting = async {
            let status = child.wait().await;
            // What a step leaves in the background ends with it, and with that the output.
            processes::kill_all(&self.run.mark).await;
            status
        };
        let output = pipe::Receiver::from_owned_fd(output.into())?;
        let (status, copied) = tokio::join!(waiting, copy_lines(output, log));
        copied?;
        status
    }

    /// The step as a command. What it runs is the repository's own text; what a pusher names, as the branch, is never part
    /// of it, only of the environment.
    fn command(&self, step: &Step, tree: &Path) -> Command {
        let command = Command::new("sh");
        let variables = self.secrets.variables().count();
        todo!(
            "let {command:?} run {:?} in {tree:?}, with {variables} secrets, {:?} and {} in a clean environment",
            step.run,
            self.run,
            processes::MARK
        )
    }
}

/// As a shell tells it: 128 and the signal, when it was one.
fn exit_code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

/// The store has said in the log what was wrong.
fn stored(_: plumbing::Problem) -> io::Error {
    io::Error::other("the database could not be written")
}

/// Copies lines until the end of the output. Of a line that is too long the rest is left out, so that no step makes this
/// program hold more.
async fn copy_lines(output: pipe::Receiver, log: &mut Log) -> io::Result<()> {
    todo!("add each line of {output:?}, up to {} bytes of it, to the log", log.line_limit())
}
