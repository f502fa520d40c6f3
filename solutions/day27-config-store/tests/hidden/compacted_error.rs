use super::model::{Model, sorted};
use crate::visible::support::{
    RangeRequest, Store, TxnRequest, compact, delete, expect_events, expect_kvs, get, key, prefix, put, range, watch,
    watch_prefix,
};
use harness::{expect, random};
use tonic::Code;

const COMPACTED: &str = "etcdserver: mvcc: required revision has been compacted";
const FUTURE: &str = "etcdserver: mvcc: required revision is a future revision";

#[tokio::test]
async fn what_is_not_compacted_stays_as_it_was() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let mut model = Model::new(key(&mut random));
    for _ in 0..40 {
        model.change(&client, &mut random).await;
    }
    for part in [3, 2, 1] {
        let oldest = model.revision() / part - i64::from(part == 1);
        client.send(compact(oldest)).await;
        let before = RangeRequest { revision: oldest - 1, ..prefix(&model.root) };
        client.refused("what is compacted cannot be read", before, Code::OutOfRange, COMPACTED).await;
        for revision in oldest..=model.revision() {
            let request = RangeRequest { revision, ..prefix(&model.root) };
            let found = client.send(request.clone()).await.kvs;
            let expected: Vec<_> = model.at(revision).values().cloned().collect();
            expect_kvs("a compaction changes nothing at its revision and after it", request, &found, &expected);
        }
        let expected = model.events_from(oldest + 1);
        let mut watching = client.watch(watch_prefix(&model.root, oldest + 1)).await;
        let events = watching.events("what is newer than the compacted revision is told", expected.len()).await;
        let requirement = "a compaction changes nothing in the history after it";
        expect_events(requirement, &watching.shown, &sorted(events), &expected);
    }
}

#[tokio::test]
async fn a_compaction_makes_no_revision_and_has_to_lie_in_the_past() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let key = key(&mut random);
    for number in 2..=5 {
        client.put(&key, number.to_string()).await;
    }
    client.refused("what has not happened is not compacted", compact(6), Code::OutOfRange, FUTURE).await;
    client.send(compact(5)).await;
    expect("a compaction makes no revision").eq(client.revision().await, 5);
    expect("the newest revision can be compacted at, and stays").eq(client.value(&key).await, Some(b"5".to_vec()));
    client.refused("nothing is compacted twice", compact(5), Code::OutOfRange, COMPACTED).await;
    expect("changes go on after it").eq(client.put(&key, "6").await, 6);
}

#[tokio::test]
async fn every_kind_of_read_is_refused() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let key = key(&mut random);
    for number in 2..=5 {
        client.put(&key, number.to_string()).await;
    }
    client.send(compact(4)).await;
    let message = "what is compacted can neither be listed nor counted, also when the key has not changed since";
    let old = RangeRequest { revision: 3, count_only: true, ..range([0], [0]) };
    client.refused(message, old.clone(), Code::OutOfRange, COMPACTED).await;
    let nothing = RangeRequest { revision: 3, ..get("never") };
    client.refused(message, nothing, Code::OutOfRange, COMPACTED).await;
    let request = TxnRequest { success: vec![put("new", "x").into(), old.into()], ..TxnRequest::default() };
    client.refused(message, request, Code::OutOfRange, COMPACTED).await;
    expect("and a transaction with it changes nothing").eq(client.revision().await, 5);
}

#[tokio::test]
async fn a_deleted_key_does_not_come_back() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let [gone, later] = [(); 2].map(|()| key(&mut random));
    client.put(&gone, "x").await;
    client.put(&later, "x").await;
    let deleted = client.send(delete(&gone)).await.header.map_or(0, |header| header.revision);
    client.send(compact(deleted)).await;
    client.send(delete(&later)).await;
    for (key, revision, expected) in [(&gone, 0, 0), (&gone, deleted, 0), (&later, deleted, 1), (&later, 0, 0)] {
        let request = RangeRequest { revision, ..get(key) };
        let found = client.send(request).await.count;
        expect("a key that was deleted before a compaction stays deleted, and others can still be read")
            .request(format!("Compact {deleted}; Range {key:?}, revision {revision}"))
            .eq(found, expected);
    }
    let again = client.put(&gone, "y").await;
    let kv = client.key(&gone).await.map(|kv| (kv.create_revision, kv.version));
    expect("and begins anew when it is put again").eq(kv, Some((again, 1)));
}

#[tokio::test]
async fn who_is_up_to_date_notices_nothing_of_a_compaction() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let key = key(&mut random);
    client.put(&key, "2").await;
    let mut watching = client.watch(watch(&key, 2)).await;
    for revision in 3..=6 {
        watching.next("a watch goes on after a compaction").await;
        client.send(compact(revision - 1)).await;
        client.put(&key, revision.to_string()).await;
    }
    let last = watching.next("a watch goes on after a compaction").await;
    let value = last.into_iter().filter_map(|event| event.kv).map(|kv| kv.value).next();
    expect("a watch that is up to date goes on").request(&watching.shown).eq(value, Some(b"6".to_vec()));
    let (id, _) = watching.create(watch(&key, 2)).await;
    let canceled = watching.next_of("a watch of what is compacted is canceled", id).await;
    let told = (canceled.canceled, canceled.compact_revision);
    expect("only the watch that is too late is canceled").request(&watching.shown).eq(told, (true, 5));
    client.put(&key, "7").await;
    expect("the other goes on").eq(watching.next("the other watch of the stream goes on").await.len(), 1);
}
