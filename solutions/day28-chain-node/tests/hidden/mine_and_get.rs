use crate::visible::support::{Node, STRANGER, blocks};
use harness::expect;
use serde_json::json;

#[tokio::test]
async fn the_reward_halves_and_the_work_adds_up() {
    let node = Node::start().await;
    let made = node.generate(301, STRANGER).await;
    for height in [149, 150, 299, 300] {
        let reward = node.block_at(height).await.txdata[0].output[0].value.to_sat();
        expect(format!("the reward of block {height} is half as much after every 150 blocks"))
            .eq(reward, 5_000_000_000 >> (height / 150));
    }
    expect("all rewards together").eq(node.state().await, (made[300].clone(), 301, blocks::issued(301)));
    let shown = node.shown(&made[299]).await;
    expect("301 blocks of work 2 are work 602").eq(shown["chainwork"].as_str(), Some(&*format!("{:064x}", 602)));
    expect("two blocks confirm the one below the tip").eq(&shown["confirmations"], 2);
}

#[tokio::test]
async fn blocks_of_several_hands_make_one_chain() {
    let mut node = Node::start().await;
    let key = node.key();
    let mut names = vec![node.hash_at(0).await];
    // Heights up to 16 have a push of their own, and 128 is the first with two bytes: a sign belongs to it.
    for _ in 0..17 {
        let block = node.draft().await.to(&key).mine();
        node.submit_tip("a good block is taken", &block).await;
        names.push(block.block_hash().to_string());
    }
    names.extend(node.generate(110, &key.address()).await);
    for _ in 0..2 {
        let block = node.draft().await.to(&key).mine();
        node.submit_tip("a good block is taken", &block).await;
        names.push(block.block_hash().to_string());
    }
    names.extend(node.generate(2, &key.address()).await);
    for height in [0, 1, 17, 18, 64, 127, 128, 129, 131] {
        expect("each height has its block").eq(&node.hash_at(height).await, &names[height as usize]);
    }
    expect("each block of ours begins with its height").that(
        node.block_at(130).await.bip34_block_height().ok() == Some(130),
        format!("{:?}", node.block_at(130).await.txdata[0].input[0]),
    );
    expect("nothing was made on request of nobody").eq(node.generate(0, STRANGER).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_makes_no_sense_has_the_right_code() {
    let node = Node::start().await;
    let unknown = "11".repeat(32);
    for (requirement, method, params, code) in [
        ("there is no such block", "getblock", json!([unknown]), -5),
        ("a hash has 64 hex digits", "getblock", json!(["1234"]), -8),
        ("no block has a negative height", "getblockhash", json!([-1]), -8),
        ("a height is a number", "getblockhash", json!(["one"]), -3),
        ("a height is needed", "getblockhash", json!([]), -1),
        ("this is no block", "submitblock", json!(["00"]), -22),
        ("this is not even hex", "submitblock", json!(["block"]), -22),
        ("this is no transaction", "sendrawtransaction", json!(["0200"]), -22),
        ("there is no such call", "getrich", json!([]), -32601),
    ] {
        node.refused(requirement, method, params, code).await;
    }
    let reply = node.bare("{\"jsonrpc\":\"2.0\",\"id\":1}").send().await;
    reply.expect("this is no call").json_at("/error/code", -32600);
    let shown = node.ok("gettxout", json!([unknown, 0])).await;
    expect("what is not there is null").eq(shown, serde_json::Value::Null);
}
