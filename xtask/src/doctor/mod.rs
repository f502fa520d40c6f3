//! `cargo xtask doctor`: what this machine can do, what is missing, and the command that repairs it.

mod machine;

use crate::sandbox::launcher;
use grader::sandbox::{Sandbox, sheds_root};
use std::{collections::BTreeSet, process::Command};

/// Say what this machine has, what is missing, and how to get it
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Returns 0 when your own days and somebody else's submissions can be graded here.
pub fn run(_args: &Args) -> u8 {
    let is_fit = machine();
    println!();
    let works = sandboxes().unwrap_or_else(|error| {
        println!("sandboxes: {error}");
        false
    });
    println!();
    tools();
    u8::from(!(is_fit && works))
}

/// Whether one's own days can be graded here.
fn machine() -> bool {
    println!("This machine:");
    let Ok(catalog) = crate::catalog() else {
        println!("  ✗ this folder is not inside the course");
        return false;
    };
    let findings = machine::findings(catalog.root());
    for finding in &findings {
        match &finding.repair {
            None => println!("  ✓ {}", finding.what),
            Some(repair) => println!("  ✗ {}\n      {repair}", finding.what),
        }
    }
    findings.iter().all(|finding| finding.repair.is_none())
}

fn sandboxes() -> Result<bool, String> {
    let findings = Sandbox::findings(&launcher()?);
    println!("Sandboxes for somebody else's submissions (tier 1 or 2 is needed, the best that works is taken):");
    for finding in &findings {
        match &finding.missing {
            None => println!("  ✓ {}", finding.tier),
            Some(missing) => println!("  ✗ {}\n      {missing}", finding.tier),
        }
    }
    if sheds_root() {
        println!("  You are root: programs under test are run as the user nobody.");
    }
    Ok(findings.iter().any(|finding| finding.tier.contains_strangers() && finding.missing.is_none()))
}

/// Tools that tests of some days need, as (executable, package, what it is for).
const TOOLS: [(&str, &str, &str); 17] = [
    ("aws", "awscli", "days 19 and 20"),
    ("chromium", "chromium", "day 30"),
    ("etcd", "etcd-server", "peers of day 27"),
    ("etcdctl", "etcd-client", "day 27"),
    ("git", "git", "submissions by URL, day 24"),
    ("goaccess", "goaccess", "day 02"),
    ("hledger", "hledger", "day 15"),
    ("influxd", "influxdb", "peers of day 18"),
    ("kubectl", "kubernetes-client", "day 29"),
    ("mosquitto", "mosquitto", "peers of day 17"),
    ("mosquitto_pub", "mosquitto-clients", "day 17"),
    ("nginx", "nginx-light", "peers of days 04 and 23"),
    ("promtool", "prometheus", "day 12"),
    ("psql", "postgresql", "days 08 and 15"),
    ("redis-server", "redis-server", "peers of day 10"),
    ("s3cmd", "s3cmd", "day 19"),
    ("sqlite3", "sqlite3", "days 09 and 21"),
];

fn tools() {
    println!("Tools (what is missing is skipped, and said so):");
    let mut missing = BTreeSet::new();
    for (tool, package, purpose) in TOOLS {
        let mark = if is_installed(tool) { "✓" } else { "✗" };
        println!("  {mark} {tool:14} {purpose}");
        if mark == "✗" {
            missing.insert(package);
        }
    }
    if !missing.is_empty() {
        println!("  Install them: sudo apt-get install {}", missing.into_iter().collect::<Vec<_>>().join(" "));
    }
}

/// Every one of them ends at once when asked for its version, if only with a complaint.
fn is_installed(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}
