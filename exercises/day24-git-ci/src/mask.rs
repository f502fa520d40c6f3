//! Secrets: steps get them, and logs do not.

use std::{collections::BTreeMap, path::Path};

/// What stands in a log where a secret was printed.
const MASK: &str = "***";
/// Masking every `a` of a log would tell the secret, and nothing else any more.
const SHORTEST: usize = 6;

/// The secrets by name.
#[derive(Clone, Default)]
pub struct Secrets {
    values: BTreeMap<String, String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.values.keys()).finish()
    }
}

impl Secrets {
    /// Reads the file; without one there are none. The error does not quote it.
    pub fn load(file: Option<&Path>) -> Result<Secrets, String> {
        let Some(file) = file else { return Ok(Secrets::default()) };
        let shown = file.display();
        let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read {shown}: {error}"))?;
        let values: BTreeMap<String, String> =
            toml::from_str(&text).map_err(|_| format!("{shown} is not a list of NAME = \"value\""))?;
        for (name, value) in &values {
            let is_name = name.starts_with(|c: char| c.is_ascii_uppercase())
                && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            if !is_name {
                return Err(format!("{shown}: {name:?} cannot be the name of a variable; use A to Z, 0 to 9 and _"));
            }
            if value.len() < SHORTEST || value.contains('\n') {
                return Err(format!("{shown}: {name} must have at least {SHORTEST} bytes, in one line"));
            }
        }
        Ok(Secrets { values })
    }

    /// Names and values, for the environment of a step.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The length of the longest secret in bytes.
    pub fn longest(&self) -> usize {
        self.values.values().map(String::len).max().unwrap_or_default()
    }

    /// The line without secrets. The longest first: one may be a part of another.
    pub fn mask(&self, line: &str) -> String {
        todo!("put {MASK} in the place of the {} secrets in {line:?}", self.values.len())
    }
}
