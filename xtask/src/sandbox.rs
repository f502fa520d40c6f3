//! This executable as the trusted program inside sandboxes.

use grader::sandbox::{Launcher, Limits, Sandbox, SandboxTier};

/// The first argument that makes this executable the launcher.
const COMMAND: &str = "launch-contained";

/// When this executable was started as the launcher, does what a launcher does.
#[cfg(target_os = "linux")]
pub fn launch() -> Option<std::process::ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    (arguments.next()? == COMMAND).then(|| grader::sandbox::launcher::main(arguments))
}

/// How this executable is started as the launcher.
pub fn launcher() -> Result<Launcher, String> {
    let executable =
        std::env::current_exe().map_err(|error| format!("the path of this program is unknown: {error}"))?;
    Ok(Launcher { executable, arguments: vec![COMMAND.to_owned()] })
}

/// The best sandbox of this machine, or the one of `tier`. One that does not contain strangers is refused unless allowed.
pub fn sandbox(tier: Option<u8>, allow_unsandboxed: bool) -> Result<Sandbox, String> {
    let tier = tier.map(SandboxTier::try_from).transpose()?;
    let sandbox = Sandbox::new(launcher()?, Limits::default(), tier).map_err(|error| format!("no sandbox: {error}"))?;
    if !sandbox.tier().contains_strangers() && !allow_unsandboxed {
        return Err(format!(
            "somebody else's program is not run in sandbox {}; see `cargo xtask doctor` for what is missing, or allow it \
             with --allow-unsandboxed",
            sandbox.tier()
        ));
    }
    Ok(sandbox)
}
