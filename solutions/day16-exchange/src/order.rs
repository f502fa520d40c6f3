//! What an order is, and what makes one valid.

use jiff::Timestamp;
use plumbing::Problem;
use serde::{Deserialize, Serialize};

/// The largest quantity of one order.
const QUANTITY: u64 = 1_000_000;
/// The largest price, in cents. A sum of many of these fits into 64 bits.
const PRICE: u64 = 1_000_000_000;
const TRADER_BYTES: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Buy,
    Sell,
}

impl Side {
    pub fn opposite(self) -> Side {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Limit,
    Market,
}

/// What becomes of the part of an order that nobody takes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeInForce {
    /// Good till cancelled: it waits in the book.
    Gtc,
    /// Immediate or cancel.
    Ioc,
    /// Fill or kill: all of it at once, or nothing.
    Fok,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Open,
    Filled,
    Cancelled,
}

/// The body of `POST /orders`.
#[derive(Debug, Deserialize)]
pub struct Draft {
    trader: String,
    side: Side,
    #[serde(rename = "type")]
    kind: Kind,
    quantity: u64,
    price: Option<u64>,
    time_in_force: Option<TimeInForce>,
}

/// A valid wish to trade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub trader: String,
    pub side: Side,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub time_in_force: TimeInForce,
    pub quantity: u64,
    /// The worst price that is accepted; none for a market order.
    pub price: Option<u64>,
}

impl Draft {
    /// # Errors
    /// 422 with the field that is wrong.
    pub fn check(self) -> Result<Terms, Problem> {
        let Draft { trader, side, kind, quantity, price, time_in_force } = self;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=TRADER_BYTES).contains(&trader.len()) || !trader.bytes().all(allowed) {
            return Err(Problem::invalid("trader", "a trader is 1 to 32 letters, digits, - or _"));
        }
        if !(1..=QUANTITY).contains(&quantity) {
            return Err(Problem::invalid("quantity", format!("a quantity is from 1 to {QUANTITY}")));
        }
        let time_in_force = match (kind, price, time_in_force) {
            (Kind::Limit, Some(1..=PRICE), given) => given.unwrap_or(TimeInForce::Gtc),
            (Kind::Limit, ..) => {
                return Err(Problem::invalid("price", format!("a limit order has a price from 1 to {PRICE} cents")));
            }
            (Kind::Market, Some(_), _) => return Err(Problem::invalid("price", "a market order has no price")),
            (Kind::Market, None, Some(TimeInForce::Gtc)) => {
                return Err(Problem::invalid("time_in_force", "a market order does not wait: ioc or fok"));
            }
            (Kind::Market, None, given) => given.unwrap_or(TimeInForce::Ioc),
        };
        Ok(Terms { trader, side, kind, time_in_force, quantity, price })
    }
}

/// An order that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    pub id: u64,
    #[serde(flatten)]
    pub terms: Terms,
    pub filled: u64,
    pub status: Status,
    pub at: Timestamp,
}

impl Order {
    pub fn remaining(&self) -> u64 {
        self.terms.quantity - self.filled
    }
}

/// Two orders that met. The maker was in the book, the taker came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trade {
    pub id: u64,
    pub price: u64,
    pub quantity: u64,
    pub maker: u64,
    pub taker: u64,
    pub at: Timestamp,
}
