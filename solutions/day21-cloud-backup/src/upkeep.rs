//! Looking after a repository: list, verify, prune.

use crate::{
    repository::{AT_ONCE, Kind, Repository, Snapshot},
    say,
};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
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
    let (snapshots, mut damage) = repository.snapshots().await?;
    let mut chunks = repository.chunks().await?;
    for snapshot in &snapshots {
        match needs(repository, snapshot).await {
            Ok(needed) => chunks.extend(needed),
            Err(failure) => damage.push(format!("the manifest of {} ({failure})", snapshot.id)),
        }
    }
    let reading = stream::iter(&chunks).map(|id| repository.chunk(id)).buffer_unordered(AT_ONCE);
    let failures: Vec<_> = reading.filter_map(async |read| read.err()).collect().await;
    damage.extend(failures.iter().map(ToString::to_string));
    intact(&damage)?;
    say(format_args!("{} snapshots and {} chunks are as they were written", snapshots.len(), chunks.len()))
}

/// Removes the snapshots that the policy does not keep, then the chunks that no other snapshot needs. If it is interrupted
/// in between, there are chunks too many and none too few.
pub async fn prune(repository: &Repository, policy: &Policy) -> Result<(), Failure> {
    let (snapshots, damage) = repository.snapshots().await?;
    // What is needed is known completely before the first deletion, or nothing is deleted.
    intact(&damage)?;
    let kept = policy.choose(&snapshots);
    let mut needed = HashSet::new();
    for snapshot in snapshots.iter().filter(|snapshot| kept.contains(&snapshot.id)) {
        needed.extend(needs(repository, snapshot).await?);
    }
    let chunks = repository.chunks().await?;
    for snapshot in snapshots.iter().filter(|snapshot| !kept.contains(&snapshot.id)) {
        repository.remove_snapshot(&snapshot.id).await?;
        say(format_args!("removed {snapshot}"))?;
    }
    repository.remove_chunks(chunks.into_iter().filter(|id| !needed.contains(id))).await
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
    let mut ids = snapshot.manifest.clone();
    for entry in repository.manifest(snapshot).await? {
        if let Kind::File(chunks) = entry.kind {
            ids.extend(chunks);
        }
    }
    Ok(ids)
}

impl Policy {
    /// The ids of the snapshots that any of the rules keeps.
    fn choose<'a>(&self, snapshots: &'a [Snapshot]) -> HashSet<&'a String> {
        // RFC 3339 in UTC: ten characters are the day, seven the month.
        let rules = [(self.keep, None), (self.daily, Some(10)), (self.monthly, Some(7))];
        if rules.iter().all(|(count, _)| count.is_none()) {
            return snapshots.iter().map(|snapshot| &snapshot.id).collect();
        }
        rules.iter().flat_map(|(count, length)| latest(snapshots, *count, *length)).collect()
    }
}

/// The latest snapshot of each of the latest `count` periods that have one. A period is the start of a time; none: each is
/// a period of its own.
fn latest(snapshots: &[Snapshot], count: Option<NonZeroUsize>, length: Option<usize>) -> Vec<&String> {
    let period = |time: Timestamp| length.map(|length| time.to_string().chars().take(length).collect::<String>());
    let mut seen = HashSet::new();
    let newest = snapshots.iter().rev().filter(|snapshot| length.is_none() || seen.insert(period(snapshot.time)));
    newest.take(count.map_or(0, NonZeroUsize::get)).map(|snapshot| &snapshot.id).collect()
}
