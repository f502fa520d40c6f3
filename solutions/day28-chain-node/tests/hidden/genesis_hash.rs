use crate::visible::support::Node;
use bitcoin::{Network, PrivateKey, Transaction, consensus::encode::deserialize_hex, secp256k1::SecretKey};
use data_encoding::HEXLOWER;
use harness::expect;
use serde_json::json;

#[tokio::test]
async fn addresses_are_those_of_bip173() {
    let node = Node::start().await;
    let good = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    for address in [good.to_owned(), good.to_uppercase()] {
        let reply = node.call("validateaddress", json!([address])).await;
        reply
            .expect("the key of BIP 173's examples has an address on regtest, in small letters or in large ones")
            .json_at("/result/isvalid", true)
            .json_at("/result/scriptPubKey", "0014751e76e8199196d454941c45d1b3a323f1433bd6");
    }
    // From BIP 173 and BIP 350, and changes of the good one.
    let bad = [
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
        "tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2",
        "bc1rw5uspcuh",
        "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7",
        "bc1gmk9yu",
        "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081",
        "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygT080",
        "bcrt1",
        "",
    ];
    for address in bad {
        let reply = node.call("validateaddress", json!([address])).await;
        reply.expect(format!("{address:?} is no address of regtest")).json_at("/result/isvalid", false);
        let requirement = format!("nobody is paid at {address:?}");
        node.refused(&requirement, "generatetoaddress", json!([1, address]), -5).await;
    }
    expect("no block was made").eq(node.height().await, 0);
}

/// The example "Native P2WPKH" of BIP 143. Its first input is of another kind, so only the second one is signed here.
#[tokio::test]
async fn signatures_are_those_of_bip143() {
    const UNSIGNED: &str = "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffff\
        ef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff\
        02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac\
        9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000";
    const SECRET: &str = "619c335025c7f4012e556c2a58b2506e30b8511b53ade95ea316fd8c3286feb9";
    const SIGNATURE: &str = "304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a\
        0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee01";
    const PUBLIC: &str = "025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee6357";

    let node = Node::start().await;
    let secret: SecretKey = SECRET.parse().expect("the example has a key");
    let key = PrivateKey::new(secret, Network::Regtest).to_wif();
    let previous = json!([{
        "txid": "8ac60eb9575db5b2d987e29f301b5b819ea83a5c6579d282d189cc04b8e151ef", "vout": 1, "amount": 6,
        "scriptPubKey": "00141d0f172a0ecb48aee1be1f2687d2963ae33f71a1",
    }]);
    let signed = node.ok("signrawtransactionwithkey", json!([UNSIGNED, [key], previous])).await;
    expect("the first input is not signed").eq(&signed["complete"], false);
    let transaction = signed["hex"].as_str().and_then(|hex| deserialize_hex::<Transaction>(hex).ok());
    let Some(transaction) = transaction else {
        expect("the answer has a transaction in hex").expected("a transaction").fail(signed);
    };
    let witness: Vec<_> = transaction.input[1].witness.iter().map(|part| HEXLOWER.encode(part)).collect();
    expect("the second one is signed as in BIP 143").eq(witness, [SIGNATURE, PUBLIC]);
}
