//! The launcher of sandboxes as an executable of its own, for the grader's own tests. `xtask` is its own launcher.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    match grader::compile::stand_in() {
        Ok(()) => grader::sandbox::launcher::main(std::env::args_os().skip(1)),
        Err(error) => {
            eprintln!("rustc could not be watched: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("there are sandboxes on Linux only");
    ExitCode::FAILURE
}
