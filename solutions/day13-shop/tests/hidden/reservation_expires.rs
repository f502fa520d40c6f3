use crate::visible::support::Shop;
use harness::expect;

#[tokio::test]
async fn a_reservation_ends_although_the_shop_was_down() {
    let mut shop = Shop::with(&["--reservation-ms", "100"]);
    shop.product("cup", 1990, 3).await;
    let cart = shop.cart_with(&[("cup", 2)]).await;
    let order = shop.try_order("k", &cart).await.text_at("/id");
    shop.kill_and_restart();
    shop.until(&order, "expired").await;
    expect("the cups are in stock again").eq(shop.stock("cup").await, 3);
    shop.try_order("k", &cart).await.expect("its key still leads to it").status(201).json_at("/status", "expired");
}

#[tokio::test]
async fn what_is_paid_does_not_expire() {
    let shop = Shop::with(&["--reservation-ms", "1500"]);
    shop.product("cup", 1990, 3).await;
    let paid = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
    shop.pay(&paid, "tok_visa").await.expect("the charge succeeds").status(200);
    let late = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
    shop.until(&late, "expired").await;
    shop.show_order(&paid).await.expect("it stays paid").json_at("/status", "paid");
    expect("one cup is sold").eq(shop.stock("cup").await, 2);
}
