//! The tests of day 13 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod catalogue_and_cart {
    use super::support::Shop;
    use serde_json::json;

    #[tokio::test]
    async fn products_can_be_put_and_read() {
        let shop = Shop::start();
        shop.product("spoon", 450, 7).await;
        shop.product("cup", 1990, 3).await;
        shop.product("cup", 2100, 5).await;
        let cup = json!({"sku": "cup", "name": "the cup", "price": 2100, "stock": 5});
        let spoon = json!({"sku": "spoon", "name": "the spoon", "price": 450, "stock": 7});
        let reply = shop.http.get("/products").send().await;
        reply
            .expect("all products, by sku, as they were put last")
            .status(200)
            .json_at("/products", json!([cup, spoon]));
        shop.http.get("/products/fork").send().await.expect("there is no fork").problem(404);
    }

    #[tokio::test]
    async fn a_cart_holds_items() {
        let shop = Shop::start();
        shop.product("cup", 1990, 3).await;
        shop.product("spoon", 450, 7).await;
        let cart = shop.cart_with(&[("spoon", 2), ("cup", 1)]).await;
        let items = json!([
            {"sku": "cup", "name": "the cup", "price": 1990, "quantity": 1, "sum": 1990},
            {"sku": "spoon", "name": "the spoon", "price": 450, "quantity": 2, "sum": 900},
        ]);
        shop.show_cart(&cart).await.expect("items by sku, with their sums").json_at("/items", items);
        let reply = shop.put_item(&cart, "cup", &json!({"quantity": 0})).await;
        reply.expect("0 takes an item out").status(200).json_at("/items/0/sku", "spoon");
        let reply = shop.put_item(&cart, "spoon", &json!({"quantity": 5})).await;
        reply.expect("a quantity replaces the one before").status(200).json_at("/items/0/quantity", 5);
        shop.put_item(&cart, "fork", &json!({"quantity": 1})).await.expect("there is no fork").problem(404);
        shop.put_item("nobody", "cup", &json!({"quantity": 1})).await.expect("there is no such cart").problem(404);
        let reply = shop.put_item(&cart, "cup", &json!({"quantity": -1})).await;
        reply.expect("a quantity is not negative").problem(422).json_at("/field", "quantity");
    }
}

mod totals {
    use super::support::Shop;
    use serde_json::json;

    #[tokio::test]
    async fn the_total_is_the_sum_of_all_items() {
        let shop = Shop::start();
        shop.product("cup", 1990, 100).await;
        shop.product("spoon", 333, 100).await;
        let cart = shop.cart_with(&[("spoon", 3), ("cup", 7)]).await;
        let reply = shop.show_cart(&cart).await;
        reply
            .expect("7 × 1990 + 3 × 333")
            .json_at("/subtotal", 14_929)
            .json_at("/discount", 0)
            .json_at("/total", 14_929);
    }

    #[tokio::test]
    async fn the_price_is_the_shops() {
        let shop = Shop::start();
        shop.product("cup", 1990, 100).await;
        let cart = shop.cart().await;
        let reply = shop.put_item(&cart, "cup", &json!({"quantity": 2, "price": 1, "sum": 2})).await;
        reply.expect("what the client says about prices is ignored").status(200).json_at("/total", 3980);
        shop.product("cup", 2500, 100).await;
        shop.show_cart(&cart).await.expect("a cart shows the price of now").json_at("/total", 5000);
        let order = shop.order(&cart).await;
        shop.product("cup", 1, 100).await;
        shop.show_order(&order).await.expect("an order keeps the prices of its moment").json_at("/total", 5000);
    }
}

mod checkout_pays {
    use super::support::{Shop, expect_charged};

    #[tokio::test]
    async fn an_order_is_reserved_and_then_paid() {
        let shop = Shop::start();
        shop.product("cup", 1990, 3).await;
        let order = shop.order(&shop.cart_with(&[("cup", 2)]).await).await;
        harness::expect("a reservation takes its items out of the stock").eq(shop.stock("cup").await, 1);
        let reply = shop.pay(&order, "tok_visa").await;
        reply.expect("the charge succeeds").status(200).json_at("/status", "paid").json_at("/charge", "ch_1");
        expect_charged("the provider has charged the total", &shop.provider.charges(), 1, 3980);
        shop.show_order(&order).await.expect("it stays paid").json_at("/status", "paid").json_at("/total", 3980);
    }

