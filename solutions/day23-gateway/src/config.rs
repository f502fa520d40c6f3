//! gw.toml: from text to settings that keep every rule.

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    path::Path,
    time::Duration,
};

/// The longest time that can be set: a day.
const LONGEST_MS: u64 = 86_400_000;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How long an upstream may take to begin its response, once the request is with it.
    #[serde(rename = "timeout_ms", default = "half_a_minute", deserialize_with = "milliseconds")]
    pub timeout: Duration,
    /// Proxies before us, whose X-Forwarded-For is believed.
    #[serde(default, deserialize_with = "networks")]
    pub trusted: Vec<IpNet>,
    /// Without it, upstreams are not probed and all count as healthy.
    pub health: Option<Health>,
    /// Without it, clients may ask as often as they like.
    pub limit: Option<Limit>,
    #[serde(default)]
    pub cache: Cache,
    #[serde(rename = "route", default)]
    pub routes: Vec<Route>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// A GET of this path is answered from 200 to 299 by an upstream that is well.
    pub path: String,
    #[serde(rename = "interval_ms", default = "a_second", deserialize_with = "milliseconds")]
    pub interval: Duration,
    #[serde(rename = "timeout_ms", default = "half_a_second", deserialize_with = "milliseconds")]
    pub timeout: Duration,
    /// Out after so many failures in a row.
    #[serde(default = "two")]
    pub fail_after: NonZeroU32,
    /// In again after so many successes in a row.
    #[serde(default = "two")]
    pub recover_after: NonZeroU32,
}

/// A bucket of `burst` tokens, into which `per_minute` flow.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub per_minute: NonZeroU32,
    pub burst: NonZeroU32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// For the bodies of all stored responses together.
    pub max_bytes: NonZeroUsize,
}

impl Default for Cache {
    fn default() -> Cache {
        Cache { max_bytes: NonZeroUsize::MIN.saturating_add(64 << 20) }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The longest prefix of a request's path decides.
    pub prefix: String,
    pub upstreams: Vec<SocketAddr>,
    #[serde(default)]
    pub balance: Balance,
    /// Whether responses may be stored.
    #[serde(default)]
    pub cache: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// One after the other.
    #[default]
    RoundRobin,
    /// The same path always to the same upstream.
    Hash,
}

impl Default for Config {
    /// Before the first is read: no routes.
    fn default() -> Config {
        let (timeout, cache) = (half_a_minute(), Cache::default());
        Config { timeout, trusted: Vec::new(), health: None, limit: None, cache, routes: Vec::new() }
    }
}

impl Config {
    /// Whether what this peer says about others is believed.
    pub fn is_trusted(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&peer))
    }

    /// Reads and checks the file.
    ///
    /// # Errors
    /// One line that names the file and what is wrong in it.
    pub fn load(path: &Path) -> Result<Config, String> {
        let named = |why: String| format!("{}: {why}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        Config::parse(&text).map_err(named)
    }

    fn parse(text: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            format!("line {line}: {}", error.message().replace('\n', " "))
        })?;
        if config.routes.is_empty() {
            return Err("there is no [[route]]".to_owned());
        }
        if config.health.as_ref().is_some_and(|health| !health.path.starts_with('/')) {
            return Err("the path in [health] does not begin with /".to_owned());
        }
        let mut prefixes = HashSet::new();
        for Route { prefix, upstreams, .. } in &config.routes {
            if !prefix.starts_with('/') || !prefixes.insert(prefix) {
                return Err(format!("the prefix {prefix:?} does not begin with /, or is there twice"));
            }
            let different: HashSet<_> = upstreams.iter().collect();
            if upstreams.is_empty() || different.len() < upstreams.len() {
                return Err(format!("the route {prefix:?} has no upstream, or one twice"));
            }
        }
        Ok(config)
    }
}

fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match u64::deserialize(deserializer)? {
        time @ 1..=LONGEST_MS => Ok(Duration::from_millis(time)),
        _ => Err(D::Error::custom("times are from 1 ms to one day")),
    }
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parse = |text: String| text.parse().map_err(|_| D::Error::custom(format!("{text:?} is no network")));
    texts.into_iter().map(parse).collect()
}

fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

fn a_second() -> Duration {
    Duration::from_secs(1)
}

fn half_a_second() -> Duration {
    Duration::from_millis(500)
}

fn two() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(1)
}
