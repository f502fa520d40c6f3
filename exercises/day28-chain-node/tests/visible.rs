//! The tests of day 28 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod genesis_hash {
    use super::support::Node;
    use bitcoin::{Network, consensus::encode::serialize_hex, constants::genesis_block};
    use harness::expect;
    use serde_json::json;

    /// As published with Bitcoin Core, in `src/kernel/chainparams.cpp`.
    const GENESIS: &str = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";

    #[tokio::test]
    async fn the_first_block_is_the_one_of_regtest() {
        let node = Node::start().await;
        expect("block 0 is the one that all regtest nodes begin with").eq(node.hash_at(0).await, GENESIS);
        expect("it is the tip of a new chain").eq((node.height().await, node.best().await), (0, GENESIS.to_owned()));
        let hex = node.text("getblock", json!([GENESIS, 0])).await;
        expect("its bytes are the known ones").eq(hex, serialize_hex(&genesis_block(Network::Regtest)));
        let reply = node.call("getblock", json!([GENESIS])).await;
        reply
            .expect("getblock shows what is in its header")
            .json_at("/result/merkleroot", "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b")
            .json_at("/result/bits", "207fffff")
            .json_at("/result/confirmations", 1);
        node.refused("there is no block above it", "getblockhash", json!([1]), -8).await;
        expect("nobody owns its coinbase: there are no coins").eq(node.state().await, (GENESIS.to_owned(), 0, 0));
    }

    #[tokio::test]
    async fn answers_are_json_rpc() {
        let node = Node::start().await;
        let reply = node.call("getblockcount", json!([])).await;
        reply.expect("an answer has the id of its question").status(200).json_at("/id", "test").json_at("/result", 0);
        node.bare("{\"jsonrpc\":").send().await.expect("this is no JSON").json_at("/error/code", -32700);
    }
}

mod mine_and_get {
    use super::support::{Node, STRANGER, hash};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn blocks_are_made_and_can_be_read() {
        let mut node = Node::start().await;
        let key = node.key();
        let hashes = node.generate(3, &key.address()).await;
        expect("the last one is the tip").eq((node.height().await, node.best().await), (3, hashes[2].clone()));
        let mut parent = hash(&node.hash_at(0).await);
        for (height, name) in (1..).zip(&hashes) {
            let block = node.block(name).await;
            expect("a block is found by its hash").eq(&block.block_hash().to_string(), name);
            expect("it stands on the one before").eq(block.header.prev_blockhash, parent);
            let work = block.header.target().is_met_by(block.block_hash());
            expect("its hash meets its target").that(work && block.check_merkle_root(), format!("{block:?}"));
            let output = &block.txdata[0].output[0];
            expect("its coinbase pays the reward").eq(output, &key.output(5_000_000_000));
            parent = block.block_hash();
            let reply = node.call("getblock", json!([name])).await;
            reply
                .expect("getblock shows where it stands")
                .json_at("/result/height", height)
                .json_at("/result/confirmations", 4 - height)
                .json_at("/result/previousblockhash", block.header.prev_blockhash.to_string())
                .json_at("/result/tx", json!([block.txdata[0].compute_txid().to_string()]));
        }
        let middle = node.shown(&hashes[1]).await;
        expect("the middle one knows the next").eq(middle["nextblockhash"].as_str(), Some(&*hashes[2]));
        let last = node.shown(&hashes[2]).await;
        expect("the tip knows none").eq(last.get("nextblockhash"), None);
    }

    #[tokio::test]
    async fn a_block_of_somebody_else_is_taken() {
        let mut node = Node::start().await;
        node.generate(2, STRANGER).await;
        let key = node.key();
        let block = node.draft().await.to(&key).mine();
        node.submit_tip("a good block on the tip is taken", &block).await;
        expect("it can be read as it came").eq(node.block_at(3).await, block.clone());
        expect("the second time it is known").eq(node.submit(&block).await.as_deref(), Some("duplicate"));
    }
}

mod coinbase_maturity {
    use super::support::{Node, STRANGER, blocks::Coin};
    use harness::expect;

