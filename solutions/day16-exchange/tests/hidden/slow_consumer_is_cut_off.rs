use crate::visible::support::Exchange;
use harness::expect;

#[tokio::test]
async fn gone_clients_are_forgotten() {
    let exchange = Exchange::start(&["--queue", "1"]);
    for _ in 0..20 {
        let feeds = exchange.together(10, |exchange, _| async move { exchange.feed().await }).await;
        // Without a goodbye.
        drop(feeds);
    }
    for n in 0..30 {
        exchange.limit(&format!("ann sell 1 @ {}", 100 + n)).await;
    }
    let mut feed = exchange.feed().await;
    exchange.limit("ann sell 1 @ 200").await;
    feed.delta().await;
    feed.expect_same_book("who is there gets everything", &exchange).await;
}

#[tokio::test]
async fn a_queue_of_one_is_enough_for_who_reads() {
    let exchange = Exchange::start(&["--queue", "1"]);
    let mut feed = exchange.feed().await;
    for n in 0..40 {
        exchange.limit(&format!("ann sell 1 @ {}", 100 + n)).await;
        feed.delta().await;
    }
    expect("all deltas came").eq(feed.asks.len(), 40);
}
