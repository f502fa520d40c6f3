use crate::visible::support::{Fault, Shop};
use harness::expect;

#[tokio::test]
async fn a_refund_nobody_knows_about_is_asked_for_again() {
    let mut shop = Shop::with(&["--payments-timeout-ms", "200"]);
    shop.product("cup", 1990, 3).await;
    let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
    shop.pay(&order, "tok_visa").await.expect("the charge succeeds").status(200);
    shop.provider.fail([Fault::ActsAndIsSilent, Fault::ActsAndSays(500)]);
    shop.refund(&order).await.expect("given back, or not known yet").status_in(&[200, 202]);
    shop.kill_and_restart();
    shop.until(&order, "refunded").await;
    expect("it is given back once").eq(shop.provider.charges().refunds, 1);
    let requests = shop.provider.requests();
    let last = requests.last().map(|request| request.header("idempotency-key").unwrap_or_default().to_owned());
    expect("the key says what it is for").eq(last, Some(format!("refund-{order}")));
    expect("the cup came back once").eq(shop.stock("cup").await, 3);
    shop.pay(&order, "tok_visa").await.expect("it is over").status_in(&[200, 409]);
    expect("and not charged again").eq(shop.provider.charges().count, 1);
}
