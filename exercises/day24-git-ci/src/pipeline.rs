//! `.ci.toml`: what is to be run.

use serde::Deserialize;

/// The file in a repository's root.
pub const FILE: &str = ".ci.toml";
/// Nobody writes more by hand.
pub const LARGEST: u64 = 64 * 1024;
const MOST_STEPS: usize = 50;

/// What a `.ci.toml` asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// A newer push to the same branch ends the run of an older one.
    #[serde(default)]
    pub cancel_superseded: bool,
    #[serde(rename = "step", default)]
    pub steps: Vec<Step>,
}

/// One command line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub name: String,
    /// For `sh -c`.
    pub run: String,
}

impl Pipeline {
    /// The error says, for whoever pushed, what is wrong.
    pub fn parse(text: &str) -> Result<Pipeline, String> {
        let pipeline: Pipeline = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        match pipeline.steps.len() {
            0 => Err("there is no [[step]] in it".to_owned()),
            1..=MOST_STEPS => Ok(pipeline),
            many => Err(format!("it has {many} steps, and {MOST_STEPS} are allowed")),
        }
    }
}
