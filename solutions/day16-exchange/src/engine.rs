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
        Book {
            sequence: self.sequence,
            bids: self.bids.iter().rev().map(levels).collect(),
            asks: self.asks.iter().map(levels).collect(),
        }
    }

    /// Takes an order: trades what can be traded, and keeps the rest if it is one that waits.
    pub fn accept(&mut self, terms: Terms, at: Timestamp) -> Outcome {
        let id = self.orders.len() as u64 + 1;
        let mut order = Order { id, terms, filled: 0, status: Status::Open, at };
        let mut touched = BTreeSet::new();
        let first_trade = self.trades.len();

        if order.terms.time_in_force != TimeInForce::Fok || self.can_fill(&order.terms) {
            self.trade(&mut order, &mut touched);
        }
        order.status = match (order.remaining(), order.terms.time_in_force, order.terms.price) {
            (0, ..) => Status::Filled,
            (remaining, TimeInForce::Gtc, Some(price)) => {
                let level = self.side(order.terms.side).entry(price).or_default();
                level.quantity += remaining;
                level.orders.push_back(id);
                touched.insert((order.terms.side == Side::Sell, price));
                Status::Open
            }
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
        if order.status != Status::Open {
            return Err(Refusal::Done(order.status));
        }
        order.status = Status::Cancelled;
        let order = order.clone();
        let mut touched = BTreeSet::new();
        if let Some(price) = order.terms.price {
            if let Some(level) = self.side(order.terms.side).get_mut(&price) {
                level.quantity -= order.remaining();
                level.orders.retain(|other| *other != id);
            }
            self.forget_if_empty(order.terms.side, price);
            touched.insert((order.terms.side == Side::Sell, price));
        }
        let delta = self.delta(touched, Vec::new());
        Ok(Outcome { order, trades: Vec::new(), delta })
    }

    /// Matches an order that has just come with those that wait, the best price first and then the oldest.
    fn trade(&mut self, taker: &mut Order, touched: &mut BTreeSet<(bool, u64)>) {
        let side = taker.terms.side.opposite();
        while taker.remaining() > 0 {
            let Some((price, maker)) = self.best(side).filter(|(price, _)| taker.terms.takes(*price)) else { return };
            touched.insert((side == Side::Sell, price));
            let Some(order) = place(maker).and_then(|place| self.orders.get_mut(place)) else { return };
            let quantity = if order.terms.trader == taker.terms.trader {
                // Nobody trades with themselves: the order that waits gives way.
                order.status = Status::Cancelled;
                order.remaining()
            } else {
                let quantity = order.remaining().min(taker.remaining());
                order.filled += quantity;
                taker.filled += quantity;
                if order.remaining() == 0 {
                    order.status = Status::Filled;
                }
                let id = self.trades.len() as u64 + 1;
                self.trades.push(Trade { id, price, quantity, maker, taker: taker.id, at: taker.at });
                quantity
            };
            let is_done = order.status != Status::Open;
            if let Some(level) = self.side(side).get_mut(&price) {
                level.quantity -= quantity;
                if is_done {
                    level.orders.pop_front();
                }
            }
            self.forget_if_empty(side, price);
        }
    }

    /// Whether all of an order could be traded at once, and not with its own trader.
    fn can_fill(&self, terms: &Terms) -> bool {
        let mut wanted = terms.quantity;
        let levels: Box<dyn Iterator<Item = (&u64, &Level)>> = match terms.side {
            Side::Buy => Box::new(self.asks.iter()),
            Side::Sell => Box::new(self.bids.iter().rev()),
        };
        for (_, level) in levels.take_while(|(price, _)| terms.takes(**price)) {
            let others = level.orders.iter().filter_map(|id| self.order(*id));
            for order in others.filter(|order| order.terms.trader != terms.trader) {
                wanted = wanted.saturating_sub(order.remaining());
                if wanted == 0 {
                    return true;
                }
            }
        }
        false
    }

    /// The best price of a side, and the order there that is next.
    fn best(&self, side: Side) -> Option<(u64, u64)> {
        let (price, level) = match side {
            Side::Buy => self.bids.last_key_value()?,
            Side::Sell => self.asks.first_key_value()?,
        };
        Some((*price, *level.orders.front()?))
    }

    fn side(&mut self, side: Side) -> &mut BTreeMap<u64, Level> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn forget_if_empty(&mut self, side: Side, price: u64) {
        let levels = self.side(side);
        if levels.get(&price).is_some_and(|level| level.orders.is_empty()) {
            levels.remove(&price);
        }
    }

    /// The news about these levels, under the next number.
    fn delta(&mut self, touched: BTreeSet<(bool, u64)>, trades: Vec<Trade>) -> Option<Delta> {
        if touched.is_empty() {
            return None;
        }
        self.sequence += 1;
        let change = |(is_sell, price)| {
            let (side, levels) = if is_sell { (Side::Sell, &self.asks) } else { (Side::Buy, &self.bids) };
            Change { side, price, quantity: levels.get(&price).map_or(0, |level| level.quantity) }
        };
        Some(Delta { sequence: self.sequence, changes: touched.into_iter().map(change).collect(), trades })
    }
}

impl Terms {
    /// Whether this order would trade at that price.
    fn takes(&self, price: u64) -> bool {
        match (self.side, self.price) {
            (_, None) => true,
            (Side::Buy, Some(limit)) => price <= limit,
            (Side::Sell, Some(limit)) => price >= limit,
        }
    }
}

/// Where the order with this number is.
fn place(id: u64) -> Option<usize> {
    usize::try_from(id.checked_sub(1)?).ok()
}
