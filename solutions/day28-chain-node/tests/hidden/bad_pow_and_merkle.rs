use crate::visible::support::{
    Node, STRANGER, blocks,
    blocks::{Coin, Draft, Tip, WORK_32},
};
use bitcoin::{Amount, CompactTarget, Witness, script::Builder};
use std::time::{SystemTime, UNIX_EPOCH};

#[tokio::test]
async fn the_target_is_within_the_limit() {
    let mut node = Node::start().await;
    // Just above the limit, far above it, zero, negative, too large for 256 bits.
    for bits in
        [0x2100_8000, 0x2100_ffff, 0x2000_0000, 0x0000_0000, 0x2080_0000, 0x207f_ffff | 0x0080_0000, 0xff7f_ffff]
    {
        let mut block = node.draft().await.mine();
        block.header.bits = CompactTarget::from_consensus(bits);
        // Where that is possible, the hash meets it.
        if block.header.target() > bitcoin::Target::MAX_ATTAINABLE_REGTEST {
            block = blocks::mine(block);
        }
        node.submit_bad(&format!("{bits:08x} is no target for regtest"), &block, &["high-hash"]).await;
    }
    let mut block = node.draft().await.assemble();
    block.header.bits = CompactTarget::from_consensus(WORK_32);
    while !blocks_easy(&block) || block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce += 1;
    }
    node.submit_bad("the claimed target counts, and not the easiest", &block, &["high-hash"]).await;
    let block = node.draft().await.bits(WORK_32).mine();
    node.submit_tip("a smaller target is allowed", &block).await;
}

/// Whether the easiest target is met.
fn blocks_easy(block: &bitcoin::Block) -> bool {
    bitcoin::Target::from_compact(CompactTarget::from_consensus(blocks::EASY)).is_met_by(block.block_hash())
}

#[tokio::test]
async fn a_copy_with_a_transaction_twice_is_not_the_block() {
    let mut node = Node::start().await;
    let (key, other) = (node.key(), node.key());
    let coin = node.coins(&key, 1).await.remove(0);
    let payment = coin.pay(&other);
    let child = Coin::of(&payment, 0, &other).pay(&key);
    let good = node.draft().await.with(&payment).with(&child).mine();
    // Three transactions have the same root as these four (CVE-2012-2459).
    let mut copy = good.clone();
    copy.txdata.push(child);
    assert_eq!(copy.compute_merkle_root(), good.compute_merkle_root());
    node.submit_bad("a copy with a transaction twice is refused", &copy, &["bad-txns-duplicate"]).await;
    let mut copy = good.clone();
    copy.txdata[1].input[0].witness = Witness::from_slice(&[vec![1_u8; 71], key.public().to_bytes().to_vec()]);
    let rules = &["bad-witness-merkle-match", "bad-witness-nonce-size"];
    node.submit_bad("a copy with another signature is refused", &copy, rules).await;
    let mut copy = good.clone();
    copy.txdata[0].output.pop();
    blocks::root(&mut copy);
    let copy = blocks::mine(copy);
    let rules = &["bad-witness-merkle-match", "unexpected-witness"];
    node.submit_bad("a block has to commit to its signatures", &copy, rules).await;
    node.submit_tip("the block itself has the same hash, and is welcome", &good).await;
}

#[tokio::test]
async fn a_coinbase_is_first_and_alone_and_has_its_height() {
    let mut node = Node::start().await;
    node.generate(20, STRANGER).await;
    let draft = node.draft().await;
    let script = |height: i64| Builder::new().push_int(height).push_slice([7; 8]).into_script();
    let mut wrong = draft.clone();
    wrong.coinbase.input[0].script_sig = script(20);
    node.submit_bad("the height is the block's own", &wrong.mine(), &["bad-cb-height"]).await;
    let mut wrong = draft.clone();
    // One byte more than needed.
    wrong.coinbase.input[0].script_sig = Builder::new().push_slice([21, 0]).push_slice([7; 8]).into_script();
    node.submit_bad("the height is written in the shortest form", &wrong.mine(), &["bad-cb-height"]).await;
    let mut wrong = draft.clone();
    wrong.coinbase.input[0].script_sig =
        Builder::new().push_int(21).push_slice([7; 65]).push_slice([7; 40]).into_script();
    node.submit_bad("its script has at most 100 bytes", &wrong.mine(), &["bad-cb-length"]).await;
    let mut wrong = draft.clone();
    let mut second = wrong.coinbase.clone();
    second.output[0].value = Amount::from_sat(1000);
    wrong.transactions.push(second);
    node.submit_bad("there is one", &wrong.mine(), &["bad-cb-multiple"]).await;
    let mut wrong = draft.clone();
    wrong.coinbase.input[0].previous_output.vout = 0;
    node.submit_bad("and it spends nothing", &wrong.mine(), &["bad-cb-missing"]).await;
    node.submit_tip("without all this the block is good", &draft.mine()).await;
}

#[tokio::test]
async fn a_block_is_neither_too_old_nor_too_new() {
    let mut node = Node::start().await;
    let mut tip = node.tip().await;
    let begin = tip.time;
    // Twelve blocks whose times go up and down: the median of the last eleven is what counts.
    for step in [50, 60, 100, 70, 110, 80, 120, 90, 130, 95, 140, 105] {
        let mut draft = Draft::on(tip, &mut node.random);
        draft.time = begin + step;
        let block = draft.mine();
        node.submit_tip("a time above the median is right, also below that of the block before", &block).await;
        tip = Tip::of(&block, tip.height + 1);
    }
    // 60 70 80 90 95 [100] 105 110 120 130 140
    let mut draft = node.draft().await;
    draft.time = begin + 100;
    node.submit_bad("the median itself is too old", &draft.clone().mine(), &["time-too-old"]).await;
    draft.time = begin + 101;
    node.submit_tip("a second later is not", &draft.mine()).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("now is after 1970").as_secs();
    let now = u32::try_from(now).expect("the time of headers ends in 2106");
    let mut draft = node.draft().await;
    draft.time = now + 7_200 + 600;
    node.submit_bad("more than two hours ahead is too new", &draft.clone().mine(), &["time-too-new"]).await;
    draft.time = now + 7_200 - 600;
    node.submit_tip("less than that is not", &draft.mine()).await;
}

#[tokio::test]
async fn a_block_that_came_too_early_can_come_again() {
    let mut node = Node::start().await;
    let parent = node.draft().await.mine();
    let child = Draft::on(Tip::of(&parent, 1), &mut node.random).mine();
    node.submit_bad("its parent is not there", &child, &["prev-blk-not-found"]).await;
    node.submit_tip("here it is", &parent).await;
    node.submit_tip("and now the child is welcome", &child).await;
}
