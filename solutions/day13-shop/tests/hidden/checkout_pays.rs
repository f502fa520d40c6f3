use crate::visible::support::{Shop, expect_charged};
use harness::expect;
use serde_json::json;

#[tokio::test]
async fn the_provider_is_told_who_and_how_much() {
    let shop = Shop::start();
    shop.product("cup", 1990, 3).await;
    let order = shop.order(&shop.cart_with(&[("cup", 2)]).await).await;
    shop.pay(&order, "tok_visa").await.expect("the charge succeeds").status(200);
    let requests = shop.provider.requests();
    expect("one question is enough").eq(requests.len(), 1);
    let request = &requests[0];
    expect("POST /charges").eq(format!("{} {}", request.method, request.target), "POST /charges".to_owned());
    expect("the key is the order").eq(request.header("idempotency-key"), Some(order.as_str()));
    expect("order, amount and token").eq(request.json(), json!({"order": order, "amount": 3980, "token": "tok_visa"}));
}

#[tokio::test]
async fn paying_twice_charges_once() {
    let shop = Shop::start();
    shop.product("cup", 1990, 3).await;
    let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
    let replies = shop.together(10, |client, _| {
        let order = order.clone();
        async move { client.pay(&order, "tok_visa").await }
    });
    for reply in replies.await {
        reply.expect("all ten are told that it is paid").status(200).json_at("/status", "paid");
    }
    expect_charged("and it is charged once", &shop.provider.charges(), 1, 1990);
}

#[tokio::test]
async fn what_is_no_order_is_refused() {
    let shop = Shop::start();
    shop.product("cup", 1990, 3).await;
    shop.try_order("k1", "nobody").await.expect("there is no such cart").problem(422).json_at("/field", "cart");
    let empty = shop.cart().await;
    shop.try_order("k2", &empty).await.expect("an empty cart is no order").problem(422).json_at("/field", "cart");
    let cart = shop.cart_with(&[("cup", 1)]).await;
    shop.http.post("/orders").json(&json!({"cart": cart})).send().await.expect("a key is needed").problem(400);
    shop.try_order(&"k".repeat(65), &cart).await.expect("of 64 characters at most").problem(400);
    shop.pay("nobody", "tok_visa").await.expect("there is no such order").problem(404);
    shop.http.get("/orders/nobody").send().await.expect("there is no such order").problem(404);
    let order = shop.order(&cart).await;
    shop.put_item(&cart, "cup", &json!({"quantity": 2})).await.expect("a cart that was ordered is done").problem(409);
    shop.show_order(&order).await.expect("the token is nobody's business").json_at("/status", "reserved");
    expect("three cups, one reserved").eq(shop.stock("cup").await, 2);
}
