use super::model::{Model, revision_of, sorted};
use crate::visible::support::{
    EventType, PutRequest, Store, TxnRequest, WatchCreateRequest, delete, event, expect_events, grant, key,
    proto::etcdserverpb::watch_create_request::FilterType, put, watch, watch_prefix,
};
use harness::{expect, random};

#[tokio::test]
async fn a_watch_begins_wherever_it_is_asked_to() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let mut model = Model::new(key(&mut random));
    for _ in 0..30 {
        model.change(&client, &mut random).await;
    }
    let middle = model.revision();
    let mut watches = Vec::new();
    for start in [2, middle / 2, middle] {
        watches.push((start, client.watch(watch_prefix(&model.root, start)).await));
    }
    for _ in 0..10 {
        model.change(&client, &mut random).await;
    }
    for (start, watching) in &mut watches {
        let expected = model.events_from(*start);
        let events = watching.events("a watch tells of everything since its start", expected.len()).await;
        let requirement = "a watch tells of everything from its start_revision on, each once, in order of revision";
        expect_events(requirement, &watching.shown, &sorted(events), &expected);
    }
}

#[tokio::test]
async fn a_watch_of_the_future_waits_for_it() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let key = key(&mut random);
    let now = client.put(&key, "0").await;
    let mut watching = client.watch(watch(&key, now + 4)).await;
    for number in 1..=5 {
        client.put(&key, number.to_string()).await;
    }
    let first = watching.next("a watch of the future tells of it when it has come").await;
    let first: Vec<_> = first.iter().map(revision_of).collect();
    expect("a watch tells of nothing before its start_revision")
        .request(&watching.shown)
        .eq(first.first(), Some(&(now + 4)));
}

#[tokio::test]
async fn a_watch_tells_what_was_there_before() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let key = key(&mut random);
    client.put(&key, "one").await;
    let one = client.key(&key).await;
    client.put(&key, "two").await;
    let two = client.key(&key).await;
    client.send(delete(&key)).await;
    client.put(&key, "three").await;
    let request = WatchCreateRequest { prev_kv: true, ..watch(&key, 2) };
    let mut watching = client.watch(request).await;
    let events = watching.events("a watch tells of everything since its start", 4).await;
    let before: Vec<_> = events.into_iter().map(|event| event.prev_kv).collect();
    expect("prev_kv is the key as it was before each event")
        .request(&watching.shown)
        .eq(before, vec![None, one, two, None]);
}

#[tokio::test]
async fn filters_leave_out_puts_or_deletions() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let key = key(&mut random);
    let told = |filter: FilterType| WatchCreateRequest { filters: vec![filter.into()], ..watch(&key, 2) };
    let mut puts = client.watch(told(FilterType::Nodelete)).await;
    let mut deletions = client.watch(told(FilterType::Noput)).await;
    for _ in 0..2 {
        client.put(&key, "x").await;
        client.send(delete(&key)).await;
    }
    for (watching, kind, revisions) in
        [(&mut puts, EventType::Put, vec![2, 4]), (&mut deletions, EventType::Delete, vec![3, 5])]
    {
        let events = watching.events("a filtered watch tells of the rest", 2).await;
        let kinds = events.iter().all(|event| event.r#type() == kind);
        let told: Vec<_> = events.iter().map(revision_of).collect();
        expect("a filter leaves out one kind of events, and no other")
            .request(format!("{}, only {kind:?}", watching.shown))
            .eq((kinds, told), (true, revisions));
    }
}

#[tokio::test]
async fn watches_share_a_stream() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let keys = [(); 3].map(|()| key(&mut random));
    let mut stream = client.watch(watch(&keys[0], 0)).await;
    let mut ids = vec![stream.id];
    for key in &keys[1..] {
        ids.push(stream.create(watch(key, 0)).await.0);
    }
    expect("each watch of a stream has an id of its own")
        .request(&stream.shown)
        .that(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], format!("{ids:?}"));
    for round in 0..2 {
        for (id, key) in ids.iter().zip(&keys) {
            client.put(key, round.to_string()).await;
            let told = stream.next_of("each watch tells of its keys", *id).await;
            let expected: Vec<_> = client.key(key).await.map(event).into_iter().collect();
            expect_events("the events of a watch are those of its keys", &stream.shown, &told.events, &expected);
        }
    }
    stream.cancel(ids[1]).await;
    client.put(&keys[1], "unheard").await;
    client.put(&keys[2], "last").await;
    let told = stream.next_of("the other watches go on", ids[2]).await;
    expect("the other watches go on").request(&stream.shown).eq(told.events.len(), 1);
    // A new watch is answered after everything that an old one would have said.
    let (id, _) = stream.create(watch(&keys[1], 0)).await;
    client.put(&keys[1], "heard").await;
    let told = stream.next_of("a canceled watch does not come between", id).await;
    let value = told.events.iter().flat_map(|event| &event.kv).map(|kv| kv.value.clone()).next();
    expect("a canceled watch says nothing any more").request(&stream.shown).eq(value, Some(b"heard".to_vec()));
}

#[tokio::test]
async fn all_ways_to_change_a_key_are_told() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let root = key(&mut random);
    let [a, b, c] = ["a", "b", "c"].map(|name| format!("{root}/{name}"));
    let mut watching = client.watch(watch_prefix(&root, 0)).await;
    let lease = client.send(grant(600)).await.id;
    client.put(&a, "x").await;
    let both = vec![put(&b, "x").into(), PutRequest { lease, ..put(&c, "x") }.into()];
    client.send(TxnRequest { success: both, ..TxnRequest::default() }).await;
    client.send(crate::visible::support::revoke(lease)).await;
    client.send(TxnRequest { success: vec![delete(&a).into()], ..TxnRequest::default() }).await;
    client.send(crate::visible::support::delete_prefix(&root)).await;
    let events = watching.events("a watch tells of puts, transactions, leases and deletions", 6).await;
    let told: Vec<_> = sorted(events)
        .iter()
        .map(|event| {
            let kv = event.kv.clone().unwrap_or_default();
            (event.r#type(), String::from_utf8_lossy(&kv.key).into_owned(), kv.mod_revision)
        })
        .collect();
    let (put, gone) = (EventType::Put, EventType::Delete);
    let expected =
        vec![(put, a.clone(), 2), (put, b.clone(), 3), (put, c.clone(), 3), (gone, c, 4), (gone, a, 5), (gone, b, 6)];
    expect("a watch tells of puts, transactions, leases and deletions").request(&watching.shown).eq(told, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_the_program_while_clients_watch() {
    let (mut store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let key = key(&mut random);
    let _watching = client.watch(watch(&key, 0)).await;
    client.put(&key, "x").await;
    store.program.terminate();
}
