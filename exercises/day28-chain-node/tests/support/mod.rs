//! What the tests of this day share: a node, blocks and transactions made without it, and a peer.

pub mod blocks;
pub mod peer;

use bitcoin::{Block, BlockHash, consensus::encode::deserialize_hex};
use blocks::{Coin, Draft, Key, Tip};
use data_encoding::BASE64;
use harness::{Launch, Program, Random, expect, random};
use harness_net::{Http, Reply};
use serde_json::{Value, json};
use std::{fs::File, ops::Deref};

/// An output of regtest that everybody knows: the key of BIP 173's examples.
pub const STRANGER: &str = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

/// A node, and a client whose methods it lends.
#[derive(Debug)]
pub struct Node {
    pub program: Program,
    pub rpc: Rpc,
    pub random: Random,
    /// The turn of this test, where all tests share one server.
    _turn: Option<File>,
}

/// A client of a node, of which tasks can have a copy.
#[derive(Debug, Clone)]
pub struct Rpc {
    http: Http,
}

impl Deref for Node {
    type Target = Rpc;

    fn deref(&self) -> &Rpc {
        &self.rpc
    }
}

impl Node {
    /// A node whose chain has nothing but its first block.
    pub async fn start() -> Node {
        let node = Node::with(|launch| launch, random());
        if node._turn.is_some() {
            // A real node: everything above its first block is declared invalid, so that the chain begins anew.
            if let Some(hash) = node.call("getblockhash", json!([1])).await.json()["result"].as_str() {
                node.ok("invalidateblock", json!([hash])).await;
            }
        }
        node
    }

    /// A node with more arguments.
    pub fn with(change: impl FnOnce(Launch) -> Launch, random: Random) -> Node {
        let turn = harness::is_running_server().then(take_turn);
        let program = change(Launch::service().data_dir()).start();
        Node { rpc: Rpc::to(&program), program, random, _turn: turn }
    }

    /// A node to which others can connect.
    pub fn listening(random: Random) -> Node {
        let node = Node::with(|launch| launch.args(["--p2p-listen", "127.0.0.1:0"]), random);
        // Not with a server that runs already: nobody knows where it listens.
        let _ = node.program.data_dir();
        node
    }

    /// SIGKILL, and a new start on the same data.
    pub fn kill_and_restart(&mut self) {
        self.program.kill();
        self.program.start_again();
        self.rpc = Rpc::to(&self.program);
    }

    pub fn key(&mut self) -> Key {
        Key::random(&mut self.random)
    }

    /// Makes blocks until the first `count` rewards, which are this key's, can be spent in the next block.
    pub async fn coins(&self, key: &Key, count: usize) -> Vec<Coin> {
        let begin = self.height().await + 1;
        self.generate(99 + count, &key.address()).await;
        let mut coins = Vec::new();
        for height in (begin..).take(count) {
            let block = self.block_at(height).await;
            coins.push(Coin::of(&block.txdata[0], 0, key));
        }
        coins
    }

    /// A block on top of the chain, about to be made.
    pub async fn draft(&mut self) -> Draft {
        let tip = self.tip().await;
        Draft::on(tip, &mut self.random)
    }
}

impl Rpc {
    pub fn to(program: &Program) -> Rpc {
        let mut http = Http::at(program.address_of("http"));
        if let (Ok(user), Ok(password)) = (std::env::var("BITCOIN_RPC_USER"), std::env::var("BITCOIN_RPC_PASSWORD")) {
            let credentials = BASE64.encode(format!("{user}:{password}").as_bytes());
            http = http.always("authorization", &format!("Basic {credentials}"));
        }
        Rpc { http }
    }

    /// A call about to be made.
    pub fn request(&self, method: &str, params: &Value) -> harness_net::Call {
        let body = json!({"jsonrpc": "2.0", "id": "test", "method": method, "params": params});
        self.http.post("/").header("content-type", "application/json").body(body.to_string())
    }

    /// A body that may be anything.
    pub fn bare(&self, body: &str) -> harness_net::Call {
        self.http.post("/").header("content-type", "application/json").body(body)
    }

    /// A call, whatever comes of it.
    pub async fn call(&self, method: &str, params: Value) -> Reply {
        self.request(method, &params).send().await
    }

    /// The result of a call that has to go well.
    pub async fn ok(&self, method: &str, params: Value) -> Value {
        let reply = self.call(method, params).await;
        reply.expect(format!("{method} goes well")).status(200);
        let mut answer = reply.json();
        if !answer["error"].is_null() || answer.get("result").is_none() {
            expect(format!("{method} goes well")).request(reply.curl()).expected("a result").fail(reply.describe());
        }
        answer["result"].take()
    }

    /// A text that is the result of a call.
    pub async fn text(&self, method: &str, params: Value) -> String {
        let result = self.ok(method, params).await;
        result.as_str().map_or_else(
            || expect(format!("{method} answers with a text")).expected("a text").fail(&result),
            str::to_owned,
        )
    }

    /// A call that has to be refused with this code.
    pub async fn refused(&self, requirement: &str, method: &str, params: Value, code: i64) {
        let reply = self.call(method, params).await;
        reply.expect(requirement).json_at("/error/code", code);
    }

    pub async fn height(&self) -> u32 {
        let height = self.ok("getblockcount", json!([])).await;
        height.as_u64().and_then(|height| u32::try_from(height).ok()).unwrap_or_else(|| {
            expect("getblockcount answers with a height").expected("a whole number").fail(&height);
        })
    }

    pub async fn best(&self) -> String {
        self.text("getbestblockhash", json!([])).await
    }

    /// The hash of the block of this height.
    pub async fn hash_at(&self, height: u32) -> String {
        self.text("getblockhash", json!([height])).await
    }

