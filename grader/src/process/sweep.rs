//! Linux: finding processes that left their group (`setsid`), so that nothing outlives its run.

use super::MARKER;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, set_child_subreaper, waitpid};
use std::{
    collections::BTreeSet,
    fs, io,
    sync::{Mutex, MutexGuard, Once, PoisonError},
};

/// The processes that we started ourselves and still wait for. All other children of ours are orphans that we adopted.
static STARTED: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Makes orphans below us our children instead of init's, so that they can be collected after they have been killed.
pub(super) fn adopt_orphans() {
    static ONCE: Once = Once::new();
    // Without it orphans are still found by their marker, only init collects them then.
    ONCE.call_once(|| {
        let _ = set_child_subreaper(Some(Pid::INIT));
    });
}

/// Kills every process that carries the marker, until a look finds none. A process that forks faster than we look is
/// met again and again; the number of rounds bounds what it can do to us.
pub(super) fn sweep_up(marker: &str) {
    let needle = format!("{MARKER}={marker}");
    for _ in 0..100 {
        let mut found = false;
        for id in processes() {
            if carries(id, needle.as_bytes()) {
                found = true;
                let _ = kill_process(id, Signal::KILL);
            }
        }
        if !found {
            break;
        }
        std::thread::yield_now();
    }
    collect_zombies();
}

/// Starts a process as one of our own. The lock is held meanwhile, or a process that ends at once could be taken for an
/// orphan between its start and its entry.
pub(super) fn start<T>(spawn: impl FnOnce() -> io::Result<T>, id: impl Fn(&T) -> u32) -> io::Result<T> {
    let mut started = started();
    let child = spawn()?;
    started.insert(id(&child));
    Ok(child)
}

/// To be called when the process has been waited for.
pub(super) fn forget(id: u32) {
    started().remove(&id);
}

/// Orphans that have ended wait for us to take note of it; until then they hold an entry in the process table.
fn collect_zombies() {
    let started = started();
    for id in processes() {
        if !started.contains(&id.as_raw_nonzero().get().unsigned_abs()) && is_our_zombie(id) {
            let _ = waitpid(Some(id), WaitOptions::NOHANG);
        }
    }
}

fn started() -> MutexGuard<'static, BTreeSet<u32>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn processes() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

fn carries(id: Pid, needle: &[u8]) -> bool {
    // Not readable means not ours.
    let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|variable| variable == needle)
}

fn is_our_zombie(id: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name in parentheses may hold spaces and parentheses itself.
    let mut fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    fields.next() == Some("Z") && fields.next().and_then(|parent| parent.parse().ok()) == Some(std::process::id())
}
