//! The tests of day 27 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod put_get_delete {
    use super::support::{DeleteRangeRequest, KeyValue, PutRequest, Store, delete, expect_kvs, get, key, put};
    use harness::{expect, random};

    #[tokio::test]
    async fn a_key_is_put_read_and_deleted() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let (key, value) = (key(&mut random), random.words(3));
        expect("a key that is not there has no value").request(&key).eq(client.value(&key).await, None);
        client.put(&key, &value).await;
        expect("a value is read as it was put").request(&key).eq(client.value(&key).await, Some(value.into_bytes()));
        let deleted = client.send(delete(&key)).await.deleted;
        expect("`deleted` is the number of keys that were deleted").request(&key).eq(deleted, 1);
        expect("a deleted key is not there").request(&key).eq(client.value(&key).await, None);
        let deleted = client.send(delete(&key)).await.deleted;
        expect("what is not there cannot be deleted again").request(&key).eq(deleted, 0);
    }

    #[tokio::test]
    async fn a_key_tells_its_history_in_numbers() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let key = key(&mut random);
        let first = client.put(&key, "one").await;
        client.put("other", "x").await;
        let third = client.put(&key, "two").await;
        let expected = KeyValue {
            key: key.clone().into_bytes(),
            value: b"two".to_vec(),
            create_revision: first,
            mod_revision: third,
            version: 2,
            lease: 0,
        };
        let found = client.send(get(&key)).await.kvs;
        expect_kvs("a key knows who created and who changed it", get(&key), &found, &[expected]);
    }

    #[tokio::test]
    async fn an_answer_has_what_was_there_before() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let key = key(&mut random);
        let request = |value: &str| PutRequest { prev_kv: true, ..put(&key, value) };
        let nothing = client.send(request("one")).await.prev_kv;
        expect("a put of a new key has no prev_kv").request(&key).eq(nothing, None);
        let one = client.key(&key).await;
        let before = client.send(request("two")).await.prev_kv;
        expect("a put with prev_kv tells what was there before").request(&key).eq(before, one);
        let two = client.key(&key).await;
        let request = DeleteRangeRequest { prev_kv: true, ..delete(&key) };
        let deleted = client.send(request.clone()).await.prev_kvs;
        expect_kvs("a deletion with prev_kv tells what was there before", request, &deleted, &Vec::from_iter(two));
    }
}

mod ranges {
    use super::support::{RangeRequest, Store, delete_prefix, everything, prefix, range, text};
    use harness::{expect, random};

    #[tokio::test]
    async fn a_range_ends_before_its_end() {
        let store = Store::start();
        let client = store.client().await;
        for key in ["a", "aa", "b", "c", "ca"] {
            client.put(key, "x").await;
        }
        for (request, expected) in [
            (range("a", "c"), vec!["a", "aa", "b"]),
            (prefix("a"), vec!["a", "aa"]),
            (range("b", [0]), vec!["b", "c", "ca"]),
            (everything(), vec!["a", "aa", "b", "c", "ca"]),
            (range("c", "a"), vec![]),
        ] {
            let kvs = client.send(request.clone()).await.kvs;
            let keys: Vec<_> = kvs.iter().map(|kv| text(&kv.key)).collect();
            let expected: Vec<_> = expected.iter().map(|key| text(key.as_bytes())).collect();
            expect("a range has the keys from `key` to before `range_end`, in order")
                .request(format!("{request:?}"))
                .eq(keys, expected);
        }
        let deleted = client.send(delete_prefix("a")).await.deleted;
        expect("a range can be deleted").request("DeleteRange of all that begin with a").eq(deleted, 2);
    }

