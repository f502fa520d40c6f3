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
    let rest = body.trim_start();
    if !rest.is_empty() {
        let (line, after) = rest.split_at(end_of_line(rest));
        match point(line, unit, now) {
            Ok(point) => batch.points.push(point),
            Err(why) => batch.errors.push(format!("unable to parse '{line}': {why}")),
        }
        todo!("the same for {after:?}, and what of comments and empty lines?")
    }
    batch
}

/// Where the first line ends. A string may hold a line feed. It begins after an equals sign among the fields, and these
/// begin at the first space that is not escaped; anywhere else a quotation mark is a character like any other.
fn end_of_line(text: &str) -> usize {
    todo!("find the line feed in {text:?} that is not within a string")
}

fn point(line: &str, unit: i64, now: i64) -> Result<Point, String> {
    let mut input = line.chars().peekable();
    let measurement = word(&mut input, &[',', ' ']);
    let field = value(&mut input)?;
    let time = time(line, unit, now)?;
    todo!("{measurement} with its tags, its fields such as {field:?}, and {time}; a BTreeMap keeps tags in order")
}

/// Everything up to the first of `ends` that is not escaped. A backslash escapes one of these, and is itself before
/// anything else.
fn word(input: &mut Peekable<Chars<'_>>, ends: &[char]) -> String {
    todo!("take characters from {input:?} up to one of {ends:?}")
}

fn value(input: &mut Peekable<Chars<'_>>) -> Result<Value, String> {
    if input.next_if_eq(&'"').is_some() {
        return text(input).map(Value::Text);
    }
    match word(input, &[',', ' ']).as_str() {
        "t" | "T" | "true" | "True" | "TRUE" => Ok(Value::Boolean(true)),
        "f" | "F" | "false" | "False" | "FALSE" => Ok(Value::Boolean(false)),
        number if is_number(number) => todo!("{:?} or {:?}", float(number), Value::Integer(0)),
        _ => Err("invalid number".to_owned()),
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
    todo!("take characters from {input:?} up to the quotation mark at the end")
}

fn time(text: &str, unit: i64, now: i64) -> Result<i64, String> {
    todo!("{text:?} times {unit}, or {now} where it is empty; at most {}", crate::time::LAST)
}
