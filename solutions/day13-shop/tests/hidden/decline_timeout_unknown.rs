use crate::visible::support::{Fault, Shop, expect_charged};
use harness::expect;

#[tokio::test]
async fn every_kind_of_no_answer() {
    let shop = Shop::with(&["--payments-timeout-ms", "200"]);
    shop.product("cup", 1990, 100).await;
    let faults = [
        Fault::ActsAndBreaks,
        Fault::ActsAndSays(500),
        Fault::ActsAndSays(404),
        Fault::Says(503),
        Fault::Says(429),
        Fault::ActsAndMumbles,
        Fault::Says(302),
    ];
    let count = faults.len();
    for fault in faults {
        let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
        shop.provider.fail([fault.clone(), fault]);
        shop.pay(&order, "tok_visa").await.expect("paid, or not known yet").status_in(&[200, 202]);
        shop.until(&order, "paid").await;
    }
    expect_charged("each is charged once", &shop.provider.charges(), count, 1990 * count as i64);
    for request in shop.provider.requests() {
        let order = request.json()["order"].as_str().map(str::to_owned);
        expect("every question about an order has the same key")
            .eq(request.header("idempotency-key").map(str::to_owned), order);
    }
}

#[tokio::test]
async fn a_decline_after_silence() {
    let shop = Shop::with(&["--payments-timeout-ms", "100"]);
    shop.product("cup", 1990, 3).await;
    let order = shop.order(&shop.cart_with(&[("cup", 2)]).await).await;
    shop.provider.fail([Fault::ActsAndIsSilent, Fault::Says(500)]);
    shop.pay(&order, "tok_declined").await.expect("declined, or not known yet").status_in(&[202, 402]);
    shop.until(&order, "declined").await;
    expect("the cups are in stock again").eq(shop.stock("cup").await, 3);
}

#[tokio::test]
async fn a_silent_provider_does_not_hold_up_the_shop() {
    let shop = Shop::with(&["--payments-timeout-ms", "60000"]);
    shop.product("cup", 1990, 50).await;
    shop.provider.fail(vec![Fault::ActsAndIsSilent; 20]);
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
        let client = shop.client.clone();
        waiting.push(tokio::spawn(async move {
            client
                .http
                .post(&format!("/orders/{order}/pay"))
                .json(&serde_json::json!({"token": "tok_visa"}))
                .try_send()
                .await
                .is_ok()
        }));
    }
    harness_net::eventually("all twenty are asked about", std::time::Duration::from_secs(10), || async {
        (shop.provider.requests().len() >= 20).then_some(())
    })
    .await;
    let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
    shop.pay(&order, "tok_visa").await.expect("the next one is paid meanwhile").status(200);
    for task in waiting {
        task.abort();
    }
}

#[tokio::test]
async fn a_pending_order_does_not_expire() {
    let shop = Shop::with(&["--payments-timeout-ms", "50", "--reservation-ms", "1500"]);
    shop.product("cup", 1990, 3).await;
    shop.product("spoon", 10, 3).await;
    let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
    shop.provider.fail(vec![Fault::Says(503); 1000]);
    shop.pay(&order, "tok_visa").await.expect("nobody knows yet").status(202);
    // A later reservation has ended, so the time of the earlier one is over.
    let other = shop.order(&shop.cart_with(&[("spoon", 1)]).await).await;
    shop.until(&other, "expired").await;
    shop.show_order(&order).await.expect("whoever may have paid keeps the cup").json_at("/status", "pending");
    expect("two cups are left").eq(shop.stock("cup").await, 2);
}
