//! Linux: finding processes that left their group (`setsid`), so that nothing outlives its run.

use super::{
    MARKER,
    family::{Family, Forks, processes},
};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, set_child_subreaper, waitpid};
use std::{
    collections::BTreeSet,
    fs, io,
    sync::{
        Mutex, MutexGuard, Once, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
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
pub(super) fn sweep_up(family: &Family, marker: &str) {
    let needle = format!("{MARKER}={marker}");
    for _ in 0..100 {
        let mut found = false;
        for id in family.candidates().into_iter().filter_map(pid) {
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
    collect_zombies(family);
}

/// Starts a process as one of our own. The lock is held meanwhile, or a process that ends at once could be taken for an
/// orphan between its start and its entry.
pub(super) fn start<T>(spawn: impl FnOnce() -> io::Result<T>, id: impl Fn(&T) -> u32) -> io::Result<(T, Family)> {
    let mut started = started();
    let forks = Forks::so_far();
    let child = spawn()?;
    let id = id(&child);
    started.insert(id);
    Ok((child, forks.family(id)))
}

/// To be called when the process has been waited for.
pub(super) fn forget(id: u32) {
    started().remove(&id);
}

/// Orphans that have ended wait for us to take note of it; until then they hold an entry in the process table. Those that
/// ended a moment too late for their own run are found by a later one that looks at everybody.
fn collect_zombies(family: &Family) {
    const EVERYBODY: u64 = 32;
    static LOOKS: AtomicU64 = AtomicU64::new(0);
    let looks_at_all = LOOKS.fetch_add(1, Ordering::Relaxed).is_multiple_of(EVERYBODY);
    let started = started();
    let ids = if looks_at_all { processes() } else { family.candidates() };
    for id in ids.into_iter().filter(|id| !started.contains(id)).filter_map(pid) {
        if is_our_zombie(id) {
            let _ = waitpid(Some(id), WaitOptions::NOHANG);
        }
    }
}

fn started() -> MutexGuard<'static, BTreeSet<u32>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pid(id: u32) -> Option<Pid> {
    Pid::from_raw(id.try_into().ok()?)
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
