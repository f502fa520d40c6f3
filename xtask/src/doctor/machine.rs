//! What every learner needs: a compiler that is new enough, a linker, room, and a port.

use grader::compile::cargo;
use std::{net::TcpListener, path::Path, process::Command};

/// Room for all thirty days and their dependencies.
const ROOM: u64 = 4 << 30;

/// Something that was looked at: what it is, and how to repair it when it is not as it should be.
pub struct Finding {
    /// What was found, or what was looked for.
    pub what: String,
    /// What to do; none when all is well.
    pub repair: Option<String>,
}

impl Finding {
    fn good(what: String) -> Finding {
        Finding { what, repair: None }
    }

    fn bad(what: impl Into<String>, repair: impl Into<String>) -> Finding {
        Finding { what: what.into(), repair: Some(repair.into()) }
    }
}

/// Looks at everything.
pub fn findings(root: &Path) -> Vec<Finding> {
    let mut findings = vec![compiler(root), linker(), port()];
    findings.extend(room(root));
    findings
}

fn compiler(root: &Path) -> Finding {
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    let needed = manifest.parse::<toml::Table>().ok().and_then(|manifest| {
        let package = manifest.get("workspace")?.get("package")?;
        package.get("rust-version")?.as_str().map(str::to_owned)
    });
    let Some(version) = words_of(cargo().arg("--version")) else {
        return Finding::bad("cargo does not say its version", "install Rust: https://rustup.rs");
    };
    match (needed, version.split(' ').nth(1)) {
        (Some(needed), Some(found)) if numbers(found) < numbers(&needed) => {
            Finding::bad(format!("{version}; the course needs {needed}"), "rustup update stable")
        }
        _ => Finding::good(version),
    }
}

/// `1.95.0` as (1, 95).
fn numbers(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// rustc links through the C compiler, and SQLite is C.
#[cfg(unix)]
fn linker() -> Finding {
    match words_of(Command::new("cc").arg("--version")) {
        Some(version) => Finding::good(version.lines().next().unwrap_or_default().to_owned()),
        None if cfg!(target_os = "macos") => Finding::bad("no C compiler (cc)", "xcode-select --install"),
        None => Finding::bad("no C compiler (cc)", "sudo apt-get install build-essential"),
    }
}

/// On Windows rustc finds the linker by other means than the PATH.
#[cfg(not(unix))]
fn linker() -> Finding {
    Finding::good("linker: rustc looks for it itself".to_owned())
}

fn port() -> Finding {
    match TcpListener::bind("127.0.0.1:0") {
        Ok(_) => Finding::good("a program can listen on 127.0.0.1".to_owned()),
        Err(error) => {
            Finding::bad(format!("no program can listen on 127.0.0.1: {error}"), "look at the firewall or the sandbox")
        }
    }
}

#[cfg(unix)]
fn room(root: &Path) -> Option<Finding> {
    let disk = rustix::fs::statvfs(root).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let words = format!("{:.1} GiB free on this disk", free as f64 / (1_u64 << 30) as f64);
    Some(if free < ROOM {
        Finding::bad(words, "make room, or put `target` elsewhere with CARGO_TARGET_DIR; 4 GiB are enough for all days")
    } else {
        Finding::good(words)
    })
}

#[cfg(not(unix))]
fn room(_root: &Path) -> Option<Finding> {
    None
}

/// What a command prints when it ends well.
fn words_of(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("1.100.0") > numbers("1.95"));
        assert!(numbers("1.95.0-nightly") == numbers("1.95"));
    }
}
