//! redis-server, with every write on disk before it is acknowledged.

use super::adapter::{Flags, Peer};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
};

#[derive(Debug)]
pub struct Redis;

impl Peer for Redis {
    fn listener(&self) -> &'static str {
        "redis"
    }

    fn command(&self, address: SocketAddr, flags: &Flags) -> std::io::Result<Command> {
        let mut command = Command::new("redis-server");
        command.args(["--bind", &address.ip().to_string(), "--port", &address.port().to_string()]);
        command.args(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
        command.args(["--daemonize", "no", "--loglevel", "warning"]);
        if let Some(folder) = &flags.data_dir {
            command.arg("--dir").arg(folder);
        }
        Ok(command)
    }

    /// It accepts connections before it has read its file.
    fn answers(&self, stream: &mut TcpStream) -> bool {
        let mut reply = [0; 7];
        stream.write_all(b"PING\r\n").is_ok() && stream.read_exact(&mut reply).is_ok() && &reply == b"+PONG\r\n"
    }
}
