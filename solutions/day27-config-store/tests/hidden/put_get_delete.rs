use crate::visible::support::{
    DeleteRangeRequest, KeyValue, PutRequest, Store, delete, delete_prefix, expect_kvs, get, key, prefix, put,
};
use harness::{expect, random};
use tonic::Code;

#[tokio::test]
async fn keys_and_values_are_bytes() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let long = random.bytes(1 << 20);
    for (key, value) in [
        (vec![0], vec![]),
        (vec![0, 0], vec![0]),
        (vec![255; 3], random.bytes(300)),
        (b"\xc3\x28\n\r ".to_vec(), b"\n".to_vec()),
        (random.bytes(400), random.bytes(70_000)),
        (random.name().into_bytes(), long),
    ] {
        client.put(&key, &value).await;
        let found = client.key(&key).await.map(|kv| (kv.key, kv.value));
        let held = found == Some((key.clone(), value.clone()));
        expect("a key and its value are read as they were put, byte by byte")
            .request(format!("Put of {key:02x?}, {} bytes", value.len()))
            .that(held, "something else");
    }
}

#[tokio::test]
async fn a_key_that_was_deleted_begins_anew() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let key = key(&mut random);
    for _ in 0..3 {
        client.put(&key, random.word()).await;
    }
    client.send(delete(&key)).await;
    let created = client.put(&key, "again").await;
    let expected = KeyValue {
        key: key.clone().into_bytes(),
        value: b"again".to_vec(),
        create_revision: created,
        mod_revision: created,
        version: 1,
        lease: 0,
    };
    let found = client.send(get(&key)).await.kvs;
    expect_kvs("a key that was deleted begins anew", get(&key), &found, &[expected]);
}

#[tokio::test]
async fn a_range_is_deleted_and_shown_as_it_was() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let root = key(&mut random);
    for _ in 0..8 {
        client.put(format!("{root}/{}", random.name()), random.word()).await;
    }
    client.put(format!("{root}0"), "beside").await;
    let before = client.send(prefix(format!("{root}/"))).await.kvs;
    let request = DeleteRangeRequest { prev_kv: true, ..delete_prefix(format!("{root}/")) };
    let answer = client.send(request.clone()).await;
    expect("`deleted` is the number of keys").eq(answer.deleted, 8);
    expect_kvs("prev_kvs has what was deleted, as it was", request, &answer.prev_kvs, &before);
    let left = client.send(prefix(&root)).await.kvs;
    expect("what lies beside the range stays").eq(left.len(), 1);
    let answer = client.send(delete_prefix(&root)).await;
    expect("without prev_kv there are no prev_kvs").eq((answer.deleted, answer.prev_kvs), (1, vec![]));
}

#[tokio::test]
async fn an_empty_key_is_refused() {
    let store = Store::start();
    let client = store.client().await;
    let message = "etcdserver: key is not provided";
    client.refused("an empty key is refused", get(""), Code::InvalidArgument, message).await;
    client.refused("an empty key is refused", put("", "x"), Code::InvalidArgument, message).await;
    client.refused("an empty key is refused", delete(""), Code::InvalidArgument, message).await;
    expect("what is refused makes no revision").eq(client.revision().await, 1);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let store = Store::start();
    let client = store.client().await;
    let message = "etcdserver: request is too large";
    let request = put("k", vec![b'x'; (3 << 19) + 1]);
    client.refused("a request of more than 1.5 MiB is refused", request, Code::InvalidArgument, message).await;
    expect("and nothing of it happens").eq(client.value("k").await, None);
    client.put("k", vec![b'x'; 3 << 18]).await;
}

#[tokio::test]
async fn what_is_left_out_is_refused_and_not_ignored() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let key = key(&mut random);
    client.put(&key, "precious").await;
    for request in
        [PutRequest { ignore_value: true, ..put(&key, "") }, PutRequest { ignore_lease: true, ..put(&key, "x") }]
    {
        let answer = client.try_send(request).await;
        let code = answer.map_err(|status| status.code()).err();
        expect("ignore_value and ignore_lease are refused").eq(code, Some(Code::Unimplemented));
    }
    expect("and the value stays").eq(client.value(&key).await, Some(b"precious".to_vec()));
}
