//! mosquitto, with its limits and files as the contract names them.

use super::adapter::{Flags, Peer};
use std::{
    fmt::Write,
    fs, io,
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
};

#[derive(Debug)]
pub struct Mosquitto;

impl Peer for Mosquitto {
    fn listener(&self) -> &'static str {
        "mqtt"
    }

    fn version_argument(&self) -> &'static str {
        "-h"
    }

    fn command(&self, address: SocketAddr, flags: &Flags) -> io::Result<Command> {
        // Below TMPDIR, which goes with the test.
        let folder = std::env::temp_dir().join(format!("mosquitto-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let file = folder.join("mosquitto.conf");
        fs::write(&file, configuration(address, flags)?)?;
        let installed = "/usr/sbin/mosquitto";
        let mut command = Command::new(if Path::new(installed).exists() { installed } else { "mosquitto" });
        command.arg("-c").arg(&file);
        Ok(command)
    }

    /// It listens only after it has read its files.
    fn answers(&self, _stream: &mut TcpStream) -> bool {
        true
    }
}

fn configuration(address: SocketAddr, flags: &Flags) -> io::Result<String> {
    let mut text = format!(
        "listener {} {}\n\
         # Otherwise it gives up root, and cannot read a test's files.\n\
         user root\n\
         log_dest stderr\n\
         log_type error\n\
         log_type warning\n\
         set_tcp_nodelay true\n\
         max_inflight_messages 20\n\
         max_queued_messages 1000\n\
         max_packet_size 1048577\n\
         allow_anonymous {}\n",
        address.port(),
        address.ip(),
        flags.users.is_none()
    );
    let mut line = |option: &str, path: &Path| {
        writeln!(text, "{option} {}", path.display())
            .map_err(|_| io::Error::other("the configuration cannot be written"))
    };
    if let Some(users) = &flags.users {
        line("password_file", users)?;
    }
    if let Some(acl) = &flags.acl {
        line("acl_file", acl)?;
    }
    if let Some(folder) = &flags.data_dir {
        // Saved when it ends, and never before: when it would save otherwise depends on the speed of the machine.
        line("persistence true\nautosave_interval 0\npersistence_location", &folder.join(""))?;
    }
    Ok(text)
}