    #[tokio::test]
    async fn a_reward_has_to_wait_for_100_blocks() {
        let mut node = Node::start().await;
        let (key, other) = (node.key(), node.key());
        node.generate(1, &key.address()).await;
        node.generate(98, STRANGER).await;
        let coin = Coin::of(&node.block_at(1).await.txdata[0], 0, &key);
        let payment = coin.pay(&other);
        node.send_bad("what block 1 makes cannot be spent in block 100", &payment, -26).await;
        node.generate(1, STRANGER).await;
        node.send("it can in block 101", &payment).await;
        node.generate(1, STRANGER).await;
        let block = node.block_at(101).await;
        expect("and is in it").eq(block.txdata.get(1), Some(&payment));
    }

    #[tokio::test]
    async fn the_wallet_waits_too() {
        let node = Node::start().await;
        let address = node.address().await;
        node.generate(100, &address).await;
        expect("no reward has 100 blocks on top of it").eq(node.balance().await, 0);
        node.generate(1, &address).await;
        expect("the first one has").eq(node.balance().await, 5_000_000_000);
    }
}

mod spend {
    use super::support::{Node, STRANGER, blocks, blocks::Coin, hash};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn a_payment_goes_through_the_pool_into_a_block() {
        let mut node = Node::start().await;
        let (key, other) = (node.key(), node.key());
        let coin = node.coins(&key, 1).await.remove(0);
        let change = coin.satoshi() - 1_234_567_890 - 3_000;
        let payment = blocks::spend(&[&coin], vec![other.output(1_234_567_890), key.output(change)]);
        let (paid, rest) = (Coin::of(&payment, 0, &other), Coin::of(&payment, 1, &key));
        let (_, coins, total) = node.state().await;

        node.send("a good transaction is taken", &payment).await;
        expect("it waits in the pool").eq(node.pool().await, [payment.compute_txid().to_string()]);
        expect("what it spends is spent").eq(node.value(&coin).await, None);
        expect("what it makes can be seen").eq(node.value(&paid).await, Some(1_234_567_890));
        expect("only a block changes the coins of the chain").eq(node.state().await.1, coins);

        let made = node.generate(1, STRANGER).await;
        let block = node.block(hash(&made[0])).await;
        expect("the next block has it").eq(block.txdata.get(1), Some(&payment));
        let reward = block.txdata[0].output[0].value.to_sat();
        expect("and collects its fee").eq(reward, 5_000_000_000 + 3_000);
        expect("the pool is empty").eq(node.pool().await, Vec::<String>::new());
        expect("change has come back").eq(node.value(&rest).await, Some(change));
        expect("two coins for one, and a reward")
            .eq(node.state().await, (made[0].clone(), coins + 2, total + 5_000_000_000));
        let shown = node.ok("gettxout", json!([payment.compute_txid().to_string(), 0])).await;
        expect("gettxout tells its script")
            .eq(shown["scriptPubKey"]["hex"].as_str(), Some(&*format!("{:x}", other.script())));
        expect("and since when").eq((&shown["confirmations"], &shown["coinbase"]), (&json!(1), &json!(false)));
    }

    #[tokio::test]
    async fn the_wallet_pays() {
        let mut node = Node::start().await;
        let (address, other) = (node.address().await, node.key());
        node.generate(102, &address).await;
        let before = node.balance().await;
        expect("two rewards can be spent").eq(before, 10_000_000_000);
        // More than one coin is worth.
        let id = node.text("sendtoaddress", json!([other.address(), 70.12345678])).await;
        expect("the payment waits").eq(node.pool().await, [id.clone()]);
        node.generate(1, STRANGER).await;
        let block = node.block_at(103).await;
        let payment = block.txdata.iter().find(|transaction| transaction.compute_txid().to_string() == id);
        let payment =
            payment.unwrap_or_else(|| expect("it is in the next block").expected(&id).fail(format!("{block:?}")));
        expect("it pays what was asked for")
            .that(payment.output.contains(&other.output(7_012_345_678)), format!("{payment:?}"));
        let fee = block.txdata[0].output[0].value.to_sat() - 5_000_000_000;
        let size = payment.vsize() as u64;
        expect("its fee is between 1 and 100 satoshi per virtual byte")
            .that((size..=100 * size).contains(&fee), format!("{fee} satoshi for {size} bytes"));
        // The third reward is mature now.
        let after = before + 5_000_000_000 - 7_012_345_678 - fee;
        expect("the wallet has lost amount and fee, and has its change").eq(node.balance().await, after);
        node.refused("nobody pays more than he has", "sendtoaddress", json!([other.address(), 100]), -6).await;
    }
}