    #[tokio::test]
    async fn a_limit_is_told_from_the_count() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        for number in 0..7 {
            client.put(format!("/{number}"), random.word()).await;
        }
        for limit in 5..=8 {
            let request = RangeRequest { limit, ..prefix("/") };
            let response = client.send(request).await;
            expect("an answer has at most `limit` keys, the number of all, and whether there are more")
                .request(format!("Range of 7 keys, limit {limit}"))
                .eq((response.kvs.len(), response.count, response.more), (limit.min(7) as usize, 7, limit < 7));
        }
        let response = client.send(RangeRequest { count_only: true, ..prefix("/") }).await;
        expect("count_only sends the number alone").eq((response.kvs.len(), response.count), (0, 7));
        let response = client.send(RangeRequest { keys_only: true, ..prefix("/") }).await;
        let empty = response.kvs.iter().all(|kv| kv.value.is_empty() && kv.version == 1);
        expect("keys_only leaves the values out").that(empty && response.kvs.len() == 7, format!("{:?}", response.kvs));
    }
}

mod revisions {
    use super::support::{Store, TxnRequest, at, key, put, revision};
    use harness::{expect, random};
    use tonic::Code;

    #[tokio::test]
    async fn the_revision_is_the_stores() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        expect("an empty store has revision 1").eq(client.revision().await, 1);
        for expected in 2..6 {
            let put = client.put(key(&mut random), "x").await;
            expect("each change of any key makes the revision one larger").request("Put").eq(put, expected);
            expect("and reading does not").request("Range").eq(client.revision().await, expected);
        }
    }

    #[tokio::test]
    async fn a_transaction_has_one_revision() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let keys = [(); 3].map(|()| key(&mut random));
        let success = keys.iter().map(|key| put(key, "x").into()).collect();
        let response = client.send(TxnRequest { success, ..TxnRequest::default() }).await;
        expect("a transaction makes the revision one larger, whatever it does").eq(revision(response.header), 2);
        for key in keys {
            let written = client.key(&key).await.map(|kv| (kv.create_revision, kv.mod_revision));
            expect("all that a transaction changes has its revision").request(key).eq(written, Some((2, 2)));
        }
    }

    #[tokio::test]
    async fn the_past_can_be_read() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let key = key(&mut random);
        let values = [(); 4].map(|()| random.word());
        for value in &values {
            client.put(&key, value).await;
        }
        client.send(super::support::delete(&key)).await;
        for (revision, expected) in (1..).zip([None].into_iter().chain(values.iter().map(Some)).chain([None])) {
            let found = client.send(at(&key, revision)).await.kvs.pop();
            let found = found.map(|kv| String::from_utf8_lossy(&kv.value).into_owned());
            expect("a key can be read as of each revision")
                .request(format!("Range {key:?}, revision {revision}"))
                .eq(found, expected.cloned());
        }
        let message = "etcdserver: mvcc: required revision is a future revision";
        client.refused("what has not happened cannot be read", at(&key, 7), Code::OutOfRange, message).await;
    }
}

mod txn_compare_and_swap {
    use super::support::{Rpc, Store, TxnRequest, absent, as_range, get, key, put, unchanged};
    use harness::{expect, random};

    #[tokio::test]
    async fn a_swap_works_for_who_knows_the_newest_revision() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let key = key(&mut random);
        let swap = |known, value: &str| TxnRequest {
            compare: vec![unchanged(&key, known)],
            success: vec![put(&key, value).into()],
            failure: vec![get(&key).into()],
        };
        let old = client.put(&key, "one").await;
        let request = swap(old, "two");
        let first = client.send(request.clone()).await;
        expect("the comparison holds, so the first branch is carried out")
            .request(request.shown())
            .eq(first.succeeded, true);
        let request = swap(old, "three");
        let second = client.send(request.clone()).await;
        expect("the comparison holds no more, so the second branch is carried out")
            .request(request.shown())
            .eq(second.succeeded, false);
        let read = second.responses.iter().map(|response| as_range(response).kvs).next();
        let value = read.and_then(|mut kvs| kvs.pop()).map(|kv| kv.value);
        expect("its answer is in `responses`").request(request.shown()).eq(value, Some(b"two".to_vec()));
        expect("and nothing of the other branch happens").eq(client.value(&key).await, Some(b"two".to_vec()));
    }

    #[tokio::test]
    async fn a_key_is_created_once() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let key = key(&mut random);
        for (value, expected) in [("one", true), ("two", false)] {
            let create = TxnRequest {
                compare: vec![absent(&key)],
                success: vec![put(&key, value).into()],
                ..TxnRequest::default()
            };
            let succeeded = client.send(create.clone()).await.succeeded;
            expect("a key that is not there has create_revision 0").request(create.shown()).eq(succeeded, expected);
        }
        expect("who comes first keeps it").request(&key).eq(client.value(&key).await, Some(b"one".to_vec()));
    }
}

