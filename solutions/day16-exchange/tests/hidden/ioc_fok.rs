use crate::visible::support::{Exchange, limit};
use serde_json::json;

#[tokio::test]
async fn fok_counts_all_levels_and_not_one_more() {
    let exchange = Exchange::start(&[]);
    for n in 0..4 {
        exchange.limit(&format!("ann buy 5 @ {}", 100 - n)).await;
    }
    let mut order = limit("bob sell 16 @ 98");
    order["time_in_force"] = "fok".into();
    exchange.place(&order).await.expect("15 are wanted for 98 or more", "cancelled", 0);
    exchange.book().await.expect("nothing has happened").json_at("/sequence", 4);
    order["quantity"] = 15.into();
    exchange.place(&order).await.expect("15 can be had", "filled", 15);
    exchange.expect_book("one level is left", &[(97, 5)], &[]).await;
}

#[tokio::test]
async fn market_orders_can_be_fok() {
    let exchange = Exchange::start(&[]);
    exchange.limit("ann sell 5 @ 100").await;
    let order = |quantity: u64| json!({"trader": "bob", "side": "buy", "type": "market", "quantity": quantity, "time_in_force": "fok"});
    exchange.place(&order(6)).await.expect("there are 5", "cancelled", 0);
    exchange.place(&order(5)).await.expect("there are 5", "filled", 5);
}

#[tokio::test]
async fn ioc_that_finds_nobody_changes_nothing() {
    let exchange = Exchange::start(&[]);
    exchange.limit("ann sell 5 @ 100").await;
    let mut order = limit("bob buy 5 @ 99");
    order["time_in_force"] = "ioc".into();
    let placed = exchange.place(&order).await;
    placed.expect("99 is not enough", "cancelled", 0);
    exchange.cancel(placed.id).await.expect("it is cancelled already").problem(409);
    exchange.expect_book("only ann waits", &[], &[(100, 5)]).await;
}
