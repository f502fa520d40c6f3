use crate::visible::support::{Monitor, config};
use harness::{expect, random};
use std::fs;

/// All metrics of the host that have one value.
const SINGLE: [&str; 9] = [
    "host_load1",
    "host_load5",
    "host_load15",
    "host_memory_total_bytes",
    "host_memory_available_bytes",
    "host_uptime_seconds",
    "host_boot_time_seconds",
    "host_processes_running",
    "host_context_switches_total",
];

fn write(monitor: &Monitor, name: &str, text: &str) {
    fs::write(monitor.procfs(name), text).expect("the scratch folder can be written to");
}

#[tokio::test]
async fn each_request_reads_afresh() {
    let monitor = Monitor::start(&config(&[]));
    let mut random = random();
    for _ in 0..5 {
        let (load, available) = (random.between(0..=9999) as f64 / 100.0, random.between(0..=99_999_999));
        write(&monitor, "loadavg", &format!("{load:.2} 0.00 0.01 1/2 3\n"));
        write(&monitor, "meminfo", &format!("MemAvailable:   {available} kB\nMemTotal:  99999999 kB\n"));
        let metrics = monitor.scrape().await;
        expect("the load of now").eq(metrics.value("host_load1", &[]), Some(load));
        let bytes = available as f64 * 1024.0;
        expect("the memory of now").eq(metrics.value("host_memory_available_bytes", &[]), Some(bytes));
    }
}

#[tokio::test]
async fn all_modes_of_the_processors_are_shown() {
    let monitor = Monitor::start(&config(&[]));
    let mut random = random();
    let ticks: Vec<i64> = (0..10).map(|_| random.between(0..=9_999_999_999)).collect();
    let words: Vec<String> = ticks.iter().map(i64::to_string).collect();
    write(&monitor, "stat", &format!("cpu0 1 2 3 4 5 6 7 8 9 0\ncpu  {}\nctxt 17\n", words.join(" ")));
    let metrics = monitor.scrape().await;
    let modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
    for (mode, ticks) in modes.into_iter().zip(&ticks) {
        let seconds = metrics.value("host_cpu_seconds_total", &[("mode", mode)]).unwrap_or(f64::NAN);
        expect(format!("{ticks} hundredths of a second in mode {mode}"))
            .that((seconds - *ticks as f64 / 100.0).abs() < 0.001, seconds);
    }
    let shown = metrics.samples.keys().filter(|series| series.name == "host_cpu_seconds_total").count();
    expect("one series for each mode, and none for a single processor").eq(shown, modes.len());
    expect("context switches").eq(metrics.value("host_context_switches_total", &[]), Some(17.0));
}

#[tokio::test]
async fn what_is_missing_is_left_out_alone() {
    let monitor = Monitor::start(&config(&[]));
    let missing =
        [("loadavg", &SINGLE[0..3]), ("meminfo", &SINGLE[3..5]), ("uptime", &SINGLE[5..6]), ("stat", &SINGLE[6..9])];
    for (count, (file, _)) in missing.into_iter().enumerate() {
        fs::remove_file(monitor.procfs(file)).expect("the file was there");
        let metrics = monitor.scrape().await;
        for (at, (file, names)) in missing.into_iter().enumerate() {
            for name in names {
                let is_there = metrics.value(name, &[]).is_some();
                expect(format!("{name} is there if {file} is")).eq(is_there, at > count);
            }
        }
    }
    monitor.http.get("/api/targets").send().await.expect("the rest works without /proc").status(200);
}

#[tokio::test]
async fn what_makes_no_sense_is_left_out_alone() {
    let monitor = Monitor::start(&config(&[]));
    write(&monitor, "loadavg", "0.5 what 0.7\n");
    write(&monitor, "meminfo", "MemTotal:\nMemAvailable: 12 kB\nMemTotalled: 5 kB\n");
    write(&monitor, "uptime", "");
    write(&monitor, "stat", "cpu\nbtime soon\nprocs_running 3\nprocs_running_late 4\n");
    let metrics = monitor.scrape().await;
    let values = [
        ("host_load1", Some(0.5)),
        ("host_load5", None),
        ("host_load15", Some(0.7)),
        ("host_memory_total_bytes", None),
        ("host_memory_available_bytes", Some(12.0 * 1024.0)),
        ("host_uptime_seconds", None),
        ("host_boot_time_seconds", None),
        ("host_processes_running", Some(3.0)),
        ("host_context_switches_total", None),
    ];
    for (name, value) in values {
        expect(format!("{name} as far as it makes sense")).eq(metrics.value(name, &[]), value);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_procfs_it_is_the_machine_s_own() {
    let folder = harness::scratch();
    let file = folder.path().join("targets.toml");
    fs::write(&file, config(&[])).expect("the scratch folder can be written to");
    let program = harness::Launch::service().arg("--config").arg(&file).start();
    let reply = harness_net::Http::to(&program).get("/metrics").send().await;
    let own = fs::read_to_string("/proc/meminfo").expect("Linux has /proc/meminfo");
    let total = own.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok());
    let bytes: u64 = total.map(|kibibytes: u64| kibibytes * 1024).expect("the kernel tells the memory in kB");
    let text = reply.text();
    let line = text.lines().find_map(|line| line.strip_prefix("host_memory_total_bytes "));
    let value = line.and_then(|value| value.trim().parse::<f64>().ok());
    reply.expect("the memory of this machine is shown").status(200);
    expect("the memory of this machine is shown").eq(value, Some(bytes as f64));
}