mod watch_from_the_past {
    use super::support::{
        EventType, KeyValue, Store, TxnRequest, delete, event, expect_events, key, put, watch, watch_prefix,
    };
    use harness::{expect, random};

    #[tokio::test]
    async fn history_comes_first_and_then_the_news() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let key = key(&mut random);
        let mut expected = Vec::new();
        for version in 1..=3 {
            let mod_revision = client.put(&key, format!("{version}")).await;
            expected.extend(client.key(&key).await.map(event));
            expect("a put answers with its revision").eq(mod_revision, version + 1);
        }
        let mut watching = client.watch(watch(&key, 3)).await;
        client.put("other", "x").await;
        client.put(&key, "4").await;
        expected.extend(client.key(&key).await.map(event));
        client.send(delete(&key)).await;
        let gone = KeyValue { key: key.into_bytes(), mod_revision: 7, ..KeyValue::default() };
        expected.push(super::support::Event { r#type: EventType::Delete.into(), kv: Some(gone), prev_kv: None });
        let requirement = "a watch tells of everything from its start_revision on, in order, and goes on";
        let events = watching.events(requirement, 4).await;
        expect_events(requirement, &watching.shown, &events, &expected[1..]);
    }

    #[tokio::test]
    async fn a_transaction_comes_in_one_message() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let root = key(&mut random);
        let write = |value: &str| TxnRequest {
            success: (0..5).map(|number| put(format!("{root}/{number}"), value).into()).collect(),
            ..TxnRequest::default()
        };
        client.send(write("old")).await;
        let mut watching = client.watch(watch_prefix(&root, 2)).await;
        for (revision, when) in [(2, "past"), (3, "present")] {
            let events = watching.next("a watch tells of a transaction").await;
            let told: Vec<_> = events.iter().flat_map(|event| &event.kv).map(|kv| kv.mod_revision).collect();
            expect(format!("all events of one revision are in one message, in the {when}"))
                .request(&watching.shown)
                .eq(told, vec![revision; 5]);
            client.send(write("new")).await;
        }
    }
}

mod watch_has_no_gap {
    use super::support::{Store, Told, everything, key, revision, watch_prefix};
    use harness::{expect, random};
    use harness_net::together;
    use std::{collections::BTreeMap, sync::Arc};

    #[tokio::test]
    async fn a_list_and_a_watch_together_have_everything() {
        const WRITERS: usize = 4;
        const WATCHES: usize = 12;
        const PUTS: usize = 25;
        const LAST: i64 = 1 + (WRITERS * PUTS) as i64;
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let root = Arc::new(key(&mut random));
        let results = together(WRITERS + WATCHES, move |number| {
            let (client, root) = (client.clone(), Arc::clone(&root));
            async move {
                if number < WRITERS {
                    for put in 0..PUTS {
                        client.put(format!("{root}/{}", put % 5), format!("{number}/{put}")).await;
                    }
                    return None;
                }
                // A client as it should be: it lists, watches from there, and knows everything in the end.
                let listed = client.send(everything()).await;
                let from = revision(listed.header) + 1;
                let mut copy: BTreeMap<_, _> = listed.kvs.into_iter().map(|kv| (kv.key, kv.value)).collect();
                let mut watching = client.watch(watch_prefix(&*root, from)).await;
                let kvs = if from <= LAST { watching.until("a watch misses nothing", LAST).await } else { Vec::new() };
                let revisions = kvs.iter().map(|kv| kv.mod_revision).collect();
                copy.extend(kvs.into_iter().map(|kv| (kv.key, kv.value)));
                Some((Told { shown: watching.shown, from, revisions }, copy))
            }
        })
        .await;
        let kvs = store.client().await.send(everything()).await.kvs;
        let there: BTreeMap<_, _> = kvs.into_iter().map(|kv| (kv.key, kv.value)).collect();
        for (told, copy) in results.into_iter().flatten() {
            told.expect_each_up_to(LAST, "a watch from after a list tells of each revision once, in order");
            expect("who lists and then watches knows what is there").that(copy == there, format!("{copy:?}"));
        }
    }
}

