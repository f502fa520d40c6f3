use crate::visible::support::{
    Client, KeyValue, Store, TxnRequest, absent, get, key, kv_words, prefix, put, unchanged,
};
use harness::{expect, random};
use harness_net::together;
use std::sync::Arc;

const CLIENTS: usize = 16;

fn number(value: &[u8]) -> i64 {
    String::from_utf8_lossy(value).parse().unwrap_or(-1)
}

#[tokio::test]
async fn no_increment_gets_lost() {
    const EACH: usize = 3;
    let (store, mut random) = (Store::start(), random());
    let (key, address) = (Arc::new(key(&mut random)), store.program.address());
    let counter = Arc::clone(&key);
    together(CLIENTS, move |_| {
        let key = Arc::clone(&counter);
        async move {
            let client = Client::connect(address).await;
            for _ in 0..EACH {
                loop {
                    let before = client.key(&*key).await;
                    let next = before.as_ref().map_or(0, |kv| number(&kv.value)) + 1;
                    let compare = before.map_or(absent(&*key), |kv| unchanged(&*key, kv.mod_revision));
                    let success = vec![put(&*key, next.to_string()).into()];
                    let swap = TxnRequest { compare: vec![compare], success, failure: vec![] };
                    if client.send(swap).await.succeeded {
                        break;
                    }
                }
            }
        }
    })
    .await;
    let kv = store.client().await.key(&*key).await.unwrap_or_default();
    let expected = (CLIENTS * EACH) as i64;
    expect("of swaps that succeeded none gets lost")
        .request(format!("{CLIENTS} clients, each with {EACH} increments"))
        .eq((number(&kv.value), kv.version), (expected, expected));
}

#[tokio::test]
async fn nobody_sees_half_a_transaction() {
    let (store, mut random) = (Store::start(), random());
    let (root, address) = (Arc::new(key(&mut random)), store.program.address());
    let seen = together(CLIENTS, move |who| {
        let root = Arc::clone(&root);
        async move {
            let (client, mut seen) = (Client::connect(address).await, Vec::new());
            for round in 0..15 {
                if who < CLIENTS / 2 {
                    let value = format!("{who}/{round}");
                    let success = (0..4).map(|key| put(format!("{root}/{key}"), &value).into()).collect();
                    client.send(TxnRequest { success, ..TxnRequest::default() }).await;
                } else {
                    seen.push(client.send(prefix(&*root)).await.kvs);
                }
            }
            seen
        }
    })
    .await;
    for kvs in seen.concat() {
        let of_one = |kv: &KeyValue| (&kv.value, kv.mod_revision) == (&kvs[0].value, kvs[0].mod_revision);
        let words: Vec<_> = kvs.iter().map(kv_words).collect();
        expect("a Range sees all of a transaction or nothing")
            .request("transactions of four puts, and Ranges of these keys")
            .that(matches!(kvs.len(), 0 | 4) && kvs.iter().all(of_one), words.join("\n"));
    }
}

#[tokio::test]
async fn one_of_sixteen_creates_the_key() {
    let (store, mut random) = (Store::start(), random());
    let (client, names) = (store.client().await, Arc::new([(); 8].map(|()| key(&mut random))));
    let address = store.program.address();
    let keys = Arc::clone(&names);
    let won = together(CLIENTS, move |who| {
        let keys = Arc::clone(&keys);
        async move {
            let client = Client::connect(address).await;
            let mut won = Vec::new();
            for key in keys.iter() {
                let success = vec![put(key, who.to_string()).into()];
                let request = TxnRequest { compare: vec![absent(key)], success, failure: vec![get(key).into()] };
                won.push(client.send(request).await.succeeded);
            }
            won
        }
    })
    .await;
    for (place, key) in names.iter().enumerate() {
        let winners: Vec<_> = (0..CLIENTS).filter(|who| won[*who][place]).collect();
        let value = client.value(key).await.map(|value| number(&value));
        expect("of 16 who create a key one succeeds, and its value stays")
            .request(key)
            .eq((winners.len(), value), (1, winners.first().map(|who| *who as i64)));
    }
}