    #[tokio::test]
    async fn too_little_is_409_and_takes_nothing() {
        let shop = Shop::start();
        shop.product("cup", 1990, 3).await;
        shop.product("spoon", 450, 1).await;
        let cart = shop.cart_with(&[("cup", 2), ("spoon", 2)]).await;
        let reply = shop.try_order("k", &cart).await;
        reply.expect("there is one spoon only").problem(409).json_at("/sku", "spoon");
        harness::expect("no cup is reserved").eq(shop.stock("cup").await, 3);
    }
}

mod idempotent_checkout {
    use super::support::{Shop, count};
    use harness::expect;
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn one_key_is_one_order() {
        let shop = Shop::start();
        shop.product("cup", 1990, 100).await;
        let cart = shop.cart_with(&[("cup", 2)]).await;
        let replies = shop.together(20, |client, _| {
            let cart = cart.clone();
            async move { client.try_order("my-key", &cart).await }
        });
        let replies = replies.await;
        expect("each gets 201").eq(count(&replies, 201), 20);
        let ids: BTreeSet<_> = replies.iter().map(|reply| reply.text_at("/id")).collect();
        expect("and the same order").eq(ids.len(), 1);
        expect("two cups are reserved, once").eq(shop.stock("cup").await, 98);
        let other = shop.cart_with(&[("cup", 1)]).await;
        shop.try_order("my-key", &other).await.expect("the key belongs to another cart").problem(422);
        shop.try_order("new-key", &cart).await.expect("a cart is ordered once").problem(409);
    }
}

mod last_item_race {
    use super::support::{Shop, expect_charged};
    use harness::expect;

    #[tokio::test]
    async fn a_hundred_buyers_and_ten_items() {
        let shop = Shop::start();
        shop.product("cup", 1990, 10).await;
        let paid = shop.together(100, |client, _| async move {
            let cart = client.cart_with(&[("cup", 1)]).await;
            let reply = client.try_order(&cart, &cart).await;
            reply.expect("ten get one, the others are told").status_in(&[201, 409]);
            if reply.status == 409 {
                return false;
            }
            let reply = client.pay(&reply.text_at("/id"), "tok_visa").await;
            reply.expect("who has a reservation can pay").status(200);
            true
        });
        expect("ten orders are paid").eq(paid.await.into_iter().filter(|paid| *paid).count(), 10);
        expect_charged("ten charges", &shop.provider.charges(), 10, 19_900);
        expect("nothing is left").eq(shop.stock("cup").await, 0);
    }
}

mod decline_timeout_unknown {
    use super::support::{Fault, Shop, expect_charged};
    use harness::expect;

    #[tokio::test]
    async fn a_declined_order_gives_its_items_back() {
        let shop = Shop::start();
        shop.product("cup", 1990, 3).await;
        let order = shop.order(&shop.cart_with(&[("cup", 2)]).await).await;
        shop.pay(&order, "tok_declined").await.expect("the card is declined").problem(402);
        shop.show_order(&order).await.expect("and so is the order").json_at("/status", "declined");
        expect("the cups are in stock again").eq(shop.stock("cup").await, 3);
        shop.pay(&order, "tok_visa").await.expect("it stays declined").problem(402);
        expect_charged("nothing was charged", &shop.provider.charges(), 0, 0);
    }

    #[tokio::test]
    async fn an_answer_that_never_comes_is_asked_for_again() {
        let shop = Shop::with(&["--payments-timeout-ms", "200"]);
        shop.product("cup", 1990, 3).await;
        let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
        shop.provider.fail([Fault::ActsAndIsSilent]);
        let reply = shop.pay(&order, "tok_visa").await;
        reply.expect("nobody knows yet, or it was asked for again already").status_in(&[200, 202]);
        shop.until(&order, "paid").await;
        expect_charged("it is charged once", &shop.provider.charges(), 1, 1990);
        expect("because both questions had the same key")
            .that(shop.provider.requests().len() >= 2, shop.provider.requests().len());
    }
}

mod payment_webhook {
    use super::support::{Fault, SECRET, Shop, event, sign};
    use harness::expect;

