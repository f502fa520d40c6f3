//! Looking after a repository: list, verify, prune.

use crate::{
    repository::{AT_ONCE, Repository, Snapshot},
    say,
};
use plumbing::Failure;
use std::{collections::HashSet, fmt, num::NonZeroUsize};

/// Which snapshots stay. Without any of these, all.
#[derive(Debug, clap::Args)]
pub struct Policy {
    /// The latest N stay
    #[arg(long, value_name = "N")]
    keep: Option<NonZeroUsize>,
    /// The latest of each of the latest N days (UTC) with a snapshot stays
    #[arg(long, value_name = "N")]
    daily: Option<NonZeroUsize>,
    /// The latest of each of the latest N months (UTC) with a snapshot stays
    #[arg(long, value_name = "N")]
    monthly: Option<NonZeroUsize>,
}

/// The line of a snapshot: id, time, files, bytes.
impl fmt::Display for Snapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {} {}", self.id, self.time, self.files, self.bytes)
    }
}

/// Prints all snapshots that can be read, oldest first.
pub async fn list(repository: &Repository) -> Result<(), Failure> {
    let (snapshots, damage) = repository.snapshots().await?;
    for snapshot in &snapshots {
        say(snapshot)?;
    }
    intact(&damage)
}

/// Reads every object, also those that no snapshot needs, and looks for everything that a snapshot needs.
pub async fn verify(repository: &Repository) -> Result<(), Failure> {
    let (snapshots, damage) = repository.snapshots().await?;
    intact(&damage)?;
    for snapshot in &snapshots {
        drop(needs(repository, snapshot).await?);
    }
    todo!("read every chunk, {AT_ONCE} at once, and look for all that is needed")
}

/// Removes the snapshots that the policy does not keep, then the chunks that no other snapshot needs. If it is interrupted
/// in between, there are chunks too many and none too few.
pub async fn prune(repository: &Repository, policy: &Policy) -> Result<(), Failure> {
    let (snapshots, damage) = repository.snapshots().await?;
    let kept = policy.choose(&snapshots);
    let chunks = repository.chunks().await?;
    for snapshot in snapshots.iter().filter(|snapshot| !kept.contains(&snapshot.id)) {
        repository.remove_snapshot(&snapshot.id).await?;
        say(format_args!("removed {snapshot}"))?;
    }
    let nobody_needs = |id: &String| -> bool { todo!("whether nobody needs {id}; {damage:?} cannot be read") };
    repository.remove_chunks(chunks.into_iter().filter(nobody_needs)).await
}

fn intact(damage: &[String]) -> Result<(), Failure> {
    if damage.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("the backups are damaged: {}", damage.join(", "))))
    }
}

/// The ids of all chunks that a snapshot needs.
async fn needs(repository: &Repository, snapshot: &Snapshot) -> Result<Vec<String>, Failure> {
    let entries = repository.manifest(snapshot).await?;
    todo!("the ids of all chunks of {entries:?}, and what else {snapshot:?} needs")
}

impl Policy {
    /// The ids of the snapshots that any of the rules keeps.
    fn choose<'a>(&self, snapshots: &'a [Snapshot]) -> HashSet<&'a String> {
        todo!("which of {snapshots:?} stay by {self:?}")
    }
}
