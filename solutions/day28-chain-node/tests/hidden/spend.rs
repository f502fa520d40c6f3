use crate::visible::support::{
    Node, STRANGER, blocks,
    blocks::{Coin, FEE},
};
use bitcoin::{Amount, ScriptBuf, TxOut, consensus::encode::serialize_hex};
use harness::expect;
use serde_json::json;

#[tokio::test]
async fn a_chain_of_payments_waits_together() {
    let mut node = Node::start().await;
    let (key, other) = (node.key(), node.key());
    let coin = node.coins(&key, 1).await.remove(0);
    let parent = coin.pay(&other);
    let child = Coin::of(&parent, 0, &other).pay(&key);
    let grandchild = Coin::of(&child, 0, &key).pay(&other);
    node.send_bad("the parent is not there yet", &child, -25).await;
    for transaction in [&parent, &child, &grandchild] {
        node.send("what the pool makes can be spent", transaction).await;
    }
    node.send("what is in the pool is taken again", &child).await;
    let ids: Vec<_> = [&parent, &child, &grandchild].map(|transaction| transaction.compute_txid().to_string()).into();
    expect("each once, and parents first").eq(node.pool().await, ids);

    let wrong = node.draft().await.with(&child).with(&parent).mine();
    let rule = "bad-txns-inputs-missingorspent";
    node.submit_bad("in a block, too, parents come first", &wrong, &[rule]).await;
    node.generate(1, STRANGER).await;
    let block = node.block_at(node.height().await).await;
    expect("the next block has them in this order").eq(&block.txdata[1..], &[parent, child, grandchild.clone()][..]);
    let reward = block.txdata[0].output[0].value.to_sat();
    expect("and all their fees").eq(reward, 5_000_000_000 + 3 * FEE);
    node.send_bad("what is in a block is not sent again", &grandchild, -27).await;
}

#[tokio::test]
async fn sums_have_to_be_right() {
    let mut node = Node::start().await;
    let (key, other) = (node.key(), node.key());
    let coin = node.coins(&key, 1).await.remove(0);
    let value = coin.satoshi();
    let before = node.state().await;
    // A sum that is small again after it has overflowed.
    let half = u64::MAX / 2 + 1;
    for (requirement, outputs, rule) in [
        ("nobody makes a satoshi out of nothing", vec![other.output(value + 1)], "bad-txns-in-belowout"),
        ("all outputs count", vec![other.output(value), key.output(1000)], "bad-txns-in-belowout"),
        ("there are 21 million bitcoins", vec![other.output(2_100_000_000_000_001)], "bad-txns-"),
        ("a sum does not overflow", vec![other.output(half), other.output(half), other.output(1000)], "bad-txns-"),
        ("a transaction has outputs", vec![], "bad-txns-vout-empty"),
    ] {
        let transaction = blocks::spend(&[&coin], outputs);
        node.send_bad(requirement, &transaction, -26).await;
        let block = node.draft().await.with(&transaction).reward(blocks::subsidy(101)).mine();
        node.submit_bad(requirement, &block, &[rule]).await;
    }
    let greedy = node.draft().await.with(&coin.pay(&other));
    let reward = blocks::subsidy(101) + FEE;
    node.submit_bad("fees are counted once", &greedy.clone().reward(reward + 1).mine(), &["bad-cb-amount"]).await;
    expect("nothing has changed").eq(node.state().await, before.clone());
    node.submit_tip("reward and fee may be less", &greedy.reward(reward - 1000).mine()).await;
    let (_, _, total) = node.state().await;
    expect("what nobody takes is gone").eq(total, before.2 + blocks::subsidy(101) - 1000);
}

#[tokio::test]
async fn outputs_of_any_kind_can_be_paid() {
    let mut node = Node::start().await;
    let key = node.key();
    let coin = node.coins(&key, 1).await.remove(0);
    // P2WSH, and a note that nobody can ever spend.
    let hash = [&[0x00, 0x20], &node.random.bytes(32)[..]].concat();
    let outputs = vec![
        TxOut { value: Amount::from_sat(10_000), script_pubkey: ScriptBuf::from_bytes(hash) },
        TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new_op_return(b"paid") },
        key.output(coin.satoshi() - 10_000 - FEE),
    ];
    let payment = blocks::spend(&[&coin], outputs);
    let (_, coins, _) = node.state().await;
    node.send("outputs may have any script", &payment).await;
    node.generate(1, STRANGER).await;
    expect("two coins and a reward for one coin: a note is no coin").eq(node.state().await.1, coins + 2);
    let id = payment.compute_txid().to_string();
    for (vout, is_coin) in [(0, true), (1, false), (2, true), (3, false)] {
        let shown = node.ok("gettxout", json!([id, vout])).await;
        expect(format!("output {vout} is a coin, or not")).eq(!shown.is_null(), is_coin);
    }
    node.send("the change can be spent", &Coin::of(&payment, 2, &key).pay(&key)).await;
    let hex = serialize_hex(&payment);
    node.refused("it is in a block, and outputs of it are coins", "sendrawtransaction", json!([hex]), -27).await;
}

#[tokio::test]
async fn the_wallet_counts_only_what_it_can_spend() {
    let mut node = Node::start().await;
    let (key, first, second) = (node.key(), node.address().await, node.address().await);
    expect("addresses are not used twice").ne(&first, &second);
    node.refused("it has nothing", "sendtoaddress", json!([STRANGER, 0.1]), -6).await;
    node.refused("no address", "sendtoaddress", json!(["nobody", 0.1]), -5).await;
    node.refused("no amount", "sendtoaddress", json!([STRANGER, 0.123456789]), -3).await;
    let coins = node.coins(&key, 2).await;
    let script = |address: &str| {
        let address: bitcoin::Address<_> = address.parse().expect("the node's addresses can be read");
        address.assume_checked().script_pubkey()
    };
    let output = |address: &str, satoshi| TxOut { value: Amount::from_sat(satoshi), script_pubkey: script(address) };
    let rest = coins[0].satoshi() - 700_000 - FEE;
    let gift = blocks::spend(&[&coins[0]], vec![output(&first, 400_000), key.output(rest), output(&second, 300_000)]);
    node.send("somebody pays the wallet twice", &gift).await;
    expect("what waits in the pool does not count").eq(node.balance().await, 0);
    node.generate(1, STRANGER).await;
    expect("what is in a block does").eq(node.balance().await, 700_000);
    let id = node.text("sendtoaddress", json!([key.address(), 0.006])).await;
    expect("both coins are needed, and not counted twice").that(node.balance().await == 0, node.balance().await);
    expect("the payment waits").eq(node.pool().await, [id.clone()]);
    node.refused("they cannot be spent twice", "sendtoaddress", json!([STRANGER, 0.001]), -6).await;
    node.generate(1, STRANGER).await;
    let fee = node.block_at(node.height().await).await.txdata[0].output[0].value.to_sat() - 5_000_000_000;
    expect("change comes back with the block").eq(node.balance().await, 100_000 - fee);
}
