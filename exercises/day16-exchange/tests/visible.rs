//! The tests of day 16 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod price_time_priority {
    use super::support::Exchange;

    #[tokio::test]
    async fn what_nobody_takes_waits_in_the_book() {
        let exchange = Exchange::start(&[]);
        exchange.limit("ann sell 5 @ 1020").await.expect("nobody buys yet", "open", 0);
        exchange.limit("bob sell 8 @ 1010").await;
        exchange.limit("cid buy 4 @ 990").await.expect("990 is less than 1010", "open", 0);
        exchange.limit("dan buy 7 @ 980").await;
        exchange.limit("eve buy 5 @ 980").await;
        exchange
            .expect_book(
                "levels have the best price first, and add up",
                &[(990, 4), (980, 12)],
                &[(1010, 8), (1020, 5)],
            )
            .await;
    }

    #[tokio::test]
    async fn the_best_price_trades_first_and_is_the_price() {
        let exchange = Exchange::start(&[]);
        let worse = exchange.limit("ann sell 5 @ 1020").await.id;
        let better = exchange.limit("bob sell 8 @ 1010").await.id;
        let taker = exchange.limit("cid buy 10 @ 1030").await;
        taker.expect("there is enough for 10", "filled", 10);
        taker.expect_trades("8 at the best ask, then 2 at the next", &[(1010, 8, better), (1020, 2, worse)]);
        exchange.expect_book("3 are left", &[], &[(1020, 3)]).await;
        exchange.order(better).await.expect("the maker is filled").json_at("/status", "filled").json_at("/filled", 8);
        exchange.order(worse).await.expect("the other in part").json_at("/status", "open").json_at("/filled", 2);
    }

    #[tokio::test]
    async fn of_equal_prices_the_older_trades_first() {
        let exchange = Exchange::start(&[]);
        let mut ids = Vec::new();
        for order in ["ann buy 3 @ 500", "bob buy 4 @ 500", "cid buy 5 @ 500"] {
            ids.push(exchange.limit(order).await.id);
        }
        let taker = exchange.limit("dan sell 5 @ 400").await;
        taker.expect_trades("ann is first in line, then bob", &[(500, 3, ids[0]), (500, 2, ids[1])]);
        let taker = exchange.limit("eve sell 4 @ 500").await;
        taker.expect_trades("bob has kept his place", &[(500, 2, ids[1]), (500, 2, ids[2])]);
    }
}

mod cancel {
    use super::support::Exchange;

    #[tokio::test]
    async fn a_cancelled_order_trades_no_more() {
        let exchange = Exchange::start(&[]);
        let first = exchange.limit("ann sell 3 @ 700").await.id;
        let second = exchange.limit("bob sell 4 @ 700").await.id;
        let reply = exchange.cancel(first).await;
        reply
            .expect("an open order can be cancelled")
            .status(200)
            .json_at("/status", "cancelled")
            .json_at("/id", first);
        exchange.expect_book("only bob's order is left", &[], &[(700, 4)]).await;
        exchange.limit("cid buy 1 @ 700").await.expect_trades("bob is first in line now", &[(700, 1, second)]);
        exchange.order(first).await.expect("it stays cancelled").json_at("/status", "cancelled").json_at("/filled", 0);
    }

    #[tokio::test]
    async fn only_open_orders_can_be_cancelled() {
        let exchange = Exchange::start(&[]);
        let maker = exchange.limit("ann sell 3 @ 700").await.id;
        let taker = exchange.limit("bob buy 3 @ 700").await.id;
        exchange.cancel(maker).await.expect("a filled order cannot be cancelled").problem(409);
        exchange.cancel(taker).await.expect("the other neither").problem(409);
        exchange.cancel(99).await.expect("nobody knows order 99").problem(404);
        let open = exchange.limit("ann sell 3 @ 700").await.id;
        exchange.cancel(open).await.expect("an open order can be cancelled").status(200);
        exchange.cancel(open).await.expect("and only once").problem(409);
    }
}

mod market_and_limit {
    use super::support::{Exchange, limit};
    use serde_json::{Value, json};

