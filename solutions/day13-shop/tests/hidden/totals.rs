use crate::visible::support::Shop;
use harness::{expect, random};

#[tokio::test]
async fn random_carts_add_up() {
    let shop = Shop::start();
    let mut random = random();
    let mut wanted = 0;
    let cart = shop.cart().await;
    for n in 0..12 {
        let (price, quantity) = (random.between(1..=10_000_000), random.between(1..=1000));
        let sku = format!("p{n}");
        shop.product(&sku, price, 1_000_000).await;
        let body = serde_json::json!({"quantity": quantity});
        shop.put_item(&cart, &sku, &body).await.expect("an item is put into the cart").status(200);
        wanted += price * quantity;
    }
    shop.show_cart(&cart).await.expect("the sum of price times quantity").json_at("/total", wanted);
    let order = shop.order(&cart).await;
    shop.show_order(&order).await.expect("and of the order").json_at("/subtotal", wanted).json_at("/total", wanted);
    shop.pay(&order, "tok_visa").await.expect("the charge succeeds").status(200);
    expect("and what is charged").eq(shop.provider.charges().total, wanted);
}
