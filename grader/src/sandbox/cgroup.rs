//! Control groups (version 2), for the memory of a whole test. They need a part of the hierarchy that is ours.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Where the hierarchy is mounted.
const HIERARCHY: &str = "/sys/fs/cgroup";

/// The part of the hierarchy that was given to us.
#[derive(Debug, Clone)]
pub(super) struct Delegated {
    folder: PathBuf,
}

/// The control group of one test. It is removed when the value is dropped; all in it has ended by then.
#[derive(Debug)]
pub(super) struct Group {
    folder: PathBuf,
}

impl Delegated {
    /// Looks for it, and puts the grader itself into a group below it: groups with limits may not hold processes and
    /// groups at once.
    ///
    /// # Errors
    /// With what is missing and how to get it.
    pub(super) fn find() -> Result<Delegated, String> {
        let how = "start the grader in a part of the hierarchy of its own: systemd-run --user --scope -p Delegate=yes cargo xtask grade …";
        let missing = |what: &str| format!("{what}; {how}");
        if !Path::new(HIERARCHY).join("cgroup.controllers").exists() {
            return Err(format!(
                "no cgroup v2 at {HIERARCHY}; boot with systemd.unified_cgroup_hierarchy=1, then {how}"
            ));
        }
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let own = own.lines().find_map(|line| line.strip_prefix("0::/")).ok_or_else(|| missing("no cgroup v2"))?;
        let mut folder = Path::new(HIERARCHY).join(own);
        if folder.file_name().is_some_and(|name| name == OWN_GROUP) {
            folder.pop();
        }
        let controllers = fs::read_to_string(folder.join("cgroup.controllers")).unwrap_or_default();
        for wanted in ["memory", "pids"] {
            if !controllers.split_whitespace().any(|controller| controller == wanted) {
                return Err(missing(&format!("the controller {wanted} is not delegated to {}", folder.display())));
            }
        }
        let delegated = Delegated { folder };
        delegated.prepare().map_err(|error| missing(&format!("{}: {error}", delegated.folder.display())))?;
        Ok(delegated)
    }

    fn prepare(&self) -> io::Result<()> {
        let own = self.folder.join(OWN_GROUP);
        fs::create_dir_all(&own)?;
        for id in fs::read_to_string(self.folder.join("cgroup.procs"))?.lines() {
            fs::write(own.join("cgroup.procs"), id)?;
        }
        fs::write(self.folder.join("cgroup.subtree_control"), "+memory +pids")
    }

    /// A new group called `name`.
    pub(super) fn group(&self, name: &str, memory: u64, processes: u64) -> io::Result<Group> {
        let group = Group { folder: self.folder.join(name) };
        fs::create_dir_all(&group.folder)?;
        fs::write(group.folder.join("memory.max"), memory.to_string())?;
        // Where there is no swap, there is no such file.
        let _ = fs::write(group.folder.join("memory.swap.max"), "0");
        fs::write(group.folder.join("memory.oom.group"), "1")?;
        fs::write(group.folder.join("pids.max"), processes.to_string())?;
        Ok(group)
    }
}

/// The group of the grader itself.
const OWN_GROUP: &str = "grader";

impl Group {
    /// The file to which a process writes its id to enter the group.
    pub(super) fn entrance(&self) -> PathBuf {
        self.folder.join("cgroup.procs")
    }

    /// Whether something in it was killed because of its memory.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let events = fs::read_to_string(self.folder.join("memory.events")).unwrap_or_default();
        events.lines().any(|line| line.strip_prefix("oom_kill ").is_some_and(|count| count != "0"))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::write(self.folder.join("cgroup.kill"), "1");
        // The kernel needs a moment to forget the processes.
        for _ in 0..100 {
            match fs::remove_dir(&self.folder) {
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::BUSY.raw_os_error()) => {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                _ => return,
            }
        }
    }
}
