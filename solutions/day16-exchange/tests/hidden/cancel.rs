use crate::visible::support::Exchange;
use harness::expect;

#[tokio::test]
async fn what_has_traded_stays_traded() {
    let exchange = Exchange::start(&[]);
    let maker = exchange.limit("ann sell 9 @ 700").await.id;
    exchange.limit("bob buy 4 @ 700").await;
    let reply = exchange.cancel(maker).await;
    reply.expect("the rest is cancelled").status(200).json_at("/filled", 4).json_at("/status", "cancelled");
    exchange.expect_book("and gone", &[], &[]).await;
    exchange.order(maker).await.expect("4 have traded").json_at("/filled", 4).json_at("/quantity", 9);
}

#[tokio::test]
async fn from_the_middle_of_the_line() {
    let exchange = Exchange::start(&[]);
    let mut ids = Vec::new();
    for trader in ["a", "b", "c", "d", "e"] {
        ids.push(exchange.limit(&format!("{trader} buy 2 @ 300")).await.id);
    }
    for place in [1, 3] {
        exchange.cancel(ids[place]).await.expect("an open order can be cancelled").status(200);
    }
    let taker = exchange.limit("f sell 6 @ 300").await;
    taker.expect_trades("the others keep their places", &[(300, 2, ids[0]), (300, 2, ids[2]), (300, 2, ids[4])]);
}

#[tokio::test]
async fn what_is_no_number_is_unknown() {
    let exchange = Exchange::start(&[]);
    for path in ["/orders/0", "/orders/1", "/orders/abc", "/orders/-1", "/orders/18446744073709551616"] {
        exchange.http.get(path).send().await.expect("there is no such order").problem(404);
        exchange.http.delete(path).send().await.expect("there is no such order").problem(404);
    }
}

#[tokio::test]
async fn fifty_cancels_succeed_once() {
    let exchange = Exchange::start(&[]);
    let id = exchange.limit("ann sell 9 @ 700").await.id;
    let statuses = exchange.together(50, move |exchange, _| async move {
        let reply = exchange.cancel(id).await;
        reply.expect("200 for one, 409 for the others").status_in(&[200, 409]);
        reply.status
    });
    let statuses = statuses.await;
    expect("one of fifty succeeds").eq(statuses.iter().filter(|status| **status == 200).count(), 1);
    exchange.expect_book("the book is empty", &[], &[]).await;
}
