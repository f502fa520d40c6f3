use crate::visible::support::{Fault, SECRET, Shop, event, sign};
use harness::{expect, random};

/// A shop that asks once, and an order about which nobody knows.
async fn pending() -> (Shop, String) {
    let shop = Shop::with(&["--payments-timeout-ms", "100", "--retry-ms", "600000"]);
    shop.product("cup", 1990, 3).await;
    let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
    shop.provider.fail([Fault::ActsAndSays(500)]);
    shop.pay(&order, "tok_visa").await.expect("nobody knows yet").status(202);
    (shop, order)
}

#[tokio::test]
async fn failed_and_succeeded_in_any_order() {
    let (shop, order) = pending().await;
    shop.callback(&event("evt_1", "charge.failed", &order, None)).await;
    shop.show_order(&order).await.expect("failed is declined").json_at("/status", "declined");
    for _ in 0..3 {
        shop.callback(&event("evt_1", "charge.failed", &order, None)).await;
    }
    expect("its cup came back once").eq(shop.stock("cup").await, 3);
    shop.callback(&event("evt_0", "charge.succeeded", &order, Some("ch_1"))).await;
    shop.show_order(&order).await.expect("what comes late changes nothing").json_at("/status", "declined");
}

#[tokio::test]
async fn the_bytes_are_signed() {
    let (shop, order) = pending().await;
    // Other spacing and order of members than a library would choose.
    let body = format!(
        "{{ \"charge\" : \"ch_1\",\n  \"order\":\"{order}\", \"new\": [1.50], \"type\":\"charge.succeeded\",\"id\":\"evt_1\" }}\n"
    );
    let good = sign(SECRET, body.as_bytes());
    let mut turned = good.clone().into_bytes();
    let place = random().below(turned.len());
    turned[place] = if turned[place] == b'0' { b'1' } else { b'0' };
    for wrong in [String::from_utf8_lossy(&turned).into_owned(), good[..62].to_owned(), String::new(), "zz".repeat(32)]
    {
        shop.callback_signed(&body, &wrong).await.expect("one wrong digit is wrong").problem(401);
    }
    let unsigned = shop
        .http
        .post("/webhooks/payments")
        .header("content-type", "application/json")
        .body(body.as_str())
        .send()
        .await;
    unsigned.expect("a callback without a signature is refused").problem(401);
    shop.callback_signed(&body.replace("ch_1", "ch_2"), &good)
        .await
        .expect("the signature is that of another body")
        .problem(401);
    shop.callback_signed(&body, &good).await.expect("the bytes as they came").status(204);
    shop.show_order(&order).await.expect("the order is paid").json_at("/status", "paid").json_at("/charge", "ch_1");
}

#[tokio::test]
async fn what_is_not_ours_changes_nothing() {
    let (shop, order) = pending().await;
    shop.callback(&event("evt_1", "charge.succeeded", "nobody", Some("ch_9"))).await;
    shop.callback(&event("evt_2", "charge.disputed", &order, Some("ch_1"))).await;
    let reserved = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
    shop.callback(&event("evt_3", "charge.failed", &reserved, None)).await;
    shop.show_order(&order).await.expect("still nobody knows").json_at("/status", "pending");
    shop.show_order(&reserved).await.expect("nothing was charged for this one").json_at("/status", "reserved");
    expect("one cup is left").eq(shop.stock("cup").await, 1);
}

#[tokio::test]
async fn a_callback_before_the_answer() {
    let (shop, order) = pending().await;
    let replies = shop.together(20, |client, _| {
        let event = event("evt_1", "charge.succeeded", &order, Some("ch_1"));
        async move { client.callback(&event).await }
    });
    replies.await;
    shop.pay(&order, "tok_visa").await.expect("who asks now is told").status(200).json_at("/status", "paid");
    expect("one question was asked").eq(shop.provider.requests().len(), 1);
}
