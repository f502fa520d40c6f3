use crate::visible::support::Exchange;
use harness::{expect, random};
use harness_net::websocket;
use serde_json::json;

#[tokio::test]
async fn whoever_comes_in_the_middle_misses_nothing() {
    let exchange = Exchange::start(&[]);
    let mut random = random();
    let randoms: Vec<_> = (0..8).map(|_| random.fork()).collect();
    let trading = exchange.together(8, |exchange, n| {
        let mut random = randoms[n].clone();
        async move {
            for _ in 0..25 {
                let side = *random.pick(&["buy", "sell"]);
                let order = format!("{side}{n} {side} {} @ {}", random.between(1..=9), random.between(95..=105));
                let id = exchange.limit(&order).await.id;
                if random.one_in(4) {
                    exchange.cancel(id).await;
                }
            }
        }
    });
    let watching = exchange.together(8, |exchange, _| {
        async move {
            let mut feeds = Vec::new();
            for _ in 0..4 {
                feeds.push(exchange.feed().await);
                // The market goes on meanwhile.
                exchange.book().await;
            }
            feeds
        }
    });
    let (_, feeds) = tokio::join!(trading, watching);
    for mut feed in feeds.into_iter().flatten() {
        feed.expect_same_book("a snapshot at any moment, and the deltas after it, give the book", &exchange).await;
    }
}

#[tokio::test]
async fn each_level_is_told_once() {
    let exchange = Exchange::start(&[]);
    let mut feed = exchange.feed().await;
    for order in ["ann sell 1 @ 100", "bob sell 2 @ 100", "cid sell 3 @ 101"] {
        exchange.limit(order).await;
    }
    exchange.limit("dan buy 9 @ 100").await;
    feed.catch_up(3).await;
    let mut changes = feed.delta().await["changes"].as_array().cloned().unwrap_or_default();
    changes.sort_by_key(|change| change["side"].to_string());
    let wanted = json!([{"side": "buy", "price": 100, "quantity": 6}, {"side": "sell", "price": 100, "quantity": 0}]);
    expect("two trades at 100, and the rest waits there: two changes").eq(json!(changes), wanted);
    exchange.cancel(4).await;
    let delta = feed.delta().await;
    expect("a cancel is a delta without trades").eq(&delta["trades"], &json!([]));
    expect("its level is gone").eq(&delta["changes"], &json!([{"side": "buy", "price": 100, "quantity": 0}]));
}

#[tokio::test]
async fn what_changes_nothing_is_not_told() {
    let exchange = Exchange::start(&[]);
    let mut feed = exchange.feed().await;
    exchange.market("ann", "buy", 3).await;
    exchange.cancel(1).await.expect("it is cancelled already").problem(409);
    exchange.post(&json!({"trader": "ann"})).await.expect("no order").problem(422);
    exchange.limit("ann buy 3 @ 100").await;
    let delta = feed.delta().await;
    expect("the first change is number 1").eq(delta["sequence"].as_u64(), Some(1));
}

#[tokio::test]
async fn clients_may_say_what_they_like() {
    let exchange = Exchange::start(&[]);
    let mut feed = exchange.feed().await;
    feed.socket.send(&json!({"type": "hello"})).await;
    feed.socket.send_message(websocket::binary(b"\x00\xFF")).await;
    exchange.limit("ann buy 3 @ 100").await;
    feed.delta().await;
    feed.socket.close().await;
    exchange.limit("bob buy 3 @ 100").await.expect("the market goes on", "open", 0);
    exchange.http.get("/ws").send().await.expect("/ws is for WebSockets").problem(426).header("upgrade", "websocket");
}

#[tokio::test]
async fn the_end_is_1001() {
    let mut exchange = Exchange::start(&[]);
    let mut feeds = Vec::new();
    for _ in 0..5 {
        feeds.push(exchange.feed().await);
    }
    exchange.program.signal(harness::Signal::Terminate);
    for feed in &mut feeds {
        feed.socket.expect_close("SIGTERM is told with a close frame", 1001).await;
    }
    exchange.program.terminate();
}
