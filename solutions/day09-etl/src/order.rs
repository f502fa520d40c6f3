//! What makes a row an order.

use crate::money;
use jiff::Timestamp;
use serde::Serialize;
use std::ops::RangeInclusive;

/// The fields, in the order in which they are looked at.
pub const FIELDS: [&str; 8] = ["order_id", "shop", "sku", "quantity", "currency", "price", "ordered_at", "updated_at"];

/// What a file says in one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Missing,
    Text(String),
    /// Something that no field can be, such as a list.
    Unusable,
}

/// What a file says in all fields, in the order of [`FIELDS`].
pub type Row = [Value; FIELDS.len()];

/// A clean row. Serialised as an array, in the order of the columns in the database.
#[derive(Debug, Serialize)]
pub struct Order(
    /// order_id
    pub String,
    /// shop
    pub String,
    /// sku
    pub String,
    /// quantity
    pub i64,
    /// currency
    pub String,
    /// price, in the smallest unit
    pub i64,
    /// ordered_at, in milliseconds since 1970
    pub i64,
    /// updated_at
    pub i64,
);

/// Why a row cannot be used.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    pub reason: Reason,
    pub field: Option<&'static str>,
    pub detail: String,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    NotUtf8,
    TooLong,
    Malformed,
    Missing,
    Invalid,
}

const TEXT: RangeInclusive<usize> = 1..=64;
const QUANTITY: RangeInclusive<i64> = 1..=9999;

impl Order {
    /// # Errors
    /// With the first field that is missing or breaks its rule.
    pub fn clean(row: &Row) -> Result<Order, Fault> {
        let mut fields = FIELDS.into_iter().zip(row).map(|(name, value)| Field { name, value });
        // There are as many values as names, and this takes each once.
        let mut next = || fields.next().ok_or_else(|| Fault::of(Reason::Malformed, "too few fields"));

        let order_id = next()?.text()?.to_owned();
        let shop = next()?.text()?.to_lowercase();
        let sku = next()?.text()?.to_owned();
        let quantity = next()?.parse("a whole number from 1 to 9999", quantity)?;
        let (currency, decimals) = next()?.parse("a currency that we trade in", |text| {
            let currency = text.to_uppercase();
            money::decimals_of(&currency).map(|decimals| (currency, decimals))
        })?;
        let wanted = format!("a price with at most 7 digits, and at most {decimals} decimals");
        let price = next()?.parse(&wanted, |text| money::parse(text, decimals))?;
        let ordered_at = next()?.parse(A_TIME, time)?;
        let updated_at = next()?.parse(A_TIME, time)?;
        Ok(Order(order_id, shop, sku, quantity, currency, price, ordered_at, updated_at))
    }
}

const A_TIME: &str = "a time such as 2026-01-31T08:15:00+01:00, since 1970";

fn quantity(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && QUANTITY.contains(number))
}

fn time(text: &str) -> Option<i64> {
    let time: Timestamp = text.parse().ok()?;
    (time >= Timestamp::UNIX_EPOCH).then(|| time.as_millisecond())
}

/// One value, and what it is called.
struct Field<'a> {
    name: &'static str,
    value: &'a Value,
}

impl<'a> Field<'a> {
    /// The value without the white space around it.
    fn present(&self) -> Result<&'a str, Fault> {
        match self.value {
            Value::Text(text) if !text.trim().is_empty() => Ok(text.trim()),
            Value::Text(_) | Value::Missing => Err(Fault::missing(self.name)),
            Value::Unusable => Err(self.invalid("a string or a number")),
        }
    }

    fn text(&self) -> Result<&'a str, Fault> {
        let text = self.present()?;
        if TEXT.contains(&text.chars().count()) { Ok(text) } else { Err(self.invalid("at most 64 characters")) }
    }

    fn parse<T>(&self, wanted: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Fault> {
        parse(self.present()?).ok_or_else(|| self.invalid(wanted))
    }

    fn invalid(&self, wanted: &str) -> Fault {
        let shown = match self.value {
            Value::Text(text) => format!("{:?}", text.chars().take(80).collect::<String>()),
            _ => "this".to_owned(),
        };
        let detail = format!("{shown} is no {}: it has to be {wanted}", self.name);
        Fault { reason: Reason::Invalid, field: Some(self.name), detail }
    }
}

impl Fault {
    /// A fault of the whole row.
    pub fn of(reason: Reason, detail: impl Into<String>) -> Fault {
        Fault { reason, field: None, detail: detail.into() }
    }

    pub fn missing(field: &'static str) -> Fault {
        Fault { reason: Reason::Missing, field: Some(field), detail: format!("there is no {field}") }
    }
}
