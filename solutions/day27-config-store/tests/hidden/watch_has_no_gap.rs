use crate::visible::support::{Store, key, watch, watch_prefix};
use harness::{expect, random};
use harness_net::together;
use std::sync::Arc;

#[tokio::test]
async fn who_watches_from_now_on_misses_nothing_after_now() {
    const WRITERS: usize = 4;
    const PUTS: usize = 40;
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let root = Arc::new(key(&mut random));
    let last = 1 + (WRITERS * PUTS) as i64;
    together(WRITERS + 16, move |number| {
        let (client, root) = (client.clone(), Arc::clone(&root));
        async move {
            if number < WRITERS {
                for put in 0..PUTS {
                    client.put(format!("{root}/{number}"), put.to_string()).await;
                }
                return;
            }
            // Again and again, so that some begin in the middle of a commit.
            for _ in 0..4 {
                let mut watching = client.watch(watch_prefix(&*root, 0)).await;
                if watching.revision >= last {
                    return;
                }
                let told = watching.until("a watch from now on tells of everything after now", last).await;
                let told: Vec<_> = told.iter().map(|kv| kv.mod_revision).collect();
                expect("a watch from now on begins with the revision after that of its answer `created`, and misses nothing")
                    .request(format!("{}, created at revision {}", watching.shown, watching.revision))
                    .eq(told, (watching.revision + 1..=last).collect::<Vec<_>>());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn who_comes_from_the_past_misses_nothing_on_the_way_to_the_present() {
    const WRITERS: usize = 4;
    const PUTS: usize = 40;
    let (store, mut random) = (Store::start(), random());
    let client = store.client().await;
    let root = Arc::new(key(&mut random));
    let last = 1 + (WRITERS * PUTS) as i64;
    together(WRITERS + 24, move |number| {
        let (client, root) = (client.clone(), Arc::clone(&root));
        async move {
            if number < WRITERS {
                for put in 0..PUTS {
                    client.put(format!("{root}/{number}"), put.to_string()).await;
                }
                return;
            }
            let mut watching = client.watch(watch_prefix(&*root, 2)).await;
            let told = watching.until("a watch from the past tells of everything", last).await;
            let told: Vec<_> = told.iter().map(|kv| kv.mod_revision).collect();
            expect("a watch from the past tells of each revision once, in order, also while more is written")
                .request(&watching.shown)
                .eq(told, (2..=last).collect::<Vec<_>>());
        }
    })
    .await;
}

#[tokio::test]
async fn who_reads_late_gets_everything_and_holds_up_nobody() {
    const PUTS: i64 = 64;
    let (store, mut random) = (Store::start(), random());
    let (client, slow) = (store.client().await, store.client().await);
    let key = key(&mut random);
    let mut late = slow.watch(watch(&key, 0)).await;
    let mut quick = client.watch(watch(&key, 0)).await;
    let value = random.bytes(128 << 10);
    // More than any buffer between the two holds.
    for _ in 0..PUTS {
        client.put(&key, &value).await;
        quick.next("who reads is told at once, whoever does not").await;
    }
    let told = late.until("who reads late is told everything", PUTS + 1).await;
    let told: Vec<_> = told.iter().map(|kv| kv.mod_revision).collect();
    expect("who reads late gets each revision once, in order")
        .request(&late.shown)
        .eq(told, (2..=PUTS + 1).collect::<Vec<_>>());
}