mod compacted_error {
    use super::support::{Store, at, compact, key, watch};
    use harness::{expect, random};
    use tonic::Code;

    const COMPACTED: &str = "etcdserver: mvcc: required revision has been compacted";

    #[tokio::test]
    async fn what_is_compacted_cannot_be_read() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let key = key(&mut random);
        for number in 2..=6 {
            client.put(&key, format!("{number}")).await;
        }
        client.send(compact(4)).await;
        for revision in 1..4 {
            client.refused("what is compacted cannot be read", at(&key, revision), Code::OutOfRange, COMPACTED).await;
        }
        for revision in 4..=6 {
            let found = client.send(at(&key, revision)).await.kvs.pop().map(|kv| kv.value);
            let expected = revision.to_string().into_bytes();
            expect("the compacted revision, and what is newer, can be read")
                .request(format!("Compact 4; Range {key:?}, revision {revision}"))
                .eq(found, Some(expected));
        }
        for revision in [3, 4] {
            let request = compact(revision);
            client.refused("nothing is compacted twice", request, Code::OutOfRange, COMPACTED).await;
        }
    }

    #[tokio::test]
    async fn a_watch_of_what_is_compacted_is_canceled() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let key = key(&mut random);
        for number in 2..=6 {
            client.put(&key, format!("{number}")).await;
        }
        client.send(compact(5)).await;
        let mut watching = client.watch(watch(&key, 3)).await;
        let response = watching.next_of("a watch from before the compacted revision is canceled", watching.id).await;
        expect("a watch from before the compacted revision is canceled, and told that revision")
            .request(format!("Compact 5; {}", watching.shown))
            .expected("canceled, compact_revision 5, no events")
            .that(
                response.canceled && response.compact_revision == 5 && response.events.is_empty(),
                format!("{response:?}"),
            );
    }
}

mod lease_expiry {
    use super::support::{PutRequest, Store, grant, key, put, revoke};
    use harness::{expect, random};
    use std::time::Duration;

    #[tokio::test]
    async fn a_key_goes_with_its_lease_and_not_before() {
        let (store, mut random) = (Store::with_second(150), random());
        let client = store.client().await;
        let (key, free) = (key(&mut random), key(&mut random));
        let (lease, since) = client.bind(2, &[&key]).await;
        client.put(&free, "x").await;
        let after = client.wait_until_gone("a key goes when its lease's time is over", &key, since).await;
        let least = Duration::from_millis(lease.ttl.unsigned_abs() * 150);
        expect("a lease does not end before its time")
            .request("LeaseGrant TTL 2, with seconds of 150 ms")
            .expected(format!("at least {} ms", least.as_millis()))
            .that(after >= least, format!("{} ms", after.as_millis()));
        expect("a key without a lease stays").request(&free).eq(client.value(&free).await, Some(b"x".to_vec()));
    }

    #[tokio::test]
    async fn a_lease_that_is_revoked_takes_its_keys_along() {
        let (store, mut random) = (Store::start(), random());
        let client = store.client().await;
        let keys = [(); 3].map(|()| key(&mut random));
        let lease = client.send(grant(600)).await.id;
        for key in &keys {
            client.send(PutRequest { lease, ..put(key, "x") }).await;
            let bound = client.key(key).await.map(|kv| kv.lease);
            expect("a key knows its lease").request(key).eq(bound, Some(lease));
        }
        let before = client.revision().await;
        client.send(revoke(lease)).await;
        for key in &keys {
            expect("the keys of a revoked lease are deleted").request(key).eq(client.value(key).await, None);
        }
        expect("all in one revision").request("LeaseRevoke").eq(client.revision().await, before + 1);
    }
}

