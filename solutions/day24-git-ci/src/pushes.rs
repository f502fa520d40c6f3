//! Turns branches that have moved into runs. Nothing is told by the push itself: the heads are compared with what was last
//! seen, so a push in the last moment before a crash is found at the next start.

use crate::{
    pipeline::Pipeline,
    repositories::{PipelineFile, Repositories, Repository, random_hex},
    runner::Runner,
    store::{Moved, Plan, Store},
};
use plumbing::{Failure, Problem};
use std::{collections::BTreeMap, io};
use tokio::sync::Mutex;

#[derive(Debug)]
pub struct Pushes {
    store: Store,
    repositories: Repositories,
    runner: Runner,
    /// One look at a time: of two, the one that looked first could write last.
    looking: Mutex<()>,
}

impl Pushes {
    pub fn new(store: Store, repositories: Repositories, runner: Runner) -> Pushes {
        Pushes { store, repositories, runner, looking: Mutex::new(()) }
    }

    /// Looks at every repository, before the first request.
    pub async fn look_at_all(&self) -> Result<(), Failure> {
        for name in self.repositories.names()? {
            let found = self.repositories.find(&name);
            let looked = match found {
                Ok(repository) => self.look_at(&repository).await,
                Err(problem) => Err(problem),
            };
            looked.map_err(|_| Failure::new(format!("the repository {name} cannot be read")))?;
        }
        Ok(())
    }

    /// Writes down what is to be run for the branches that have moved.
    pub async fn look_at(&self, repository: &Repository) -> Result<(), Problem> {
        let _looking = self.looking.lock().await;
        let seen = self.store.heads(&repository.name).await?;
        let heads = repository.heads().await.map_err(Problem::internal)?;
        let moved = moved(repository, &seen, &heads).await.map_err(Problem::internal)?;
        let is_gone = |branch: &&String| !heads.iter().any(|(head, _)| head == *branch);
        let gone: Vec<String> = seen.keys().filter(is_gone).cloned().collect();
        let superseded = self.store.moved(&repository.name, &moved, &gone).await?;
        for run in superseded {
            self.runner.cancel(run);
        }
        self.runner.wake();
        Ok(())
    }
}

/// The branches that are new, or are not where they were.
async fn moved(
    repository: &Repository,
    seen: &BTreeMap<String, String>,
    heads: &[(String, String)],
) -> io::Result<Vec<Moved>> {
    let mut moved = Vec::new();
    for (branch, commit) in heads {
        if has_moved(seen, branch, commit) {
            let plan = plan(repository, commit).await?;
            moved.push(Moved { branch: branch.clone(), commit: commit.clone(), plan });
        }
    }
    Ok(moved)
}

fn has_moved(seen: &BTreeMap<String, String>, branch: &str, commit: &str) -> bool {
    seen.get(branch).is_none_or(|before| before != commit)
}

async fn plan(repository: &Repository, commit: &str) -> io::Result<Plan> {
    Ok(match repository.pipeline_file(commit).await? {
        PipelineFile::Missing => Plan::Nothing,
        PipelineFile::Unusable(why) => Plan::Refuse(why),
        PipelineFile::Text(text) => match Pipeline::parse(&text) {
            Ok(pipeline) => Plan::Run { cancel_superseded: pipeline.cancel_superseded, mark: random_hex()? },
            Err(why) => Plan::Refuse(why),
        },
    })
}
