//! What the kernel tells of the machine.

use crate::exposition::Family;
use std::{fs, path::Path};

const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

/// All families of the host; what makes no sense is left out.
pub fn families(procfs: &Path) -> Vec<Family> {
    let words = |file: &str| -> Vec<Vec<String>> {
        let bytes = fs::read(procfs.join(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
    };
    let (load, memory, uptime, stat) = (words("loadavg"), words("meminfo"), words("uptime"), words("stat"));
    let word = |lines: &[Vec<String>], at: usize| lines.first().and_then(|line| line.get(at)).cloned();
    let after = |lines: &[Vec<String>], name: &str| {
        lines.iter().find(|line| line.first().is_some_and(|it| it == name)).and_then(|line| line.get(1)).cloned()
    };

    let mut families = Vec::new();
    let mut one = |name, kind, help, value: Option<String>| {
        let mut family = Family::new(name, kind, help);
        if let Some(value) = value {
            family.add(&[], value);
        }
        families.push(family);
    };
    for (at, name) in ["host_load1", "host_load5", "host_load15"].into_iter().enumerate() {
        one(name, "gauge", "Processes that run or wait, on average", word(&load, at).and_then(decimal));
    }
    one("host_uptime_seconds", "gauge", "Time since the start", word(&uptime, 0).and_then(decimal));
    for (name, key) in [("host_memory_total_bytes", "MemTotal:"), ("host_memory_available_bytes", "MemAvailable:")] {
        let bytes = after(&memory, key).and_then(|kib| kib.parse::<u64>().ok()?.checked_mul(1024));
        one(name, "gauge", "Memory of the host", bytes.map(|bytes| bytes.to_string()));
    }
    for (name, kind, key) in [
        ("host_boot_time_seconds", "gauge", "btime"),
        ("host_processes_running", "gauge", "procs_running"),
        ("host_context_switches_total", "counter", "ctxt"),
    ] {
        let number = after(&stat, key).and_then(|number| number.parse::<u64>().ok());
        one(name, kind, "As the kernel counts it", number.map(|number| number.to_string()));
    }

    let mut cpu = Family::new("host_cpu_seconds_total", "counter", "What the processors did");
    if let Some(line) = stat.iter().find(|line| line.first().is_some_and(|it| it == "cpu")) {
        for (mode, ticks) in MODES.iter().zip(&line[1..]) {
            if let Ok(ticks) = ticks.parse::<u64>() {
                cpu.add(&[("mode", mode)], format!("{}.{:02}", ticks / 100, ticks % 100));
            }
        }
    }
    families.push(cpu);
    families
}

fn decimal(text: String) -> Option<String> {
    let is_number = text.parse::<f64>().is_ok_and(|number| number.is_finite() && number >= 0.0);
    is_number.then_some(text)
}
