//! Servers that nobody starts here, because they run already: `--url http://HOST:PORT`. The tests find what a launch would
//! have told the server, such as credentials, in the environment.

use grader::{exercise::Peer, run::RUNNING};
use std::{
    fmt,
    net::{SocketAddr, ToSocketAddrs},
};

pub const HELP: &str = "\
With --url the tests go to a server that runs already, for example

  AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… cargo xtask peers 19 --url http://127.0.0.1:9000

Which servers a day can be held against, and which variables it reads, is said by `cargo xtask peers DAY` without --url. \
The URL is http and has no path; a name is looked up here, and the tests use the address. They make things under random \
names and do not clean up, so give them a server that can be thrown away. Tests that start, stop or kill a server, or look \
into its data folder, are skipped.";

/// A server that runs already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// As it was given, without a slash at the end.
    url: String,
    address: SocketAddr,
}

impl Running {
    /// Reads the URL and looks up its host.
    pub fn parse(text: &str) -> Result<Running, String> {
        let url = text.trim_end_matches('/');
        let authority = url.strip_prefix(RUNNING).ok_or("it does not begin with http://")?;
        if authority.contains(['/', '?', '#', '@']) {
            return Err("it is more than http://HOST:PORT; credentials come from the environment".to_owned());
        }
        let port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let host = if port { authority.to_owned() } else { format!("{authority}:80") };
        let mut addresses = host.to_socket_addrs().map_err(|error| format!("{host} is not found: {error}"))?;
        let address = addresses.next().ok_or_else(|| format!("{host} has no address"))?;
        Ok(Running { url: url.to_owned(), address })
    }

    /// What the grader takes for a program that needs no start.
    pub fn program(&self) -> String {
        format!("{RUNNING}{}", self.address)
    }
}

impl fmt::Display for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.url)
    }
}

/// How a day is held against a server that is never started here.
pub fn command(number: u8) -> String {
    format!("cargo xtask peers {number} --url http://HOST:PORT")
}

/// What there is to say about such a day.
pub fn only_by_url(number: u8, peer: &Peer) -> String {
    let servers = peer.url.as_deref().unwrap_or_default();
    format!("day {number:02}: by URL only, {} ({servers})", command(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_host_and_port() {
        let program = |url| Running::parse(url).map(|server| server.program());
        assert_eq!(program("http://127.0.0.1:9000/").unwrap(), "http://127.0.0.1:9000");
        assert_eq!(program("http://127.0.0.1").unwrap(), "http://127.0.0.1:80");
        assert_eq!(program("http://[::1]:81").unwrap(), "http://[::1]:81");
        for wrong in
            ["https://127.0.0.1", "127.0.0.1:9000", "http://127.0.0.1:9000/bucket", "http://me:secret@127.0.0.1"]
        {
            assert!(program(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_day_says_how_its_server_is_given() {
        let peer = Peer {
            server: String::new(),
            package: String::new(),
            url: Some("any S3".to_owned()),
            differences: Vec::new(),
        };
        assert_eq!(only_by_url(19, &peer), "day 19: by URL only, cargo xtask peers 19 --url http://HOST:PORT (any S3)");
    }
}
