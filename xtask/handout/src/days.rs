//! `--days 1-12`: which days are handed out.

use grader::{catalog::Catalog, exercise::Exercise};
use std::{collections::BTreeSet, str::FromStr};

/// The numbers of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days(BTreeSet<u8>);

impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Days, String> {
        let number = |text: &str| text.trim().parse::<u8>().map_err(|_| format!("{text:?} is not the number of a day"));
        let mut days = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(format!("{part:?} ends before it begins"));
            }
            days.extend(first..=last);
        }
        Ok(Days(days))
    }
}

/// The exercises with these numbers, or all.
pub fn select<'a>(catalog: &'a Catalog, days: Option<&Days>) -> Result<Vec<&'a Exercise>, String> {
    let names: Vec<_> = days.map(|Days(days)| days.iter().map(u8::to_string).collect()).unwrap_or_default();
    let exercises = catalog.select(&names).map_err(|error| error.to_string())?;
    if exercises.is_empty() { Err("the course has no days".to_owned()) } else { Ok(exercises) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_single_days_are_read() {
        assert_eq!("1-3,5".parse(), Ok(Days(BTreeSet::from([1, 2, 3, 5]))));
        assert_eq!("07".parse(), Ok(Days(BTreeSet::from([7]))));
        for wrong in ["", "3-1", "x", "1-", "1,,2"] {
            assert!(wrong.parse::<Days>().is_err(), "{wrong}");
        }
    }
}