    #[tokio::test]
    async fn a_callback_settles_the_order() {
        let shop = Shop::with(&["--payments-timeout-ms", "100", "--retry-ms", "600000"]);
        shop.product("cup", 1990, 3).await;
        let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
        shop.provider.fail([Fault::ActsAndSays(500)]);
        shop.pay(&order, "tok_visa").await.expect("nobody knows yet").status(202).json_at("/status", "pending");

        let body = event("evt_1", "charge.succeeded", &order, Some("ch_1")).to_string();
        let forged = sign("another secret", body.as_bytes());
        shop.callback_signed(&body, &forged).await.expect("a forged callback is refused").problem(401);
        shop.show_order(&order).await.expect("and changes nothing").json_at("/status", "pending");
        let signature = sign(SECRET, body.as_bytes());
        for _ in 0..2 {
            shop.callback_signed(&body, &signature).await.expect("the real one gets 204, each time").status(204);
        }
        let reply = shop.show_order(&order).await;
        reply.expect("the order is paid").json_at("/status", "paid").json_at("/charge", "ch_1");
        shop.callback(&event("evt_0", "charge.failed", &order, None)).await;
        shop.show_order(&order).await.expect("a late event changes nothing").json_at("/status", "paid");
        expect("and gives nothing back").eq(shop.stock("cup").await, 2);
    }
}

mod reservation_expires {
    use super::support::{Shop, expect_charged};
    use harness::expect;

    #[tokio::test]
    async fn what_is_not_paid_is_for_sale_again() {
        let shop = Shop::with(&["--reservation-ms", "150"]);
        shop.product("cup", 1990, 3).await;
        let order = shop.order(&shop.cart_with(&[("cup", 2)]).await).await;
        shop.until(&order, "expired").await;
        expect("the cups are in stock again").eq(shop.stock("cup").await, 3);
        shop.pay(&order, "tok_visa").await.expect("it is too late to pay").problem(409);
        expect_charged("nothing is charged", &shop.provider.charges(), 0, 0);
    }
}

mod kill9_around_charge {
    use super::support::{Fault, Shop, expect_charged};
    use harness_net::{Gate, eventually};
    use std::time::Duration;

    #[tokio::test]
    async fn a_kill_while_the_provider_charges() {
        let mut shop = Shop::start();
        shop.product("cup", 1990, 3).await;
        let order = shop.order(&shop.cart_with(&[("cup", 1)]).await).await;
        shop.provider.fail([Fault::ActsBehind(Gate::shut())]);
        let (client, id) = (shop.client.clone(), order.clone());
        let paying = tokio::spawn(async move {
            client
                .http
                .post(&format!("/orders/{id}/pay"))
                .json(&serde_json::json!({"token": "tok_visa"}))
                .try_send()
                .await
                .is_ok()
        });
        eventually("the provider is asked", Duration::from_secs(10), || async {
            (!shop.provider.requests().is_empty()).then_some(())
        })
        .await;
        shop.kill_and_restart();
        paying.abort();
        shop.until(&order, "paid").await;
        expect_charged("it is charged once", &shop.provider.charges(), 1, 1990);
    }
}

mod refunds {
    use super::support::Shop;
    use harness::expect;

    #[tokio::test]
    async fn a_paid_order_can_be_given_back() {
        let shop = Shop::start();
        shop.product("cup", 1990, 3).await;
        let order = shop.order(&shop.cart_with(&[("cup", 2)]).await).await;
        shop.refund(&order).await.expect("it is not paid yet").problem(409);
        shop.pay(&order, "tok_visa").await.expect("the charge succeeds").status(200);
        for _ in 0..2 {
            shop.refund(&order).await.expect("it is given back, once").status(200).json_at("/status", "refunded");
        }
        expect("the provider has given back one charge").eq(shop.provider.charges().refunds, 1);
        expect("the cups are in stock again").eq(shop.stock("cup").await, 3);
    }
}

mod coupons_stack_correctly {
    use super::support::Shop;
    use serde_json::json;

    #[tokio::test]
    async fn percents_first_then_amounts() {
        let shop = Shop::start();
        shop.product("cup", 999, 100).await;
        let cart = shop.cart_with(&[("cup", 1)]).await;
        for (code, coupon) in
            [("five", json!({"amount": 5})), ("ten", json!({"percent": 10})), ("some", json!({"percent": 15}))]
        {
            shop.http
                .put(&format!("/coupons/{code}"))
                .json(&coupon)
                .send()
                .await
                .expect("a coupon is put")
                .status_in(&[200, 204]);
            let path = format!("/carts/{cart}/coupons/{code}");
            for _ in 0..2 {
                shop.http.put(&path).send().await.expect("a coupon is added, and twice is once").status(200);
            }
        }
        let reply = shop.show_cart(&cart).await;
        reply.expect("25 % of 999 are 249 (rounded down), and 5").json_at("/discount", 254).json_at("/total", 745);
    }
}
