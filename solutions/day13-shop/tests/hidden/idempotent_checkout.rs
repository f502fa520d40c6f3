use crate::visible::support::Shop;
use harness::expect;

#[tokio::test]
async fn a_key_outlives_a_restart() {
    let mut shop = Shop::start();
    shop.product("cup", 1990, 5).await;
    let cart = shop.cart_with(&[("cup", 2)]).await;
    let first = shop.try_order("my-key", &cart).await;
    first.expect("a cart can be ordered").status(201);
    shop.kill_and_restart();
    let again = shop.try_order("my-key", &cart).await;
    again.expect("the same order").status(201).json(&first.json());
    expect("two cups are reserved, once").eq(shop.stock("cup").await, 3);
    shop.pay(&first.text_at("/id"), "tok_visa").await.expect("the charge succeeds").status(200);
    let paid = shop.try_order("my-key", &cart).await;
    paid.expect("as it is now").status(201).json_at("/status", "paid").json_at("/id", first.at("/id"));
}

#[tokio::test]
async fn a_refused_order_does_not_use_up_its_key() {
    let shop = Shop::start();
    shop.product("cup", 1990, 1).await;
    let cart = shop.cart_with(&[("cup", 2)]).await;
    shop.try_order("my-key", &cart).await.expect("there is one cup").problem(409).json_at("/sku", "cup");
    shop.product("cup", 1990, 2).await;
    shop.try_order("my-key", &cart).await.expect("now there are two").status(201);
}

#[tokio::test]
async fn different_keys_race_for_one_cart() {
    let shop = Shop::start();
    shop.product("cup", 1990, 100).await;
    let cart = shop.cart_with(&[("cup", 1)]).await;
    let replies = shop.together(20, |client, n| {
        let cart = cart.clone();
        async move { client.try_order(&format!("key-{n}"), &cart).await.status }
    });
    let made = replies.await.into_iter().filter(|status| *status == 201).count();
    expect("a cart becomes one order").eq(made, 1);
    expect("one cup is reserved").eq(shop.stock("cup").await, 99);
}
