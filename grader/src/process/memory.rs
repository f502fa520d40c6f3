//! Linux: how much memory a process and its descendants hold.

use super::family::Family;
use std::{collections::BTreeMap, fs, path::Path};

/// Bytes that a process and all its descendants hold of their own. What they share with others (libraries, files) is not
/// counted, and files in memory are bounded by the size of their file system.
pub(super) fn memory_of(family: &Family) -> u64 {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for id in family.candidates() {
        if let Some(parent) = parent_of(id) {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut sum = 0;
    let mut open = vec![family.eldest];
    while let Some(id) = open.pop() {
        sum += own_memory(id);
        open.extend(children.remove(&id).into_iter().flatten());
    }
    sum
}

fn parent_of(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold spaces and parentheses itself.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Resident pages without the shared ones.
fn own_memory(id: u32) -> u64 {
    let statm = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("statm")).unwrap_or_default();
    let mut fields = statm.split_whitespace().skip(1).filter_map(|field| field.parse::<u64>().ok());
    let (resident, shared) = (fields.next().unwrap_or(0), fields.next().unwrap_or(0));
    resident.saturating_sub(shared) * page_size()
}

fn page_size() -> u64 {
    rustix::param::page_size() as u64
}
