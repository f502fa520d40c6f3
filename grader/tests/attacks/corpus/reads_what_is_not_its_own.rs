//! Tries: to read tests, solutions, other submissions, and homes
//! Verdict: passed
//! Told: 

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

use std::{collections::BTreeSet, fs, path::Path};

/// All files below `folder` that can be read and are not the system's.
fn loot(folder: &Path, found: &mut BTreeSet<String>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let text = path.to_string_lossy().into_owned();
        let system = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/proc", "/dev", "/etc"];
        let own = ["/course/program"];
        if system.iter().any(|it| text.starts_with(it)) || own.contains(&text.as_str()) {
            continue;
        }
        if path.is_dir() {
            loot(&path, found);
        } else if fs::read(&path).is_ok_and(|bytes| !bytes.is_empty()) {
            found.insert(text);
        }
    }
}

fn main() {
    let mut found = BTreeSet::new();
    loot(Path::new("/"), &mut found);
    // Command lines and mounts tell names: of learners, of folders of the machine.
    for process in fs::read_dir("/proc").unwrap().flatten() {
        for file in ["cmdline", "environ"] {
            let text = fs::read(process.path().join(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).replace('\0', " ");
            if ["attacks", "/home", "/root", "exercises"].iter().any(|it| text.contains(it)) {
                found.insert(format!("{file}: {text}"));
            }
        }
    }
    for secret in ["/etc/shadow", "/etc/hostname", "/etc/machine-id"] {
        if fs::read(secret).is_ok() {
            found.insert(secret.to_owned());
        }
    }
    assert!(found.is_empty(), "found {found:?}");
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

