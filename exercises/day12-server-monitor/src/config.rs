//! The config: from TOML to settings that keep every rule.

use reqwest::Url;
use serde::Deserialize;
use std::{collections::HashSet, path::Path, time::Duration};

/// A config that keeps every rule.
#[derive(Debug, Clone)]
pub struct Config {
    pub delivery: Delivery,
    /// In the order of the file. No two have the same name.
    pub targets: Vec<Target>,
}

/// Where messages go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    pub webhook: Option<Url>,
    /// The pause before a message that was not accepted is sent again.
    pub retry: Duration,
    /// How long the webhook may take to accept one.
    pub timeout: Duration,
}

/// One target with all settings that apply to it. Two that are equal are watched in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub name: String,
    /// As the config has it.
    pub address: String,
    pub how: How,
    /// From the beginning of one probe to that of the next.
    pub interval: Duration,
    pub timeout: Duration,
    pub rule: Rule,
}

/// How a target is probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// GET; a status from 200 to 299 is a success.
    Http(Url),
    /// A connection to `host:port`; that it is accepted is the success.
    Tcp,
}

/// When an alert begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// It fires after so many failures in a row.
    pub fail_after: u32,
    /// It resolves after so many successes in a row.
    pub recover_after: u32,
}

impl Config {
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
        let file: File = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            format!("line {line}: {}", error.message().replace('\n', " "))
        })?;
        let rule = Rule { fail_after: file.alert.fail_after, recover_after: file.alert.recover_after };
        if rule.fail_after == 0 || rule.recover_after == 0 {
            return Err("fail_after and recover_after are at least 1".to_owned());
        }
        let interval = milliseconds("interval_ms", file.interval_ms)?;
        let timeout = milliseconds("timeout_ms", file.timeout_ms)?;
        let delivery = Delivery {
            webhook: file.alert.webhook.as_deref().map(http_url).transpose()?,
            retry: milliseconds("retry_ms", file.alert.retry_ms)?,
            timeout: milliseconds("timeout_ms", file.alert.timeout_ms)?,
        };
        let mut names = HashSet::new();
        let mut targets = Vec::new();
        for entry in file.target {
            if entry.name.is_empty() || !names.insert(entry.name.clone()) {
                return Err(format!("the name {:?} is empty or belongs to two targets", entry.name));
            }
            let (address, how) = match (entry.url, entry.tcp) {
                (Some(url), None) => (url.clone(), How::Http(http_url(&url)?)),
                (None, Some(address)) => (host_and_port(address)?, How::Tcp),
                _ => return Err(format!("target {:?} needs either a url or a tcp", entry.name)),
            };
            targets.push(Target {
                name: entry.name,
                address,
                how,
                interval: entry.interval_ms.map_or(Ok(interval), |value| milliseconds("interval_ms", value))?,
                timeout: entry.timeout_ms.map_or(Ok(timeout), |value| milliseconds("timeout_ms", value))?,
                rule,
            });
        }
        Ok(Config { delivery, targets })
    }
}

/// The file as serde reads it. An unknown key is an error: it is a known one with a slip of the pen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "interval_ms")]
    interval_ms: u64,
    #[serde(default = "timeout_ms")]
    timeout_ms: u64,
    #[serde(default)]
    alert: AlertTable,
    #[serde(default)]
    target: Vec<TargetTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AlertTable {
    webhook: Option<String>,
    fail_after: u32,
    recover_after: u32,
    retry_ms: u64,
    timeout_ms: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetTable {
    name: String,
    url: Option<String>,
    tcp: Option<String>,
    interval_ms: Option<u64>,
    timeout_ms: Option<u64>,
}

impl Default for AlertTable {
    fn default() -> AlertTable {
        AlertTable { webhook: None, fail_after: 3, recover_after: 1, retry_ms: 1000, timeout_ms: 5000 }
    }
}

fn interval_ms() -> u64 {
    15_000
}

fn timeout_ms() -> u64 {
    2000
}

fn milliseconds(key: &str, value: u64) -> Result<Duration, String> {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    match value {
        1..=DAY => Ok(Duration::from_millis(value)),
        _ => Err(format!("{key} is {value}, but has to be from 1 to {DAY}")),
    }
}

fn http_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "http" => Ok(url),
        _ => Err(format!("{text:?} is no http:// address")),
    }
}

fn host_and_port(text: String) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(text),
        _ => Err(format!("{text:?} is no HOST:PORT")),
    }
}
