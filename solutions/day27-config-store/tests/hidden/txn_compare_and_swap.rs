use crate::visible::support::{
    Client, Compare, PutRequest, RangeRequest, Rpc, Store, TxnRequest, absent, as_range, compact, delete,
    delete_prefix, get, grant, key, prefix,
    proto::etcdserverpb::{
        compare::{CompareResult, CompareTarget, TargetUnion},
        response_op::Response,
    },
    put, text,
};
use harness::{expect, random};
use tonic::Code;

const RESULTS: [CompareResult; 4] =
    [CompareResult::Equal, CompareResult::NotEqual, CompareResult::Greater, CompareResult::Less];

async fn holds(client: &Client, compare: Compare) -> bool {
    client.send(TxnRequest { compare: vec![compare], ..TxnRequest::default() }).await.succeeded
}

fn compare(key: &str, result: CompareResult, with: TargetUnion) -> Compare {
    let target = match &with {
        TargetUnion::Version(_) => CompareTarget::Version,
        TargetUnion::CreateRevision(_) => CompareTarget::Create,
        TargetUnion::ModRevision(_) => CompareTarget::Mod,
        TargetUnion::Value(_) => CompareTarget::Value,
        TargetUnion::Lease(_) => CompareTarget::Lease,
    };
    Compare {
        result: result.into(),
        target: target.into(),
        key: key.into(),
        target_union: Some(with),
        range_end: vec![],
    }
}

#[tokio::test]
async fn every_comparison_is_of_what_it_says() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let (there, nowhere) = (key(&mut random), key(&mut random));
    let lease = client.send(grant(600)).await.id;
    client.put("other", "x").await;
    let created = client.put(&there, "l").await;
    client.put(&there, "m").await;
    client.send(PutRequest { lease, ..put(&there, "n") }).await;
    // Version 3, created by 3, modified by 5: no two numbers are the same by chance but for the first two.
    for (key, numbers) in [(&there, [3, created, created + 2, lease]), (&nowhere, [0; 4])] {
        for result in RESULTS {
            for difference in [-1, 0, 1] {
                let targets = [
                    TargetUnion::Version(numbers[0] + difference),
                    TargetUnion::CreateRevision(numbers[1] + difference),
                    TargetUnion::ModRevision(numbers[2] + difference),
                    TargetUnion::Lease(numbers[3] + difference),
                ];
                let expected = match result {
                    CompareResult::Equal => difference == 0,
                    CompareResult::NotEqual => difference != 0,
                    CompareResult::Greater => difference < 0,
                    CompareResult::Less => difference > 0,
                };
                for target in targets {
                    let shown = format!("{target:?}");
                    let held = holds(&client, compare(key, result, target)).await;
                    expect("a comparison is of the key's number with the request's")
                        .request(format!(
                            "version, create_revision, mod_revision, lease are {numbers:?}; {result:?} {shown}"
                        ))
                        .eq(held, expected);
                }
            }
        }
    }
    for (value, expected) in
        [("m", [false, true, true, false]), ("n", [true, false, false, false]), ("na", [false, true, false, true])]
    {
        for (result, expected) in RESULTS.into_iter().zip(expected) {
            let held = holds(&client, compare(&there, result, TargetUnion::Value(value.into()))).await;
            expect("values are compared byte by byte")
                .request(format!("\"n\" {result:?} {value:?}"))
                .eq(held, expected);
        }
    }
}

#[tokio::test]
async fn nothing_can_be_said_about_a_value_that_is_not_there() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let (never, deleted) = (key(&mut random), key(&mut random));
    client.put(&deleted, "x").await;
    client.send(delete(&deleted)).await;
    for key in [never, deleted] {
        for result in RESULTS {
            for value in ["", "x"] {
                let held = holds(&client, compare(&key, result, TargetUnion::Value(value.into()))).await;
                expect("a comparison of the value of a key that is not there never holds")
                    .request(format!("the value of {key:?} {result:?} {value:?}"))
                    .eq(held, false);
            }
        }
    }
}

#[tokio::test]
async fn all_comparisons_have_to_hold() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let (here, gone) = (key(&mut random), key(&mut random));
    client.put(&here, "x").await;
    for (compare, expected) in [
        (vec![], true),
        (vec![absent(&gone)], true),
        (vec![absent(&gone), absent(&here)], false),
        (vec![absent(&here), absent(&gone)], false),
    ] {
        let request = TxnRequest { compare, ..TxnRequest::default() };
        let succeeded = client.send(request.clone()).await.succeeded;
        expect("a transaction succeeds when all comparisons hold").request(request.shown()).eq(succeeded, expected);
    }
}

