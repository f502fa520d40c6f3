//! influxd 1.x, with its limits as the contract names them and without reports to its makers.

use super::adapter::{Flags, Peer};
use std::{
    fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
};

#[derive(Debug)]
pub struct Influxd;

impl Peer for Influxd {
    fn listener(&self) -> &'static str {
        "http"
    }

    fn version_argument(&self) -> &'static str {
        "version"
    }

    fn command(&self, address: SocketAddr, flags: &Flags) -> io::Result<Command> {
        let data = flags.data_dir.as_deref().ok_or_else(|| io::Error::other("it needs --data-dir DIR"))?;
        // It has a second listener, for backups, which nobody uses here.
        let backups = TcpListener::bind((address.ip(), 0))?.local_addr()?;
        // Below TMPDIR, which goes with the test.
        let folder = std::env::temp_dir().join(format!("influxd-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let file = folder.join("influxdb.conf");
        // The paths are quoted as TOML strings.
        let place = |name: &str| toml_text(&data.join(name).display().to_string());
        fs::write(
            &file,
            format!(
                "reporting-disabled = true\n\
                 bind-address = \"{backups}\"\n\
                 [meta]\ndir = {}\nlogging-enabled = false\n\
                 [data]\ndir = {}\nwal-dir = {}\nquery-log-enabled = false\n\
                 [coordinator]\nmax-select-buckets = {}\n\
                 [monitor]\nstore-enabled = false\n\
                 [http]\nbind-address = \"{address}\"\nlog-enabled = false\nmax-row-limit = {}\n\
                 [logging]\nlevel = \"warn\"\nsuppress-logo = true\n",
                place("meta"),
                place("data"),
                place("wal"),
                flags.max_buckets,
                flags.max_rows,
            ),
        )?;
        let mut command = Command::new("influxd");
        command.arg("run").arg("-config").arg(&file);
        Ok(command)
    }

    /// It listens before it has read its files.
    fn answers(&self, stream: &mut TcpStream) -> bool {
        let mut reply = [0; 12];
        stream.write_all(b"GET /ping HTTP/1.1\r\nHost: influxd\r\n\r\n").is_ok()
            && stream.read_exact(&mut reply).is_ok()
            && &reply == b"HTTP/1.1 204"
    }
}

fn toml_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
