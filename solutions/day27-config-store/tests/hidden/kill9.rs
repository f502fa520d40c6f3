use super::model::{Model, sorted};
use crate::visible::support::{
    Client, LeaseLeasesRequest, LeaseTimeToLiveRequest, PATIENCE, PutRequest, RangeRequest, Store, TxnRequest, compact,
    expect_events, expect_kvs, grant, key, prefix, put, revoke, watch_prefix,
};
use harness::{expect, random, read_written};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tonic::Code;

/// Everything at every revision, and the history, as the model has it.
async fn expect_all(client: &Client, model: &Model, oldest: i64) {
    for revision in oldest..=model.revision() {
        let request = RangeRequest { revision, ..prefix(&model.root) };
        let found = client.send(request.clone()).await.kvs;
        let expected: Vec<_> = model.at(revision).values().cloned().collect();
        expect_kvs("each revision is after a restart what it was before", request, &found, &expected);
    }
    let expected = model.events_from(oldest + 1);
    let mut watching = client.watch(watch_prefix(&model.root, oldest + 1)).await;
    let events = watching.events("the history is there after a restart", expected.len()).await;
    expect_events("the history is after a restart what it was before", &watching.shown, &sorted(events), &expected);
}

#[tokio::test]
async fn the_past_survives_a_kill() {
    let (mut store, mut random) = (Store::start(), random());
    let mut client = store.client().await;
    let mut model = Model::new(key(&mut random));
    for _ in 0..2 {
        for _ in 0..12 {
            model.change(&client, &mut random).await;
        }
        client = store.kill_and_start_again().await;
        expect_all(&client, &model, 1).await;
    }
    let oldest = model.revision() - 5;
    client.send(compact(oldest)).await;
    client = store.kill_and_start_again().await;
    let old = RangeRequest { revision: oldest - 1, ..prefix(&model.root) };
    let message = "etcdserver: mvcc: required revision has been compacted";
    client.refused("what was compacted is compacted after a restart", old, Code::OutOfRange, message).await;
    expect_all(&client, &model, oldest).await;
}

#[tokio::test]
async fn a_transaction_is_there_as_a_whole_or_not_at_all() {
    let (mut store, mut random) = (Store::start(), random());
    let root = key(&mut random);
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(store.client().await);
    }
    let below = root.clone();
    let acknowledged = harness_net::write_until_killed(&mut store.program, 4, 80, move |writer, number| {
        let (client, root) = (clients[writer].clone(), format!("{below}/{writer}/{number}"));
        async move {
            let success = (0..3).map(|part| put(format!("{root}/{part}"), "x").into()).collect();
            client.try_send(TxnRequest { success, ..TxnRequest::default() }).await.ok().map(|_| (writer, number))
        }
    })
    .await;
    store.program.start_again();
    let client = store.client().await;
    let mut parts = BTreeMap::new();
    for kv in client.send(prefix(&root)).await.kvs {
        *parts.entry(kv.mod_revision).or_insert(0) += 1;
    }
    let torn: Vec<_> = parts.iter().filter(|(_, parts)| **parts != 3).collect();
    expect("a transaction is there after a kill as a whole or not at all").that(torn.is_empty(), format!("{torn:?}"));
    let least = acknowledged.items().len();
    expect("what was acknowledged is there").that(parts.len() >= least, format!("{} of {least}", parts.len()));
}

