use crate::visible::support::{Fault, Shop, expect_charged};
use harness::{expect, random};

#[tokio::test]
async fn ten_items_and_a_provider_with_faults() {
    let shop = Shop::with(&["--payments-timeout-ms", "300"]);
    shop.product("cup", 1990, 10).await;
    let mut random = random();
    let mut faults = vec![
        Fault::ActsAndIsSilent,
        Fault::ActsAndBreaks,
        Fault::ActsAndSays(500),
        Fault::Says(503),
        Fault::ActsAndMumbles,
    ];
    faults.extend(faults.clone());
    random.shuffle(&mut faults);
    shop.provider.fail(faults);
    let orders = shop.together(100, |client, _| async move {
        let cart = client.cart_with(&[("cup", 1)]).await;
        let reply = client.try_order(&cart, &cart).await;
        reply.expect("ten get one, the others are told").status_in(&[201, 409]);
        if reply.status == 409 {
            return None;
        }
        let id = reply.text_at("/id");
        client.pay(&id, "tok_visa").await.expect("paid, or not known yet").status_in(&[200, 202]);
        Some(id)
    });
    let orders: Vec<_> = orders.await.into_iter().flatten().collect();
    expect("ten orders").eq(orders.len(), 10);
    for order in &orders {
        let charge = shop.until(order, "paid").await.text_at("/charge");
        let charged = shop.provider.charges().orders.get(&charge).cloned();
        expect("each order has its own charge").eq(charged.as_ref(), Some(order));
    }
    expect_charged("ten charges", &shop.provider.charges(), 10, 19_900);
    expect("nothing is left").eq(shop.stock("cup").await, 0);
}

#[tokio::test]
async fn two_products_in_each_cart() {
    let shop = Shop::start();
    shop.product("cup", 100, 12).await;
    shop.product("spoon", 10, 9).await;
    let made = shop.together(30, |client, _| async move {
        let cart = client.cart_with(&[("cup", 1), ("spoon", 2)]).await;
        client.try_order(&cart, &cart).await.status == 201
    });
    expect("there are spoons for four").eq(made.await.into_iter().filter(|made| *made).count(), 4);
    expect("who got no spoon holds no cup").eq((shop.stock("cup").await, shop.stock("spoon").await), (8, 1));
}