    #[tokio::test]
    async fn a_market_order_takes_any_price_and_does_not_wait() {
        let exchange = Exchange::start(&[]);
        let cheap = exchange.limit("ann sell 2 @ 100").await.id;
        let dear = exchange.limit("bob sell 2 @ 1000000000").await.id;
        let taker = exchange.market("cid", "buy", 5).await;
        taker.expect("4 are there, and the rest is cancelled", "cancelled", 4);
        taker.expect_trades("any price will do", &[(100, 2, cheap), (1_000_000_000, 2, dear)]);
        taker.reply.expect("a market order has no price").json_at("/order/price", Value::Null);
        taker.reply.expect("it is ioc").json_at("/order/time_in_force", "ioc");
        exchange.expect_book("nothing waits", &[], &[]).await;
    }

    #[tokio::test]
    async fn a_limit_order_never_does_worse_than_its_limit() {
        let exchange = Exchange::start(&[]);
        exchange.limit("ann buy 2 @ 110").await;
        exchange.limit("bob buy 2 @ 100").await;
        exchange.limit("cid buy 2 @ 99").await;
        exchange.limit("dan sell 10 @ 100").await.expect("two bids are good enough", "open", 4);
        exchange.expect_book("the rest waits at its limit", &[(99, 2)], &[(100, 6)]).await;
    }

    #[tokio::test]
    async fn what_is_no_order_is_422() {
        let exchange = Exchange::start(&[]);
        let wrong = [
            ("trader", json!("")),
            ("quantity", json!(0)),
            ("quantity", json!(1_000_001)),
            ("price", json!(0)),
            ("price", json!(null)),
        ];
        for (field, value) in wrong {
            let mut order = limit("ann buy 1 @ 100");
            order[field] = value;
            exchange.post(&order).await.expect("422 names the field").problem(422).json_at("/field", field);
        }
        for (field, value) in [("side", json!("hold")), ("price", json!(10.5)), ("quantity", json!(-1))] {
            let mut order = limit("ann buy 1 @ 100");
            order[field] = value;
            exchange.post(&order).await.expect("JSON of another shape is 422").problem(422);
        }
        let first = exchange.limit("ann buy 1 @ 100").await;
        first.reply.expect("what was refused has no number").json_at("/order/id", 1);
    }
}

mod conservation {
    use super::support::Exchange;
    use harness::{expect, random};
    use serde_json::json;
    use std::collections::{BTreeMap, BTreeSet};

    #[tokio::test]
    async fn nothing_is_made_or_lost_when_all_trade_at_once() {
        let exchange = Exchange::start(&[]);
        let mut random = random();
        let randoms: Vec<_> = (0..200).map(|_| random.fork()).collect();
        let ids = exchange.together(200, |exchange, n| {
            let mut random = randoms[n].clone();
            let side = *random.pick(&["buy", "sell"]);
            let (quantity, price) = (random.between(1..=50), random.between(90..=110));
            let order = json!({"trader": format!("{side}-{n}"), "side": side, "type": "limit", "quantity": quantity, "price": price});
            async move { exchange.place(&order).await.id }
        });
        let different = ids.await.into_iter().collect::<BTreeSet<_>>().len();
        expect("each order has a number of its own").eq(different, 200);

        let mut filled = BTreeMap::<u64, u64>::new();
        for trade in exchange.trades().await {
            for party in ["maker", "taker"] {
                *filled.entry(trade[party].as_u64().unwrap_or_default()).or_default() +=
                    trade["quantity"].as_u64().unwrap_or_default();
            }
        }
        let (mut bought, mut sold) = (0, 0);
        let mut levels = BTreeMap::<(bool, u64), u64>::new();
        for id in 1..=200 {
            let order = exchange.order(id).await;
            let number = |name: &str| u64::try_from(order.number_at(name)).unwrap_or_default();
            order.expect("an order is filled by its trades").json_at("/filled", filled.get(&id).copied().unwrap_or(0));
            let is_buy = order.at("/side") == "buy";
            *if is_buy { &mut bought } else { &mut sold } += number("/filled");
            let left = number("/quantity") - number("/filled");
            order.expect("what is not filled is open").json_at("/status", if left == 0 { "filled" } else { "open" });
            if left > 0 {
                *levels.entry((is_buy, number("/price"))).or_default() += left;
            }
        }
        expect("as much is bought as is sold").eq(bought, sold);
        let side = |wanted: bool| {
            levels
                .iter()
                .filter(move |((is_buy, _), _)| *is_buy == wanted)
                .map(|((_, price), quantity)| (*price, *quantity))
        };
        let bids: Vec<_> = side(true).rev().collect();
        let asks: Vec<_> = side(false).collect();
        if let (Some(bid), Some(ask)) = (bids.first(), asks.first()) {
            expect("bids are below asks, or they would have traded")
                .that(bid.0 < ask.0, format!("bid {}, ask {}", bid.0, ask.0));
        }
        exchange.expect_book("the book is the sum of what is open", &bids, &asks).await;
    }
}

