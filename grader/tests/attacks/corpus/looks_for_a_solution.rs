//! Tries: to run a reference solution in its place
//! Verdict: passed
//! Told: 

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

/// All programs that can be started and are not the system's.
fn programs(folder: &Path, found: &mut Vec<String>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let text = path.to_string_lossy().into_owned();
        let skip = ["/usr", "/bin", "/sbin", "/lib", "/proc", "/dev", "/etc", "/course/program"];
        if skip.iter().any(|it| text.starts_with(it)) {
            continue;
        }
        let executable = fs::metadata(&path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0);
        if path.is_dir() {
            programs(&path, found);
        } else if executable && Command::new(&path).arg("--help").output().is_ok() {
            found.push(text);
        }
    }
}

fn main() {
    let mut found = Vec::new();
    programs(Path::new("/"), &mut found);
    assert!(found.is_empty(), "{found:?}");
    serve();
}

fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("LISTENING echo {}\nREADY", listener.local_addr().unwrap());
    for mut stream in listener.incoming().map_while(Result::ok) {
        let mut line = String::new();
        if BufReader::new(&stream).read_line(&mut line).is_ok() {
            let _ = writeln!(stream, "{}", line.trim_end().trim_start_matches("say "));
        }
    }
}