mod linearizable_with_16_clients {
    use super::support::{
        Store, TxnRequest, absent, get,
        history::{Action, Clock, Operation, Value, expect_linearizable, judge},
        key, put, revision, unchanged,
    };
    use harness::{Random, expect, random};
    use harness_net::together;
    use std::sync::Arc;

    const CLIENTS: usize = 16;
    const KEYS: usize = 4;
    /// Of each client; 96 of each key in all.
    const OPERATIONS: usize = 24;

    #[tokio::test]
    async fn what_sixteen_clients_see_could_have_happened_one_after_another() {
        the_judge_is_awake();
        let (store, mut random) = (Store::start(), random());
        let keys = Arc::new([(); KEYS].map(|()| key(&mut random)));
        let (clock, address) = (Arc::new(Clock::default()), store.program.address());
        let seeds = Arc::new(Vec::from_iter((0..CLIENTS).map(|_| random.fork())));
        let histories = together(CLIENTS, move |number| {
            let (keys, clock, mut random) = (Arc::clone(&keys), Arc::clone(&clock), seeds[number].clone());
            async move {
                let client = super::support::Client::connect(address).await;
                let (mut history, mut seen) = (Vec::new(), [(0, None); KEYS]);
                for turn in 0..OPERATIONS {
                    let key = (number + turn) % KEYS;
                    // Each value is written once, so that it says where it comes from.
                    let fresh = (number * OPERATIONS + turn) as u32;
                    let operation = act(&client, &keys[key], &clock, &mut random, fresh, &mut seen[key]).await;
                    history.push(Operation { client: number, key, ..operation });
                }
                history
            }
        })
        .await;
        expect_linearizable(&histories.concat());
    }

    /// One operation. `seen` is the revision and the value that the client has seen last under this key.
    async fn act(
        client: &super::support::Client,
        key: &str,
        clock: &Clock,
        random: &mut Random,
        fresh: u32,
        seen: &mut (i64, Value),
    ) -> Operation {
        let value_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).parse().ok();
        let call = clock.tick();
        let (action, header) = match random.below(3) {
            0 => {
                let response = client.send(get(key)).await;
                let kv = response.kvs.first();
                *seen = kv.map_or((0, None), |kv| (kv.mod_revision, value_of(&kv.value)));
                (Action::Read(seen.1), response.header)
            }
            1 => {
                let header = client.send(put(key, fresh.to_string())).await.header;
                *seen = (revision(header), Some(fresh));
                (Action::Write(Some(fresh)), header)
            }
            _ => {
                let (known, old) = *seen;
                let compare = if known == 0 { absent(key) } else { unchanged(key, known) };
                let success = vec![put(key, fresh.to_string()).into()];
                let swap = TxnRequest { compare: vec![compare], success, failure: Vec::new() };
                let response = client.send(swap).await;
                if response.succeeded {
                    *seen = (revision(response.header), Some(fresh));
                }
                (Action::Swap(old, Some(fresh), response.succeeded), response.header)
            }
        };
        Operation { client: 0, key: 0, action, call, end: clock.tick(), revision: revision(header) }
    }

    /// A judge that lets everything pass would be of no use.
    fn the_judge_is_awake() {
        let did = |action, call, end| Operation { client: 0, key: 0, action, call, end, revision: 0 };
        let write = did(Action::Write(Some(1)), 0, 5);
        for (second, third, fair) in [(Some(1), Some(1), true), (None, Some(1), true), (Some(1), None, false)] {
            // Both reads are while 1 is written, one after the other: once seen, it stays.
            let history = [write, did(Action::Read(second), 1, 2), did(Action::Read(third), 3, 4)];
            expect("the judge knows what can happen").request(format!("{history:?}")).eq(judge(&history), fair);
        }
        let twice = [did(Action::Swap(None, Some(1), true), 0, 2), did(Action::Swap(None, Some(2), true), 1, 3)];
        expect("the judge knows what cannot happen").request(format!("{twice:?}")).eq(judge(&twice), false);
    }
}

