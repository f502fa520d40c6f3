//! Makes a real server look like a submission: it takes the flags of the contract, announces itself on standard output,
//! and is killed and stopped by the same signals.
//!
//! The process *becomes* the real server (`exec`), so that SIGKILL and SIGTERM meet nothing in between. A child that it
//! leaves behind watches until the server answers, prints `LISTENING` and `READY`, and ends.

use std::{
    io::Write,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// A server that does not answer by then is reported as one that never announced itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// The flags of the contract, as an adapter gets them.
#[derive(Debug, clap::Args)]
pub struct Flags {
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// For servers of files
    #[arg(long)]
    pub root: Option<PathBuf>,
    /// How long a request's head may take
    #[arg(long, default_value_t = 10_000)]
    pub header_timeout_ms: u64,
    /// For brokers: who may connect
    #[arg(long)]
    pub users: Option<PathBuf>,
    /// For brokers: who may read and write what
    #[arg(long)]
    pub acl: Option<PathBuf>,
    /// For brokers: how long a new connection may be silent
    #[arg(long, default_value_t = 10_000)]
    pub connect_timeout_ms: u64,
    /// For stores of time series: the most rows in one reply
    #[arg(long, default_value_t = 10_000)]
    pub max_rows: u32,
    /// For stores of time series: the most intervals of one query
    #[arg(long, default_value_t = 10_000)]
    pub max_buckets: u32,
    /// For stores with leases: the real ones know no other second than that of 1000 ms, so it is only taken
    #[arg(long, default_value_t = 1000)]
    pub second_ms: u32,
    /// For gateways: routes and limits
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Only write the server's own configuration anew, before it reads that again
    #[arg(long)]
    pub translate_to: Option<PathBuf>,
}

impl Flags {
    /// The address to listen on; a free port is chosen here, because servers that cannot choose one want a number.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        if self.listen.port() != 0 {
            return Ok(self.listen);
        }
        TcpListener::bind(self.listen)?.local_addr()
    }
}

/// How to run one real server.
pub trait Peer {
    /// The name in the `LISTENING` line.
    fn listener(&self) -> &'static str;
    /// What the executable is asked for to tell its version.
    fn version_argument(&self) -> &'static str {
        "--version"
    }
    /// The command that runs the server in the foreground on `address`.
    fn command(&self, address: SocketAddr, flags: &Flags) -> std::io::Result<Command>;
    /// Writes the server's own configuration, for one that reads it again on a signal.
    fn translate(&self, _address: SocketAddr, _flags: &Flags, _file: &Path) -> std::io::Result<()> {
        Ok(())
    }
    /// Whether the server behind `stream` answers, where accepting a connection does not show it yet.
    fn answers(&self, _stream: &mut TcpStream) -> bool {
        true
    }
}

/// Becomes the server. Returns only what went wrong.
#[cfg(unix)]
pub fn become_server(name: &str, peer: &dyn Peer, flags: &Flags) -> String {
    use std::os::unix::process::CommandExt;
    let start = || {
        let address = flags.address()?;
        let mut command = peer.command(address, flags)?;
        let watcher = Command::new(std::env::current_exe()?).args(["watch-peer", name, &address.to_string()]).spawn();
        watcher?;
        // Standard output belongs to the announcement.
        command.stdin(Stdio::null()).stdout(std::io::stderr());
        Err(command.exec())
    };
    match start() {
        Ok(()) => String::new(),
        Err(error) => format!("{name} cannot be started: {error}"),
    }
}

/// Servers cannot be replaced by `exec` elsewhere.
#[cfg(not(unix))]
pub fn become_server(name: &str, _peer: &dyn Peer, _flags: &Flags) -> String {
    format!("{name} can be held against the tests on Linux and macOS only")
}

/// Waits until the server answers, and announces it.
pub fn watch(peer: &dyn Peer, address: SocketAddr) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) {
            // Without a limit a server that accepts and never answers would hold the watcher for ever.
            let limited = stream.set_read_timeout(Some(Duration::from_secs(1)));
            if limited.is_ok() && peer.answers(&mut stream) {
                break;
            }
        }
        if Instant::now() > deadline {
            return Err(format!("the server on {address} does not answer within {} s", PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "LISTENING {} {address}\nREADY", peer.listener())
        .and_then(|()| stdout.flush())
        .map_err(|error| format!("cannot announce {address}: {error}"))
}
