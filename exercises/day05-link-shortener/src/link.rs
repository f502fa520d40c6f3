//! A link, what a client sends to make one, and the rules for it.

use crate::{code::Code, public_url::PublicUrl};
use jiff::Timestamp;
use plumbing::Problem;
use serde::{Deserialize, Serialize};
use url::Url;

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
    /// The link to be made, if every member keeps its rules. The lifetime's rule is still missing.
    pub fn checked(self, public_url: &PublicUrl) -> Result<NewLink, Invalid> {
        check_url(&self.url, public_url)?;
        let alias = self.alias.as_deref().map(check_alias).transpose()?;
        Ok(NewLink { url: self.url, alias, lifetime_ms: self.expires_in_ms })
    }
}

/// The first rules of the page for URLs; the others are still missing.
fn check_url(text: &str, public_url: &PublicUrl) -> Result<(), Invalid> {
    let broken = |rule: &str| Err(invalid("url", rule));
    let Ok(url) = Url::parse(text) else { return broken("must be an absolute URL") };
    if public_url.leads_here(&url) {
        return broken("must not lead back to this service");
    }
    Ok(())
}

/// The first rule of the page for aliases; the other is still missing.
fn check_alias(text: &str) -> Result<Code, Invalid> {
    Code::parse(text).ok_or_else(|| invalid("alias", "must be 3 to 32 of A-Z, a-z, 0-9, - and _"))
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
