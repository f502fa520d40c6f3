use crate::visible::support::{
    Node, blocks,
    blocks::{Coin, Draft, Tip, WORK_512},
};
use bitcoin::{Amount, ScriptBuf, Transaction, Witness};
use harness::expect;

const SIGNATURE: &[&str] = &["block-script-verify-flag-failed", "mandatory-script-verify-flag-failed"];

#[tokio::test]
async fn every_input_is_looked_at() {
    let mut node = Node::start().await;
    let (key, other) = (node.key(), node.key());
    let coins = node.coins(&key, 2).await;
    let value = coins[0].satoshi() + coins[1].satoshi() - blocks::FEE;
    let good = blocks::spend(&[&coins[0], &coins[1]], vec![other.output(value)]);
    let with = |change: &dyn Fn(&mut Transaction)| {
        let mut transaction = good.clone();
        change(&mut transaction);
        transaction
    };
    let parts: Vec<Vec<u8>> = good.input[1].witness.iter().map(<[u8]>::to_vec).collect();
    let (signature, public) = (parts[0].clone(), parts[1].clone());
    // BIP 143 signs what a coin is worth, so that nobody is lied to about the fee.
    let mut cheap = coins[1].clone();
    cheap.output.value -= Amount::from_sat(1);
    let wrong = [
        ("no witness", with(&|t| t.input[1].witness = Witness::new())),
        ("the signature of the other input", with(&|t| t.input[1].witness = t.input[0].witness.clone())),
        ("no signature", with(&|t| t.input[1].witness = Witness::from_slice(&[vec![], public.clone()]))),
        ("no key", with(&|t| t.input[1].witness = Witness::from_slice(&[&signature]))),
        ("one part too many", with(&|t| t.input[1].witness.push([1]))),
        ("a key that is not the coin's", with(&|t| t.input[1].witness = blocks::witness(t, 1, &coins[1], &other))),
        ("another value of the coin", with(&|t| t.input[1].witness = blocks::witness(t, 1, &cheap, &key))),
        ("a script", with(&|t| t.input[1].script_sig = ScriptBuf::from_bytes(vec![0x51]))),
        ("a changed lock time", with(&|t| t.lock_time = bitcoin::absolute::LockTime::from_consensus(1))),
    ];
    let before = node.state().await;
    for (what, transaction) in &wrong {
        node.send_bad(&format!("{what} in the second input"), transaction, -26).await;
    }
    let draft = node.draft().await;
    for (what, transaction) in &wrong[..3] {
        let block = draft.clone().with(transaction).mine();
        node.submit_bad(&format!("{what}, in a block"), &block, SIGNATURE).await;
    }
    expect("nothing has changed").eq(node.state().await, before);
    node.submit_tip("with both signatures it is good", &draft.with(&good).mine()).await;
}

#[tokio::test]
async fn what_stands_on_a_bad_block_is_bad() {
    let mut node = Node::start().await;
    let (key, thief) = (node.key(), node.key());
    let coin = node.coins(&key, 1).await.remove(0);
    let fork = node.tip().await;
    let mut stolen = coin.pay(&thief);
    stolen.input[0].witness = blocks::witness(&stolen, 0, &coin, &thief);
    let bad = node.draft().await.with(&stolen).mine();
    node.submit_bad("a block with a wrong signature is refused", &bad, SIGNATURE).await;
    let child = Draft::on(Tip::of(&bad, fork.height + 1), &mut node.random).bits(WORK_512).mine();
    node.submit_bad("a heavy child does not make it better", &child, &["bad-prevblk"]).await;
    node.submit_bad("a bad block stays bad", &bad, &["duplicate-invalid"]).await;
    node.kill_and_restart();
    node.submit_bad("also after a restart", &bad, &["duplicate-invalid"]).await;
    // Signatures are looked at in pool and block alike: this one has never been in the pool.
    let good = node.draft().await.with(&coin.pay(&thief)).mine();
    node.submit_tip("the owner can spend it", &good).await;
    let paid = Coin::of(&good.txdata[1], 0, &thief);
    node.send("and who was paid, too", &paid.pay(&key)).await;
}