mod bad_pow_and_merkle {
    use super::support::{Node, blocks};
    use bitcoin::Amount;

    #[tokio::test]
    async fn a_hash_above_the_target_is_refused() {
        let mut node = Node::start().await;
        let mut block = node.draft().await.mine();
        let good = block.clone();
        while block.header.target().is_met_by(block.block_hash()) {
            block.header.nonce += 1;
        }
        node.submit_bad("who has not worked is refused", &block, &["high-hash"]).await;
        node.submit_tip("with the right nonce it is taken", &good).await;
    }

    #[tokio::test]
    async fn other_transactions_than_the_root_says_are_refused() {
        let mut node = Node::start().await;
        let good = node.draft().await.mine();
        let mut block = good.clone();
        block.txdata[0].output[0].value -= Amount::from_sat(1);
        node.submit_bad("these are not the transactions of this header", &block, &["bad-txnmrklroot"]).await;
        node.submit_tip("the true ones are welcome after that", &good).await;
    }

    #[tokio::test]
    async fn nobody_makes_more_than_the_reward() {
        let mut node = Node::start().await;
        let block = node.draft().await.reward(blocks::subsidy(1) + 1).mine();
        node.submit_bad("a satoshi too much is too much", &block, &["bad-cb-amount"]).await;
        let block = node.draft().await.reward(blocks::subsidy(1)).mine();
        node.submit_tip("the reward itself is right", &block).await;
    }
}

mod double_spend {
    use super::support::{Node, STRANGER, blocks};
    use harness::expect;

    #[tokio::test]
    async fn a_coin_is_spent_once() {
        let mut node = Node::start().await;
        let (key, one, two) = (node.key(), node.key(), node.key());
        let coin = node.coins(&key, 1).await.remove(0);
        let (first, second) = (coin.pay(&one), coin.pay(&two));
        node.send("a good transaction is taken", &first).await;
        node.send_bad("another that spends the same is not", &second, -26).await;
        node.generate(1, STRANGER).await;
        node.send_bad("once it is spent in a block, the coin is gone", &second, -25).await;
        let block = node.draft().await.with(&second).mine();
        node.submit_bad("for blocks too", &block, &["bad-txns-inputs-missingorspent"]).await;
    }

    #[tokio::test]
    async fn not_twice_in_one_block() {
        let mut node = Node::start().await;
        let (key, one, two) = (node.key(), node.key(), node.key());
        let coin = node.coins(&key, 1).await.remove(0);
        let draft = node.draft().await.with(&coin.pay(&one)).with(&coin.pay(&two));
        node.submit_bad("the second one comes too late", &draft.mine(), &["bad-txns-inputs-missingorspent"]).await;
    }

    #[tokio::test]
    async fn not_twice_in_one_transaction() {
        let mut node = Node::start().await;
        let (key, other) = (node.key(), node.key());
        let coin = node.coins(&key, 1).await.remove(0);
        let twice = blocks::spend(&[&coin, &coin], vec![other.output(2 * coin.satoshi() - blocks::FEE)]);
        node.send_bad("who names a coin twice does not get it twice", &twice, -26).await;
        let block = node.draft().await.with(&twice).mine();
        node.submit_bad("for blocks too", &block, &["bad-txns-inputs-duplicate"]).await;
        expect("the coin is still there").eq(node.value(&coin).await, Some(coin.satoshi()));
    }
}

