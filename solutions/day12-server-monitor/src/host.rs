//! What the host does, by the files that the kernel shows under `/proc`: see proc(5).

use crate::exposition::{Family, Kind, Sample};
use std::path::Path;

/// The unit of times in `stat`. The kernel shows it to programs as 100 for a second, whatever its own clock does.
const TICKS_PER_SECOND: f64 = 100.0;

/// The columns of the line `cpu` in `stat`. What follows them is contained in the first two.
const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

/// Reads the host's metrics, afresh each time. What is not there or makes no sense is left out, and nothing else.
pub async fn read(procfs: &Path) -> Vec<Family> {
    let text = async |name: &str| tokio::fs::read_to_string(procfs.join(name)).await.unwrap_or_default();
    let mut families = load(&text("loadavg").await);
    families.extend(memory(&text("meminfo").await));
    families.extend(uptime(&text("uptime").await));
    families.extend(kernel(&text("stat").await));
    families
}

/// `0.52 0.48 0.61 2/345 12345`
fn load(text: &str) -> Vec<Family> {
    let names = [
        ("host_load1", "Processes that run or wait to, over one minute."),
        ("host_load5", "Processes that run or wait to, over five minutes."),
        ("host_load15", "Processes that run or wait to, over fifteen minutes."),
    ];
    let words = text.split_whitespace();
    names.into_iter().zip(words).map(|((name, help), word)| gauge(name, help, number(word))).collect()
}

/// `MemTotal:       16314564 kB`
fn memory(text: &str) -> Vec<Family> {
    let bytes = |key: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        let kibibytes = rest.trim().strip_suffix("kB")?.trim_end();
        Some(number(kibibytes)? * 1024.0)
    };
    vec![
        gauge("host_memory_total_bytes", "Memory of the host.", bytes("MemTotal")),
        gauge("host_memory_available_bytes", "Memory that new programs could get.", bytes("MemAvailable")),
    ]
}

/// `350735.47 234388.90`
fn uptime(text: &str) -> Vec<Family> {
    let seconds = text.split_whitespace().next().and_then(number);
    vec![gauge("host_uptime_seconds", "Time since the host was started.", seconds)]
}

/// `stat` has a keyword and its numbers in each line.
fn kernel(text: &str) -> Vec<Family> {
    let values = |key: &str| {
        let line = text.lines().map(str::split_whitespace).find(|line| line.clone().next() == Some(key));
        line.into_iter().flatten().skip(1)
    };
    let first = |key: &str| values(key).next().and_then(number);
    let modes = MODES.into_iter().zip(values("cpu"));
    let cpu = modes.filter_map(|(mode, ticks)| Some(Sample::new(number(ticks)? / TICKS_PER_SECOND).with("mode", mode)));
    let switches = first("ctxt").map(Sample::new);
    vec![
        gauge("host_boot_time_seconds", "When the host was started, in seconds since 1970.", first("btime")),
        gauge("host_processes_running", "Processes that run or could run.", first("procs_running")),
        Family::new(
            "host_cpu_seconds_total",
            Kind::Counter,
            "What all processors together spent their time on.",
            cpu.collect(),
        ),
        Family::new(
            "host_context_switches_total",
            Kind::Counter,
            "Changes from one process to another.",
            switches.into_iter().collect(),
        ),
    ]
}

fn gauge(name: &'static str, help: &'static str, value: Option<f64>) -> Family {
    Family::new(name, Kind::Gauge, help, value.map(Sample::new).into_iter().collect())
}

fn number(word: &str) -> Option<f64> {
    word.parse().ok().filter(|number: &f64| number.is_finite())
}
