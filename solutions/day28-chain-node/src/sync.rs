//! How nodes come to the same chain: who hears of a block asks for the headers that lead to it, and then for the blocks.

use crate::{
    chain::Outcome,
    fault::{Fault, Refusal},
    node::Node,
    peers::{Outbox, Parting},
    rules,
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
    let mut hashes = Vec::new();
    let (mut height, mut step) = (node.tip().await?.height, 1);
    loop {
        hashes.extend(node.at(height).await?.map(|entry| entry.hash));
        if height == 0 {
            break;
        }
        // Ten blocks one by one, and then in larger and larger steps: wherever the other's chain branches off, a block
        // not far below it is among them.
        if hashes.len() > 10 {
            step *= 2;
        }
        height = height.saturating_sub(step);
    }
    Ok(question(hashes))
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
                match node.submit(&block).await {
                    Ok(Outcome::Invalid(rule)) => return Err(Parting::Rule(rule)),
                    Ok(_) | Err(Refusal::Rule("duplicate")) => {}
                    // It is not kept, because anybody can make as many of these as he likes. The headers will tell what
                    // is missing.
                    Err(Refusal::Rule("prev-blk-not-found")) => peer.send(ask(node).await?).await?,
                    Err(refusal) => return Err(refusal.into()),
                }
            }
            // Another node may have taken it for good reasons, and we refuse it for others.
            NetworkMessage::Tx(transaction) => drop(node.accept(&transaction).await),
            _ => {}
        }
        Ok(())
    }

    /// Asks for the blocks of these headers, without those that we have or have asked for.
    async fn fetch(&mut self, node: &Node, headers: &[Header], peer: &mut Outbox) -> Result<(), Parting> {
        let Some(last) = headers.last() else { return Ok(()) };
        let mut wanted = Vec::new();
        for header in headers {
            let hash = header.block_hash();
            if !rules::target(header).is_some_and(|target| target.is_met_by(hash)) {
                return Err(Parting::Rule("high-hash"));
            }
            if node.find(hash).await?.is_none() && self.requested.insert(hash) {
                wanted.push(Inventory::WitnessBlock(hash));
            }
        }
        if self.requested.len() > MOST_REQUESTED {
            return Err(Parting::Rule("more headers than blocks"));
        }
        if !wanted.is_empty() {
            peer.send(NetworkMessage::GetData(wanted)).await?;
        }
        // A full answer may not be all.
        if headers.len() >= MOST_HEADERS as usize {
            peer.send(question(vec![last.block_hash()])).await?;
        }
        Ok(())
    }

    /// The peer has got something.
    async fn hear(&mut self, node: &Node, items: Vec<Inventory>, peer: &mut Outbox) -> Result<(), Parting> {
        let (mut wanted, mut is_behind) = (Vec::new(), false);
        for item in items {
            match item {
                Inventory::Block(hash) => {
                    is_behind |= !self.requested.contains(&hash) && node.find(hash).await?.is_none();
                }
                Inventory::Transaction(txid) if node.waiting(txid).await?.is_none() => {
                    wanted.push(Inventory::WitnessTransaction(txid));
                }
                _ => {}
            }
        }
        if is_behind {
            peer.send(ask(node).await?).await?;
        }
        if !wanted.is_empty() {
            peer.send(NetworkMessage::GetData(wanted)).await?;
        }
        Ok(())
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
