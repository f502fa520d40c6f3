use crate::visible::support::{Exchange, limit};
use harness::expect;
use serde_json::json;

#[tokio::test]
async fn an_empty_book_gives_nothing() {
    let exchange = Exchange::start(&[]);
    exchange.market("ann", "sell", 3).await.expect("nobody buys", "cancelled", 0);
    exchange.book().await.expect("nothing has changed").json_at("/sequence", 0);
    let bid = exchange.limit("bob buy 3 @ 100").await.id;
    exchange.market("ann", "buy", 3).await.expect("a bid is no offer", "cancelled", 0);
    exchange
        .market("ann", "sell", 2)
        .await
        .expect("bob buys", "filled", 2)
        .expect_trades("at his price", &[(100, 2, bid)]);
}

#[tokio::test]
async fn members_must_fit() {
    let exchange = Exchange::start(&[]);
    let wrong = [
        ("price", json!({"trader": "ann", "side": "buy", "type": "market", "quantity": 1, "price": 100})),
        (
            "time_in_force",
            json!({"trader": "ann", "side": "buy", "type": "market", "quantity": 1, "time_in_force": "gtc"}),
        ),
        ("trader", json!({"trader": "x".repeat(33), "side": "buy", "type": "market", "quantity": 1})),
        ("trader", json!({"trader": "a b", "side": "buy", "type": "market", "quantity": 1})),
        ("price", json!({"trader": "ann", "side": "buy", "type": "limit", "quantity": 1, "price": 1_000_000_001})),
    ];
    for (field, order) in wrong {
        exchange.post(&order).await.expect("422 names the field").problem(422).json_at("/field", field);
    }
    let largest = json!({"trader": "x".repeat(32), "side": "sell", "type": "limit", "quantity": 1_000_000, "price": 1_000_000_000});
    exchange.place(&largest).await.expect("the largest order is one", "open", 0);
    exchange
        .http
        .post("/orders")
        .body("{")
        .header("content-type", "application/json")
        .send()
        .await
        .expect("broken JSON is 400")
        .problem(400);
    exchange.http.post("/orders").body("{}").send().await.expect("what is not called JSON is 415").problem(415);
    exchange.http.put("/book").send().await.expect("405").problem(405);
    exchange
        .http
        .get("/trades?after=x")
        .send()
        .await
        .expect("after is a number")
        .problem(422)
        .json_at("/field", "after");
}

#[tokio::test]
async fn an_order_is_shown_with_all_its_members() {
    let exchange = Exchange::start(&[]);
    let placed = exchange.limit("ann buy 3 @ 100").await;
    let shown = exchange.order(placed.id).await;
    shown.expect("GET shows what POST has answered").json(&placed.reply.at("/order"));
    let wanted = json!({"trader": "ann", "side": "buy", "type": "limit", "quantity": 3, "price": 100, "time_in_force": "gtc",
        "id": 1, "filled": 0, "status": "open"});
    for (name, value) in wanted.as_object().into_iter().flatten() {
        shown.expect("an order has these members").json_at(&format!("/{name}"), value.clone());
    }
    let at = shown.text_at("/at");
    expect("at is a time in UTC (RFC 3339)").that(at.contains('T') && at.ends_with('Z'), &at);
}

#[tokio::test]
async fn trades_are_told_to_everybody() {
    let exchange = Exchange::start(&[]);
    exchange.limit("ann sell 2 @ 100").await;
    exchange.limit("ann sell 2 @ 101").await;
    let taker = exchange.place(&limit("bob buy 4 @ 101")).await;
    let trades = exchange.trades().await;
    expect("/trades has what the taker was told").eq(json!(trades), taker.reply.at("/trades"));
    expect("a trade names its taker").eq(trades[0]["taker"].as_u64(), Some(taker.id));
    expect("its time is that of the taker").eq(trades[1]["at"].clone(), taker.reply.at("/order/at"));
    let reply = exchange.http.get("/trades?after=1").send().await;
    reply.expect("after leaves out what is known").status(200).json_at("/trades", json!([trades[1]]));
}