mod bad_signature {
    use super::support::{Node, blocks};
    use harness::expect;

    #[tokio::test]
    async fn only_the_owner_spends() {
        let mut node = Node::start().await;
        let (key, thief) = (node.key(), node.key());
        let coin = node.coins(&key, 1).await.remove(0);
        let mut stolen = blocks::unsigned(&[&coin], vec![thief.output(coin.satoshi() - blocks::FEE)]);
        stolen.input[0].witness = blocks::witness(&stolen, 0, &coin, &thief);
        node.send_bad("another key does not fit the coin", &stolen, -26).await;
        let mut changed = coin.pay(&key);
        changed.output[0].script_pubkey = thief.script();
        node.send_bad("who changes a signed transaction breaks the signature", &changed, -26).await;
        expect("the coin is still there").eq(node.value(&coin).await, Some(coin.satoshi()));
        node.send("its owner can spend it", &coin.pay(&thief)).await;
    }

    #[tokio::test]
    async fn a_block_is_refused_with_it() {
        let mut node = Node::start().await;
        let (key, thief) = (node.key(), node.key());
        let coin = node.coins(&key, 1).await.remove(0);
        let mut stolen = coin.pay(&thief);
        stolen.output[0].value -= bitcoin::Amount::from_sat(1);
        let draft = node.draft().await.with(&stolen);
        let block = draft.reward(blocks::subsidy(101)).mine();
        node.submit_bad("a block with a wrong signature is refused", &block, SIGNATURE).await;
        expect("it is not asked about again").eq(node.submit(&block).await.as_deref(), Some("duplicate-invalid"));
        let good = node.draft().await.with(&coin.pay(&thief)).mine();
        node.submit_tip("one with the right signature is taken", &good).await;
    }

    /// Bitcoin Core has changed the name of this rule over the years.
    const SIGNATURE: &[&str] = &["block-script-verify-flag-failed", "mandatory-script-verify-flag-failed"];
}

mod reorg_to_most_work {
    use super::support::{
        Node, STRANGER,
        blocks::{self, Coin, Draft, Tip, WORK_32, WORK_512},
    };
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn work_counts_and_not_length() {
        let mut node = Node::start().await;
        let fork = node.tip().await;
        let hashes = node.generate(4, STRANGER).await;
        let heavy = Draft::on(fork, &mut node.random).bits(WORK_512).mine();
        node.submit_tip("one block of work 512 outweighs four of work 2", &heavy).await;
        expect("the chain is shorter now").eq(node.height().await, 1);
        let info = node.ok("getblockchaininfo", json!([])).await;
        let work = info["chainwork"].as_str().unwrap_or_default().trim_start_matches('0');
        expect("its work is 2 and 512").eq(work, "202");
        let old = node.shown(&hashes[0]).await;
        expect("the old blocks are beside the chain").eq(&old["confirmations"], -1);
        let mut tip = Tip::of(&node.block(&hashes[3]).await, 4);
        for _ in 0..3 {
            let block = Draft::on(tip, &mut node.random).mine();
            node.submit_aside("the longer chain has less work, and is not followed", &block).await;
            tip = Tip::of(&block, tip.height + 1);
        }
    }

