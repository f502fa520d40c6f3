use super::list_prefix_delimiter::{key, model};
use crate::visible::support::{Cloud, Listing, expect_refusal, parse};
use harness::{expect, random};
use std::collections::BTreeSet;

#[tokio::test]
async fn a_common_prefix_is_on_one_page() {
    let cloud = Cloud::start().await;
    let mut random = random();
    let mut keys: BTreeSet<_> = (0..24).map(|_| key(&mut random)).collect();
    keys.extend((0..8).map(|number| format!("a/{number}")));
    for key in &keys {
        cloud.put(key, "x").await;
    }
    for (prefix, delimiter) in [("", "/"), ("a", "/"), ("", "a"), ("a/", "")] {
        for size in ["1", "2", "5"] {
            let (mut plain, mut common, mut token) = (Vec::new(), Vec::new(), None::<String>);
            loop {
                let mut parameters = vec![("prefix", prefix), ("delimiter", delimiter), ("max-keys", size)];
                parameters.extend(token.as_ref().map(|token| ("continuation-token", token.as_str())));
                let listing = cloud.list(&parameters).await;
                let entries = listing.contents.len() + listing.common_prefixes.len();
                expect("a page has max-keys entries at most, and a token only with that many")
                    .that(entries.to_string() == size || (!listing.is_truncated && entries < 6), entries);
                plain.extend(listing.keys());
                common.extend(listing.prefixes());
                token = listing.next_continuation_token;
                if token.is_none() || plain.len() + common.len() > keys.len() {
                    break;
                }
            }
            let claim = format!("all pages of {size} for prefix {prefix:?} and delimiter {delimiter:?} of {keys:?}");
            expect(claim).eq((plain, common), model(&keys, prefix, delimiter));
        }
    }
}

#[tokio::test]
async fn limits_of_a_page() {
    let cloud = Cloud::start().await;
    for key in ["a", "b", "c"] {
        cloud.put(key, "x").await;
    }
    let listing = cloud.list(&[("max-keys", "5000")]).await;
    expect("1000 is the most").eq((listing.max_keys, listing.keys().len(), listing.is_truncated), (1000, 3, false));
    expect("and the default").eq(cloud.list(&[]).await.max_keys, 1000);
    let listing = cloud.list(&[("max-keys", "3")]).await;
    expect("a full page need not be followed by another").eq((listing.keys().len(), listing.is_truncated), (3, false));
    let listing = cloud.list(&[("max-keys", "0")]).await;
    expect("none is possible").eq((listing.keys().len(), listing.is_truncated), (0, false));
    let listing = cloud.list(&[("start-after", "a")]).await;
    expect("what comes after start-after").eq(listing.keys(), vec!["b", "c"]);
    let listing = cloud.list(&[("start-after", "bb"), ("max-keys", "1")]).await;
    expect("which need not be there").eq(listing.keys(), vec!["c"]);
    for (name, value) in [("max-keys", "many"), ("max-keys", "-1"), ("continuation-token", "!")] {
        let reply = cloud.of_bucket("GET").query("list-type", "2").query(name, value).send().await;
        expect_refusal(&format!("{name}={value}"), &reply, 400, &["InvalidArgument"]);
    }
}

#[tokio::test]
async fn the_first_version_of_the_listing_works_too() {
    let cloud = Cloud::start().await;
    for key in ["a/1", "a/2", "b", "c/1", "d"] {
        cloud.put(key, "x").await;
    }
    let (mut found, mut marker) = (Vec::new(), String::new());
    for _ in 0..4 {
        let request = cloud.of_bucket("GET").query("delimiter", "/").query("max-keys", "1").query("marker", &marker);
        let reply = request.send().await;
        reply.expect("a listing without list-type=2").status(200);
        let listing: Listing = parse(&reply);
        found.extend(listing.keys().into_iter().chain(listing.prefixes()));
        marker = listing.next_marker.unwrap_or_default();
    }
    expect("marker and NextMarker lead through all of it").eq(found, vec!["a/", "b", "c/", "d"]);
}

#[tokio::test]
async fn a_path_may_be_encoded_more_or_less() {
    let cloud = Cloud::start().await;
    cloud.put("a:b (c) %41~.txt", "mine").await;
    for path in ["a:b%20(c)%20%2541~.txt", "%61%3Ab%20%28c%29%20%2541%7E.txt", "a%3ab%20%28c%29%20%2541%7e.txt"] {
        // The signature is over the canonical form, however the path is sent.
        let mut request = cloud.object("GET", "a:b (c) %41~.txt").sign();
        request.path = format!("/{}/{path}", cloud.bucket);
        let reply = request.send().await;
        reply.expect("decoded once and encoded again, each is the same").status(200).body("mine");
    }
    let mut request = cloud.of_bucket("GET").query("list-type", "2").query("prefix", "a:b (").sign();
    request.query = "?prefix=a:b%20(&list-type=2".to_owned();
    request.send().await.expect("a query may be in another order, and encoded less").status(200).contains("a:b (c)");
}
