//! A link, what a client sends to make one, and the rules for it.

use crate::{code::Code, public_url::PublicUrl};
use jiff::Timestamp;
use plumbing::Problem;
use serde::{Deserialize, Serialize};
use url::Url;

const URL_CHARS: usize = 2048;
const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1000;
/// `/api` is where the service itself is.
const RESERVED: &str = "api";

/// What a client sends.
#[derive(Debug, Deserialize)]
pub struct Draft {
    pub url: String,
    pub alias: Option<String>,
    pub expires_in_ms: Option<i64>,
}

/// A draft that keeps the rules.
#[derive(Debug)]
pub struct NewLink {
    pub url: String,
    /// The code that the client wishes for.
    pub alias: Option<Code>,
    pub lifetime_ms: Option<i64>,
}

/// A stored link.
#[derive(Debug, sqlx::FromRow)]
pub struct Link {
    pub code: Code,
    pub url: String,
    pub created_ms: i64,
    pub expires_ms: Option<i64>,
    pub clicks: i64,
}

/// A link as clients see it.
#[derive(Debug, Serialize)]
pub struct LinkView {
    code: Code,
    url: String,
    short_url: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    clicks: i64,
}

/// A rule that a draft does not keep.
#[derive(Debug)]
pub struct Invalid {
    field: &'static str,
    rule: String,
}

impl Draft {
    /// The link to be made, if every member keeps its rules.
    pub fn checked(self, public_url: &PublicUrl) -> Result<NewLink, Invalid> {
        check_url(&self.url, public_url)?;
        let alias = self.alias.as_deref().map(check_alias).transpose()?;
        if self.expires_in_ms.is_some_and(|lifetime| !(1..=YEAR_MS).contains(&lifetime)) {
            return Err(invalid("expires_in_ms", format!("must be from 1 to {YEAR_MS}")));
        }
        Ok(NewLink { url: self.url, alias, lifetime_ms: self.expires_in_ms })
    }
}

fn check_url(text: &str, public_url: &PublicUrl) -> Result<(), Invalid> {
    let broken = |rule: &str| Err(invalid("url", rule));
    // First of all: a parser forgives spaces and line breaks, and a header with a line break in it becomes two headers.
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return broken("must consist of visible ASCII characters; percent-encode the others");
    }
    if text.len() > URL_CHARS {
        return broken(&format!("must have at most {URL_CHARS} characters"));
    }
    let Ok(url) = Url::parse(text) else { return broken("must be an absolute URL") };
    // A list of what is allowed: nobody knows all the schemes that a browser runs.
    if !matches!(url.scheme(), "http" | "https") {
        return broken("must begin with http:// or https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return broken("must not contain a user name or password");
    }
    if public_url.leads_here(&url) {
        return broken("must not lead back to this service");
    }
    Ok(())
}

fn check_alias(text: &str) -> Result<Code, Invalid> {
    match Code::parse(text) {
        Some(_) if text == RESERVED => Err(invalid("alias", format!("must not be {RESERVED}"))),
        Some(code) => Ok(code),
        None => Err(invalid("alias", "must be 3 to 32 of A-Z, a-z, 0-9, - and _")),
    }
}

fn invalid(field: &'static str, rule: impl Into<String>) -> Invalid {
    Invalid { field, rule: rule.into() }
}

impl Invalid {
    /// 422. `place` stands before the name of the member, where there is more than one draft: `links[3].`.
    pub fn problem(&self, place: &str) -> Problem {
        let field = format!("{place}{}", self.field);
        Problem::invalid(&field, format!("{field} {}", self.rule))
    }
}

impl Link {
    pub fn is_expired_at(&self, now_ms: i64) -> bool {
        self.expires_ms.is_some_and(|end| end <= now_ms)
    }

    pub fn view(self, public_url: &PublicUrl) -> Result<LinkView, jiff::Error> {
        Ok(LinkView {
            short_url: public_url.short(&self.code),
            code: self.code,
            url: self.url,
            created_at: Timestamp::from_millisecond(self.created_ms)?,
            expires_at: self.expires_ms.map(Timestamp::from_millisecond).transpose()?,
            clicks: self.clicks,
        })
    }
}