    #[tokio::test]
    async fn coins_go_back_as_they_went_forward() {
        let mut node = Node::start().await;
        let (key, other) = (node.key(), node.key());
        let coins = node.coins(&key, 2).await;
        let (fork, before) = (node.tip().await, node.state().await);
        // A block that spends what it has made itself, and one that spends what that has made.
        let first = coins[0].pay(&other);
        let second = Coin::of(&first, 0, &other).pay(&key);
        let block = node.draft().await.with(&first).with(&second).mine();
        node.submit_tip("a block can spend what it has made", &block).await;
        let third = blocks::spend(&[&Coin::of(&second, 0, &key), &coins[1]], vec![other.output(9_000_000_000)]);
        let fee = coins[0].satoshi() - 2 * blocks::FEE + coins[1].satoshi() - 9_000_000_000;
        let reward = blocks::subsidy(fork.height + 2) + fee;
        let block = node.draft().await.with(&third).reward(reward).mine();
        node.submit_tip("and the next one what is left of it", &block).await;

        let heavy = Draft::on(fork, &mut node.random).bits(WORK_512).mine();
        node.submit_tip("a heavier chain comes", &heavy).await;
        let reward = blocks::subsidy(fork.height + 1);
        expect("there are the coins from before, and one reward")
            .eq(node.state().await, (heavy.block_hash().to_string(), before.1 + 1, before.2 + reward));
        for coin in &coins {
            let shown = node.ok("gettxout", json!([coin.point.txid.to_string(), 0, false])).await;
            expect("what was spent is there again").eq(super::support::satoshi(&shown["value"]), coin.satoshi());
            expect("and is still a reward").eq(&shown["coinbase"], true);
        }
        let ids: Vec<_> = [first, second, third].iter().map(|payment| payment.compute_txid().to_string()).collect();
        expect("the payments wait for a block again, in their order").eq(node.pool().await, ids);
        node.generate(1, STRANGER).await;
        let again = node.block_at(fork.height + 2).await.txdata.len();
        expect("and the next block has them").eq(again, 4);
    }

    #[tokio::test]
    async fn a_heavy_chain_that_breaks_a_rule_changes_nothing() {
        let mut node = Node::start().await;
        let key = node.key();
        let coin = node.coins(&key, 1).await.remove(0);
        let fork = node.tip().await;
        let block = node.draft().await.with(&coin.pay(&key)).mine();
        node.submit_tip("a payment is in a block", &block).await;
        let before = node.state().await;
        let bad = Draft::on(fork, &mut node.random).reward(blocks::subsidy(fork.height + 1) + 1).mine();
        node.submit_aside("a block beside the chain is not judged yet", &bad).await;
        let heavy = Draft::on(Tip::of(&bad, fork.height + 1), &mut node.random).bits(WORK_32).mine();
        let why = node.submit(&heavy).await;
        expect("what stands on a bad block is not taken").ne(why, None);
        expect("tip and coins are as before").eq(node.state().await, before);
        let next = node.draft().await.mine();
        node.submit_tip("and the chain goes on", &next).await;
    }
}

mod kill9_during_reorg {
    use super::support::{
        Node, STRANGER, blocks,
        blocks::{Draft, WORK_512},
    };
    use harness::expect;

    #[tokio::test]
    async fn what_was_answered_is_there_after_it() {
        let mut node = Node::start().await;
        let key = node.key();
        let coin = node.coins(&key, 1).await.remove(0);
        let fork = node.tip().await;
        let address = node.address().await;
        let payment = blocks::spend(&[&coin], vec![key.output(coin.satoshi() - 2_000)]);
        let block = node.draft().await.paying(&address).mine();
        node.submit_tip("a block is taken", &block).await;
        let side = Draft::on(fork, &mut node.random).mine();
        node.submit_aside("another is stored beside the chain", &side).await;
        node.send("a transaction is taken", &payment).await;
        let before = node.state().await;

        node.kill_and_restart();
        expect("after a kill -9 the chain is the same").eq(node.state().await, before);
        expect("the pool too").eq(node.pool().await, [payment.compute_txid().to_string()]);
        expect("the block beside the chain is known").eq(node.submit(&side).await.as_deref(), Some("duplicate"));
        node.generate(100, STRANGER).await;
        expect("and the wallet has its key").eq(node.balance().await, blocks::subsidy(fork.height + 1));

        // Back over 101 blocks, to a chain of one, and a kill after the answer.
        let heavy = Draft::on(fork, &mut node.random).bits(WORK_512).mine();
        node.submit_tip("a heavier chain comes", &heavy).await;
        let after = node.state().await;
        node.kill_and_restart();
        expect("after a kill -9 it is still the chain").eq(node.state().await, after.clone());
        expect("and the wallet has lost its reward").eq(node.balance().await, 0);
        let total = blocks::issued(fork.height + 1);
        expect("all coins together are all rewards of this chain").eq(after.2, total);
    }
}

