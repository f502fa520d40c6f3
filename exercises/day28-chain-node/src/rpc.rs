//! The HTTP side: JSON-RPC 2.0, with the calls, answers and error codes of Bitcoin Core.

use crate::{
    coins::Coin,
    fault::{Fault, code},
    node::{self, BlockView, Node},
    params::{self, Params},
    signature,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    routing::post,
};
use bitcoin::{
    Block, BlockHash, OutPoint, PrivateKey, ScriptBuf, Transaction, TxOut, Txid, Work, consensus::encode::serialize_hex,
};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::{Value, json};

/// The largest block in hex, and something around it.
const LONGEST: usize = 10 * 1024 * 1024;

/// One call makes so many blocks at most.
const MOST_BLOCKS: u32 = 10_000;

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    id: Value,
    method: String,
    #[serde(default)]
    params: Vec<Value>,
}

/// The one path, without a socket.
pub fn app(node: Node) -> Router {
    let app = Router::new().route("/", post(call));
    plumbing::with_fallbacks(app).layer(DefaultBodyLimit::max(LONGEST)).with_state(node)
}

/// Every answer is 200: whether the call went well is said inside.
async fn call(State(node): State<Node>, body: Bytes) -> Json<Value> {
    let (id, result) = match read(&body) {
        Ok(request) => (request.id, dispatch(&node, &request.method, &Params(request.params)).await),
        Err(fault) => (Value::Null, Err(fault)),
    };
    Json(match result {
        Ok(result) => json!({"jsonrpc": "2.0", "result": result, "id": id}),
        Err(Fault { code, message }) => {
            json!({"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": id})
        }
    })
}

fn read(body: &[u8]) -> Result<Request, Fault> {
    let value: Value =
        serde_json::from_slice(body).map_err(|error| Fault::new(code::PARSE, format!("this is not JSON: {error}")))?;
    serde_json::from_value(value)
        .map_err(|error| Fault::new(code::INVALID_REQUEST, format!("this is no call: {error}")))
}

async fn dispatch(node: &Node, method: &str, params: &Params) -> Result<Value, Fault> {
    Ok(match method {
        "getblockchaininfo" => {
            let tip = node.tip().await?;
            json!({
                "chain": "regtest", "blocks": tip.height, "bestblockhash": tip.hash.to_string(),
                "chainwork": work_hex(tip.work),
            })
        }
        "getblockcount" => json!(node.tip().await?.height),
        "getbestblockhash" => json!(node.tip().await?.hash.to_string()),
        "getblockhash" => {
            let missing = || Fault::new(code::PARAMETER, "the chain has no block of this height");
            json!(node.at(params.number(0)?).await?.ok_or_else(missing)?.hash.to_string())
        }
        "getblock" => {
            let hash: BlockHash = params.parsed(0)?;
            let missing = || Fault::new(code::NOT_FOUND, "there is no such block");
            let view = node.block(hash).await?.ok_or_else(missing)?;
            let raw = params.optional(1).is_some() && params.number(1)? == 0;
            if raw { json!(serialize_hex(&view.block)) } else { show_block(&view) }
        }
        "generatetoaddress" => {
            let (count, script) = (params.number(0)?, params.script(1)?);
            if count > MOST_BLOCKS {
                return Err(Fault::new(code::PARAMETER, format!("at most {MOST_BLOCKS} blocks at once")));
            }
            let hashes = node.generate(count, &script).await?;
            json!(hashes.iter().map(BlockHash::to_string).collect::<Vec<_>>())
        }
        "submitblock" => {
            let block: Block = params.decoded(0)?;
            json!(node::answer(node.submit(&block).await)?)
        }
        "sendrawtransaction" => {
            let transaction: Transaction = params.decoded(0)?;
            json!(node.accept(&transaction).await?.to_string())
        }
        "getrawmempool" => {
            let ids = node.pool().await?;
            json!(ids.iter().map(|transaction| transaction.compute_txid().to_string()).collect::<Vec<_>>())
        }
        "gettxout" => {
            let (txid, vout): (Txid, u32) = (params.parsed(0)?, params.number(1)?);
            let with_pool = params.optional(2).is_none_or(|value| value == true);
            let (coin, tip) = node.coin(OutPoint { txid, vout }, with_pool).await?;
            coin.map_or(Value::Null, |coin| {
                json!({
                    "bestblock": tip.hash.to_string(),
                    "confirmations": (tip.height + 1).saturating_sub(coin.height),
                    "value": coin.output.value.to_btc(),
                    "scriptPubKey": {"hex": HEXLOWER.encode(coin.output.script_pubkey.as_bytes())},
                    "coinbase": coin.coinbase,
                })
            })
        }
        "gettxoutsetinfo" => {
            let (tip, count, total) = node.coins().await?;
            json!({
                "height": tip.height, "bestblock": tip.hash.to_string(), "txouts": count,
                "total_amount": total.to_btc(),
            })
        }
        "getnewaddress" => json!(node.new_address().await?.to_string()),
        "getbalance" => json!(node.balance().await?.to_btc()),
        "sendtoaddress" => json!(node.pay(params.script(0)?, params.amount(1)?).await?.to_string()),
        "validateaddress" => match params::address(params.text(0)?) {
            Ok(address) => json!({
                "isvalid": true, "address": address.to_string(),
                "scriptPubKey": HEXLOWER.encode(address.script_pubkey().as_bytes()),
            }),
            Err(why) => json!({"isvalid": false, "error": why}),
        },
        "signrawtransactionwithkey" => sign(params.decoded(0)?, params)?,
        _ => return Err(Fault::new(code::NO_METHOD, format!("there is no call {method:?}"))),
    })
}

