//! What is known of a real server before it runs: whether it is there, and which version.

use super::adapter::Peer;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A server's own name. One can be the real server of several days; what follows a colon tells its adapters apart.
fn name(server: &str) -> &str {
    server.split(':').next().unwrap_or(server)
}

/// The executable of a server.
pub fn executable(server: &str) -> Option<PathBuf> {
    let name = name(server);
    // Servers are often where only root looks.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.find_map(|folder| Some(folder.join(name)).filter(|file| file.is_file()))
}

/// `nginx 1.22.1`, or only the name where the executable does not tell.
pub fn with_version(server: &str, executable: &Path, peer: &dyn Peer) -> String {
    let output = Command::new(executable).arg(peer.version_argument()).stdin(Stdio::null()).output();
    // Some tell it on standard error, and some end with a failure then.
    let said = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    match version_in(&String::from_utf8_lossy(&said)) {
        Some(version) => format!("{} {version}", name(server)),
        None => name(server).to_owned(),
    }
}

/// The first number with a point in it.
fn version_in(text: &str) -> Option<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let is_version = |word: &&str| word.contains('.') && word.split('.').all(|part| !part.is_empty());
    words.map(|word: &str| word.trim_matches('.')).find(is_version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_servers_say() {
        for (said, version) in [
            ("nginx version: nginx/1.22.1\n", "1.22.1"),
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n", "7.0.15"),
            ("etcd Version: 3.4.23\nGit SHA: Not provided\nGo Version: go1.19.8\n", "3.4.23"),
            ("mosquitto version 2.0.11\n\nmosquitto is an MQTT v5.0/v3.1.1/v3.1 broker.\n", "2.0.11"),
            ("InfluxDB v1.6.7~rc0 (git: unknown unknown)\n", "1.6.7"),
        ] {
            assert_eq!(version_in(said), Some(version), "{said}");
        }
        assert_eq!(version_in("version 7.\n"), None);
    }
}
