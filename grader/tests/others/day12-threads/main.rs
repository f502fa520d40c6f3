//! Day 12 with threads: one probes each target, one tells the webhook, one waits for SIGHUP, and each client has one.

mod config;
mod exposition;
mod host;
mod monitor;
mod record;

use exposition::{Family, text};
use monitor::Monitor;
use others::{Options, Reply, Request, serve};
use record::BUCKETS;
use serde_json::{Value, json};
use signal_hook::{consts::SIGHUP, iterator::Signals};
use std::{
    error::Error,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

struct Service {
    monitor: Monitor,
    procfs: PathBuf,
    reloads: Mutex<Reloads>,
}

#[derive(Default)]
struct Reloads {
    successes: u64,
    failures: u64,
    last_failed: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::read(&["listen", "config", "procfs"], &[]);
    let path: PathBuf = options.value("config", "targets.toml");
    let mut hangups = Signals::new([SIGHUP])?;
    let service = Arc::new(Service {
        monitor: Monitor::start(config::read(&path)?),
        procfs: options.value("procfs", "/proc"),
        reloads: Mutex::default(),
    });
    let reloading = Arc::clone(&service);
    thread::spawn(move || {
        for _ in hangups.forever() {
            reloading.reload(&path);
        }
    });
    serve(options.value("listen", "127.0.0.1:8080"), 64 * 1024, move |request| service.answer(&request))?;
    Ok(())
}

impl Service {
    fn reload(&self, path: &std::path::Path) {
        let outcome = config::read(path).map(|config| self.monitor.apply(config));
        let mut reloads = self.reloads.lock().unwrap_or_else(PoisonError::into_inner);
        reloads.last_failed = outcome.is_err();
        match outcome {
            Ok(()) => reloads.successes += 1,
            Err(why) => {
                reloads.failures += 1;
                eprintln!("the config stays as it was: {why}");
            }
        }
    }

    fn answer(&self, request: &Request) -> Reply {
        match (request.path.as_str(), request.method.as_str()) {
            ("/api/targets", "GET" | "HEAD") => Reply::json(200, &json!({"targets": self.targets()})),
            ("/metrics", "GET" | "HEAD") => {
                Reply::bytes(200, "text/plain; version=0.0.4; charset=utf-8", text(self.families()).into_bytes())
            }
            ("/api/targets" | "/metrics", _) => Reply::problem(405, "this can only be read").with("Allow", "GET, HEAD"),
            _ => Reply::problem(404, "there are /metrics and /api/targets"),
        }
    }

    fn targets(&self) -> Vec<Value> {
        let targets = self.monitor.targets();
        let shown = targets.iter().map(|target| {
            let record = target.record();
            let state = record.up.map_or("unknown", |up| if up { "up" } else { "down" });
            json!({
                "firing": record.firing,
                "last_error": record.last_error,
                "last_check": record.last_check,
                "failures": record.failures,
                "checks": record.successes + record.failures,
                "state": state,
                "address": target.settings.address,
                "kind": if target.settings.probe == config::Probe::Tcp { "tcp" } else { "http" },
                "name": target.settings.name,
            })
        });
        shown.collect()
    }

    fn families(&self) -> Vec<Family> {
        // Before the targets: whoever sees that a config counts must see its targets, too.
        let mut reloads =
            Family::new("monitor_config_reloads_total", "counter", "Times that the config was read again");
        let mut last = Family::new("monitor_config_last_reload_successful", "gauge", "Whether the last time went well");
        let told = self.reloads.lock().unwrap_or_else(PoisonError::into_inner);
        reloads.add(&[("result", "success")], told.successes);
        reloads.add(&[("result", "failure")], told.failures);
        last.add(&[], u8::from(!told.last_failed));
        drop(told);
        let mut up = Family::new("probe_up", "gauge", "Whether the last probe succeeded");
        let mut checks = Family::new("probe_checks_total", "counter", "Probes that have ended");
        let mut took = Family::new("probe_duration_seconds", "histogram", "How long probes took");
        for target in self.monitor.targets() {
            let (record, name) = (target.record(), target.settings.name.as_str());
            if let Some(is_up) = record.up {
                up.add(&[("target", name)], u8::from(is_up));
            }
            checks.add(&[("result", "success"), ("target", name)], record.successes);
            checks.add(&[("result", "failure"), ("target", name)], record.failures);
            for (count, (_, end)) in record.buckets.iter().zip(BUCKETS) {
                took.add_part("_bucket", &[("target", name), ("le", end)], count);
            }
            took.add_part("_sum", &[("target", name)], record.seconds);
            took.add_part("_count", &[("target", name)], record.successes + record.failures);
        }

        let mut families = host::families(&self.procfs);
        families.extend([up, checks, took, reloads, last]);
        families
    }
}
