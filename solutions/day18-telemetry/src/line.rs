//! Line protocol: from the body of a write to points.
//!
//! ```text
//! weather,city=Bad\ Ems,sensor=7 degrees=21.5,note="sun, wind",on=t,count=3i 1700000000000000000
//! └──┬──┘ └─────────┬──────────┘ └───────────────────┬─────────────────────┘ └────────┬────────┘
//! measurement     tags                             fields                            time
//! ```

use std::{collections::BTreeMap, iter::Peekable, str::Chars};

/// Values of one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub measurement: String,
    pub tags: BTreeMap<String, String>,
    pub fields: Vec<(String, Value)>,
    pub time: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Float(f64),
    Integer(i64),
    Text(String),
    Boolean(bool),
}

/// What a body holds: points, and a message for each line that is none.
#[derive(Debug, Default)]
pub struct Batch {
    pub points: Vec<Point>,
    pub errors: Vec<String>,
}

/// Reads a body. Times are in `unit` nanoseconds; a line without one gets `now`, rounded down to the unit.
pub fn parse(body: &str, unit: i64, now: i64) -> Batch {
    let mut batch = Batch::default();
    let mut rest = body.trim_start();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(end_of_line(rest));
        rest = after.trim_start();
        if line.starts_with('#') {
            continue;
        }
        match point(line, unit, now) {
            Ok(point) => batch.points.push(point),
            Err(why) => batch.errors.push(format!("unable to parse '{line}': {why}")),
        }
    }
    batch
}

/// Where the first line ends. A string may hold a line feed. It begins after an equals sign among the fields, and these
/// begin at the first space that is not escaped; anywhere else a quotation mark is a character like any other.
fn end_of_line(text: &str) -> usize {
    let is_comment = text.starts_with('#');
    let (mut escaped, mut in_fields, mut in_string) = (false, false, false);
    let mut previous = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '\n' if !in_string => return at,
            _ if is_comment => {}
            _ if escaped => {
                escaped = false;
                previous = ' ';
                continue;
            }
            '\\' => escaped = true,
            '"' if in_string => in_string = false,
            '"' => in_string = in_fields && previous == '=',
            ' ' => in_fields = true,
            _ => {}
        }
        previous = character;
    }
    text.len()
}

fn point(line: &str, unit: i64, now: i64) -> Result<Point, String> {
    let mut input = line.chars().peekable();
    let measurement = word(&mut input, &[',', ' ']);
    if measurement.is_empty() {
        return Err("missing measurement".to_owned());
    }
    let mut tags = BTreeMap::new();
    while input.next_if_eq(&',').is_some() {
        let key = word(&mut input, &[',', '=', ' ']);
        let value = input.next_if_eq(&'=').map(|_| word(&mut input, &[',', '=', ' '])).unwrap_or_default();
        if key.is_empty() || value.is_empty() {
            return Err(format!("missing tag {}", if key.is_empty() { "key" } else { "value" }));
        }
        if tags.insert(key, value).is_some() {
            return Err("duplicate tags".to_owned());
        }
    }
    if input.peek() == Some(&'=') {
        return Err("invalid tag format".to_owned());
    }
    skip_spaces(&mut input);
    if input.peek().is_none() {
        return Err("missing fields".to_owned());
    }
    let mut fields = Vec::new();
    loop {
        let key = word(&mut input, &[',', '=', ' ']);
        if key.is_empty() {
            return Err("missing field key".to_owned());
        }
        input.next_if_eq(&'=').ok_or("invalid field format")?;
        fields.push((key, value(&mut input)?));
        if input.next_if_eq(&',').is_none() {
            break;
        }
    }
    let rest: String = input.collect();
    Ok(Point { measurement, tags, fields, time: time(rest.trim(), unit, now)? })
}

/// Everything up to the first of `ends` that is not escaped. A backslash escapes one of these, and is itself before
/// anything else.
fn word(input: &mut Peekable<Chars<'_>>, ends: &[char]) -> String {
    let mut word = String::new();
    while let Some(character) = input.next_if(|character| !ends.contains(character)) {
        let escaped = if character == '\\' { input.next_if(|next| ends.contains(next)) } else { None };
        word.push(escaped.unwrap_or(character));
    }
    word
}

fn value(input: &mut Peekable<Chars<'_>>) -> Result<Value, String> {
    if input.next_if_eq(&'"').is_some() {
        return text(input).map(Value::Text);
    }
    match word(input, &[',', ' ']).as_str() {
        "" => Err("missing field value".to_owned()),
        "t" | "T" | "true" | "True" | "TRUE" => Ok(Value::Boolean(true)),
        "f" | "F" | "false" | "False" | "FALSE" => Ok(Value::Boolean(false)),
        number => match number.strip_suffix('i') {
            Some(integer) if is_number(integer) => {
                integer.parse().map(Value::Integer).map_err(|_| format!("unable to parse integer {integer}"))
            }
            None if is_number(number) => float(number).ok_or_else(|| "invalid float".to_owned()),
            _ => Err("invalid number".to_owned()),
        },
    }
}

/// Rust would also take `inf`, `nan` and `+1`.
fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '.')
        && text.chars().all(|character| character.is_ascii_digit() || "-+.eE".contains(character))
}

/// JSON has no infinity, so nothing may become one.
fn float(text: &str) -> Option<Value> {
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
}

/// The rest of a string. Only a quotation mark and a backslash can be escaped in it.
fn text(input: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut text = String::new();
    loop {
        match input.next().ok_or("unbalanced quotes")? {
            '"' => return Ok(text),
            '\\' => text.push(input.next_if(|next| matches!(next, '"' | '\\')).unwrap_or('\\')),
            character => text.push(character),
        }
    }
}

fn time(text: &str, unit: i64, now: i64) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(now - now.rem_euclid(unit));
    }
    if !text.trim_start_matches('-').chars().all(|digit| digit.is_ascii_digit()) {
        return Err("bad timestamp".to_owned());
    }
    let time = text.parse().ok().and_then(|time: i64| time.checked_mul(unit));
    time.filter(|time| (-crate::time::LAST..=crate::time::LAST).contains(time))
        .ok_or_else(|| "time outside range".to_owned())
}

fn skip_spaces(input: &mut Peekable<Chars<'_>>) {
    while input.next_if_eq(&' ').is_some() {}
}
