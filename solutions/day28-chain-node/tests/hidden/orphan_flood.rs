use crate::visible::support::{
    Node,
    blocks::{Draft, Tip},
    peer::Peer,
};
use bitcoin::{Amount, BlockHash, ScriptBuf, TxOut, hashes::Hash, p2p::message::NetworkMessage};
use harness::{expect, random};
use std::path::Path;

const FLOOD: usize = 48;
const MEGABYTE: u64 = 1_000_000;

/// Each block has its work, a parent that nobody knows, and almost a megabyte.
#[tokio::test]
async fn blocks_without_parents_take_no_room() {
    let mut node = Node::listening(random());
    let mut peer = Peer::connect(node.program.address_of("p2p")).await;
    peer.catch_up(1).await;
    let before = node.program.peak_memory();
    let hash = BlockHash::from_slice(&node.random.bytes(32)).expect("a hash has 32 bytes");
    let mut draft = Draft::on(Tip { hash, height: 5, time: 1_700_000_000 }, &mut node.random);
    // Two output scripts that begin with OP_RETURN: nobody can spend them, but anybody can write them.
    for _ in 0..2 {
        let script_pubkey = ScriptBuf::from_bytes([&[0x6a], &node.random.bytes(480_000)[..]].concat());
        draft.coinbase.output.push(TxOut { value: Amount::ZERO, script_pubkey });
    }
    let mut block = draft.mine();
    for nonce in 0..FLOOD as u64 {
        // Another hash each time, and every one of them is good.
        block.header.nonce += 1;
        block = crate::visible::support::blocks::mine(block);
        peer.send(NetworkMessage::Block(block.clone())).await;
        // So that it has dealt with one before the next comes: what counts is what it keeps.
        peer.catch_up(nonce + 2).await;
    }
    if let (Some(before), Some(after)) = (before, node.program.peak_memory()) {
        let grown = after.resident.saturating_sub(before.resident);
        expect(format!("{FLOOD} megabytes of orphans take no memory"))
            .expected("less than 24 megabytes more")
            .that(grown < 24 * MEGABYTE, format!("{} megabytes", grown / MEGABYTE));
    }
    let stored = size(node.program.data_dir());
    expect("nor room on disk")
        .expected("less than 10 megabytes")
        .that(stored < 10 * MEGABYTE, format!("{} megabytes", stored / MEGABYTE));
    let next = node.draft().await.mine();
    node.submit_tip("and the chain goes on", &next).await;
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("the data folder can be read");
    entries.filter_map(|entry| entry.ok()?.metadata().ok()).map(|metadata| metadata.len()).sum()
}
