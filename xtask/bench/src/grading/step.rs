//! One command of a measurement: how long it takes, and how much it computes.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How many lines of a failed command's output are shown.
const LAST_LINES: usize = 40;
/// How often a running command is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// What a command takes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// From start to end.
    pub wall: Duration,
    /// What it and everything that it started computed; zero where the system does not say (only Linux does).
    pub cpu: Duration,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

/// Runs a command that has to succeed.
pub fn run(command: &mut Command) -> Result<Cost, String> {
    let (cost, output) = measured(|| {
        let output = command.stdin(Stdio::null()).output();
        output.map_err(|error| format!("{} cannot be started: {error}", shown(command)))
    })?;
    let text = [output.stdout, output.stderr].concat();
    expect_success(command, output.status, &String::from_utf8_lossy(&text))?;
    Ok(cost)
}

/// Runs a command that has to succeed, and calls `look` with its process id while it runs. Its output goes to `log`.
pub fn run_watched(command: &mut Command, log: &Path, mut look: impl FnMut(u32)) -> Result<Cost, String> {
    let open = File::create(log).and_then(|file| Ok((file.try_clone()?, file)));
    let (stdout, stderr) = open.map_err(|error| format!("cannot write {}: {error}", log.display()))?;
    let (cost, status) = measured(|| {
        let child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn();
        let mut child = child.map_err(|error| format!("{} cannot be started: {error}", shown(command)))?;
        loop {
            look(child.id());
            match child.try_wait() {
                Ok(None) => thread::sleep(LOOK),
                ended => break ended.map_err(|error| format!("{} cannot be waited for: {error}", shown(command))),
            }
        }
    })?;
    // A log that cannot be read is no reason to hide the failure.
    let said = fs::read_to_string(log).unwrap_or_default();
    expect_success(command, status.unwrap_or_default(), &said)?;
    Ok(cost)
}

/// What `work` takes, and its result.
pub fn measured<T>(work: impl FnOnce() -> Result<T, String>) -> Result<(Cost, T), String> {
    let (before, begin) = (cpu_of_children(), Instant::now());
    let result = work()?;
    Ok((Cost { wall: begin.elapsed(), cpu: cpu_of_children().saturating_sub(before) }, result))
}

/// Runs all sides in turn, so that whatever else the machine does meets each: once without counting, and then `rounds`
/// times. Returns the medians of each side.
pub fn in_turn(rounds: usize, sides: &mut [&mut dyn FnMut() -> Result<Cost, String>]) -> Result<Vec<Cost>, String> {
    for side in &mut *sides {
        side()?;
    }
    counted(rounds, sides)
}

/// The same for sides that are warm already.
pub fn counted(rounds: usize, sides: &mut [&mut dyn FnMut() -> Result<Cost, String>]) -> Result<Vec<Cost>, String> {
    let mut costs = vec![Vec::new(); sides.len()];
    for _ in 0..rounds {
        for (side, costs) in sides.iter_mut().zip(&mut costs) {
            costs.push(side()?);
        }
    }
    Ok(costs.iter().map(|costs| median(costs)).collect())
}

/// The median times, each of its own.
pub fn median(costs: &[Cost]) -> Cost {
    let of = |time: fn(&Cost) -> Duration| {
        let mut times: Vec<_> = costs.iter().map(time).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    Cost { wall: of(|cost| cost.wall), cpu: of(|cost| cost.cpu) }
}

fn expect_success(command: &Command, status: ExitStatus, said: &str) -> Result<(), String> {
    if status.success() {
        return Ok(());
    }
    let lines: Vec<_> = said.trim().lines().collect();
    let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
    Err(format!("{} ended with {status}:\n{last}", shown(command)))
}

/// As it could be typed.
fn shown(command: &Command) -> String {
    let folder = command.get_current_dir().map(|folder| format!(" in {}", folder.display())).unwrap_or_default();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    words.join(" ") + &folder
}

/// What all processes that we or our descendants have waited for have computed: `cutime` and `cstime` of proc(5).
fn cpu_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold spaces; fields are counted from after it, where the third is.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace()).into_iter().flatten();
    let ticks: u64 = fields.skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_secs_f64(ticks as f64 / ticks_per_second())
}

#[cfg(unix)]
fn ticks_per_second() -> f64 {
    rustix::param::clock_ticks_per_second() as f64
}

#[cfg(not(unix))]
fn ticks_per_second() -> f64 {
    1.0
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_is_named_with_its_last_words() {
        let mut command = Command::new("sh");
        let error = run(command.args(["-c", "seq 100; echo broken >&2; exit 3"])).unwrap_err();
        assert!(error.starts_with("sh -c seq 100; echo broken >&2; exit 3 ended with exit status: 3:\n"), "{error}");
        assert!(error.ends_with("\n99\n100\nbroken") && !error.contains("\n10\n"), "{error}");
    }

    #[test]
    fn what_a_descendant_computes_is_counted() {
        let busy = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        let cost = run(Command::new("sh").args(["-c", &format!("sh -c '{busy}'; true")])).unwrap();
        assert!(cost.cpu > Duration::ZERO, "{cost:?}");
    }

    #[test]
    fn sides_take_turns_and_the_median_counts() {
        let order = std::cell::RefCell::new(String::new());
        let times = std::cell::RefCell::new([9, 3, 1, 2].into_iter().map(Duration::from_secs));
        let mut a = || {
            order.borrow_mut().push('a');
            Ok(Cost { wall: times.borrow_mut().next().unwrap(), cpu: Duration::ZERO })
        };
        let mut b = || {
            order.borrow_mut().push('b');
            Ok(Cost::default())
        };
        let medians = in_turn(3, &mut [&mut a, &mut b]).unwrap();
        assert_eq!(medians[0].wall, Duration::from_secs(2));
        assert_eq!(*order.borrow(), "abababab");
    }
}
