use crate::visible::support::{
    LeaseGrantRequest, LeaseLeasesRequest, LeaseTimeToLiveRequest, PutRequest, Store, delete, grant, key, put, revoke,
    text, watch_prefix,
};
use harness::{expect, random};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use tonic::Code;

const NOT_FOUND: &str = "etcdserver: requested lease not found";
/// The second of leases in these tests.
const SECOND: u64 = 150;

fn bound(key: &str, lease: i64) -> PutRequest {
    PutRequest { lease, ..put(key, "x") }
}

#[tokio::test]
async fn all_keys_of_a_lease_go_at_once_and_watches_are_told() {
    let (store, mut random) = (Store::with_second(SECOND), random());
    let client = store.client().await;
    let root = key(&mut random);
    let mut watching = client.watch(watch_prefix(&root, 0)).await;
    let keys = [0, 1, 2, 3, 4].map(|number| format!("{root}/{number}"));
    let lease = client.bind(1, &keys.each_ref()).await.0.id;
    // Five puts and five deletions, in two messages or, if we look late, in one.
    let events = watching.events("a watch tells when keys go with their lease", 10).await;
    let told = events[5..].iter().flat_map(|event| &event.kv).map(|kv| (kv.key.clone(), kv.mod_revision));
    let told: BTreeSet<_> = told.collect();
    expect("all keys of a lease go in one revision")
        .request(&watching.shown)
        .eq(told, keys.map(|key| (key.into_bytes(), 3)).into());
    let left = client.send(LeaseTimeToLiveRequest { id: lease, keys: true }).await;
    expect("a lease that is over has −1 seconds left").eq((left.ttl, left.keys), (-1, vec![]));
    client.refused("a lease that is over binds no keys", bound(&root, lease), Code::NotFound, NOT_FOUND).await;
}

#[tokio::test]
async fn a_lease_that_is_kept_alive_outlives_one_that_is_not() {
    let (store, mut random) = (Store::with_second(SECOND), random());
    let client = store.client().await;
    // On a machine that stands still for too long, both leases rightly end. Then this has shown nothing, and is tried again.
    for _ in 0..10 {
        let (kept, left) = (key(&mut random), key(&mut random));
        let (kept_lease, mut last) = client.bind(4, &[&kept]).await;
        client.bind(4, &[&left]).await;
        let mut longest = Duration::ZERO;
        let deadline = Instant::now() + harness::timeout(Duration::from_secs(20));
        while client.value(&left).await.is_some() {
            let answer = client.keep_alive(kept_lease.id).await;
            longest = longest.max(last.elapsed());
            last = Instant::now();
            let calm = longest < Duration::from_millis(2 * SECOND);
            expect("LeaseKeepAlive answers with the id and the whole TTL")
                .request(format!("LeaseKeepAlive {}", kept_lease.id))
                .that(!calm || (answer.id, answer.ttl) == (kept_lease.id, kept_lease.ttl), format!("{answer:?}"));
            expect("a lease that is not kept alive ends").that(Instant::now() < deadline, "it did not within 20 s");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let alive = client.value(&kept).await.is_some();
        longest = longest.max(last.elapsed());
        if longest < Duration::from_millis(2 * SECOND) {
            expect("a lease that is kept alive lives on, with its keys").request(kept).eq(alive, true);
            // Afterwards it ends like any other.
            return client.send(revoke(kept_lease.id)).await.header.map_or((), |_| ());
        }
    }
    panic!("this machine stands still for {} ms again and again", 2 * SECOND);
}

#[tokio::test]
async fn a_put_binds_the_key_anew() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let [freed, moved, again, stays] = [(); 4].map(|()| key(&mut random));
    let (first, second) = (client.send(grant(600)).await.id, client.send(grant(600)).await.id);
    for key in [&freed, &moved, &again, &stays] {
        client.send(bound(key, first)).await;
    }
    client.put(&freed, "free").await;
    client.send(bound(&moved, second)).await;
    client.send(delete(&again)).await;
    client.put(&again, "free").await;
    let keys = client.send(LeaseTimeToLiveRequest { id: first, keys: true }).await.keys;
    expect("a lease has the keys that were bound to it last").eq(keys, vec![stays.clone().into_bytes()]);
    client.send(revoke(first)).await;
    for (key, expected) in [(&freed, true), (&moved, true), (&again, true), (&stays, false)] {
        let there = client.value(key).await.is_some();
        expect("a put binds the key to its lease, or to none, whatever it was bound to before")
            .request(key)
            .eq(there, expected);
    }
    client.send(revoke(second)).await;
    expect("and the new lease takes it along").request(&moved).eq(client.value(&moved).await, None);
}