#[tokio::test]
async fn leases_survive_with_their_whole_time() {
    const SECOND: u64 = 150;
    let (mut store, mut random) = (Store::with_second(SECOND), random());
    let client = store.client().await;
    let [short, long, free, ended] = [(); 4].map(|()| key(&mut random));
    let (long_lease, ended_lease) = (client.send(grant(5000)).await.id, client.send(grant(5000)).await.id);
    for (key, lease) in [(&long, long_lease), (&free, long_lease), (&ended, ended_lease)] {
        client.send(PutRequest { lease, ..put(key, "x") }).await;
    }
    client.put(&free, "free").await;
    client.send(revoke(ended_lease)).await;
    let (mut client, mut tries) = (client, 0);
    let (short_lease, killed) = loop {
        // A part of its time goes by; it must not count after the restart.
        let (lease, since) = client.bind(4, &[&short]).await;
        let part = Duration::from_millis(2 * SECOND);
        harness_net::eventually("time goes by", PATIENCE, || async { (since.elapsed() > part).then_some(()) }).await;
        store.program.kill();
        let killed = Instant::now();
        store.program.start_again();
        client = store.client().await;
        if killed.duration_since(since) < Duration::from_millis(4 * SECOND) {
            break (lease, killed);
        }
        // This machine stood still, and the lease may have been over before the kill.
        tries += 1;
        assert!(tries < 10, "this machine stands still for {} ms again and again", 2 * SECOND);
    };
    let listed: Vec<_> = client.send(LeaseLeasesRequest {}).await.leases.iter().map(|lease| lease.id).collect();
    expect("a lease that was granted is there after a restart, one that was revoked is not")
        .that(listed.contains(&long_lease) && !listed.contains(&ended_lease), format!("{listed:?}"));
    let keys = client.send(LeaseTimeToLiveRequest { id: long_lease, keys: true }).await.keys;
    expect("it has the keys that it had").eq(keys, vec![long.clone().into_bytes()]);
    expect("what went with a lease does not come back").eq(client.value(&ended).await, None);
    let after = client.wait_until_gone("a lease ends after a restart, too", &short, killed).await;
    let least = Duration::from_millis(short_lease.ttl.unsigned_abs() * SECOND);
    expect("a lease has its whole time again after a restart")
        .expected(format!("at least {} ms after the kill", least.as_millis()))
        .that(after >= least, format!("{} ms", after.as_millis()));
    client.send(revoke(long_lease)).await;
    let found = (client.value(&long).await, client.value(&free).await);
    expect("and it takes along what is bound to it, and nothing else").eq(found, (None, Some(b"free".to_vec())));
}

#[tokio::test]
async fn a_record_that_was_cut_short_is_dropped() {
    let (mut store, mut random) = (Store::start(), random());
    let mut client = store.client().await;
    let root = key(&mut random);
    let mut next = 2;
    for round in 0..3 {
        for _ in 0..3 {
            client.put(format!("{root}/{next}"), random.words(4)).await;
            next += 1;
        }
        store.program.kill();
        let path = store.program.data_dir().join("wal");
        let bytes = read_written(&path);
        let cut = bytes.len().saturating_sub(1 + random.below(15));
        std::fs::write(&path, &bytes[..cut]).expect("a file of the program can be overwritten");
        // The last put is lost, and nothing else; what comes now must not be glued to its remains.
        next -= 1;
        store.program.start_again();
        client = store.client().await;
        let found: Vec<_> = client.send(prefix(&root)).await.kvs.iter().map(|kv| kv.mod_revision).collect();
        let expected: Vec<_> = (2..next).collect();
        let mut sorted = found.clone();
        sorted.sort_unstable();
        expect("a record that was cut short costs itself and nothing else")
            .request(format!("the log's last bytes are cut off, time {round}"))
            .eq(sorted, expected);
    }
}

#[tokio::test]
async fn damage_is_reported_and_not_repaired() {
    let (mut store, mut random) = (Store::start(), random());
    let client = store.client().await;
    for _ in 0..10 {
        client.put(key(&mut random), random.words(10)).await;
    }
    store.program.kill();
    let folder = store.program.data_dir().to_owned();
    let path = folder.join("wal");
    let bytes = read_written(&path);
    for _ in 0..6 {
        let mut damaged = bytes.clone();
        let place = random.below(bytes.len() * 3 / 4);
        damaged[place] ^= 1 << random.below(8);
        std::fs::write(&path, &damaged).expect("a file of the program can be overwritten");
        let ended = harness::Launch::service().data_dir_at(&folder).run_to_end();
        expect("a damaged log ends the start with exit status 1 and a message")
            .request(format!("one bit of byte {place} of {} is turned", bytes.len()))
            .that(
                ended.code == Some(1) && !ended.stderr.trim().is_empty(),
                format!("{}, {:?}", ended.status, ended.stderr),
            );
        let same = std::fs::read(&path).is_ok_and(|now| now == damaged);
        expect("and the log stays as it is").that(same, "it was changed");
    }
}
