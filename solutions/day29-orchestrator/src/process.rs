//! Starts, finds, signals and ends the processes of pods.
//!
//! A process carries two things in its environment that tell whose it is: the id of the cluster and the uid of the pod.
//! What it starts inherits them. They can be read as long as it lives, and never belong to somebody else, as a process id
//! soon may. A process that was found is held by a *pidfd*, which stands for this one process and no other (pidfd_open(2)).

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::fd::OwnedFd,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::Stdio,
};
use tokio::{
    io::{Interest, unix::AsyncFd},
    process::{Child, Command},
};

/// The variable with the mark.
const MARK: &str = "ORCHESTRATOR_POD";

/// How a process that was not our own child ended, nobody can say. Kubernetes says 137 then.
const UNKNOWN: i32 = 137;

/// What every process of a pod carries: the cluster's id and the pod's uid.
#[derive(Debug, Clone)]
pub struct Mark {
    pub cluster: String,
    pub uid: String,
}

/// What to start.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The program and its arguments.
    pub command: &'a [String],
    pub environment: Vec<(String, String)>,
    /// Gets both outputs. A pipe would end with us, and the process with it.
    pub log: &'a Path,
    pub mark: &'a Mark,
}

/// The first process of a pod.
#[derive(Debug)]
pub struct Process {
    pidfd: AsyncFd<OwnedFd>,
    /// Present when it was started by this life of the program, and so can be waited for.
    child: Option<Child>,
}

impl Mark {
    fn value(&self) -> String {
        format!("{}/{}", self.cluster, self.uid)
    }
}

impl Process {
    /// Starts a process that outlives us.
    pub fn start(launch: &Launch<'_>) -> io::Result<Process> {
        let (program, arguments) = launch.command.split_first().ok_or_else(|| io::Error::other("no command"))?;
        let log = File::options().create(true).append(true).open(launch.log)?;
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .env(MARK, launch.mark.value())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C is for us and not for them.
            .process_group(0)
            .spawn()?;
        let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let pidfd = pidfd_open(id.ok_or_else(|| io::Error::other("it ended at once"))?, PidfdFlags::NONBLOCK)?;
        Ok(Process { pidfd: watched(pidfd)?, child: Some(child) })
    }

    /// Returns its exit code when it has ended, as a shell tells it: 128 and the signal, when it was one.
    pub async fn ended(&mut self) -> i32 {
        match &mut self.child {
            Some(child) => match child.wait().await {
                Ok(status) => status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
                Err(_) => UNKNOWN,
            },
            None => {
                // A pidfd becomes readable when its process ends.
                let _ = self.pidfd.readable().await;
                UNKNOWN
            }
        }
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        // One that has just ended needs no signal.
        let _ = pidfd_send_signal(self.pidfd.get_ref(), Signal::TERM);
    }
}

#[expect(
    unsafe_code,
    reason = "whoever registers a descriptor has to promise that it stays open as long as it is registered"
)]
fn watched(pidfd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is open as long as it lives, never changes, and lives in the `AsyncFd`.
    Ok(unsafe { AsyncFd::register_with_interest(pidfd, Interest::READABLE) }?)
}

/// The first process of each pod of this cluster, by the pod's uid.
pub fn find(cluster: &str) -> BTreeMap<String, Process> {
    let mut eldest: BTreeMap<String, (u64, Pid)> = BTreeMap::new();
    for (id, uid) in marked(cluster) {
        // What a pod has started is younger than its first process.
        let Some(age) = started(id) else { continue };
        let entry = eldest.entry(uid).or_insert((age, id));
        if age < entry.0 {
            *entry = (age, id);
        }
    }
    let process = |(uid, (_, id)): (String, (u64, Pid))| {
        let pidfd = hold(id, cluster, &uid)?;
        Some((uid, Process { pidfd: watched(pidfd).ok()?, child: None }))
    };
    eldest.into_iter().filter_map(process).collect()
}

/// Kills every process of a pod, and those that they start meanwhile. Returns when all that we may kill have ended.
pub async fn kill_all(mark: &Mark) {
    loop {
        let mark = mark.clone();
        let killed = tokio::task::spawn_blocking(move || kill_once(&mark)).await.unwrap_or_default();
        if killed.is_empty() {
            return;
        }
        for pidfd in killed {
            // A killed process has no environment any more, and so no mark, before it has ended.
            if let Ok(pidfd) = watched(pidfd) {
                let _ = pidfd.readable().await;
            }
        }
    }
}

fn kill_once(mark: &Mark) -> Vec<OwnedFd> {
    let of_pod = marked(&mark.cluster).filter(|(_, uid)| *uid == mark.uid);
    let held = of_pod.filter_map(|(id, uid)| hold(id, &mark.cluster, &uid));
    // One that may not be signalled, because it has become another user's, would keep us here for ever.
    held.filter(|pidfd| pidfd_send_signal(pidfd, Signal::KILL).is_ok()).collect()
}

/// Takes hold of a process. Its id could have become somebody else's meanwhile: what we hold is right when its mark is.
fn hold(id: Pid, cluster: &str, uid: &str) -> Option<OwnedFd> {
    let pidfd = pidfd_open(id, PidfdFlags::NONBLOCK).ok()?;
    mark_of(id, cluster).is_some_and(|found| found == uid).then_some(pidfd)
}

/// All processes with a mark of this cluster, with the uid in it.
fn marked(cluster: &str) -> impl Iterator<Item = (Pid, String)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    ids.filter_map(move |id| Some((id, mark_of(id, cluster)?)))
}

fn mark_of(id: Pid, cluster: &str) -> Option<String> {
    // Other people's processes cannot be read, and zombies have no environment any more.
    let environment = fs::read(format!("/proc/{id}/environ")).ok()?;
    let wanted = format!("{MARK}={cluster}/");
    let found = environment.split(|byte| *byte == 0).find_map(|variable| variable.strip_prefix(wanted.as_bytes()))?;
    Some(String::from_utf8_lossy(found).into_owned())
}

/// When a process began, in ticks since the machine did (proc(5), field 22 of `stat`).
fn started(id: Pid) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold spaces and parentheses itself. After it comes field 3.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}
