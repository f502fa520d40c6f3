//! The engines of docs/engines, started as that page says, with workers that are killed in the middle: what is merged is
//! what a single run finds, byte for byte, but for times and for what messages quote.
//!
//! `COHORT_SIZE=…` takes another number of learners, `COHORT_SEED=…` repeats a choice.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "engines/compare.rs"]
mod compare;
#[allow(dead_code, reason = "the truth is the business of another test")]
mod made;
#[path = "engines/slurm.rs"]
mod slurm;

use made::{DAYS, DUE, Made, number, repository};
use slurm::Cluster;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

const SHARDS: usize = 5;
/// For everything that happens here; nobody waits for it unless something hangs.
const PATIENCE: Duration = Duration::from_secs(1200);

/// A cohort, and what a single run makes of it.
struct Ground {
    folder: TempDir,
    made: Made,
}

impl Ground {
    fn new() -> Ground {
        let (seed, size) = (number("COHORT_SEED", fastrand::u64(..1 << 32)), number("COHORT_SIZE", 20));
        println!("COHORT_SEED={seed} COHORT_SIZE={size}");
        let folder = tempfile::tempdir().unwrap();
        let made = Made::steady(&folder.path().join("cohort"), usize::try_from(size).unwrap(), seed);
        let ground = Ground { folder, made };
        let mut single = Command::new(env!("CARGO_BIN_EXE_xtask-cohort"));
        single.current_dir(repository()).arg("grade").arg("--out").arg(ground.single()).args(ground.options());
        assert_eq!(single.status().unwrap().code(), Some(0));
        ground
    }

    fn single(&self) -> PathBuf {
        self.folder.path().join("single")
    }

    fn options(&self) -> Vec<String> {
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let (roster, submissions) = (path(&self.made.roster), path(&self.made.submissions));
        let days = DAYS.join(",");
        let options = ["--roster", &roster, "--submissions", &submissions, "--days", &days, "--due", DUE, "--fresh"];
        options.map(str::to_owned).to_vec()
    }

    /// A script of docs/engines that grades into `out`.
    fn script(&self, name: &str, out: &Path) -> Command {
        let mut script = Command::new(repository().join("docs/engines").join(name));
        script.arg(SHARDS.to_string()).arg(out).args(self.options()).stdin(Stdio::null());
        script
    }
}

/// Asks until there is an answer.
#[track_caller]
fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The process that grades a shard into `out`, once it has graded somebody and has others left.
fn worker_in_the_middle(ground: &Ground, out: &Path, shard: usize) -> u32 {
    let reports = out.join(format!("shards/{shard}-of-{SHARDS}/reports"));
    eventually("a shard that has begun", || {
        let count = fs::read_dir(&reports).map_or(0, Iterator::count);
        assert!(count < ground.made.truth.len() / SHARDS, "shard {shard} has ended before it was killed");
        if count > 0 { worker(out, shard) } else { None }
    })
}

/// The process that grades a shard into `out`: a folder of ours alone.
fn worker(out: &Path, shard: usize) -> Option<u32> {
    let wanted = format!("{}/shards/{shard}-of-{SHARDS}", out.display());
    fs::read_dir("/proc").unwrap().flatten().find_map(|process| {
        let id = process.file_name().to_str()?.parse().ok()?;
        let program = fs::read_link(process.path().join("exe")).ok()?;
        let command = fs::read(process.path().join("cmdline")).ok()?;
        let is_wanted = command.split(|byte| *byte == 0).any(|word| word == wanted.as_bytes());
        (is_wanted && program.ends_with("xtask-cohort")).then_some(id)
    })
}

fn kill(process: u32) {
    assert!(Command::new("kill").args(["-KILL", &process.to_string()]).status().unwrap().success());
}

/// A test without its tools proves nothing, so it does not pass.
fn require(tools: &[&str], packages: &str) {
    let is_missing = |tool: &&&str| Command::new(tool).arg("-V").output().is_err();
    let missing: Vec<_> = tools.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "{missing:?} cannot be started; install {packages}");
}

#[test]
fn an_engine_whose_workers_are_killed_finds_what_a_single_run_finds() {
    require(&["parallel"], "parallel");
    require(&["slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "munged", "setpriv"], "slurm-wlm and munge");
    assert!(Cluster::is_possible(), "slurmd and munged have to be started by root; run this as root");
    let ground = Ground::new();
    by_parallel(&ground);
    by_slurm(&ground);
}

/// GNU parallel, with a worker that is killed.
fn by_parallel(ground: &Ground) {
    let out = ground.folder.path().join("parallel");
    let mut parallel = ground.script("parallel.sh", &out).env("JOBS", "2").spawn().unwrap();
    kill(worker_in_the_middle(ground, &out, 2));
    assert_eq!(parallel.wait().unwrap().code(), Some(0));
    compare::same(&ground.single(), &out);
    let log = fs::read_to_string(out.join(format!("shards/joblog-of-{SHARDS}"))).unwrap();
    assert_eq!(log.lines().count(), 1 + SHARDS, "{log}");
}

/// Slurm, with a worker that is killed and a node that goes away.
fn by_slurm(ground: &Ground) {
    let out = ground.folder.path().join("slurm");
    let cluster = Cluster::start();
    let mut submit = ground.script("slurm-submit.sh", &out);
    assert!(cluster.at(&mut submit).status().unwrap().success());

    kill(worker_in_the_middle(ground, &out, 2));
    eventually("the killed shard in the queue again", || cluster.restarts(2).filter(|restarts| *restarts > 0));

    let lost = eventually("a worker on the node", || (3..=SHARDS).find(|shard| worker(&out, *shard).is_some()));
    cluster.node("DOWN");
    eventually("the shard of the lost node in the queue again", || cluster.restarts(lost).filter(|it| *it > 0));
    cluster.node("RESUME");

    eventually("an empty queue", || cluster.is_idle().then_some(()));
    // What the lost node was at goes on until it is done, and does no harm.
    eventually("an end of all workers", || (1..=SHARDS).all(|shard| worker(&out, shard).is_none()).then_some(()));
    let log = |name: &str| fs::read_to_string(out.join("shards/logs").join(name)).unwrap_or_default();
    assert!(log("merge.log").contains(&format!("{} reports in", ground.made.truth.len())), "{}", log("merge.log"));
    assert!(log("2.log").contains("is put back into the queue"), "{}", log("2.log"));
    compare::same(&ground.single(), &out);
}
