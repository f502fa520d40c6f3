//! What makes a row an order.

use crate::money;
use jiff::Timestamp;
use serde::Serialize;

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

impl Order {
    /// # Errors
    /// With the first field that is missing or breaks its rule.
    pub fn clean(row: &Row) -> Result<Order, Fault> {
        let [order_id, shop, sku, quantity, currency, price, ordered_at, updated_at] = row;
        let (shop, sku) = (text(FIELDS[1], shop)?.to_lowercase(), text(FIELDS[2], sku)?.to_owned());
        let order_id = text(FIELDS[0], order_id)?.to_owned();
        let decimals = money::decimals_of(text(FIELDS[4], currency)?);
        let price = decimals.and_then(|decimals| money::parse(text(FIELDS[5], price).ok()?, decimals));
        let times = [ordered_at, updated_at].map(|value| time(text(FIELDS[6], value).unwrap_or_default()));
        todo!(
            "an order {order_id:?} of {shop:?}, {sku:?}, {quantity:?} pieces at {price:?}, at {times:?}, or the first fault; \
             look at the fields in the order of FIELDS"
        )
    }
}

/// The value of a field without the white space around it.
fn text<'a>(name: &'static str, value: &'a Value) -> Result<&'a str, Fault> {
    match value {
        Value::Text(text) => Ok(text.trim()),
        Value::Missing => Err(Fault::missing(name)),
        Value::Unusable => Err(Fault { reason: Reason::Invalid, field: Some(name), detail: "a list or so".to_owned() }),
    }
}

/// Milliseconds since 1970; none for what is no time, or an earlier one.
fn time(text: &str) -> Option<i64> {
    let time: Timestamp = text.parse().ok()?;
    todo!("the milliseconds of {time}, unless it is before 1970")
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