    /// What the node tells of a block.
    pub async fn shown(&self, hash: impl ToString) -> Value {
        self.ok("getblock", json!([hash.to_string()])).await
    }

    /// A block of the chain, read with the `bitcoin` crate.
    pub async fn block_at(&self, height: u32) -> Block {
        let hash = self.hash_at(height).await;
        self.block(&hash).await
    }

    pub async fn block(&self, hash: impl ToString) -> Block {
        let hex = self.text("getblock", json!([hash.to_string(), 0])).await;
        deserialize_hex(&hex)
            .unwrap_or_else(|error| expect("getblock with 0 gives the block in hex").expected("a block").fail(error))
    }

    pub async fn tip(&self) -> Tip {
        let height = self.height().await;
        Tip::of(&self.block_at(height).await, height)
    }

    /// Makes blocks, and returns their hashes.
    pub async fn generate(&self, count: usize, address: &str) -> Vec<String> {
        let hashes = self.ok("generatetoaddress", json!([count, address])).await;
        serde_json::from_value(hashes.clone()).unwrap_or_else(|_| {
            expect("generatetoaddress answers with the hashes").expected("a list of texts").fail(hashes);
        })
    }

    /// What `submitblock` says: nothing when all is well, or why not.
    pub async fn submit(&self, block: &Block) -> Option<String> {
        let result = self.ok("submitblock", json!([bitcoin::consensus::encode::serialize_hex(block)])).await;
        match result {
            Value::Null => None,
            Value::String(why) => Some(why),
            other => expect("submitblock answers with null or a text").expected("null or a text").fail(other),
        }
    }

    /// A block that has to become the tip.
    pub async fn submit_tip(&self, requirement: &str, block: &Block) {
        expect(requirement).expected("null from submitblock").eq(self.submit(block).await, None::<String>);
        expect(requirement).expected("it is the tip").eq(self.best().await, block.block_hash().to_string());
    }

    /// A block that has to be refused, with one of these reasons, and nothing else changes.
    pub async fn submit_bad(&self, requirement: &str, block: &Block, reasons: &[&str]) {
        let before = self.state().await;
        let why = self.submit(block).await;
        let wanted = format!("{} from submitblock", reasons.join(" or "));
        let fits = why.as_deref().is_some_and(|why| reasons.iter().any(|reason| why.starts_with(reason)));
        expect(requirement).expected(wanted).that(fits, format!("{why:?}"));
        expect(format!("{requirement}, and nothing changes")).eq(self.state().await, before);
    }

    /// A block that has to be stored beside the chain.
    pub async fn submit_aside(&self, requirement: &str, block: &Block) {
        let before = self.best().await;
        expect(requirement).eq(self.submit(block).await.as_deref(), Some("inconclusive"));
        expect(requirement).expected("the tip is the same").eq(self.best().await, before);
    }

    /// Sends a transaction that has to be taken.
    pub async fn send(&self, requirement: &str, transaction: &bitcoin::Transaction) {
        let hex = bitcoin::consensus::encode::serialize_hex(transaction);
        let reply = self.call("sendrawtransaction", json!([hex])).await;
        reply.expect(requirement).status(200).json_at("/result", transaction.compute_txid().to_string());
    }

    /// Sends a transaction that has to be refused with this code, and does not come into the pool.
    pub async fn send_bad(&self, requirement: &str, transaction: &bitcoin::Transaction, code: i64) {
        let before = self.pool().await;
        let hex = bitcoin::consensus::encode::serialize_hex(transaction);
        self.refused(requirement, "sendrawtransaction", json!([hex]), code).await;
        expect(format!("{requirement}, and the pool stays as it was")).eq(self.pool().await, before);
    }

    /// The ids of the pool.
    pub async fn pool(&self) -> Vec<String> {
        let ids = self.ok("getrawmempool", json!([])).await;
        serde_json::from_value(ids).unwrap_or_default()
    }

    /// Tip, number of coins, and their sum in satoshi.
    pub async fn state(&self) -> (String, u64, u64) {
        let info = self.ok("gettxoutsetinfo", json!([])).await;
        let best = info["bestblock"].as_str().unwrap_or_default().to_owned();
        (best, info["txouts"].as_u64().unwrap_or(u64::MAX), satoshi(&info["total_amount"]))
    }

    /// What the wallet has, in satoshi.
    pub async fn balance(&self) -> u64 {
        satoshi(&self.ok("getbalance", json!([])).await)
    }

    /// A new address of the wallet.
    pub async fn address(&self) -> String {
        self.text("getnewaddress", json!([])).await
    }

    /// What a coin is worth, in satoshi, if it is there, on the chain and with the pool.
    pub async fn value(&self, coin: &Coin) -> Option<u64> {
        let shown = self.ok("gettxout", json!([coin.point.txid.to_string(), coin.point.vout])).await;
        (!shown.is_null()).then(|| satoshi(&shown["value"]))
    }
}

/// An amount in JSON, in satoshi.
pub fn satoshi(value: &Value) -> u64 {
    let amount = value.as_f64().and_then(|bitcoins| bitcoin::Amount::from_btc(bitcoins).ok());
    amount.unwrap_or_else(|| expect("an amount is a number of bitcoins").expected("such a number").fail(value)).to_sat()
}

/// A hash that the node has told.
pub fn hash(text: &str) -> BlockHash {
    text.parse().unwrap_or_else(|_| expect("a hash has 64 hex digits").expected("such a text").fail(text))
}

/// Waits until no other test uses the server that all share. The turn ends when the file is closed.
fn take_turn() -> File {
    let path = std::env::temp_dir().join("chain-node-tests.lock");
    let file = File::create(path).expect("the tests can make a file to take turns with");
    file.lock().expect("the tests can take turns");
    file
}
