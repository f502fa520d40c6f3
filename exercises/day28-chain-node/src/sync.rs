//! How nodes come to the same chain: who hears of a block asks for the headers that lead to it, and then for the blocks.

use crate::{
    fault::Fault,
    node::Node,
    peers::{Outbox, Parting},
};
use bitcoin::{
    BlockHash,
    block::Header,
    hashes::Hash,
    p2p::{
        message::NetworkMessage,
        message_blockdata::{GetHeadersMessage, Inventory},
    },
};
use std::collections::HashSet;

/// One answer has so many headers at most.
const MOST_HEADERS: u32 = 2000;

/// So many blocks may be on their way from one peer. Headers are cheap: without a limit they would fill the memory.
const MOST_REQUESTED: usize = 10_000;

/// The question for all headers that we may not have: tells by some blocks of our chain where we are.
pub async fn ask(node: &Node) -> Result<NetworkMessage, Fault> {
    let tip = node.tip().await?;
    todo!("{:?}, with more of our blocks", question(vec![tip.hash]))
}

fn question(hashes: Vec<BlockHash>) -> NetworkMessage {
    NetworkMessage::GetHeaders(GetHeadersMessage::new(hashes, BlockHash::all_zeros()))
}

/// What is going on with one peer.
#[derive(Debug, Default)]
pub struct Session {
    /// Blocks that we have asked it for, and that have not come. Without it, each piece of news on the way to a long chain
    /// would make us ask for all of the rest again.
    requested: HashSet<BlockHash>,
}

impl Session {
    /// Does what a message asks for. An error ends the connection.
    pub async fn answer(&mut self, node: &Node, message: NetworkMessage, peer: &mut Outbox) -> Result<(), Parting> {
        match message {
            NetworkMessage::Ping(nonce) => peer.send(NetworkMessage::Pong(nonce)).await?,
            NetworkMessage::GetHeaders(question) => {
                let headers = node.headers(&question.locator_hashes, question.stop_hash, MOST_HEADERS).await?;
                peer.send(NetworkMessage::Headers(headers)).await?;
            }
            NetworkMessage::Headers(headers) => self.fetch(node, &headers, peer).await?,
            NetworkMessage::Inv(items) => self.hear(node, items, peer).await?,
            NetworkMessage::GetData(items) => serve(node, items, peer).await?,
            NetworkMessage::NotFound(items) => {
                for item in items {
                    if let Inventory::WitnessBlock(hash) = item {
                        self.requested.remove(&hash);
                    }
                }
            }
            NetworkMessage::Block(block) => {
                self.requested.remove(&block.block_hash());
                let result = node.submit(&block).await;
                todo!("what {result:?} means for {peer:?}");
            }
            // Another node may have taken it for good reasons, and we refuse it for others.
            NetworkMessage::Tx(transaction) => drop(node.accept(&transaction).await),
            _ => {}
        }
        Ok(())
    }

    /// Asks for the blocks of these headers, without those that we have or have asked for.
    async fn fetch(&mut self, node: &Node, headers: &[Header], peer: &mut Outbox) -> Result<(), Parting> {
        for header in headers {
            let known = node.find(header.block_hash()).await?;
            todo!("ask {peer:?} for it, unless there is {known:?}, or it is on its way: {:?}", self.requested);
        }
        todo!("a full answer has {MOST_HEADERS} headers; more than {MOST_REQUESTED} blocks on their way are too many")
    }

    /// The peer has got something.
    async fn hear(&mut self, node: &Node, items: Vec<Inventory>, peer: &mut Outbox) -> Result<(), Parting> {
        todo!("ask {peer:?} for those of {items:?} that {node:?} does not have; {:?} are on their way", self.requested)
    }
}

/// Sends what a peer asks for, one by one: all of it together may not fit into memory.
async fn serve(node: &Node, items: Vec<Inventory>, peer: &mut Outbox) -> Result<(), Parting> {
    for item in items {
        let found = match item {
            Inventory::Block(hash) | Inventory::WitnessBlock(hash) => {
                node.block(hash).await?.map(|view| NetworkMessage::Block(view.block))
            }
            Inventory::Transaction(txid) | Inventory::WitnessTransaction(txid) => {
                node.waiting(txid).await?.map(NetworkMessage::Tx)
            }
            _ => None,
        };
        peer.send(found.unwrap_or(NetworkMessage::NotFound(vec![item]))).await?;
    }
    Ok(())
}
