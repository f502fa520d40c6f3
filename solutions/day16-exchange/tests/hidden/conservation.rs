use crate::visible::support::{Client, Exchange};
use harness::{Random, expect, random};
use serde_json::{Value, json};

/// A few orders and cancels of one trader.
async fn trade(exchange: Client, name: String, mut random: Random) {
    let mut mine = Vec::new();
    for _ in 0..12 {
        let side = if name.starts_with('b') { "buy" } else { "sell" };
        let order = match random.below(4) {
            0 => json!({"trader": name, "side": side, "type": "market", "quantity": random.between(1..=20)}),
            _ => {
                json!({"trader": name, "side": side, "type": "limit", "quantity": random.between(1..=20), "price": random.between(98..=102)})
            }
        };
        mine.push(exchange.place(&order).await.id);
        if random.one_in(3) {
            let id = *random.pick(&mine);
            exchange.cancel(id).await.expect("open or not").status_in(&[200, 409]);
        }
    }
}

#[tokio::test]
async fn buyers_and_sellers_who_also_cancel() {
    let exchange = Exchange::start(&[]);
    let mut random = random();
    let randoms: Vec<_> = (0..24).map(|_| random.fork()).collect();
    let trading = exchange.together(24, |exchange, n| {
        let name = format!("{}{n}", if n % 2 == 0 { "b" } else { "s" });
        trade(exchange, name, randoms[n].clone())
    });
    trading.await;

    let trades = exchange.trades().await;
    let number = |value: &Value, name: &str| value[name].as_u64().unwrap_or_default();
    let (mut open_bids, mut open_asks) = (0, 0);
    for id in 1..=24 * 12 {
        let order = exchange.order(id).await;
        let shown = order.json();
        let of_order: Vec<_> =
            trades.iter().filter(|trade| number(trade, "maker") == id || number(trade, "taker") == id).collect();
        let sum: u64 = of_order.iter().map(|trade| number(trade, "quantity")).sum();
        order.expect("an order is filled by its trades").json_at("/filled", sum);
        let is_buy = shown["side"] == "buy";
        if let Some(limit) = shown["price"].as_u64() {
            let fair = of_order
                .iter()
                .all(|trade| if is_buy { number(trade, "price") <= limit } else { number(trade, "price") >= limit });
            expect("nobody does worse than their limit").request(order.curl()).that(fair, json!(of_order));
        }
        let left = number(&shown, "quantity") - sum;
        match shown["status"].as_str() {
            Some("filled") => expect("filled means all of it").request(order.curl()).eq(left, 0),
            Some("open") => *if is_buy { &mut open_bids } else { &mut open_asks } += left,
            _ => {}
        }
    }
    let book = exchange.book().await;
    let sum = |side: &str| -> u64 {
        book.at(side).as_array().into_iter().flatten().filter_map(|level| level[1].as_u64()).sum()
    };
    expect("the book holds what is open").request(book.curl()).eq((sum("/bids"), sum("/asks")), (open_bids, open_asks));
}