fn show_block(BlockView { entry, block, next, tip }: &BlockView) -> Value {
    let ids: Vec<_> = block.txdata.iter().map(|transaction| transaction.compute_txid().to_string()).collect();
    let confirmations = if entry.active { i64::from(tip.height) - i64::from(entry.height) + 1 } else { -1 };
    let mut shown = json!({
        "hash": entry.hash.to_string(), "confirmations": confirmations, "height": entry.height,
        "version": block.header.version.to_consensus(), "merkleroot": block.header.merkle_root.to_string(),
        "time": block.header.time, "nonce": block.header.nonce,
        "bits": format!("{:08x}", block.header.bits.to_consensus()), "chainwork": work_hex(entry.work),
        "nTx": ids.len(), "tx": ids,
    });
    // The first block has none before it, the last one none after it.
    if entry.height > 0 {
        shown["previousblockhash"] = json!(entry.parent.to_string());
    }
    if let Some(next) = next {
        shown["nextblockhash"] = json!(next.to_string());
    }
    shown
}

fn work_hex(work: Work) -> String {
    HEXLOWER.encode(&work.to_be_bytes())
}

/// What `signrawtransactionwithkey` is told of an output that is spent.
#[derive(Deserialize)]
struct Previous {
    txid: String,
    vout: u32,
    #[serde(rename = "scriptPubKey")]
    script: String,
    amount: Value,
}

/// Signs each input for which there is a key, without looking at the chain.
fn sign(mut transaction: Transaction, params: &Params) -> Result<Value, Fault> {
    let wrong = |why: String| Fault::new(code::NOT_FOUND, why);
    let list = |index: usize| params.optional(index).cloned().unwrap_or_else(|| json!([]));
    let keys: Vec<String> =
        serde_json::from_value(list(1)).map_err(|error| Fault::new(code::TYPE, error.to_string()))?;
    let keys = keys.iter().map(|key| PrivateKey::from_wif(key).map_err(|error| wrong(error.to_string())));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    let previous: Vec<Previous> =
        serde_json::from_value(list(2)).map_err(|error| Fault::new(code::TYPE, error.to_string()))?;
    for Previous { txid, vout, script, amount } in previous {
        let txid = txid.parse().map_err(|_| wrong(format!("{txid:?} is no transaction id")))?;
        let script = ScriptBuf::from_hex(&script).map_err(|error| wrong(error.to_string()))?;
        let output = TxOut { value: params::amount(&amount)?, script_pubkey: script };
        let coin = Coin { output, height: 0, coinbase: false };
        let point = OutPoint { txid, vout };
        if let Some(index) = transaction.input.iter().position(|input| input.previous_output == point) {
            let witness = keys.iter().find_map(|key| signature::sign(&transaction, index, &coin, &key.inner));
            transaction.input[index].witness = witness.unwrap_or_default();
        }
    }
    let complete = transaction.input.iter().all(|input| !input.witness.is_empty());
    Ok(json!({"hex": serialize_hex(&transaction), "complete": complete}))
}
