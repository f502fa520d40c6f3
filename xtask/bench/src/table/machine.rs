//! What a table was measured on. Nothing that names the machine or its owner.

use serde::{Deserialize, Serialize};
use std::{fmt, fs, path::Path};

/// What a table was measured on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// How many cores there are for us.
    pub cores: usize,
    /// The model of the CPU.
    pub cpu: String,
    /// The operating system.
    pub system: String,
    /// What `rustc --version` says.
    pub rustc: String,
}

impl Machine {
    /// This machine, with the toolchain of the course at `root`.
    pub fn here(root: &Path) -> Machine {
        Machine {
            cores: crate::setting::cores(),
            cpu: field("/proc/cpuinfo", "model name", ':').unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            system: field("/etc/os-release", "PRETTY_NAME", '=').unwrap_or_else(|| std::env::consts::OS.to_owned()),
            rustc: grader::compile::toolchain(root),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { cores, cpu, system, rustc } = self;
        write!(formatter, "{cores} cores of {cpu}, {system}, {rustc}")
    }
}

/// The first value of `name` in a file of lines `name = value`.
fn field(path: &str, name: &str, separator: char) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(separator))?;
    Some(value.trim().trim_matches('"').to_owned())
}
