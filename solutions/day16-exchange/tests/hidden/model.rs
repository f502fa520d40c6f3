//! An exchange as simple as it can be: a list of orders, searched from end to end for each trade.

/// A command, small enough to be found again by a person. `back` counts accepted orders from the latest.
#[derive(Debug, Clone)]
pub enum Step {
    Limit { is_buy: bool, quantity: u64, price: u64 },
    Market { is_buy: bool, quantity: u64 },
    Cancel { back: usize },
}

#[derive(Debug, Clone)]
pub struct Order {
    pub id: u64,
    pub is_buy: bool,
    pub price: Option<u64>,
    pub left: u64,
    pub filled: u64,
    pub is_open: bool,
}

#[derive(Debug, Default)]
pub struct Model {
    pub orders: Vec<Order>,
}

impl Model {
    /// Takes an order with this number; returns its trades: price, quantity, maker.
    pub fn place(&mut self, id: u64, is_buy: bool, quantity: u64, price: Option<u64>) -> Vec<(u64, u64, u64)> {
        let mut taker = Order { id, is_buy, price, left: quantity, filled: 0, is_open: true };
        let mut trades = Vec::new();
        while taker.left > 0 {
            let takes = |other: &Order| match (price, other.price) {
                (Some(limit), Some(price)) => {
                    if is_buy {
                        price <= limit
                    } else {
                        price >= limit
                    }
                }
                _ => true,
            };
            let candidates =
                self.orders.iter_mut().filter(|other| other.is_open && other.is_buy != is_buy && takes(other));
            let rank = |other: &Order| {
                let price = other.price.unwrap_or_default();
                (if is_buy { price } else { u64::MAX - price }, other.id)
            };
            let Some(maker) = candidates.min_by_key(|other| rank(other)) else { break };
            let quantity = maker.left.min(taker.left);
            for order in [&mut *maker, &mut taker] {
                order.left -= quantity;
                order.filled += quantity;
            }
            maker.is_open = maker.left > 0;
            trades.push((maker.price.unwrap_or_default(), quantity, maker.id));
        }
        taker.is_open = taker.left > 0 && price.is_some();
        self.orders.push(taker);
        trades
    }

    /// Price and quantity of each level, the best first.
    pub fn levels(&self, is_buy: bool) -> Vec<(u64, u64)> {
        let mut levels: Vec<(u64, u64)> = Vec::new();
        for order in self.orders.iter().filter(|order| order.is_open && order.is_buy == is_buy) {
            let price = order.price.unwrap_or_default();
            match levels.iter_mut().find(|level| level.0 == price) {
                Some(level) => level.1 += order.left,
                None => levels.push((price, order.left)),
            }
        }
        levels.sort_unstable();
        if is_buy {
            levels.reverse();
        }
        levels
    }
}
