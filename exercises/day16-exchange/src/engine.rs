//! Who trades with whom. The outcome depends on the commands alone: no clock, no randomness, no order of a hash map.

use crate::order::{Order, Side, Status, Terms, TimeInForce, Trade};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Everything that the exchange knows.
#[derive(Debug, Default)]
pub struct Engine {
    /// Order number n is at place n - 1. Those that are done stay: people ask for them.
    orders: Vec<Order>,
    trades: Vec<Trade>,
    bids: BTreeMap<u64, Level>,
    asks: BTreeMap<u64, Level>,
    /// How often the book has changed.
    sequence: u64,
}

/// The open orders at one price, the oldest in front.
#[derive(Debug, Default)]
struct Level {
    quantity: u64,
    orders: VecDeque<u64>,
}

/// A price and how much is wanted or offered there. Serialised as an array.
pub type PriceLevel = (u64, u64);

/// All price levels, the best ones first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Book {
    pub sequence: u64,
    pub bids: Vec<PriceLevel>,
    pub asks: Vec<PriceLevel>,
}

/// A price level that has changed, and what is there now; 0 means that it is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub side: Side,
    pub price: u64,
    pub quantity: u64,
}

/// What one command has done to the market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delta {
    pub sequence: u64,
    pub changes: Vec<Change>,
    pub trades: Vec<Trade>,
}

/// What a command has led to. There is no delta if nobody else can notice it.
#[derive(Debug)]
pub struct Outcome {
    pub order: Order,
    pub trades: Vec<Trade>,
    pub delta: Option<Delta>,
}

/// Why an order cannot be cancelled.
#[derive(Debug)]
pub enum Refusal {
    Unknown,
    Done(Status),
}

impl Engine {
    pub fn order(&self, id: u64) -> Option<&Order> {
        self.orders.get(place(id)?)
    }

    /// At most `limit` trades with larger numbers than `after`.
    pub fn trades_after(&self, after: u64, limit: usize) -> Vec<Trade> {
        let first = usize::try_from(after).unwrap_or(usize::MAX);
        self.trades.iter().skip(first).take(limit).cloned().collect()
    }

    pub fn book(&self) -> Book {
        let levels = |(price, level): (&u64, &Level)| (*price, level.quantity);
        let (bids, asks) = (self.bids.iter().map(levels).collect(), self.asks.iter().map(levels).collect());
        let book = Book { sequence: self.sequence, bids, asks };
        todo!("put the best prices of {book:?} first")
    }

    /// Takes an order: trades what can be traded, and keeps the rest if it is one that waits.
    pub fn accept(&mut self, terms: Terms, at: Timestamp) -> Outcome {
        let id = self.orders.len() as u64 + 1;
        let mut order = Order { id, terms, filled: 0, status: Status::Open, at };
        let mut touched = BTreeSet::new();
        let first_trade = self.trades.len();

        // A fok order looks before it trades.
        self.trade(&mut order, &mut touched);
        order.status = match (order.remaining(), order.terms.time_in_force) {
            (0, _) => Status::Filled,
            (remaining, TimeInForce::Gtc) => todo!("let {remaining} wait"),
            _ => Status::Cancelled,
        };
        self.orders.push(order.clone());
        let trades = self.trades[first_trade..].to_vec();
        let delta = self.delta(touched, trades.clone());
        Outcome { order, trades, delta }
    }

    /// Takes an open order out of the book.
    pub fn cancel(&mut self, id: u64) -> Result<Outcome, Refusal> {
        let order = place(id).and_then(|place| self.orders.get_mut(place)).ok_or(Refusal::Unknown)?;
        match order.status {
            Status::Open => todo!("take {order:?} out of its level, and tell it"),
            done => Err(Refusal::Done(done)),
        }
    }

    /// Matches an order that has just come with those that wait, the best price first and then the oldest.
    fn trade(&mut self, taker: &mut Order, touched: &mut BTreeSet<(bool, u64)>) {
        let side = taker.terms.side.opposite();
        let level = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let waiting = level.first_entry().and_then(|level| level.get().orders.front().copied());
        todo!(
            "while {taker:?} wants more, let it trade with {waiting:?} or who comes after; note in {touched:?} which levels change"
        )
    }

    /// The news about these levels, under the next number.
    fn delta(&mut self, touched: BTreeSet<(bool, u64)>, trades: Vec<Trade>) -> Option<Delta> {
        let change = |(is_sell, price)| {
            let (side, levels) = if is_sell { (Side::Sell, &self.asks) } else { (Side::Buy, &self.bids) };
            Change { side, price, quantity: levels.get(&price).map_or(0, |level| level.quantity) }
        };
        let changes: Vec<_> = touched.into_iter().map(change).collect();
        let delta = Delta { sequence: self.sequence, changes, trades };
        todo!("give {delta:?} the next number, or return none if nothing has changed")
    }
}

/// Where the order with this number is.
fn place(id: u64) -> Option<usize> {
    usize::try_from(id.checked_sub(1)?).ok()
}