mod feed_rebuilds_the_book {
    use super::support::Exchange;
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn a_snapshot_and_then_each_change() {
        let exchange = Exchange::start(&[]);
        exchange.limit("ann sell 5 @ 1020").await;
        let mut feed = exchange.feed().await;
        expect("the snapshot is the book").eq((feed.sequence, feed.asks.get(&1020).copied()), (1, Some(5)));
        exchange.limit("bob sell 8 @ 1010").await;
        let delta = feed.delta().await;
        expect("a new order is a delta")
            .eq(&delta["changes"], &json!([{"side": "sell", "price": 1010, "quantity": 8}]));
        let taker = exchange.limit("cid buy 9 @ 1020").await;
        let delta = feed.delta().await;
        expect("its trades are in the delta").eq(&delta["trades"], &taker.reply.at("/trades"));
        feed.expect_same_book("snapshot and deltas give the book", &exchange).await;
    }
}

mod slow_consumer_is_cut_off {
    use super::support::{Exchange, Feed};
    use harness_net::{Socket, WebSocket, within};
    use std::time::Duration;

    const ROUNDS: usize = 10;

    /// A client of the feed behind a narrow line.
    async fn narrow(exchange: &Exchange) -> WebSocket {
        let stream = Socket::connect_narrow(exchange.program.address()).await.into_inner();
        match WebSocket::over(stream, "/ws").await {
            Ok(socket) => socket,
            Err(refused) => harness::expect("a WebSocket can be opened at /ws").fail(format!("{refused:?}")),
        }
    }

    #[tokio::test]
    async fn whoever_does_not_read_is_cut_off_and_nobody_else_notices() {
        let exchange = Exchange::start(&["--queue", "200"]);
        let mut slow = narrow(&exchange).await;
        let mut quick = exchange.feed().await;
        // 150 waiting orders, taken all at once again and again. All deltas of a round have room in the queue of who reads.
        for round in 0..ROUNDS {
            let asks = exchange.together(150, |exchange, n| async move {
                exchange.limit(&format!("ann sell 1 @ {}", 1000 + n)).await.id
            });
            asks.await;
            exchange.market("bob", "buy", 150).await.expect("the market goes on", "filled", 150);
            quick.catch_up((round as u64 + 1) * 151).await;
        }
        quick.expect_same_book("who reads gets everything", &exchange).await;
        let (messages, _) =
            within("the connection of who does not read is ended", Duration::from_secs(20), slow.rest("it ends")).await;
        if messages.len() > ROUNDS * 151 {
            slow.fail(
                "who does not read is cut off when its queue is full",
                "the end before the last delta",
                "all deltas",
            );
        }
        let late = Feed::over(narrow(&exchange).await).await;
        harness::expect("it can come again").eq(late.sequence, quick.sequence);
    }
}

mod replay_after_kill9_is_identical {
    use super::support::Exchange;
    use harness::{expect, random};
    use serde_json::Value;

    /// Everything that can be asked.
    async fn everything(exchange: &Exchange, orders: u64) -> Vec<Value> {
        let mut all = vec![exchange.book().await.json()];
        all.extend(exchange.trades().await);
        for id in 1..=orders {
            all.push(exchange.order(id).await.json());
        }
        all
    }

