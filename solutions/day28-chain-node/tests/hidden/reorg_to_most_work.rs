use crate::visible::support::{
    Node, STRANGER,
    blocks::{self, Coin, Draft, EASY, FEE, Key, Tip, WORK_32, WORK_512},
};
use harness::{Random, expect};

#[tokio::test]
async fn of_two_with_the_same_work_the_first_one_stays() {
    let mut node = Node::start().await;
    let fork = node.tip().await;
    let first = Draft::on(fork, &mut node.random).bits(WORK_32).mine();
    node.submit_tip("a good block is taken", &first).await;
    let other = Draft::on(fork, &mut node.random).bits(WORK_32).mine();
    node.submit_aside("another with the same work comes too late", &other).await;
    // Sixteen blocks of work 2 are as much as one of work 32.
    let mut tip = fork;
    for _ in 0..16 {
        let block = Draft::on(tip, &mut node.random).mine();
        node.submit_aside("so does a long chain with as much", &block).await;
        tip = Tip::of(&block, tip.height + 1);
    }
    let next = Draft::on(tip, &mut node.random).mine();
    node.submit_tip("one block more decides it", &next).await;
    expect("all of it is the chain").eq(node.height().await, 17);
    let back = Draft::on(Tip::of(&other, 1), &mut node.random).bits(WORK_32).mine();
    node.submit_tip("and the late one can still win", &back).await;
    expect("by its child").eq(node.hash_at(1).await, other.block_hash().to_string());
}

#[tokio::test]
async fn the_good_part_of_a_bad_chain_counts() {
    let mut node = Node::start().await;
    let key = node.key();
    let coins = node.coins(&key, 2).await;
    let fork = node.tip().await;
    let waiting = coins[0].pay(&key);
    node.send("a good transaction is taken", &waiting).await;
    node.generate(3, STRANGER).await;
    // Two good blocks of another chain, a bad one, and another on top: none is judged before the last one comes.
    let mut tip = fork;
    let mut blocks = Vec::new();
    for (bits, is_bad) in [(EASY, false), (0x203f_ffff, false), (0x203f_ffff, true), (WORK_512, false)] {
        let mut draft = Draft::on(tip, &mut node.random).bits(bits);
        if is_bad {
            // Spends the same coin in two transactions.
            draft = draft.with(&coins[1].pay(&key)).with(&coins[1].pay(&node.key()));
        }
        let block = draft.mine();
        tip = Tip::of(&block, tip.height + 1);
        blocks.push(block);
    }
    node.submit_aside("work 2 is less than 6", &blocks[0]).await;
    node.submit_aside("work 6 is as much as 6", &blocks[1]).await;
    let before = node.state().await;
    let why = node.submit(&blocks[2]).await;
    expect("a bad block is refused when its chain has the most work")
        .eq(why.as_deref(), Some("bad-txns-inputs-missingorspent"));
    expect("tip and coins are as before").eq(node.state().await, before);
    let why = node.submit(&blocks[3]).await;
    expect("what stands on it, too").eq(why.as_deref(), Some("bad-prevblk"));
    let good = Draft::on(Tip::of(&blocks[1], fork.height + 2), &mut node.random).mine();
    node.submit_tip("the good part can go on, and has the most work then", &good).await;
    expect("the payment of the other chain waits again").eq(node.pool().await, [waiting.compute_txid().to_string()]);

    // The other way round: the bad one comes first and is not judged, and the last one brings all of them up for judgement.
    let mut tip = fork;
    let base = node.tip().await;
    let mut chain = Vec::new();
    for (bits, is_bad) in [(WORK_32, false), (EASY, true), (WORK_512, false)] {
        let mut draft = Draft::on(tip, &mut node.random).bits(bits);
        if is_bad {
            draft = draft.reward(blocks::subsidy(fork.height + 2) + 1);
        }
        let block = draft.mine();
        tip = Tip::of(&block, tip.height + 1);
        chain.push(block);
    }
    let heavy = Draft::on(base, &mut node.random).bits(0x2003_ffff).mine();
    node.submit_tip("our chain gets work 64", &heavy).await;
    node.submit_aside("work 32 is less", &chain[0]).await;
    node.submit_aside("work 34, too, and nobody looks into it", &chain[1]).await;
    let before = node.state().await;
    let why = node.submit(&chain[2]).await;
    expect("work 546 would be more, but stands on a bad block").ne(why, None);
    expect("tip and coins are as before").eq(node.state().await, before);
    expect("the bad one is known now").eq(node.submit(&chain[1]).await.as_deref(), Some("duplicate-invalid"));
}

