use crate::visible::support::{Store, key, watch, watch_prefix};
use harness::random;
use harness_net::together;
use std::sync::Arc;

const WRITERS: usize = 4;
const PUTS: usize = 40;
const LAST: i64 = 1 + (WRITERS * PUTS) as i64;

#[tokio::test]
async fn who_watches_from_now_on_misses_nothing_after_now() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let root = Arc::new(key(&mut random));
    let told = together(WRITERS + 16, move |number| {
        let (client, root) = (client.clone(), Arc::clone(&root));
        async move {
            let mut watches = Vec::new();
            if number < WRITERS {
                for put in 0..PUTS {
                    client.put(format!("{root}/{number}"), put.to_string()).await;
                }
                return watches;
            }
            // Again and again, so that some begin in the middle of a commit.
            for _ in 0..4 {
                watches.push(client.watch(watch_prefix(&*root, 0)).await);
            }
            watches
        }
    })
    .await;
    for watching in told.into_iter().flatten() {
        let (id, now) = (watching.id, watching.revision);
        let mut told = watching.told("a watch from now on tells of everything after now", now + 1, LAST).await;
        told.shown += &format!("\nWatch {id} is created at revision {now}");
        let requirement = "a watch from now on begins with the revision after that of its answer `created`";
        told.expect_each_up_to(LAST, requirement);
    }
}

#[tokio::test]
async fn who_comes_from_the_past_misses_nothing_on_the_way_to_the_present() {
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let root = Arc::new(key(&mut random));
    let told = together(WRITERS + 24, move |number| {
        let (client, root) = (client.clone(), Arc::clone(&root));
        async move {
            if number < WRITERS {
                for put in 0..PUTS {
                    client.put(format!("{root}/{number}"), put.to_string()).await;
                }
                return None;
            }
            let watching = client.watch(watch_prefix(&*root, 2)).await;
            Some(watching.told("a watch from the past tells of everything", 2, LAST).await)
        }
    })
    .await;
    for told in told.into_iter().flatten() {
        let requirement = "a watch from the past tells of each revision once, in order, also while more is written";
        told.expect_each_up_to(LAST, requirement);
    }
}

#[tokio::test]
async fn who_reads_late_gets_everything_and_holds_up_nobody() {
    const PUTS: i64 = 64;
    let (store, mut random) = (Store::start(), random());
    let (client, slow) = (store.client().await, store.client().await);
    let key = key(&mut random);
    let late = slow.watch(watch(&key, 0)).await;
    let mut quick = client.watch(watch(&key, 0)).await;
    let value = random.bytes(128 << 10);
    // More than any buffer between the two holds.
    for _ in 0..PUTS {
        client.put(&key, &value).await;
        quick.next("who reads is told at once, whoever does not").await;
    }
    let told = late.told("who reads late is told everything", 2, PUTS + 1).await;
    told.expect_each_up_to(PUTS + 1, "who reads late gets each revision once, in order");
}
