use crate::visible::support::{KeyValue, RangeRequest, Rpc, Store, delete, expect_kvs, range};
use harness::{Random, expect, random};
use std::collections::BTreeMap;

/// Keys that are close to each other, and to the ends of everything.
fn near(random: &mut Random) -> Vec<u8> {
    let length = 1 + random.below(3);
    (0..length).map(|_| *random.pick(&[0, 1, b'a', b'b', 254, 255])).collect()
}

#[tokio::test]
async fn every_range_has_what_lies_in_it() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let mut model: BTreeMap<Vec<u8>, KeyValue> = BTreeMap::new();
    for _ in 0..40 {
        let key = near(&mut random);
        if random.one_in(5) {
            client.send(delete(&key)).await;
        } else {
            client.put(&key, random.word()).await;
        }
        match client.key(&key).await {
            Some(kv) => model.insert(key, kv),
            None => model.remove(&key),
        };
    }
    for round in 0..120 {
        let (key, end) = (near(&mut random), if random.one_in(4) { vec![] } else { near(&mut random) });
        let limit = if random.one_in(2) { random.between(1..=6) } else { 0 };
        let keys_only = random.one_in(4);
        let request = RangeRequest { limit, keys_only, count_only: round % 10 == 9, ..range(&key, &end) };
        let selected = |kv: &&KeyValue| match &*end {
            [] => kv.key == key,
            [0] => kv.key >= key,
            end => kv.key >= key && *kv.key < *end,
        };
        let found: Vec<_> = model.values().filter(selected).cloned().collect();
        let shown = if limit == 0 { found.len() } else { found.len().min(limit as usize) };
        let mut expected = found[..shown].to_vec();
        if keys_only {
            expected.iter_mut().for_each(|kv| kv.value.clear());
        }
        let answer = client.send(request.clone()).await;
        expect("`count` is the number of all keys in the range")
            .request(request.shown())
            .eq(answer.count, found.len() as i64);
        if request.count_only {
            expect("count_only sends no keys").request(request.shown()).eq(answer.kvs.len(), 0);
            continue;
        }
        expect("`more` says whether the limit has left some out")
            .request(request.shown())
            .eq(answer.more, shown < found.len());
        expect_kvs("a range has the keys from `key` to before `range_end`, in order", request, &answer.kvs, &expected);
    }
}

#[tokio::test]
async fn a_range_of_the_past_has_the_count_of_the_past() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let mut revisions = vec![1];
    for number in 0..5 {
        revisions.push(client.put(format!("/{number}"), random.word()).await);
    }
    for number in 0..5 {
        client.send(delete(format!("/{number}"))).await;
    }
    for (count, revision) in revisions.into_iter().enumerate() {
        let request = RangeRequest { revision, limit: 2, ..range("/", "0") };
        let answer = client.send(request.clone()).await;
        let expected = (count.min(2), count as i64, count > 2);
        expect("keys, count and more are all as of the revision")
            .request(request.shown())
            .eq((answer.kvs.len(), answer.count, answer.more), expected);
    }
}
