use crate::visible::support::{
    Node, STRANGER, blocks,
    blocks::{Draft, Tip, WORK_32},
    peer::Peer,
};
use bitcoin::{
    BlockHash,
    hashes::Hash,
    p2p::{
        message::NetworkMessage,
        message_blockdata::{GetHeadersMessage, Inventory},
    },
};
use harness::{expect, random};
use harness_net::eventually_ok;
use std::time::Duration;

async fn same_state(requirement: &str, nodes: &[&Node], wanted: &(String, u64, u64)) {
    eventually_ok(requirement, Duration::from_secs(25), || async {
        for node in nodes {
            let seen = node.state().await;
            if seen != *wanted {
                return Err(format!("{seen:?} instead of {wanted:?}"));
            }
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn after_a_time_apart_the_most_work_wins() {
    let mut random = random();
    let (mut left, right) = (Node::listening(random.fork()), Node::listening(random.fork()));
    let ends = [&left, &right].map(|node| node.program.address_of("p2p").to_string());
    let launch =
        |launch: harness::Launch| launch.args(["--connect", &ends[0], "--connect", &ends[1], "--retry-ms", "50"]);
    let mut middle = Node::with(launch, random.fork());
    left.generate(3, STRANGER).await;
    let begin = left.state().await;
    same_state("all nodes have the same chain", &[&left, &middle, &right], &begin).await;

    middle.program.kill();
    let fork = left.tip().await;
    let long = right.generate(8, STRANGER).await;
    let heavy = Draft::on(fork, &mut left.random).bits(WORK_32).mine();
    left.submit_tip("a heavy block is taken at one end", &heavy).await;
    middle.program.start_again();
    middle.rpc = crate::visible::support::Rpc::to(&middle.program);
    let wanted = left.state().await;
    same_state("one heavy block wins against eight light ones", &[&left, &middle, &right], &wanted).await;
    let shown = right.shown(&long[7]).await;
    expect("the others are beside the chain").eq(&shown["confirmations"], -1);
}

#[tokio::test]
async fn a_peer_is_served_as_in_bitcoin() {
    let mut node = Node::listening(random());
    let made = node.generate(5, STRANGER).await;
    let mut peer = Peer::connect(node.program.address_of("p2p")).await;
    let question = |hash| NetworkMessage::GetHeaders(GetHeadersMessage::new(vec![hash], BlockHash::all_zeros()));
    peer.send(question(made[1].parse().expect("hashes are hex"))).await;
    let answer = peer.find("getheaders is answered by headers", |m| matches!(m, NetworkMessage::Headers(_))).await;
    let NetworkMessage::Headers(headers) = answer else { unreachable!("it was looked at") };
    let hashes: Vec<_> = headers.iter().map(|header| header.block_hash().to_string()).collect();
    expect("the headers after a block that both know").eq(hashes, &made[2..]);
    let last = headers[2].block_hash();
    peer.send(NetworkMessage::GetData(vec![Inventory::WitnessBlock(last)])).await;
    let answer = peer.find("getdata is answered by block", |m| matches!(m, NetworkMessage::Block(_))).await;
    let NetworkMessage::Block(block) = answer else { unreachable!("it was looked at") };
    expect("it is the block").eq(block.block_hash(), last);

    // What the peer has is fetched: announced by inv, then headers, then the blocks.
    let first = node.draft().await.mine();
    let second = Draft::on(Tip::of(&first, 6), &mut node.random).mine();
    peer.send(NetworkMessage::Inv(vec![Inventory::Block(second.block_hash())])).await;
    peer.find("an unknown block leads to getheaders", |m| matches!(m, NetworkMessage::GetHeaders(_))).await;
    peer.send(NetworkMessage::Headers(vec![first.header, second.header])).await;
    let requirement = "unknown headers lead to getdata";
    let mut wanted = Vec::new();
    while wanted.len() < 2 {
        if let NetworkMessage::GetData(items) =
            peer.find(requirement, |m| matches!(m, NetworkMessage::GetData(_))).await
        {
            wanted.extend(items);
        }
    }
    expect("both are asked for, the first one first")
        .eq(wanted, [first.block_hash(), second.block_hash()].map(Inventory::WitnessBlock));
    for block in [&first, &second] {
        peer.send(NetworkMessage::Block(block.clone())).await;
    }
    peer.catch_up(1).await;
    expect("both are on the chain").eq(node.best().await, second.block_hash().to_string());

    let made = node.generate(1, STRANGER).await.remove(0);
    let news = NetworkMessage::Inv(vec![Inventory::Block(made.parse().expect("hashes are hex"))]);
    peer.find("a new tip is told", |message| *message == news).await;

    let bad = node.draft().await.reward(blocks::subsidy(9) + 1).mine();
    peer.send(NetworkMessage::Block(bad)).await;
    peer.expect_end("who sends an invalid block is disconnected").await;
    expect("and nothing of it stays").eq(node.best().await, made);
    let mut peer = Peer::connect(node.program.address_of("p2p")).await;
    // The connection may end before all is sent.
    let _ = peer.raw(b"GET / HTTP/1.1\r\nHost: a web server\r\n\r\n").await;
    peer.expect_end("who speaks another language is disconnected").await;
}