mod kill9 {
    use super::support::{Client, Store, key, put, revision};
    use harness::{expect, random};
    use harness_net::write_until_killed;
    use std::{collections::BTreeSet, sync::Arc};

    #[tokio::test]
    async fn what_was_acknowledged_is_there_after_a_kill() {
        let (mut store, mut random) = (Store::start(), random());
        let root = Arc::new(key(&mut random));
        let mut clients: Vec<Client> = Vec::new();
        for _ in 0..4 {
            clients.push(store.client().await);
        }
        let below = Arc::clone(&root);
        let acknowledged = write_until_killed(&mut store.program, 4, 150, move |writer, number| {
            let (client, key) = (clients[writer].clone(), format!("{below}/{writer}/{number}"));
            async move {
                let answer = client.try_send(put(&key, "x")).await.ok()?;
                Some((key, revision(answer.header)))
            }
        })
        .await;
        store.program.start_again();
        let client = store.client().await;
        let found = client.send(super::support::prefix(&*root)).await;
        let newest = found.kvs.iter().map(|kv| kv.mod_revision).max().unwrap_or(1);
        let stored: BTreeSet<_> =
            found.kvs.into_iter().map(|kv| (String::from_utf8_lossy(&kv.key).into_owned(), kv.mod_revision)).collect();
        acknowledged.expect_all_in(&stored);
        let next = client.put(&*root, "next").await;
        expect("the revision goes on where it was").request("Put, after a restart").eq(next, newest + 1);
    }
}

mod election_with_three_clients {
    use super::support::proto::etcdserverpb::range_request::{SortOrder, SortTarget};
    use super::support::{
        Client, PutRequest, RangeRequest, Store, TxnRequest, absent, grant, key, prefix, put, revision, revoke, watch,
    };
    use harness::{expect, random};

    /// Puts a key with a lease under `root`. Whose key was created first leads; the others wait in line.
    async fn stand(client: &Client, root: &str) -> (i64, i64) {
        let lease = client.send(grant(600)).await.id;
        let mine = format!("{root}/{lease:x}");
        let register = TxnRequest {
            compare: vec![absent(&mine)],
            success: vec![PutRequest { lease, ..put(&mine, "here") }.into()],
            ..TxnRequest::default()
        };
        let response = client.send(register).await;
        expect("a new candidate's key is not there yet").request(mine).eq(response.succeeded, true);
        (lease, revision(response.header))
    }

    /// Who is the last in line before the candidate whose key was created by this revision?
    async fn before(client: &Client, root: &str, created: i64) -> Option<Vec<u8>> {
        let request = RangeRequest {
            max_create_revision: created - 1,
            sort_target: SortTarget::Create.into(),
            sort_order: SortOrder::Descend.into(),
            limit: 1,
            ..prefix(root)
        };
        client.send(request).await.kvs.pop().map(|kv| kv.key)
    }

    #[tokio::test]
    async fn each_of_three_leads_when_those_before_it_are_gone() {
        let (store, mut random) = (Store::start(), random());
        let root = key(&mut random);
        let mut candidates = Vec::new();
        for _ in 0..3 {
            let client = store.client().await;
            let (lease, created) = stand(&client, &root).await;
            candidates.push((client, lease, created));
        }
        for turn in 0..3 {
            let (client, lease, created) = &candidates[turn];
            let leads = before(client, &root, *created).await;
            expect("nobody is before the leader")
                .request(format!("candidate {turn}, created by {created}"))
                .eq(leads, None);
            let Some((next, next_lease, next_created)) = candidates.get(turn + 1) else { break };
            let ahead = before(next, &root, *next_created).await;
            let leader = format!("{root}/{lease:x}").into_bytes();
            expect("the leader is just before the next in line")
                .request(format!("candidate {next_lease:x}, created by {next_created}"))
                .eq(ahead, Some(leader.clone()));
            let mut watching = next.watch(watch(&leader, 0)).await;
            client.send(revoke(*lease)).await;
            let events = watching.next("who waits is told when the leader is gone").await;
            expect("the leader's key is deleted").request(&watching.shown).eq(events.len(), 1);
        }
    }
}
