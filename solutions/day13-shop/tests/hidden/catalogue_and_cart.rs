use crate::visible::support::Shop;
use harness::expect;
use serde_json::json;

#[tokio::test]
async fn what_is_no_product_is_refused() {
    let shop = Shop::start();
    let wrong = [
        ("name", json!({"name": "", "price": 1, "stock": 1})),
        ("name", json!({"name": "é".repeat(101), "price": 1, "stock": 1})),
        ("price", json!({"name": "cup", "price": 0, "stock": 1})),
        ("price", json!({"name": "cup", "price": 10_000_001, "stock": 1})),
        ("stock", json!({"name": "cup", "price": 1, "stock": -1})),
        ("stock", json!({"name": "cup", "price": 1, "stock": 1_000_001})),
    ];
    for (field, product) in wrong {
        let reply = shop.http.put("/products/cup").json(&product).send().await;
        reply.expect("422 names the field").problem(422).json_at("/field", field);
    }
    let good = json!({"name": "é".repeat(100), "price": 10_000_000, "stock": 1_000_000});
    shop.http
        .put("/products/a%20cup")
        .json(&good)
        .send()
        .await
        .expect("a sku has no space")
        .problem(422)
        .json_at("/field", "sku");
    shop.http.put("/products/cup").json(&good).send().await.expect("the largest product is one").status(200);
    shop.http
        .put("/products/cup")
        .json(&json!({"name": "cup", "price": 19.9, "stock": 1}))
        .send()
        .await
        .expect("cents are whole")
        .problem(422);
    shop.http.post("/products").send().await.expect("405").problem(405);
}

#[tokio::test]
async fn carts_are_apart_and_cannot_be_guessed() {
    let shop = Shop::start();
    shop.product("cup", 1990, 3).await;
    let (first, second) = (shop.cart_with(&[("cup", 1)]).await, shop.cart().await);
    expect("ids are long").that(first.len() >= 16 && second.len() >= 16, format!("{first} {second}"));
    expect("and have nothing in common").that(first[..8] != second[..8], format!("{first} {second}"));
    shop.show_cart(&second).await.expect("the second cart is empty").json_at("/items", json!([])).json_at("/total", 0);
    shop.http.get("/carts/nobody").send().await.expect("there is no such cart").problem(404);
}

#[tokio::test]
async fn a_cart_may_want_more_than_there_is() {
    let shop = Shop::start();
    shop.product("cup", 1990, 1).await;
    let cart = shop.cart_with(&[("cup", 1000)]).await;
    shop.show_cart(&cart).await.expect("it is only a wish").json_at("/items/0/quantity", 1000);
    let reply = shop.put_item(&cart, "cup", &json!({"quantity": 1001})).await;
    reply.expect("1000 pieces at most").problem(422).json_at("/field", "quantity");
    expect("nothing is taken out of the stock").eq(shop.stock("cup").await, 1);
}
