//! Ignores SIGTERM, and starts children in sessions of their own that ignore it too and outlive everything.

use std::{
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

fn main() {
    let this = std::env::current_exe().unwrap();
    match std::env::args().nth(1).as_deref() {
        Some("child") => loop {
            std::thread::park();
        },
        _ => {
            let mut child = Command::new("sh");
            child.args(["-c", "trap '' TERM HUP INT; exec setsid \"$0\" child"]).arg(&this);
            child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // An ignored signal stays ignored after exec.
            let _ = Command::new("sh").args(["-c", "trap '' TERM; exec \"$0\" child"]).arg(&this).exec();
        }
    }
}
