use super::model::Model;
use crate::visible::support::{
    RangeRequest, Rpc, Store, TxnRequest, delete, delete_prefix, expect_kvs, get, key, prefix, put, range, revision,
    unchanged,
};
use harness::{expect, random};
use tonic::Code;

#[tokio::test]
async fn what_changes_nothing_makes_no_revision() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let key = key(&mut random);
    let put_at = client.put(&key, "x").await;
    client.send(delete("nothing")).await;
    client.send(delete_prefix("nothing")).await;
    let reads = TxnRequest { success: vec![get(&key).into(), delete("nothing").into()], ..TxnRequest::default() };
    let answer = client.send(reads.clone()).await;
    expect("a transaction that changes nothing makes no revision")
        .request(reads.shown())
        .eq(revision(answer.header), put_at);
    let failing = TxnRequest {
        compare: vec![unchanged(&key, put_at + 1)],
        success: vec![put(&key, "y").into()],
        ..TxnRequest::default()
    };
    client.send(failing.clone()).await;
    expect("a branch that is not carried out makes no revision")
        .request(failing.shown())
        .eq(client.revision().await, put_at);
    let same = client.put(&key, "x").await;
    expect("a put makes one, also of the same value").eq(same, put_at + 1);
}

#[tokio::test]
async fn every_revision_stays_as_it_was() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let mut model = Model::new(key(&mut random));
    for _ in 0..40 {
        model.change(&client, &mut random).await;
    }
    for revision in 1..=model.revision() {
        let request = RangeRequest { revision, ..prefix(&model.root) };
        let found = client.send(request.clone()).await.kvs;
        let expected: Vec<_> = model.at(revision).values().cloned().collect();
        expect_kvs("a revision that has been is never changed", request, &found, &expected);
    }
}

#[tokio::test]
async fn the_header_tells_the_newest_revision_also_of_the_past() {
    let store = Store::start();
    let client = store.client().await;
    for number in 2..=5 {
        client.put("k", number.to_string()).await;
    }
    let request = RangeRequest { revision: 2, ..get("k") };
    let answer = client.send(request.clone()).await;
    expect("the header has the store's revision, whatever was asked for")
        .request(request.shown())
        .eq(revision(answer.header), 5);
    let message = "etcdserver: mvcc: required revision is a future revision";
    let request = RangeRequest { revision: 6, count_only: true, ..range([0], [0]) };
    client.refused("the future cannot be counted either", request, Code::OutOfRange, message).await;
}