    #[tokio::test]
    async fn everything_is_as_it_was() {
        let mut random = random();
        let mut exchange = Exchange::start(&[]);
        for n in 0..80_u64 {
            let side = *random.pick(&["buy", "sell"]);
            exchange.limit(&format!("{side}{n} {side} {} @ {}", random.between(1..=9), random.between(95..=105))).await;
            if random.one_in(4) {
                exchange.cancel(1 + random.below(80) as u64).await;
            }
        }
        let before = everything(&exchange, 80).await;
        exchange.kill_and_restart();
        for (before, after) in before.iter().zip(everything(&exchange, 80).await) {
            expect("after a kill -9 everything is as it was, times and numbers too")
                .eq(after.to_string(), before.to_string());
        }
        exchange.limit("ann buy 1 @ 1").await.reply.expect("numbers go on").json_at("/order/id", 81);
    }
}

mod ioc_fok {
    use super::support::{Exchange, limit};

    #[tokio::test]
    async fn ioc_takes_what_it_can() {
        let exchange = Exchange::start(&[]);
        let maker = exchange.limit("ann sell 3 @ 100").await.id;
        let mut order = limit("bob buy 5 @ 100");
        order["time_in_force"] = "ioc".into();
        let taker = exchange.place(&order).await;
        taker
            .expect("3 trade, and the rest is cancelled", "cancelled", 3)
            .expect_trades("with ann", &[(100, 3, maker)]);
        exchange.expect_book("nothing waits", &[], &[]).await;
    }

    #[tokio::test]
    async fn fok_is_all_or_nothing() {
        let exchange = Exchange::start(&[]);
        let first = exchange.limit("ann sell 3 @ 100").await.id;
        let second = exchange.limit("bob sell 3 @ 101").await.id;
        let mut order = limit("cid buy 5 @ 100");
        order["time_in_force"] = "fok".into();
        let taker = exchange.place(&order).await;
        taker.expect("only 3 are there at 100", "cancelled", 0).expect_trades("so nothing trades", &[]);
        order["price"] = 101.into();
        let taker = exchange.place(&order).await;
        taker.expect("5 are there at 101", "filled", 5);
        taker.expect_trades("with both", &[(100, 3, first), (101, 2, second)]);
    }
}

mod self_trade_prevention {
    use super::support::Exchange;

    #[tokio::test]
    async fn an_own_order_gives_way() {
        let exchange = Exchange::start(&[]);
        let own = exchange.limit("ann sell 3 @ 100").await.id;
        let other = exchange.limit("bob sell 3 @ 100").await.id;
        let taker = exchange.limit("ann buy 4 @ 100").await;
        taker
            .expect("only bob's 3 trade", "open", 3)
            .expect_trades("nobody trades with themselves", &[(100, 3, other)]);
        exchange
            .order(own)
            .await
            .expect("the order that waited is cancelled")
            .json_at("/status", "cancelled")
            .json_at("/filled", 0);
        exchange.expect_book("and gone from the book", &[(100, 1)], &[]).await;
    }
}

mod thousand_sockets {
    use super::support::{Exchange, Feed};
    use harness::{allow_open_files, expect};

    #[tokio::test]
    async fn a_thousand_clients_see_the_same_market() {
        allow_open_files(4096);
        let exchange = Exchange::start(&[]);
        let mut feeds: Vec<Feed> = Vec::new();
        for _ in 0..10 {
            feeds.extend(exchange.together(100, |exchange, _| async move { exchange.feed().await }).await);
        }
        for n in 0..10 {
            exchange.limit(&format!("ann sell 2 @ {}", 100 + n)).await;
            exchange.limit(&format!("bob buy 1 @ {}", 100 + n)).await;
        }
        let mut books = Vec::new();
        for feed in &mut feeds {
            feed.catch_up(20).await;
            books.push((feed.bids.clone(), feed.asks.clone(), feed.trades.len()));
        }
        books.dedup();
        expect("all thousand have the same book and the same trades").eq(books.len(), 1);
        feeds[0].expect_same_book("and it is the right one", &exchange).await;
    }
}
