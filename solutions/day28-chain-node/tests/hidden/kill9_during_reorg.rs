use crate::visible::support::{
    Node, Rpc,
    blocks::{self, Draft, FEE, Tip, WORK_32, WORK_512},
};
use bitcoin::{Amount, TxOut};
use harness::{Launch, expect, timeout};
use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

/// Payments of each chain.
const PAYMENTS: usize = 12;

#[tokio::test]
async fn the_node_is_on_one_chain_or_the_other() {
    let mut node = Node::start().await;
    let key = node.key();
    let coins = node.coins(&key, PAYMENTS).await;
    let address: bitcoin::Address<_> = node.address().await.parse().expect("the node's addresses can be read");
    let script_pubkey = address.assume_checked().script_pubkey();
    let fork = node.tip().await;
    // Both chains spend the same coins, and pay the wallet something else.
    let mut chains = [Vec::new(), Vec::new()];
    let mut paid = [0, 0];
    for (chain, share) in [(0, 2), (1, 3)] {
        let mut tip = fork;
        for coin in &coins {
            let value = coin.satoshi() / share;
            let gift = TxOut { value: Amount::from_sat(value), script_pubkey: script_pubkey.clone() };
            let payment = blocks::spend(&[coin], vec![gift, key.output(coin.satoshi() - value - FEE)]);
            let block = Draft::on(tip, &mut node.random).with(&payment).mine();
            tip = Tip::of(&block, tip.height + 1);
            chains[chain].push(block);
            paid[chain] += value;
        }
        let last = Draft::on(tip, &mut node.random).bits([WORK_32, WORK_512][chain]).mine();
        chains[chain].push(last);
    }
    let [old, new] = chains;
    for block in &old {
        node.submit_tip("the first chain is built", block).await;
    }
    let (last, before_last) = new.split_last().expect("a chain has blocks");
    for block in before_last {
        node.submit_aside("the second one grows beside it", block).await;
    }
    let height = fork.height + 1 + u32::try_from(PAYMENTS).expect("a dozen");
    let state = |tip: &bitcoin::Block| {
        // A reward in each block, a gift and the change of it for each coin.
        let count = u64::from(height) + PAYMENTS as u64;
        (tip.block_hash().to_string(), count, blocks::issued(height))
    };
    let (old, new) = (state(&old[PAYMENTS]), state(last));
    expect("before it, all is as on the first chain")
        .eq((node.state().await, node.balance().await), (old.clone(), paid[0]));
    node.program.kill();

    // Each time a copy of the same folder, first to see how long it takes, and then with a kill at some point.
    let mut whole = Duration::ZERO;
    for part in [None, Some(0.15), Some(0.4), Some(0.65), Some(0.9)] {
        let folder = harness::scratch();
        copy(node.program.data_dir(), folder.path()).expect("the data folder can be copied");
        let mut program = Launch::service().data_dir_at(folder.path()).start();
        let rpc = Rpc::to(&program);
        let Some(part) = part else {
            let begin = Instant::now();
            rpc.submit_tip("the second chain wins", last).await;
            whole = begin.elapsed();
            expect("all is as on the second chain")
                .eq((rpc.state().await, rpc.balance().await), (new.clone(), paid[1]));
            continue;
        };
        let task = tokio::spawn({
            let (rpc, hex) = (rpc.clone(), bitcoin::consensus::encode::serialize_hex(last));
            async move { rpc.request("submitblock", &serde_json::json!([hex])).try_send().await.is_ok() }
        });
        // Not to wait for something: how long it is, is the experiment.
        tokio::time::sleep(whole.min(timeout(Duration::from_secs(2))).mul_f64(part)).await;
        program.kill();
        let was_answered = task.await.expect("the request has an end");
        program.start_again();
        let rpc = Rpc::to(&program);
        let seen = (rpc.state().await, rpc.balance().await);
        let (on_old, on_new) = ((old.clone(), paid[0]), (new.clone(), paid[1]));
        expect("after a kill in a reorganisation, chain, coins and balance are those of one chain")
            .expected(format!("{on_old:?}, or {on_new:?}"))
            .that(seen == on_new || (seen == on_old && !was_answered), format!("{seen:?}"));
        let why = rpc.submit(last).await;
        expect("when the block comes again, it is taken or known")
            .that(why.is_none() || why.as_deref() == Some("duplicate"), format!("{why:?}"));
        expect("and then all is as on the second chain").eq((rpc.state().await, rpc.balance().await), on_new);
    }
}

#[tokio::test]
async fn who_came_first_is_known_after_it() {
    let mut node = Node::start().await;
    let fork = node.tip().await;
    // Several, so that no order by chance is the right one.
    let rivals: Vec<_> = (0..6).map(|_| Draft::on(fork, &mut node.random).bits(WORK_32).mine()).collect();
    node.submit_tip("the first one is taken", &rivals[0]).await;
    for rival in &rivals[1..] {
        node.submit_aside("the others have as much work", rival).await;
    }
    node.kill_and_restart();
    expect("after a restart it is still the first one").eq(node.best().await, rivals[0].block_hash().to_string());
    let late = Draft::on(fork, &mut node.random).mine();
    node.submit_aside("and nothing changes that", &late).await;
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
