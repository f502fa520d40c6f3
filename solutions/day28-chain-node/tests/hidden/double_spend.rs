use crate::visible::support::{
    Node, STRANGER,
    blocks::{self, Coin},
};
use bitcoin::consensus::encode::serialize_hex;
use harness::expect;
use harness_net::together;
use serde_json::json;

#[tokio::test]
async fn one_of_many_at_once_gets_it() {
    let mut node = Node::start().await;
    let key = node.key();
    let coin = node.coins(&key, 1).await.remove(0);
    let payments: Vec<_> = (0..12).map(|_| serialize_hex(&coin.pay(&node.key()))).collect();
    let rpc = node.rpc.clone();
    let taken = together(12, move |number| {
        let (rpc, hex) = (rpc.clone(), payments[number].clone());
        async move { rpc.call("sendrawtransaction", json!([hex])).await.json()["result"].is_string() }
    })
    .await;
    let count = taken.iter().filter(|taken| **taken).count();
    expect("of twelve payments with one coin, one is taken").eq((count, node.pool().await.len()), (1, 1));
    node.generate(1, STRANGER).await;
    expect("and comes into a block").eq(node.block_at(101).await.txdata.len(), 2);
}

#[tokio::test]
async fn a_block_decides_what_stays_in_the_pool() {
    let mut node = Node::start().await;
    let (key, one, two) = (node.key(), node.key(), node.key());
    let coins = node.coins(&key, 3).await;
    let (first, second) = (coins[0].pay(&one), coins[0].pay(&two));
    let child = Coin::of(&first, 0, &one).pay(&key);
    let confirmed = coins[1].pay(&one);
    let apart = coins[2].pay(&two);
    for transaction in [&first, &child, &confirmed, &apart] {
        node.send("a good transaction is taken", transaction).await;
    }
    let block = node.draft().await.with(&second).with(&confirmed).mine();
    node.submit_tip("a block may have others than the pool", &block).await;
    expect("what the block has, what contradicts it, and what depends on that are gone")
        .eq(node.pool().await, [apart.compute_txid().to_string()]);
    expect("the coin that it left is there").eq(node.value(&Coin::of(&first, 0, &one)).await, None);
    let unknown = blocks::spend(&[&Coin::of(&child, 0, &key)], vec![key.output(1_000_000)]);
    node.send_bad("what depends on a payment that is gone is not taken", &unknown, -25).await;
    let rule = "bad-txns-inputs-missingorspent";
    let block = node.draft().await.with(&first).mine();
    node.submit_bad("nor in a block", &block, &[rule]).await;
    node.generate(1, STRANGER).await;
    expect("the rest comes into the next one").eq(node.block_at(104).await.txdata.get(1), Some(&apart));
}
