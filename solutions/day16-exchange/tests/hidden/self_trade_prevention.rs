use crate::visible::support::{Exchange, limit};
use harness::expect;
use serde_json::json;

#[tokio::test]
async fn all_own_orders_on_the_way_give_way() {
    let exchange = Exchange::start(&[]);
    let mut feed = exchange.feed().await;
    for order in ["ann buy 2 @ 103", "bob buy 2 @ 102", "ann buy 2 @ 102", "bob buy 2 @ 101", "ann buy 2 @ 100"] {
        exchange.limit(order).await;
    }
    let taker = exchange.limit("ann sell 4 @ 101").await;
    taker.expect("both of bob's orders trade", "filled", 4);
    taker.expect_trades("and no own one", &[(102, 2, 2), (101, 2, 4)]);
    for (id, status) in [(1, "cancelled"), (3, "cancelled"), (5, "open")] {
        exchange.order(id).await.expect("own orders that were met are cancelled").json_at("/status", status);
    }
    feed.expect_same_book("the feed has told it", &exchange).await;
    exchange.expect_book("only what was not met is left", &[(100, 2)], &[]).await;
}

#[tokio::test]
async fn fok_does_not_count_own_orders() {
    let exchange = Exchange::start(&[]);
    let own = exchange.limit("ann sell 3 @ 100").await.id;
    exchange.limit("bob sell 3 @ 100").await;
    let mut order = limit("ann buy 4 @ 100");
    order["time_in_force"] = "fok".into();
    exchange.place(&order).await.expect("only 3 of others are there", "cancelled", 0);
    exchange.order(own).await.expect("nothing else has happened").json_at("/status", "open");
    order["quantity"] = 3.into();
    exchange.place(&order).await.expect("3 can be had", "filled", 3);
    exchange.order(own).await.expect("the own order was met on the way").json_at("/status", "cancelled");
}

#[tokio::test]
async fn a_replay_cancels_the_same_orders() {
    let mut exchange = Exchange::start(&[]);
    for order in ["ann sell 3 @ 100", "bob sell 3 @ 101", "ann buy 9 @ 101"] {
        exchange.limit(order).await;
    }
    let before = json!([exchange.book().await.json(), exchange.order(1).await.json()]);
    exchange.kill_and_restart();
    let after = json!([exchange.book().await.json(), exchange.order(1).await.json()]);
    expect("everything is as it was").eq(after.to_string(), before.to_string());
}
