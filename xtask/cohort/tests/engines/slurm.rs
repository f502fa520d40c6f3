//! A Slurm cluster of one node, on loopback, with folders and processes of its own. It ends when it is dropped.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;

/// The node.
const NODE: &str = "made";

pub struct Cluster {
    folder: TempDir,
    /// In the order in which they were started.
    daemons: Vec<Child>,
}

impl Cluster {
    /// slurmd becomes whoever has submitted a job, and munged refuses to be anybody.
    pub fn is_possible() -> bool {
        let user = Command::new("id").arg("-u").output().unwrap();
        let munge = Command::new("id").arg("munge").output().unwrap();
        user.stdout == b"0\n" && munge.status.success()
    }

    /// Starts munged, slurmctld and slurmd, and waits until the node is idle.
    pub fn start() -> Cluster {
        let mut cluster = Cluster { folder: tempfile::tempdir().unwrap(), daemons: Vec::new() };
        fs::set_permissions(cluster.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["munge", "state", "spool"] {
            fs::create_dir(cluster.path(folder)).unwrap();
        }
        cluster.start_munge();
        fs::write(cluster.path("slurm.conf"), cluster.configuration()).unwrap();
        // Both stay in the foreground, as children of ours.
        cluster.spawn("slurmctld", &["-D", "-i"]);
        cluster.spawn("slurmd", &["-D", "-N", NODE]);
        super::eventually("a node that is idle", || {
            cluster.expect_alive();
            let state = cluster.run("sinfo", &["--noheader", "--format", "%T"]);
            (state.stdout == b"idle\n").then_some(())
        });
        cluster
    }

    fn start_munge(&mut self) {
        let folder = self.path("munge");
        let key: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(128).collect();
        fs::write(folder.join("key"), key).unwrap();
        fs::set_permissions(folder.join("key"), fs::Permissions::from_mode(0o400)).unwrap();
        assert!(Command::new("chown").args(["-R", "munge:munge"]).arg(&folder).status().unwrap().success());
        let mut munged = Command::new("setpriv");
        munged.args(["--reuid=munge", "--regid=munge", "--clear-groups", "munged", "--foreground", "--num-threads=2"]);
        for (option, file) in
            [("key-file", "key"), ("socket", "socket"), ("pid-file", "pid"), ("log-file", "log"), ("seed-file", "seed")]
        {
            munged.arg(format!("--{option}={}", folder.join(file).display()));
        }
        self.daemons.push(munged.stdin(Stdio::null()).stderr(self.log("munged")).spawn().unwrap());
        super::eventually("the socket of munged", || {
            self.expect_alive();
            folder.join("socket").exists().then_some(())
        });
    }

    fn configuration(&self) -> String {
        let ports: Vec<_> = (0..2).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let port = |number: usize| ports[number].local_addr().unwrap().port();
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let (host, folder) = (host.trim(), self.folder.path().display());
        format!(
            "ClusterName=made\nSlurmctldHost={host}(127.0.0.1)\nSlurmUser=root\nSlurmctldPort={}\nSlurmdPort={}\n\
             CommunicationParameters=NoInAddrAny,NoCtldInAddrAny\nAuthType=auth/munge\nCryptoType=crypto/munge\n\
             AuthInfo=socket={folder}/munge/socket,cred_expire=5\n\
             StateSaveLocation={folder}/state\nSlurmdSpoolDir={folder}/spool\n\
             SlurmctldPidFile={folder}/slurmctld.pid\nSlurmdPidFile={folder}/slurmd.pid\n\
             ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nMpiDefault=none\nSwitchType=switch/none\n\
             AccountingStorageType=accounting_storage/none\nJobAcctGatherType=jobacct_gather/none\n\
             SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\nSlurmdParameters=config_overrides\n\
             SchedulerType=sched/builtin\nReturnToService=0\nJobRequeue=1\nKillWait=2\nMinJobAge=3600\n\
             NodeName={NODE} NodeHostname={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=8192 State=UNKNOWN\n\
             PartitionName=all Nodes={NODE} Default=YES MaxTime=INFINITE State=UP\n",
            port(0),
            port(1)
        )
    }

    fn spawn(&mut self, program: &str, arguments: &[&str]) {
        let mut daemon = Command::new(program);
        daemon.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.log(program));
        let daemon = self.at(&mut daemon).spawn().unwrap();
        self.daemons.push(daemon);
    }

    fn log(&self, program: &str) -> fs::File {
        fs::File::create(self.path(&format!("{program}.log"))).unwrap()
    }

    /// A daemon that has ended explains itself.
    fn expect_alive(&mut self) {
        if let Some(status) = self.daemons.iter_mut().find_map(|daemon| daemon.try_wait().unwrap()) {
            let log = |name: &&str| fs::read_to_string(self.path(&format!("{name}.log"))).unwrap_or_default();
            panic!(
                "a daemon ended, {status}: {}",
                ["munged", "slurmctld", "slurmd"].iter().map(log).collect::<String>()
            );
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same command, to be run at this cluster.
    pub fn at<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("SLURM_CONF", self.path("slurm.conf"))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        self.at(Command::new(program).args(arguments)).output().unwrap()
    }

    /// How often a task of the first job array was put back into the queue; none when it is not known yet.
    pub fn restarts(&self, task: usize) -> Option<u32> {
        let shown = self.run("scontrol", &["show", "job", "--oneliner"]);
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        let line = shown.lines().find(|line| line.contains(&format!("ArrayTaskId={task} ")))?;
        line.split_once("Restarts=")?.1.split(' ').next()?.parse().ok()
    }

    /// Sets the state of the node.
    pub fn node(&self, state: &str) {
        let update = ["update", &format!("nodename={NODE}"), &format!("state={state}"), "reason=test"];
        let updated = self.run("scontrol", &update);
        assert!(updated.status.success(), "{}", String::from_utf8_lossy(&updated.stderr));
    }

    /// Whether no job is left.
    pub fn is_idle(&self) -> bool {
        let queue = self.run("squeue", &["--noheader"]);
        queue.status.success() && queue.stdout.is_empty()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Jobs first: nobody would end them any more.
        let _ = self.run("scancel", &["--full", "--signal=KILL", "--state=RUNNING", "--user=root"]);
        let _ = self.run("scancel", &["--user=root"]);
        for daemon in self.daemons.iter_mut().rev() {
            let _ = Command::new("kill").arg(daemon.id().to_string()).status();
            if !ends(daemon) {
                let _ = daemon.kill();
            }
            let _ = daemon.wait();
        }
    }
}

/// Whether a daemon that was asked to end does.
fn ends(daemon: &mut Child) -> bool {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while std::time::Instant::now() < deadline {
        if daemon.try_wait().ok().flatten().is_some() {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    false
}
