//! How much memory the program has taken at most, for tests that promise it much and send little.

use crate::Program;
use std::path::Path;

/// The most that the program and its children have ever taken, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Memory that was really used (`VmHWM`).
    pub resident: u64,
    /// Addresses that were reserved, used or not (`VmPeak`). A large number alone is harmless; its growth tells what a
    /// program was talked into.
    pub reserved: u64,
}

impl Program {
    /// The peaks so far, or none where the system does not tell: outside Linux, and for a server given by its address.
    pub fn peak_memory(&self) -> Option<Memory> {
        peak_memory_of(self.id())
    }
}

/// The same for any process, such as one that a test has started with [`crate::std_command`]. None for one that has
/// ended: ask while it certainly runs.
pub fn peak_memory_of(process: u32) -> Option<Memory> {
    let mut total = Memory { resident: 0, reserved: 0 };
    let mut processes = vec![process];
    // A program may be started through others: a shell, a sandbox.
    while let Some(process) = processes.pop().filter(|id| *id != 0) {
        let folder = format!("/proc/{process}");
        let status = std::fs::read_to_string(Path::new(&folder).join("status")).unwrap_or_default();
        total.resident += field(&status, "VmHWM:");
        total.reserved += field(&status, "VmPeak:");
        let children = std::fs::read_to_string(format!("{folder}/task/{process}/children")).unwrap_or_default();
        processes.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
    }
    (total.reserved > 0).then_some(total)
}

/// A line of `/proc/<pid>/status`, `VmPeak:   4000 kB`, in bytes.
fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_in_bytes() {
        let status = "Name:\tkv\nVmPeak:\t    4000 kB\nVmHWM:\t      20 kB\n";
        assert_eq!((field(status, "VmPeak:"), field(status, "VmHWM:")), (4_096_000, 20_480));
        assert_eq!(field(status, "VmSize:"), 0);
    }
}
