//! The config, and what makes it valid.

use serde::Deserialize;
use std::{collections::HashSet, fs, path::Path, time::Duration};
use url::Url;

const LONGEST: u64 = 24 * 60 * 60 * 1000;

/// What to watch, and whom to tell.
#[derive(Debug)]
pub struct Config {
    pub alert: Alert,
    pub targets: Vec<Settings>,
}

/// When an alert changes, and where that is told.
#[derive(Debug, Clone)]
pub struct Alert {
    pub webhook: Option<Place>,
    pub fail_after: u64,
    pub recover_after: u64,
    pub retry: Duration,
    pub timeout: Duration,
}

/// All that is said about a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub name: String,
    /// As it stands in the file.
    pub address: String,
    pub probe: Probe,
    pub interval: Duration,
    pub timeout: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    Http(Place),
    Tcp,
}

/// Where an `http://` address leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `HOST:PORT`.
    pub host: String,
    /// The path, with the query.
    pub target: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    interval_ms: Option<u64>,
    timeout_ms: Option<u64>,
    #[serde(default)]
    alert: AlertTable,
    #[serde(default)]
    target: Vec<TargetTable>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct AlertTable {
    webhook: Option<String>,
    fail_after: Option<u64>,
    recover_after: Option<u64>,
    retry_ms: Option<u64>,
    timeout_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetTable {
    name: String,
    url: Option<String>,
    tcp: Option<String>,
    interval_ms: Option<u64>,
    timeout_ms: Option<u64>,
}

/// Reads the file.
///
/// # Errors
/// One line with the file's name.
pub fn read(path: &Path) -> Result<Config, String> {
    let wrong = |why: String| format!("{}: {}", path.display(), why.replace('\n', " "));
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let file: File = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
    checked(file).map_err(wrong)
}

fn checked(file: File) -> Result<Config, String> {
    let interval = time("interval_ms", file.interval_ms, 15_000)?;
    let timeout = time("timeout_ms", file.timeout_ms, 2000)?;
    let mut names = HashSet::new();
    let mut targets = Vec::new();
    for target in file.target {
        if target.name.is_empty() || !names.insert(target.name.clone()) {
            return Err(format!("the name {:?} is empty or there twice", target.name));
        }
        let (address, probe) = match (target.url, target.tcp) {
            (Some(url), None) => {
                let place = place(&url)?;
                (url, Probe::Http(place))
            }
            (None, Some(tcp)) if is_host_and_port(&tcp) => (tcp, Probe::Tcp),
            (None, Some(tcp)) => return Err(format!("{tcp} is not HOST:PORT")),
            _ => return Err(format!("the target {:?} has one of url and tcp", target.name)),
        };
        targets.push(Settings {
            name: target.name,
            address,
            probe,
            interval: target.interval_ms.map_or(Ok(interval), |it| time("interval_ms", Some(it), 0))?,
            timeout: target.timeout_ms.map_or(Ok(timeout), |it| time("timeout_ms", Some(it), 0))?,
        });
    }
    let alert = Alert {
        webhook: file.alert.webhook.as_deref().map(place).transpose()?,
        fail_after: file.alert.fail_after.unwrap_or(3),
        recover_after: file.alert.recover_after.unwrap_or(1),
        retry: time("alert.retry_ms", file.alert.retry_ms, 1000)?,
        timeout: time("alert.timeout_ms", file.alert.timeout_ms, 5000)?,
    };
    if alert.fail_after == 0 || alert.recover_after == 0 {
        return Err("fail_after and recover_after are at least 1".to_owned());
    }
    Ok(Config { alert, targets })
}

fn time(name: &str, told: Option<u64>, default: u64) -> Result<Duration, String> {
    let millis = told.unwrap_or(default);
    if (1..=LONGEST).contains(&millis) {
        Ok(Duration::from_millis(millis))
    } else {
        Err(format!("{name} is from 1 to {LONGEST}"))
    }
}

fn place(text: &str) -> Result<Place, String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "http");
    let host = url.as_ref().and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
    match (url, host) {
        (Some(url), Some(host)) => {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            Ok(Place { host, target: format!("{}{query}", url.path()) })
        }
        _ => Err(format!("{text} is no http:// address")),
    }
}

fn is_host_and_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}
