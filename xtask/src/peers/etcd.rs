//! etcd, as a cluster of one member.

use super::adapter::{Flags, Peer};
use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Command,
};

#[derive(Debug)]
pub struct Etcd;

impl Peer for Etcd {
    fn listener(&self) -> &'static str {
        "grpc"
    }

    fn command(&self, address: SocketAddr, flags: &Flags) -> io::Result<Command> {
        let folder = flags.data_dir.as_deref().ok_or_else(|| io::Error::other("it needs --data-dir DIR"))?;
        // For members that never come.
        let members = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let (clients, members) = (format!("http://{address}"), format!("http://{members}"));
        let installed = "/usr/bin/etcd";
        let mut command = Command::new(if Path::new(installed).exists() { installed } else { "etcd" });
        // It makes a folder that nobody else may read, and refuses others.
        command.arg("--data-dir").arg(folder.join("etcd"));
        command.args(["--name", "only", "--logger", "zap", "--log-level", "error"]);
        command.args(["--listen-client-urls", &clients, "--advertise-client-urls", &clients]);
        command.args(["--listen-peer-urls", &members, "--initial-advertise-peer-urls", &members]);
        command.args(["--initial-cluster", &format!("only={members}")]);
        // A lease is at least as long as an election, which is quick here: nobody else votes.
        command.args(["--heartbeat-interval", "10", "--election-timeout", "50"]);
        Ok(command)
    }

    /// It accepts connections before it has elected itself.
    fn answers(&self, stream: &mut TcpStream) -> bool {
        let mut reply = String::new();
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\n\r\n").is_ok()
            && stream.read_to_string(&mut reply).is_ok()
            && reply.contains("\"health\":\"true\"")
    }
}
