//! The time of a log line, `31/Jan/2026:08:15:00 +0100`: a local time and how far it is ahead of UTC.

use crate::record::number;
use jiff::{Timestamp, civil::DateTime, tz::Offset};

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// The moment that the text means, wherever the server stands. None when there is no such day or time.
pub fn parse(text: &[u8]) -> Option<Timestamp> {
    let (local_time, offset_text) = text.split_at_checked(20)?;
    offset(offset_text)?.to_timestamp(local(local_time)?).ok()
}

/// `31/Jan/2026:08:15:00`, as the clock on the server's wall shows it.
fn local(text: &[u8]) -> Option<DateTime> {
    let [d1, d2, b'/', m1, m2, m3, b'/', year @ .., b':', h1, h2, b':', n1, n2, b':', s1, s2] = text else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == &[*m1, *m2, *m3])? + 1;
    let year = i16::try_from(number(year).filter(|_| year.len() == 4)?).ok()?;
    let [day, hour, minute, second] = [[*d1, *d2], [*h1, *h2], [*n1, *n2], [*s1, *s2]].map(two);
    // jiff knows how many days each month has, and refuses the 31st of February.
    DateTime::new(year, i8::try_from(month).ok()?, day?, hour?, minute?, second?, 0).ok()
}

/// ` +0100`: one hour ahead of UTC.
fn offset(text: &[u8]) -> Option<Offset> {
    let [b' ', sign, h1, h2, m1, m2] = text else { return None };
    let (hours, minutes) = (two([*h1, *h2])?, two([*m1, *m2]).filter(|minutes| *minutes < 60)?);
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    match sign {
        b'+' => Offset::from_seconds(seconds).ok(),
        b'-' => Offset::from_seconds(-seconds).ok(),
        _ => None,
    }
}

/// Two digits as a number.
fn two(digits: [u8; 2]) -> Option<i8> {
    i8::try_from(number(&digits)?).ok()
}
