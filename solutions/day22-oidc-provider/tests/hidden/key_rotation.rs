use crate::visible::support::{ALL, Provider, decode, tokens};
use harness::expect;
use harness_net::eventually;
use std::{collections::BTreeSet, time::Duration};

#[tokio::test]
async fn an_old_key_goes_when_its_tokens_have_expired() {
    let provider = Provider::with(&["--key-ms", "100", "--id-token-ms", "100"]);
    let old = provider.kids().await;
    expect("there is a key").ne(old.len(), 0);
    eventually("the first key is not published any more", Duration::from_secs(10), || async {
        let new = provider.kids().await;
        expect("there is always a key").ne(new.len(), 0);
        (!new.contains(&old[0])).then_some(())
    })
    .await;
}

#[tokio::test]
async fn all_who_ask_when_a_key_ends_get_one_that_is_published() {
    let mut provider = Provider::with(&["--key-ms", "250", "--id-token-ms", "600000"]);
    let mut token = provider.tokens(&provider.web, ALL).await;
    let first = decode(&token.id).0["kid"].clone();
    let mut used = BTreeSet::new();
    while used.len() < 3 {
        let ids = provider.together(8, |world, _| async move { world.tokens(&world.web, ALL).await.id });
        used.extend(ids.await.iter().map(|id| decode(id).0["kid"].as_str().unwrap_or_default().to_owned()));
    }
    provider.kill_and_restart();
    token = tokens(&provider.refresh(&provider.web, &token.refresh).await);
    used.extend([&first, &decode(&token.id).0["kid"]].map(|kid| kid.as_str().unwrap_or_default().to_owned()));
    let published: BTreeSet<_> = provider.kids().await.into_iter().collect();
    let missing: Vec<_> = used.difference(&published).collect();
    expect("each key that has signed is published, after a kill -9, too").eq(missing, Vec::<&String>::new());
}

#[tokio::test]
async fn a_key_stays_for_its_time() {
    let provider = Provider::with(&["--key-ms", "600000"]);
    let kids = provider.kids().await;
    let ids = provider.together(10, |world, _| async move { world.tokens(&world.web, ALL).await.id });
    for id in ids.await {
        let kid = decode(&id).0["kid"].as_str().unwrap_or_default().to_owned();
        expect("one key signs all").eq(vec![kid], kids.clone());
    }
}
