//! Who the portfolio is about.

use plumbing::Failure;
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// The most characters of a text that is shown.
const LONGEST: usize = 500;

/// Serialised, it is the `basics` of JSON Resume.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Profile {
    /// Reads the file. Whatever is wrong with it ends the program.
    pub fn read(path: &Path) -> Result<Profile, Failure> {
        let wrong = |what: String| Failure::new(format!("{}: {what}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let profile: Profile = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        profile.check().map_err(|what| wrong(what.to_owned()))?;
        Ok(profile)
    }

    fn check(&self) -> Result<(), &'static str> {
        let texts =
            [Some(&self.name), self.label.as_ref(), self.summary.as_ref(), self.email.as_ref(), self.url.as_ref()];
        if !texts.into_iter().flatten().all(|text| is_plain(text)) {
            return Err("each text needs 1 to 500 characters, none of them a control character");
        }
        if self.url.as_ref().is_some_and(|url| !is_web_address(url)) {
            return Err("url has to begin with http:// or https://");
        }
        if self.email.as_ref().is_some_and(|email| !email.contains('@')) {
            return Err("email needs an @");
        }
        Ok(())
    }
}

/// Whether a text can be shown everywhere: XML has no way at all to write most control characters.
pub fn is_plain(text: &str) -> bool {
    let is_shown = |letter: char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    (1..=LONGEST).contains(&text.chars().count()) && text.chars().all(is_shown)
}

/// Whether a text may become a link. The scheme decides: `javascript:` would run in the reader's browser.
pub fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty()) && !text.contains(char::is_whitespace)
}
