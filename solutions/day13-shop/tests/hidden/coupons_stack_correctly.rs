use crate::visible::support::{Shop, expect_charged};
use serde_json::{Value, json};

async fn with_coupons(shop: &Shop, price: i64, coupons: &[Value]) -> String {
    shop.product("cup", price, 100).await;
    let cart = shop.cart_with(&[("cup", 1)]).await;
    for (n, coupon) in coupons.iter().enumerate() {
        shop.http.put(&format!("/coupons/c{n}")).json(coupon).send().await.expect("a coupon is put").status(204);
        shop.http.put(&format!("/carts/{cart}/coupons/c{n}")).send().await.expect("a coupon is added").status(200);
    }
    cart
}

#[tokio::test]
async fn never_less_than_nothing() {
    let shop = Shop::start();
    let cart = with_coupons(&shop, 1000, &[json!({"percent": 60}), json!({"percent": 70}), json!({"amount": 5})]).await;
    shop.show_cart(&cart).await.expect("100 % at most").json_at("/discount", 1000).json_at("/total", 0);
    let order = shop.order(&cart).await;
    let reply = shop.pay(&order, "tok_visa").await;
    reply
        .expect("what costs nothing needs no provider")
        .status(200)
        .json_at("/status", "paid")
        .json_at("/charge", Value::Null);
    expect_charged("nothing is charged", &shop.provider.charges(), 0, 0);
}

#[tokio::test]
async fn the_discount_is_charged_for() {
    let shop = Shop::start();
    let cart = with_coupons(&shop, 3333, &[json!({"amount": 100}), json!({"percent": 33})]).await;
    // 33 % of 3333 are 1099.89.
    shop.show_cart(&cart).await.expect("1099 and 100").json_at("/discount", 1199).json_at("/total", 2134);
    let order = shop.order(&cart).await;
    shop.pay(&order, "tok_visa").await.expect("the charge succeeds").status(200).json_at("/discount", 1199);
    expect_charged("the total is charged", &shop.provider.charges(), 1, 2134);
}

#[tokio::test]
async fn what_is_no_coupon_is_refused() {
    let shop = Shop::start();
    for (field, coupon) in
        [("percent", json!({"percent": 0})), ("percent", json!({"percent": 101})), ("amount", json!({"amount": 0}))]
    {
        let reply = shop.http.put("/coupons/c").json(&coupon).send().await;
        reply.expect("422 names the field").problem(422).json_at("/field", field);
    }
    let cart = shop.cart().await;
    shop.http.put(&format!("/carts/{cart}/coupons/nobody")).send().await.expect("there is no such coupon").problem(404);
}