#[tokio::test]
async fn a_put_with_an_unknown_lease_changes_nothing() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let key = key(&mut random);
    client.put(&key, "old").await;
    let request = bound(&key, random.between(1..=1 << 60));
    client.refused("a put with a lease that is not there is refused", request, Code::NotFound, NOT_FOUND).await;
    expect("and nothing happens").eq(client.value(&key).await, Some(b"old".to_vec()));
    client.refused("what is not there cannot be revoked", revoke(77), Code::NotFound, NOT_FOUND).await;
    expect("what is not there cannot be kept alive").eq(client.keep_alive(77).await.ttl, 0);
    let left = client.send(LeaseTimeToLiveRequest { id: 77, keys: true }).await;
    expect("what is not there has −1 seconds left").eq(left.ttl, -1);
}

#[tokio::test]
async fn leases_tell_what_they_are() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let id = random.between(1..=1 << 60);
    let granted = client.send(LeaseGrantRequest { id, ttl: 500 }).await;
    expect("a client may choose the id").eq((granted.id, granted.ttl), (id, 500));
    let message = "etcdserver: lease already exists";
    let request = LeaseGrantRequest { id, ttl: 10 };
    client.refused("but not one that is there", request, Code::FailedPrecondition, message).await;
    let message = "etcdserver: too large lease TTL";
    client.refused("nor more than 9,000,000,000 s", grant(9_000_000_001), Code::OutOfRange, message).await;
    let longest = client.send(grant(9_000_000_000)).await;
    let short = client.send(grant(0)).await;
    expect("less than a second counts as one").that(short.ttl >= 1, format!("TTL {}", short.ttl));
    let mut names = vec![key(&mut random), key(&mut random), key(&mut random)];
    for name in &names {
        client.send(bound(name, id)).await;
    }
    names.sort();
    let left = client.send(LeaseTimeToLiveRequest { id, keys: true }).await;
    let mut keys: Vec<_> = left.keys.iter().map(|key| text(key)).collect();
    keys.sort();
    let expected: Vec<_> = names.iter().map(|name| text(name.as_bytes())).collect();
    expect("a lease tells its keys").eq((left.granted_ttl, keys), (500, expected));
    expect("and how much is left, rounded down").that((1..500).contains(&left.ttl), left.ttl);
    let without = client.send(LeaseTimeToLiveRequest { id, keys: false }).await;
    expect("keys are told to who asks for them").eq(without.keys.len(), 0);
    let listed: BTreeSet<_> = client.send(LeaseLeasesRequest {}).await.leases.iter().map(|lease| lease.id).collect();
    expect("all leases are listed").that(listed.contains(&id) && listed.contains(&longest.id), format!("{listed:?}"));
    expect("leases make no revisions").eq(client.revision().await, 4);
}

#[tokio::test]
async fn an_id_is_given_once() {
    let mut store = Store::start();
    let mut client = store.client().await;
    let mut given = BTreeSet::new();
    for round in 0..3 {
        for _ in 0..5 {
            let id = client.send(grant(600)).await.id;
            let new = id > 0 && given.insert(id);
            expect("the store never gives a lease an id that another had")
                .request(format!("round {round}"))
                .that(new, id);
            client.send(revoke(id)).await;
        }
        client = store.kill_and_start_again().await;
    }
}

#[tokio::test]
async fn a_lease_without_keys_ends_without_a_revision() {
    let store = Store::start();
    let client = store.client().await;
    let before = client.put("k", "x").await;
    let lease = client.send(grant(600)).await.id;
    client.send(revoke(lease)).await;
    expect("a lease that has no keys changes nothing").eq(client.revision().await, before);
    client.refused("and is gone", revoke(lease), Code::NotFound, NOT_FOUND).await;
}
