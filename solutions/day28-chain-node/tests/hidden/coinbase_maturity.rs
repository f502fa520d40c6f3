use crate::visible::support::{
    Node, STRANGER, blocks,
    blocks::{Coin, Draft},
};
use harness::expect;

#[tokio::test]
async fn blocks_have_to_wait_too() {
    let mut node = Node::start().await;
    let (key, other) = (node.key(), node.key());
    node.generate(2, STRANGER).await;
    let first = node.draft().await.to(&key).mine();
    node.submit_tip("a block is taken", &first).await;
    node.generate(98, STRANGER).await;
    let coin = Coin::of(&first.txdata[0], 0, &key);
    let fork = node.tip().await;
    let early = node.draft().await.with(&coin.pay(&other)).mine();
    let rule = "bad-txns-premature-spend-of-coinbase";
    node.submit_bad("what block 3 makes cannot be spent in block 102", &early, &[rule]).await;
    // One that is not judged when it comes, because of its work, and not taken when it is.
    let good = node.draft().await.mine();
    node.submit_tip("without it the block is good", &good).await;
    let early = Draft::on(fork, &mut node.random).with(&coin.pay(&other)).bits(blocks::WORK_512).mine();
    node.submit_bad("work does not make it right", &early, &[rule]).await;
    let right = node.draft().await.with(&coin.pay(&other)).mine();
    node.submit_tip("in block 103 it is", &right).await;
    // What was paid is no reward any more: it can be spent at once.
    let paid = Coin::of(&right.txdata[1], 0, &other);
    node.send("what was paid in a block can be spent in the next one", &paid.pay(&key)).await;
    node.generate(1, STRANGER).await;
    expect("and is").eq(node.block_at(104).await.txdata.len(), 2);
}
