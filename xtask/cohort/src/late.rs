//! What is handed in after the due time, and what that costs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

const DAY: i64 = 24 * 60 * 60;

/// What lateness costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Rule {
    /// Nothing; it is only noted.
    #[default]
    Accept,
    /// All points.
    Refuse,
    /// So many percent of the points for each day that has begun.
    PercentPerDay(u8),
}

impl Rule {
    /// How many percent of the points are left.
    pub fn percent_left(self, seconds_late: i64) -> u8 {
        match self {
            _ if seconds_late <= 0 => 100,
            Rule::Accept => 100,
            Rule::Refuse => 0,
            Rule::PercentPerDay(percent) => {
                let days = seconds_late.saturating_add(DAY - 1) / DAY;
                let lost = i64::from(percent).saturating_mul(days).min(100);
                100 - u8::try_from(lost).unwrap_or(100)
            }
        }
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Rule, String> {
        let percent =
            text.strip_suffix("%/day").and_then(|number| number.parse().ok()).filter(|percent| *percent <= 100);
        match (text, percent) {
            ("accept", _) => Ok(Rule::Accept),
            ("refuse", _) => Ok(Rule::Refuse),
            (_, Some(percent)) => Ok(Rule::PercentPerDay(percent)),
            _ => Err(format!("{text:?} is none of accept, refuse, and a share of the points as in 10%/day")),
        }
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> String {
        match rule {
            Rule::Accept => "accept".to_owned(),
            Rule::Refuse => "refuse".to_owned(),
            Rule::PercentPerDay(percent) => format!("{percent}%/day"),
        }
    }
}

impl TryFrom<String> for Rule {
    type Error = String;

    fn try_from(text: String) -> Result<Rule, String> {
        text.parse()
    }
}

/// A time in RFC 3339, as in `2026-03-01T23:59:59Z`.
pub fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| format!("{text:?} is no time in RFC 3339, as in 2026-03-01T23:59:59Z"))
}

/// How many seconds after `due` something was handed in; zero when in time, or when either time is not known.
pub fn seconds_late(submitted_at: &str, due: Option<&str>) -> Result<i64, String> {
    let Some(due) = due.filter(|_| !submitted_at.is_empty()) else { return Ok(0) };
    Ok((time(submitted_at)?.as_second() - time(due)?.as_second()).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_that_has_begun_costs_its_share() {
        let rule: Rule = "30%/day".parse().unwrap();
        let left = [0, 1, DAY, DAY + 1, 3 * DAY + 1, i64::MAX].map(|seconds| rule.percent_left(seconds));
        assert_eq!(left, [100, 70, 70, 40, 0, 0]);
        assert_eq!(
            (Rule::Accept.percent_left(9), Rule::Refuse.percent_left(9), Rule::Refuse.percent_left(0)),
            (100, 0, 100)
        );
    }

    #[test]
    fn times_with_offsets_are_compared_as_moments() {
        let late = |submitted: &str| seconds_late(submitted, Some("2026-03-01T23:00:00Z"));
        assert_eq!(late("2026-03-02T00:00:30+01:00"), Ok(30));
        assert_eq!(late("2026-03-01T23:59:59+01:00"), Ok(0));
        assert_eq!(late(""), Ok(0));
        assert!(late("tomorrow").unwrap_err().contains("RFC 3339"));
    }

    #[test]
    fn rules_are_read_as_they_are_written() {
        for text in ["accept", "refuse", "10%/day"] {
            assert_eq!(String::from(text.parse::<Rule>().unwrap()), text);
        }
        assert!("101%/day".parse::<Rule>().is_err() && "10%".parse::<Rule>().is_err());
    }
}
