//! Becoming another program with fewer rights: tier 3, and the compiler.

use super::{launcher::Instructions, seccomp};
use crate::containment::Limits;
use landlock::{
    ABI, Access, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    Scope,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{ffi::OsString, io, os::unix::process::CommandExt, path::Path, process::Command};

/// What every program needs to read: libraries, time zones, certificates, the console.
const SYSTEM: [&str; 8] = ["/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc", "/proc", "/dev"];

/// Devices that take anything and keep nothing.
const SINKS: [&str; 2] = ["/dev/null", "/dev/tty"];

/// Becomes `command`, which can read the system and itself, write to one folder, and signal nobody else.
///
/// Returns only with an error.
pub(super) fn run(instructions: &Instructions, command: &[OsString]) -> io::Result<u8> {
    limit(&instructions.limits)?;
    restrict(instructions, command).map_err(io::Error::other)?;
    for filter in seccomp::filters()? {
        seccompiler::apply_filter(&filter).map_err(io::Error::other)?;
    }
    become_program(command)
}

/// Becomes `command` with limits only.
pub(super) fn run_limited(instructions: &Instructions, command: &[OsString]) -> io::Result<u8> {
    limit(&instructions.limits)?;
    become_program(command)
}

fn become_program(command: &[OsString]) -> io::Result<u8> {
    let Some((program, arguments)) = command.split_first() else { return Err(io::Error::other("no program")) };
    Err(Command::new(program).args(arguments).exec())
}

/// Limits can be lowered only: whoever started us may have set lower ones.
pub(super) fn limit(limits: &Limits) -> io::Result<()> {
    for (resource, wanted) in [
        (Resource::As, limits.address_space),
        (Resource::Fsize, limits.file),
        (Resource::Nproc, limits.processes),
        (Resource::Nofile, limits.open_files),
        (Resource::Core, 0),
    ] {
        let now = getrlimit(resource);
        let lower = |now: Option<u64>| Some(now.map_or(wanted, |now| now.min(wanted)));
        setrlimit(resource, Rlimit { current: lower(now.current), maximum: lower(now.maximum) })?;
    }
    Ok(())
}

fn restrict(instructions: &Instructions, command: &[OsString]) -> Result<(), String> {
    let abi = ABI::V6;
    let words = |error: landlock::RulesetError| error.to_string();
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .map_err(words)?;
    let read = AccessFs::from_read(abi);
    let mut allow = |path: &Path, access: BitFlags<AccessFs>| -> Result<(), String> {
        // What is not there needs no rule.
        let Ok(folder) = PathFd::new(path) else { return Ok(()) };
        let access = if path.is_dir() { access } else { access & AccessFs::from_file(abi) };
        (&mut rules).add_rule(PathBeneath::new(folder, access)).map_err(words)?;
        Ok(())
    };
    for path in SYSTEM {
        allow(Path::new(path), read)?;
    }
    for path in SINKS {
        allow(Path::new(path), read | AccessFs::WriteFile)?;
    }
    for path in instructions.readable.iter().map(AsRef::as_ref).chain(command.first().map(Path::new)) {
        allow(path, read)?;
    }
    allow(&instructions.writable, AccessFs::from_all(abi))?;
    let status = rules.restrict_self().map_err(words)?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err("the kernel has no Landlock (5.13 or newer, with lsm=landlock)".to_owned());
    }
    Ok(())
}
