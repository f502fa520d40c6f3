//! Which addresses may be called. Customers choose the URLs, and our place in the network is not theirs: without a guard,
//! `http://169.254.169.254/` would be called for anybody who asks (server-side request forgery).
//!
//! The guard is also the resolver of the HTTP client. A name is looked up once for each attempt, the addresses are
//! checked, and the connection gets these and no others: between the check and the call there is no second lookup
//! that could answer something else (DNS rebinding).

use hickory_resolver::{
    TokioResolver,
    config::{NameServerConfig, ResolveHosts, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use plumbing::Failure;
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use std::{
    error::Error,
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

/// IPv4 addresses that are not on the public Internet, by the IANA registry of special-purpose addresses.
const NOT_PUBLIC: [Ipv4Net; 15] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    // Link-local, and the metadata services of most clouds.
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    // Multicast, reserved, broadcast.
    v4(224, 0, 0, 0, 3),
    // Azure's platform services stand behind a public address.
    v4(168, 63, 129, 16, 32),
    v4(192, 88, 99, 0, 24),
];

/// The part of IPv6 that is given out. Everything else is not public: loopback, link-local, unique local (and Amazon's
/// metadata service there), multicast, and IPv4 addresses in other clothes.
const GIVEN_OUT: Ipv6Net = v6(0x2000, 0, 3);

/// What is not public within that: protocols and Teredo, documentation, 6to4 (IPv4 again), documentation.
const NOT_PUBLIC_EITHER: [Ipv6Net; 4] =
    [v6(0x2001, 0, 23), v6(0x2001, 0xdb8, 32), v6(0x2002, 0, 16), v6(0x3fff, 0, 20)];

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(first: u16, second: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), prefix)
}

/// An address that must not be called.
#[derive(Debug)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("this address is not public, and --allow-cidr does not name it")
    }
}

impl Error for Refused {}

#[derive(Clone)]
pub struct Guard {
    allowed: Arc<[IpNet]>,
    /// Who is asked for names; without one the machine looks them up in its own way.
    resolver: Option<TokioResolver>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Guard").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl Guard {
    pub fn new(allowed: Vec<IpNet>, server: Option<SocketAddr>) -> Result<Guard, Failure> {
        Ok(Guard { allowed: allowed.into(), resolver: server.map(asking).transpose()? })
    }

    /// Whether this address may be called.
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        // ::ffff:10.0.0.1 is 10.0.0.1: the operating system would call that.
        let address = address.to_canonical();
        let public = match address {
            IpAddr::V4(address) => !NOT_PUBLIC.iter().any(|net| net.contains(&address)),
            IpAddr::V6(address) => {
                GIVEN_OUT.contains(&address) && !NOT_PUBLIC_EITHER.iter().any(|net| net.contains(&address))
            }
        };
        if public || self.allowed.iter().any(|net| net.contains(&address)) { Ok(()) } else { Err(Refused) }
    }

    /// Whether a URL may be called, as far as that can be said without a lookup. An address in a URL never comes to the
    /// resolver, so this check is the only one that it gets.
    pub fn check_url(&self, url: &Url) -> Result<(), Refused> {
        // The parser has turned every spelling of an address (0x7f.1, 2130706433, 0177.0.0.1) into the usual one.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host.parse().map_or(Ok(()), |address| self.check(address))
    }

    /// All addresses of a name. If one of them must not be called, none may.
    async fn look_up(&self, name: &str) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        // Port 0 stands for the port of the URL.
        let addresses: Vec<SocketAddr> = match &self.resolver {
            None => tokio::net::lookup_host((name, 0)).await?.collect(),
            Some(resolver) => resolver.lookup_ip(name).await?.iter().map(|ip| (ip, 0).into()).collect(),
        };
        addresses.iter().try_for_each(|address| self.check(address.ip()))?;
        Ok(addresses)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.look_up(name.as_str()).await?;
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

/// A resolver that asks this server each time, and nobody else.
fn asking(server: SocketAddr) -> Result<TokioResolver, Failure> {
    let mut known = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut known.connections {
        connection.port = server.port();
    }
    let config = ResolverConfig::from_name_servers(vec![known]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    builder.options_mut().cache_size = 0;
    builder.options_mut().use_hosts_file = ResolveHosts::Never;
    builder.build().map_err(|error| io::Error::other(error).into())
}