mod three_nodes_sync {
    use super::support::{Node, STRANGER};
    use harness::random;
    use harness_net::eventually_ok;
    use std::time::Duration;

    #[tokio::test]
    async fn blocks_and_transactions_go_through_the_one_in_the_middle() {
        let first = Node::listening(random());
        let key = super::support::blocks::Key::random(&mut random());
        let coin = first.coins(&key, 1).await.remove(0);
        let to_first = first.program.address_of("p2p").to_string();
        let middle = Node::with(
            |launch| launch.args(["--p2p-listen", "127.0.0.1:0", "--connect", &to_first, "--retry-ms", "50"]),
            random(),
        );
        let to_middle = middle.program.address_of("p2p").to_string();
        let last = Node::with(|launch| launch.args(["--connect", &to_middle, "--retry-ms", "50"]), random());
        let requirement = "who comes late gets the whole chain, through a node in the middle";
        let tip = first.state().await;
        eventually_ok(requirement, Duration::from_secs(25), || async {
            let seen = last.state().await;
            if seen == tip { Ok(()) } else { Err(format!("{seen:?} instead of {tip:?}")) }
        })
        .await;

        let payment = coin.pay(&key);
        last.send("a transaction is taken at one end", &payment).await;
        let requirement = "a transaction arrives at the other end";
        eventually_ok(requirement, Duration::from_secs(25), || async {
            let pool = first.pool().await;
            if pool == [payment.compute_txid().to_string()] { Ok(()) } else { Err(format!("{pool:?}")) }
        })
        .await;
        first.generate(1, STRANGER).await;
        let tip = first.state().await;
        let requirement = "a new block arrives everywhere";
        eventually_ok(requirement, Duration::from_secs(25), || async {
            let seen = (middle.state().await, last.state().await);
            if seen == (tip.clone(), tip.clone()) { Ok(()) } else { Err(format!("{seen:?} instead of {tip:?}")) }
        })
        .await;
    }
}

mod orphan_flood {
    use super::support::{
        Node,
        blocks::{Draft, Tip},
        peer::Peer,
    };
    use bitcoin::p2p::message::NetworkMessage;
    use harness::{expect, random};
    use serde_json::json;

    #[tokio::test]
    async fn a_block_without_a_parent_is_asked_for_and_not_kept() {
        let mut node = Node::listening(random());
        let parent = node.draft().await.mine();
        let orphan = Draft::on(Tip::of(&parent, 1), &mut node.random).mine();
        let mut peer = Peer::connect(node.program.address_of("p2p")).await;
        peer.find("a node asks its peer for headers", |message| matches!(message, NetworkMessage::GetHeaders(_))).await;
        peer.send(NetworkMessage::Block(orphan.clone())).await;
        let requirement = "after a block whose parent is unknown it asks for what is between";
        peer.find(requirement, |message| matches!(message, NetworkMessage::GetHeaders(_))).await;
        peer.catch_up(1).await;
        let hash = orphan.block_hash().to_string();
        node.refused("the block is not kept", "getblock", json!([hash]), -5).await;
        node.submit_tip("its parent comes", &parent).await;
        expect("the node has not taken out the other from somewhere")
            .eq(node.best().await, parent.block_hash().to_string());
        node.refused("not even now", "getblock", json!([hash]), -5).await;
        node.submit_tip("it can come again, and is taken then", &orphan).await;
    }

    #[tokio::test]
    async fn a_message_is_not_believed_about_its_length() {
        let mut node = Node::listening(random());
        let mut peer = Peer::connect(node.program.address_of("p2p")).await;
        let mut header = Vec::from(bitcoin::Network::Regtest.magic().to_bytes());
        header.extend(b"block\0\0\0\0\0\0\0");
        header.extend(4_000_001_u32.to_le_bytes());
        header.extend([0; 4]);
        let _ = peer.raw(&header).await;
        peer.expect_end("a message of more than 4 000 000 bytes ends the connection").await;
        let next = node.draft().await.mine();
        node.submit_tip("and the chain goes on", &next).await;
    }
}