#[tokio::test]
async fn wallet_and_pool_follow_the_chain() {
    let mut node = Node::start().await;
    let (key, other) = (node.key(), node.key());
    let coins = node.coins(&key, 2).await;
    let address = node.address().await;
    let fork = node.tip().await;
    let script: bitcoin::Address<_> = address.parse().expect("the node's addresses can be read");
    let output = bitcoin::TxOut {
        value: bitcoin::Amount::from_sat(coins[0].satoshi() - FEE),
        script_pubkey: script.assume_checked().script_pubkey(),
    };
    let gift = blocks::spend(&[&coins[0]], vec![output]);
    let block = node.draft().await.with(&gift).mine();
    node.submit_tip("the wallet is paid", &block).await;
    let paid = coins[0].satoshi() - FEE;
    expect("and has it").eq(node.balance().await, paid);
    let apart = coins[1].pay(&other);
    node.send("another payment waits", &apart).await;

    let heavy = Draft::on(fork, &mut node.random).bits(WORK_32).mine();
    node.submit_tip("a chain without the gift has more work", &heavy).await;
    expect("the wallet does not have it any more").eq(node.balance().await, 0);
    let ids = [gift.compute_txid().to_string(), apart.compute_txid().to_string()];
    expect("the gift waits, and what has waited").eq(node.pool().await.len(), 2);
    for id in &ids {
        expect("both are in the pool").that(node.pool().await.contains(id), format!("{id} is not"));
    }

    // A third chain, with the coin of the gift spent for somebody else.
    let theft = Draft::on(fork, &mut node.random).with(&coins[0].pay(&other)).bits(WORK_512).mine();
    node.submit_tip("a chain where the coin is spent otherwise has more work", &theft).await;
    expect("the gift cannot come any more").eq(node.pool().await, [ids[1].clone()]);
    expect("and the wallet has nothing").eq(node.balance().await, 0);
    // Back to the first chain, with the gift in it.
    let back = Draft::on(Tip::of(&block, fork.height + 1), &mut node.random).bits(0x1f3f_ffff).mine();
    node.submit_tip("the first chain wins in the end", &back).await;
    expect("the wallet has its gift").eq(node.balance().await, paid);
    expect("and what contradicts it does not wait").eq(node.pool().await, [ids[1].clone()]);

    // A reward that is gone takes along what was paid with it.
    let minted = node.draft().await.to(&key).mine();
    node.submit_tip("a block is taken", &minted).await;
    node.generate(99, STRANGER).await;
    let reward = Coin::of(&minted.txdata[0], 0, &key);
    node.send("its reward is spent", &reward.pay(&other)).await;
    let heavy = Draft::on(Tip::of(&back, fork.height + 2), &mut node.random).bits(WORK_512).mine();
    node.submit_tip("a heavier chain does not have that block", &heavy).await;
    expect("nothing that it has made can be spent").eq(node.pool().await, [ids[1].clone()]);
}

/// A block of the model: what the chain up to it has, computed from its parent's and never taken back.
#[derive(Debug, Clone)]
struct Model {
    tip: Tip,
    work: u64,
    is_valid: bool,
    /// Number and sum of all coins.
    count: u64,
    total: u64,
    /// Those that the test has keys for.
    coins: Vec<Coin>,
}

#[tokio::test]
async fn a_random_tree_of_blocks_has_one_best_chain() {
    let mut node = Node::start().await;
    let key = node.key();
    let coins = node.coins(&key, 6).await;
    let (_, count, total) = node.state().await;
    let base = Model { tip: node.tip().await, work: 0, is_valid: true, count, total, coins };
    let mut random = node.random.fork();
    let mut tree = vec![base];
    for round in 0..40 {
        // Mostly on one of the last few, so that chains become long.
        let back = random.below(6).min(tree.len() - 1);
        let index = if random.one_in(6) { random.below(tree.len()) } else { tree.len() - 1 - back };
        let parent = tree[index].clone();
        let (block, model) = grow(&parent, &key, &mut random);
        node.submit(&block).await;
        tree.push(model);
        let best = tree
            .iter()
            .filter(|model| model.is_valid)
            .fold(&tree[0], |best, model| if model.work > best.work { model } else { best });
        let seen = node.state().await;
        expect(format!("after {} random blocks the node is on the best valid chain, with its coins", round + 1))
            .eq(seen, (best.tip.hash.to_string(), best.count, best.total));
    }
}

fn grow(parent: &Model, key: &Key, random: &mut Random) -> (bitcoin::Block, Model) {
    let (bits, work) = *random.pick(&[(EASY, 2), (EASY, 2), (0x203f_ffff, 4), (0x201f_ffff, 8)]);
    let mut draft = Draft::on(parent.tip, random).bits(bits);
    let mut model = parent.clone();
    for _ in 0..random.below(4) {
        let coin = model.coins.swap_remove(random.below(model.coins.len()));
        let half = (coin.satoshi() - FEE) / 2;
        let transaction = blocks::spend(&[&coin], vec![key.output(half), key.output(coin.satoshi() - FEE - half)]);
        // The coins of this transaction can be spent by the next one of the same block.
        model.coins.extend([0, 1].map(|vout| Coin::of(&transaction, vout, key)));
        draft = draft.with(&transaction);
        model.count += 1;
        if random.one_in(12) {
            // The same coin once more.
            draft = draft.with(&coin.pay(key));
            model.is_valid = false;
        }
    }
    let block = draft.mine();
    model.tip = Tip::of(&block, parent.tip.height + 1);
    model.work += work;
    model.count += 1;
    model.total += blocks::subsidy(model.tip.height);
    (block, model)
}
