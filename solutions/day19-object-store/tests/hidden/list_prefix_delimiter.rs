use crate::visible::support::{Cloud, etag, expect_refusal, fresh_name};
use harness::{Random, expect, random};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Two to eight characters of an alphabet in which prefixes meet often.
pub fn key(random: &mut Random) -> String {
    let length = usize::try_from(random.between(2..=8)).unwrap_or(2);
    let first = ["a", "b", "é"];
    let letters = ["a", "b", "/", "/", "-", "é", "0"];
    (0..length).map(|at| if at == 0 { *random.pick(&first) } else { *random.pick(&letters) }).collect()
}

/// What a listing has to say: keys and common prefixes.
pub fn model(keys: &BTreeSet<String>, prefix: &str, delimiter: &str) -> (Vec<String>, Vec<String>) {
    let (mut plain, mut common) = (Vec::new(), BTreeSet::new());
    for key in keys.iter().filter(|key| key.starts_with(prefix)) {
        match key[prefix.len()..].find(delimiter).filter(|_| !delimiter.is_empty()) {
            Some(at) => drop(common.insert(key[..prefix.len() + at + delimiter.len()].to_owned())),
            None => plain.push(key.clone()),
        }
    }
    (plain, common.into_iter().collect())
}

#[tokio::test]
async fn any_prefix_and_delimiter() {
    let cloud = Cloud::start().await;
    let mut random = random();
    let keys: BTreeSet<_> = (0..30).map(|_| key(&mut random)).collect();
    for key in &keys {
        cloud.put(key, "x").await;
    }
    for _ in 0..25 {
        let prefix = ["", "a", "a/", "b", "é", "b/a", "aé/"];
        let (prefix, delimiter) = (*random.pick(&prefix), *random.pick(&["", "/", "-", "a", "é/"]));
        let listing = cloud.list(&[("prefix", prefix), ("delimiter", delimiter)]).await;
        let claim = format!("prefix {prefix:?} and delimiter {delimiter:?} of {keys:?}");
        let (plain, common) = model(&keys, prefix, delimiter);
        expect(&claim).eq((listing.keys(), listing.prefixes()), (plain, common));
        expect("KeyCount counts both")
            .eq(listing.key_count, Some(listing.contents.len() + listing.common_prefixes.len()));
    }
}

#[tokio::test]
async fn an_entry_tells_size_etag_and_time() {
    let cloud = Cloud::start().await;
    let content = random().bytes(1234);
    cloud.put("photo", content.clone()).await;
    let listing = cloud.list(&[]).await;
    expect("the name of the bucket").eq(&listing.name, &cloud.bucket);
    let entry = &listing.contents[0];
    expect("size and ETag").eq((entry.size, entry.etag.clone()), (1234, etag(&content)));
    let time: Option<Timestamp> = entry.last_modified.parse().ok();
    let near = |time: Timestamp| Timestamp::now().duration_since(time).abs() < SignedDuration::from_mins(5);
    expect("LastModified is RFC 3339, and now").that(time.is_some_and(near), &entry.last_modified);
}

#[tokio::test]
async fn a_bucket_lists_its_own_objects() {
    let cloud = Cloud::start().await;
    let other = fresh_name();
    let reply = cloud.request("GET", &format!("/{other}")).query("list-type", "2").send().await;
    expect_refusal("there is no such bucket", &reply, 404, &["NoSuchBucket"]);
    cloud.make_bucket(&other).await;
    cloud.put("mine", "x").await;
    cloud.request("PUT", &format!("/{other}/yours")).body("x").send().await.expect("put").status(200);
    expect("only its own").eq(cloud.list(&[]).await.keys(), vec!["mine"]);
    cloud.object("DELETE", "mine").send().await.expect("deleted").status(204);
    let listing = cloud.list(&[]).await;
    expect("an empty bucket").eq((listing.keys(), listing.key_count, listing.is_truncated), (vec![], Some(0), false));
}
