//! Which tiers work on this machine. Each is tried and not guessed: a sandbox is made, and a program run in it.

use super::{Finding, Launcher, Limits, Sandbox, SandboxTier, TestView, cgroup::Delegated, public::is_root};
use std::{path::Path, process::Command};

/// All tiers in their order.
pub(super) fn findings(launcher: &Launcher) -> Vec<Finding> {
    let namespaces = try_namespaces(launcher).err();
    let groups = match &namespaces {
        Some(missing) => Some(missing.clone()),
        None => Delegated::find().err(),
    };
    vec![
        Finding { tier: SandboxTier::ControlGroups, missing: groups },
        Finding { tier: SandboxTier::Watchdog, missing: namespaces },
        Finding { tier: SandboxTier::Landlock, missing: try_landlock(launcher).err() },
        Finding { tier: SandboxTier::ProcessGroup, missing: None },
    ]
}

/// Nested bubblewrap, as for a test.
fn try_namespaces(launcher: &Launcher) -> Result<(), String> {
    for (tool, package) in [("bwrap", "bubblewrap"), ("setpriv", "util-linux"), ("unshare", "util-linux")] {
        let needed = tool == "bwrap" || is_root();
        if needed && !is_installed(tool) {
            return Err(format!("{tool} is not installed; install it: sudo apt-get install {package}"));
        }
    }
    run_true(launcher, SandboxTier::Watchdog).map_err(|said| explain(&said))
}

fn try_landlock(launcher: &Launcher) -> Result<(), String> {
    run_true(launcher, SandboxTier::Landlock)
}

/// Starts `true` the way a test starts its program.
fn run_true(launcher: &Launcher, tier: SandboxTier) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    let sandbox = Sandbox::of_tier(launcher.clone(), Limits::default(), tier).map_err(words)?;
    let shell = Path::new("/usr/bin/env");
    let view = TestView {
        executable: shell,
        arguments: &["sh", "-c", "eval \"$SUBMISSION_PROGRAM\""],
        folder: Path::new("/usr"),
        program: Path::new("/usr/bin/true"),
        environment: &[],
    };
    let mut prepared = sandbox.test(&view).map_err(words)?;
    let output = prepared.command.output().map_err(words)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(if said.is_empty() { format!("it ended with {}", output.status) } else { said })
}

/// What bubblewrap's messages mean, and what repairs it.
fn explain(said: &str) -> String {
    let repair = if Path::new("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").exists()
        && read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1"
    {
        "AppArmor forbids user namespaces; allow them: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 \
         (or give /usr/bin/bwrap a profile with `userns,`)"
    } else if read("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
        "user namespaces are switched off; allow them: sudo sysctl -w kernel.unprivileged_userns_clone=1"
    } else if read("/proc/sys/user/max_user_namespaces") == "0" {
        "user namespaces are switched off; allow them: sudo sysctl -w user.max_user_namespaces=10000"
    } else {
        "inside a container, start it with --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
    };
    format!("{said}; {repair}")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn is_installed(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}
