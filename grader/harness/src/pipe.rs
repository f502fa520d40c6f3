//! Pipes that hold a program sooner.

use std::process::ChildStdout;

/// Lets the pipe take a few kilobytes instead of 64 KiB, so that a program which nobody reads waits after some dozen lines,
/// and not at its end. On Linux; elsewhere pipes stay as they are.
pub fn narrow(pipe: &ChildStdout) {
    // The system makes it a page.
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, 4096);
    #[cfg(not(target_os = "linux"))]
    let _ = pipe;
}