#[tokio::test]
async fn operations_see_those_before_them() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let root = key(&mut random);
    let [a, b, c] = ["a", "b", "c"].map(|name| format!("{root}/{name}"));
    client.put(&a, "old").await;
    client.put(&c, "old").await;
    let request = TxnRequest {
        success: vec![
            get(&a).into(),
            PutRequest { prev_kv: true, ..put(&a, "new") }.into(),
            get(&a).into(),
            put(&b, "new").into(),
            delete(&c).into(),
            prefix(&root).into(),
        ],
        ..TxnRequest::default()
    };
    let answer = client.send(request.clone()).await;
    let told = answer.responses.iter().map(|response| match &response.response {
        Some(Response::ResponseRange(range)) => {
            range.kvs.iter().map(|kv| text(&kv.value)).collect::<Vec<_>>().join(" ")
        }
        Some(Response::ResponsePut(put)) => format!("put, before {:?}", put.prev_kv.as_ref().map(|kv| text(&kv.value))),
        Some(Response::ResponseDeleteRange(deleted)) => format!("deleted {}", deleted.deleted),
        other => format!("{other:?}"),
    });
    let told: Vec<_> = told.collect();
    let before = format!("put, before {:?}", Some("\"old\""));
    let expected = ["\"old\"", &before, "\"new\"", "put, before None", "deleted 1", "\"new\" \"new\""];
    expect("each operation has its answer, and a Range sees what was changed before it")
        .request(request.shown())
        .eq(told, expected.map(str::to_owned).to_vec());
}

#[tokio::test]
async fn a_branch_is_carried_out_as_a_whole_or_not_at_all() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let (first, second) = (key(&mut random), key(&mut random));
    client.put(&first, "old").await;
    client.put(&second, "old").await;
    client.send(compact(3)).await;
    let lost = "etcdserver: requested lease not found";
    let (compacted, future) = (
        "etcdserver: mvcc: required revision has been compacted",
        "etcdserver: mvcc: required revision is a future revision",
    );
    for (bad, code, message) in [
        (PutRequest { lease: 12345, ..put(&second, "new") }.into(), Code::NotFound, lost),
        (RangeRequest { revision: 2, ..get(&first) }.into(), Code::OutOfRange, compacted),
        (RangeRequest { revision: 99, ..get(&first) }.into(), Code::OutOfRange, future),
    ] {
        let request = TxnRequest { success: vec![put(&first, "new").into(), bad], ..TxnRequest::default() };
        client
            .refused("a transaction with an operation that is refused is refused", request.clone(), code, message)
            .await;
        let found = (client.value(&first).await, client.value(&second).await, client.revision().await);
        expect("and nothing of it happens")
            .request(request.shown())
            .eq(found, (Some(b"old".to_vec()), Some(b"old".to_vec()), 3));
    }
    // The other branch may contain what cannot be done: it is not.
    let request = TxnRequest {
        success: vec![put(&first, "new").into()],
        failure: vec![PutRequest { lease: 12345, ..put(&second, "new") }.into()],
        ..TxnRequest::default()
    };
    let answer = client.send(request.clone()).await;
    expect("what the other branch would do is of no account").request(request.shown()).eq(answer.succeeded, true);
}

#[tokio::test]
async fn a_key_is_changed_once_in_a_branch() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let root = key(&mut random);
    let [a, b] = ["a", "b"].map(|name| format!("{root}/{name}"));
    let message = "etcdserver: duplicate key given in txn request";
    for twice in [
        vec![put(&a, "1").into(), put(&b, "1").into(), put(&a, "2").into()],
        vec![put(&a, "1").into(), delete(&a).into()],
        vec![delete_prefix(&root).into(), put(&b, "1").into()],
    ] {
        for in_success in [true, false] {
            let (success, failure) = if in_success { (twice.clone(), vec![]) } else { (vec![], twice.clone()) };
            let request = TxnRequest { compare: vec![absent(&a)], success, failure };
            client.refused("a branch must not change a key twice", request, Code::InvalidArgument, message).await;
        }
    }
    let fine = TxnRequest {
        success: vec![put(&a, "1").into(), delete(&b).into(), get(&a).into(), get(&a).into()],
        failure: vec![put(&a, "2").into()],
        ..TxnRequest::default()
    };
    let answer = client.send(fine.clone()).await;
    expect("to read twice, and to change a key in both branches, is fine")
        .request(fine.shown())
        .eq(answer.succeeded, true);
    expect("what is refused does not happen").eq(as_range(&answer.responses[2]).kvs.len(), 1);
}

#[tokio::test]
async fn a_branch_has_at_most_128_operations() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let root = key(&mut random);
    let puts = |count: usize| (0..count).map(|number| put(format!("{root}/{number}"), "x").into()).collect::<Vec<_>>();
    let message = "etcdserver: too many operations in txn request";
    for request in [
        TxnRequest { success: puts(129), ..TxnRequest::default() },
        TxnRequest { failure: puts(129), ..TxnRequest::default() },
        TxnRequest { compare: vec![absent(&root); 129], ..TxnRequest::default() },
    ] {
        client.refused("more than 128 operations are refused", request, Code::InvalidArgument, message).await;
    }
    let answer = client.send(TxnRequest { success: puts(128), ..TxnRequest::default() }).await;
    expect("128 operations are carried out").eq(answer.responses.len(), 128);
}
