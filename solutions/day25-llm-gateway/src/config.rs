//! The config: from text to settings that keep every rule.

use serde::Deserialize;
use std::{collections::HashMap, fmt, ops::RangeInclusive, path::Path, sync::Arc, time::Duration};

/// The longest time that can be set: a day.
const LONGEST_MS: u64 = 86_400_000;
/// The highest price of a token, in micro-cents: ten dollars.
const DEAREST: i64 = 1_000_000_000;
/// The most tokens of an answer.
const MOST_TOKENS: i64 = 1_000_000;

/// A text that no log may contain. Its `Debug` does not show it, so that whatever holds it can be printed.
#[derive(Clone)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl Secret {
    /// The value of an environment variable, unless it is empty or not there.
    pub fn from_environment(variable: &str) -> Option<Secret> {
        std::env::var(variable).ok().filter(|value| !value.is_empty()).map(Secret)
    }

    /// For the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

#[derive(Debug)]
pub struct Config {
    /// How long a provider may take to begin its response.
    pub timeout: Duration,
    /// In the order of the file.
    pub models: Vec<Arc<Model>>,
}

/// What clients can ask for.
#[derive(Debug)]
pub struct Model {
    pub name: String,
    pub price: Price,
    /// The most tokens that an answer may have.
    pub max_output: i64,
    /// How long answers are remembered, if at all.
    pub cache: Option<Duration>,
    /// Asked in this order.
    pub targets: Vec<Target>,
}

/// Micro-cents for a token of the prompt, and of the answer.
#[derive(Debug, Clone, Copy)]
pub struct Price {
    pub input: i64,
    pub output: i64,
}

/// A model of a provider.
#[derive(Debug)]
pub struct Target {
    pub provider: Arc<Provider>,
    /// Its name there.
    pub model: String,
}

#[derive(Debug)]
pub struct Provider {
    pub name: String,
    /// Without a slash at its end.
    pub base_url: String,
    pub key: Option<Secret>,
}

impl Config {
    /// Reads and checks the file, and takes the providers' keys from the environment.
    ///
    /// # Errors
    /// One line that names the file and what is wrong in it.
    pub fn load(path: &Path) -> Result<Config, String> {
        let named = |why: String| format!("{}: {why}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        parse(&text).map_err(named)
    }
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "half_a_minute")]
    timeout_ms: u64,
    #[serde(rename = "provider", default)]
    providers: Vec<FileProvider>,
    #[serde(rename = "model", default)]
    models: Vec<FileModel>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileProvider {
    name: String,
    base_url: String,
    key_env: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileModel {
    name: String,
    input: i64,
    output: i64,
    max_output: i64,
    cache_ms: Option<u64>,
    targets: Vec<FileTarget>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTarget {
    provider: String,
    model: String,
}

fn parse(text: &str) -> Result<Config, String> {
    let file: File = toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        format!("line {line}: {}", error.message().replace('\n', " "))
    })?;
    let mut providers = HashMap::new();
    for provider in file.providers {
        let provider = check_provider(provider)?;
        if providers.insert(provider.name.clone(), Arc::clone(&provider)).is_some() {
            return Err(format!("the provider {:?} is there twice", provider.name));
        }
    }
    let mut models: Vec<Arc<Model>> = Vec::new();
    for model in file.models {
        if models.iter().any(|other| other.name == model.name) {
            return Err(format!("the model {:?} is there twice", model.name));
        }
        models.push(Arc::new(check_model(model, &providers)?));
    }
    if models.is_empty() {
        return Err("there is no [[model]]".to_owned());
    }
    Ok(Config { timeout: milliseconds("timeout_ms", file.timeout_ms)?, models })
}

fn check_provider(provider: FileProvider) -> Result<Arc<Provider>, String> {
    let FileProvider { name, base_url, key_env } = provider;
    let url = reqwest::Url::parse(&base_url).map_err(|error| format!("the base_url of {name:?}: {error}"))?;
    // TLS is left out of this course. Better to say so now than at the first call.
    if url.scheme() != "http" || url.query().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(format!("the base_url of {name:?} has to be http://HOST:PORT/PATH"));
    }
    let key = match key_env {
        None => None,
        Some(variable) => {
            let missing = || format!("the key of {name:?} is missing; set the environment variable {variable}");
            Some(Secret::from_environment(&variable).ok_or_else(missing)?)
        }
    };
    Ok(Arc::new(Provider { name, base_url: base_url.trim_end_matches('/').to_owned(), key }))
}

fn check_model(model: FileModel, providers: &HashMap<String, Arc<Provider>>) -> Result<Model, String> {
    let FileModel { name, input, output, max_output, cache_ms, targets } = model;
    let price = Price { input: within("input", input, 0..=DEAREST)?, output: within("output", output, 0..=DEAREST)? };
    let max_output = within("max_output", max_output, 1..=MOST_TOKENS)?;
    let cache = cache_ms.map(|time| milliseconds("cache_ms", time)).transpose()?;
    let find = |target: FileTarget| match providers.get(&target.provider) {
        Some(provider) => Ok(Target { provider: Arc::clone(provider), model: target.model }),
        None => Err(format!("there is no provider {:?}, which {name:?} has as a target", target.provider)),
    };
    let targets: Vec<_> = targets.into_iter().map(find).collect::<Result<_, _>>()?;
    if name.is_empty() || targets.is_empty() {
        return Err(format!("the model {name:?} has no name or no target"));
    }
    Ok(Model { name, price, max_output, cache, targets })
}

fn within(key: &str, value: i64, range: RangeInclusive<i64>) -> Result<i64, String> {
    match range.contains(&value) {
        true => Ok(value),
        false => Err(format!("{key} is from {} to {}", range.start(), range.end())),
    }
}

fn milliseconds(key: &str, value: u64) -> Result<Duration, String> {
    match value {
        1..=LONGEST_MS => Ok(Duration::from_millis(value)),
        _ => Err(format!("{key} is from 1 to {LONGEST_MS}")),
    }
}

fn half_a_minute() -> u64 {
    30_000
}
