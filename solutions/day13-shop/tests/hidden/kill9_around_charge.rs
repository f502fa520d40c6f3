use crate::visible::support::{Fault, Shop, expect_charged};
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn kills_before_during_and_after() {
    let mut shop = Shop::with(&["--payments-timeout-ms", "300"]);
    shop.product("cup", 1990, 100).await;
    let mut random = random();
    let mut orders = Vec::new();
    for _ in 0..6 {
        let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
        if random.one_in(2) {
            shop.provider.fail([Fault::ActsAndIsSilent]);
        }
        let paying = {
            let (client, id) = (shop.client.clone(), order.clone());
            tokio::spawn(async move {
                client
                    .http
                    .post(&format!("/orders/{id}/pay"))
                    .json(&json!({"token": "tok_visa"}))
                    .try_send()
                    .await
                    .is_ok()
            })
        };
        // Some kills come before the request, some within it, some after.
        for _ in 0..random.below(60) {
            tokio::task::yield_now().await;
            let _ = shop.provider.requests().len();
        }
        shop.kill_and_restart();
        paying.abort();
        orders.push(order);
    }
    for order in &orders {
        // Whether the kill came before the first write or after: paying again finishes it, and costs nothing.
        shop.pay(order, "tok_visa").await.expect("paid, or not known yet").status_in(&[200, 202]);
        shop.until(order, "paid").await;
    }
    expect_charged("each order is charged once", &shop.provider.charges(), 6, 6 * 1990);
    expect("six cups are sold").eq(shop.stock("cup").await, 94);
}

#[tokio::test]
async fn what_was_told_stays() {
    let mut shop = Shop::start();
    shop.product("cup", 1990, 100).await;
    let mut known = Vec::new();
    for n in 0..5 {
        let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
        let token = if n % 2 == 0 { "tok_visa" } else { "tok_declined" };
        shop.pay(&order, token).await.expect("paid or declined").status_in(&[200, 402]);
        known.push((order.clone(), shop.show_order(&order).await.json()));
    }
    shop.kill_and_restart();
    for (order, before) in &known {
        shop.show_order(order).await.expect("after a kill -9 an order is as it was").json(before);
    }
    expect("three are sold").eq(shop.stock("cup").await, 97);
    expect_charged("nothing is charged again", &shop.provider.charges(), 3, 3 * 1990);
}
