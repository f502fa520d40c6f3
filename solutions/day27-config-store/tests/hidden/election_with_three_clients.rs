use crate::visible::support::{
    Client, KeyValue, PutRequest, RangeRequest, Rpc, Store, TxnRequest, absent, created, expect_kvs, get, grant, key,
    prefix,
    proto::etcdserverpb::range_request::{SortOrder, SortTarget},
    put, revision, watch,
};
use harness::{Random, expect, random};
use harness_net::together;
use std::{
    cmp::Ordering,
    sync::{
        Arc,
        atomic::{self, AtomicUsize},
    },
};

/// Some keys in which no two numbers of a kind are the same.
async fn keys(client: &Client, root: &str, random: &mut Random) -> Vec<KeyValue> {
    let mut names: Vec<_> = (0..9).map(|_| format!("{root}/{}", random.name())).collect();
    for name in &names {
        client.put(name, random.name()).await;
    }
    random.shuffle(&mut names);
    for (number, name) in names.iter().enumerate() {
        for _ in 0..number {
            client.put(name, random.name()).await;
        }
    }
    random.shuffle(&mut names);
    let mut kvs = client.send(prefix(root)).await.kvs;
    // The last shuffle decides the order of modification.
    for name in &names {
        for kv in kvs.iter_mut().filter(|kv| kv.key == name.as_bytes()) {
            kv.mod_revision = client.put(name, random.name()).await;
        }
    }
    client.send(prefix(root)).await.kvs
}

#[tokio::test]
async fn a_range_is_bounded_then_sorted_then_limited() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let root = key(&mut random);
    let kvs = keys(&client, &root, &mut random).await;
    let newest = client.revision().await;
    let targets = [SortTarget::Key, SortTarget::Version, SortTarget::Create, SortTarget::Mod, SortTarget::Value];
    for round in 0..80 {
        let bound = |random: &mut Random, most| if random.one_in(3) { random.between(1..=most) } else { 0 };
        let (target, order) = (targets[round % 5], *random.pick(&[SortOrder::Ascend, SortOrder::Descend]));
        let request = RangeRequest {
            limit: bound(&mut random, 6),
            min_mod_revision: bound(&mut random, newest),
            max_mod_revision: bound(&mut random, newest),
            min_create_revision: bound(&mut random, 10),
            max_create_revision: bound(&mut random, 10),
            sort_target: target.into(),
            sort_order: order.into(),
            ..prefix(&root)
        };
        let within = |revision, least, most| revision >= least && (most == 0 || revision <= most);
        let mut expected: Vec<_> = kvs
            .iter()
            .filter(|kv| within(kv.mod_revision, request.min_mod_revision, request.max_mod_revision))
            .filter(|kv| within(kv.create_revision, request.min_create_revision, request.max_create_revision))
            .cloned()
            .collect();
        expected.sort_by(|one, other| {
            let rising = match target {
                SortTarget::Key => one.key.cmp(&other.key),
                SortTarget::Version => one.version.cmp(&other.version),
                SortTarget::Create => one.create_revision.cmp(&other.create_revision),
                SortTarget::Mod => one.mod_revision.cmp(&other.mod_revision),
                SortTarget::Value => one.value.cmp(&other.value),
            };
            if order == SortOrder::Descend { Ordering::reverse(rising) } else { rising }
        });
        let all = expected.len();
        if request.limit > 0 {
            expected.truncate(request.limit as usize);
        }
        let answer = client.send(request.clone()).await;
        expect_kvs("first the bounds, then the order, then the limit", request.clone(), &answer.kvs, &expected);
        expect("bounds do not change `count`; `more` is what the limit leaves out")
            .request(request.shown())
            .eq((answer.count, answer.more), (9, expected.len() < all));
    }
}

/// Stands for election, and returns when elected: the lease, the key and the revision that created it.
async fn campaign(client: &Client, root: &str) -> (i64, String, i64) {
    let lease = client.send(grant(600)).await.id;
    let mine = format!("{root}/{lease:016x}");
    let register = TxnRequest {
        compare: vec![absent(&mine)],
        success: vec![PutRequest { lease, ..put(&mine, "candidate") }.into()],
        failure: vec![get(&mine).into()],
    };
    let created = revision(client.send(register).await.header);
    loop {
        let ahead = RangeRequest {
            max_create_revision: created - 1,
            sort_target: SortTarget::Create.into(),
            sort_order: SortOrder::Descend.into(),
            limit: 1,
            ..prefix(root)
        };
        let answer = client.send(ahead).await;
        let Some(ahead) = answer.kvs.into_iter().next() else { return (lease, mine, created) };
        let mut watching = client.watch(watch(&ahead.key, revision(answer.header) + 1)).await;
        watching.next("who waits in line is told when the one before is gone").await;
    }
}

#[tokio::test]
async fn there_is_one_leader_at_a_time() {
    let (store, mut random) = (Store::start(), random());
    let (root, address) = (Arc::new(key(&mut random)), store.program.address());
    let leading = Arc::new(AtomicUsize::new(0));
    let terms = together(3, move |_| {
        let (root, leading) = (Arc::clone(&root), Arc::clone(&leading));
        async move {
            let client = Client::connect(address).await;
            let mut terms = Vec::new();
            for _ in 0..4 {
                let (lease, mine, since) = campaign(&client, &root).await;
                let others = leading.fetch_add(1, atomic::Ordering::SeqCst);
                expect("nobody else leads while one does").request(&mine).eq(others, 0);
                // A leader writes only as long as it leads.
                let proclaim = TxnRequest {
                    compare: vec![created(&mine, since)],
                    success: vec![PutRequest { lease, ..put(&mine, "leader") }.into()],
                    ..TxnRequest::default()
                };
                let succeeded = client.send(proclaim.clone()).await.succeeded;
                expect("a leader's key is still the one that it has created")
                    .request(proclaim.shown())
                    .eq(succeeded, true);
                leading.fetch_sub(1, atomic::Ordering::SeqCst);
                client.send(crate::visible::support::revoke(lease)).await;
                let succeeded = client.send(proclaim.clone()).await.succeeded;
                expect("who leads no more cannot write as a leader").request(proclaim.shown()).eq(succeeded, false);
                terms.push(since);
            }
            terms
        }
    })
    .await;
    expect("all three lead in the end").eq(terms.concat().len(), 12);
}

#[tokio::test]
async fn a_leader_that_crashes_is_replaced() {
    let (store, mut random) = (Store::with_second(150), random());
    let root = key(&mut random);
    let (first, second) = (store.client().await, store.client().await);
    // It never keeps its lease alive, and never resigns.
    let crashed = format!("{root}/crashed");
    first.bind(1, &[&crashed]).await;
    let (_, elected, _) = campaign(&second, &root).await;
    expect("the next in line leads").that(crashed != elected, &elected);
    expect("and the crashed leader's key is gone").request(&crashed).eq(first.value(&crashed).await, None);
}
