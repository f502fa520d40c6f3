use super::support::{Gateway, addresses, named, to};
use harness::{expect, random};
use std::{collections::BTreeMap, net::SocketAddr};

fn hashed(addresses: &[SocketAddr]) -> String {
    format!("{}balance = \"hash\"\n", to(addresses))
}

fn tally(owners: &BTreeMap<String, String>) -> BTreeMap<&str, usize> {
    let mut tally = BTreeMap::new();
    for owner in owners.values() {
        *tally.entry(owner.as_str()).or_default() += 1;
    }
    tally
}

#[tokio::test]
async fn everybody_gets_a_share_and_inherits_one() {
    let mut random = random();
    let names: Vec<_> = (0..4).map(|_| random.name()).collect();
    let upstreams: Vec<_> = names.iter().map(|name| named(name)).collect();
    let paths: Vec<_> = (0..160).map(|_| format!("/{}/{}", random.word(), random.name())).collect();
    let addresses = addresses(&upstreams);
    let mut gateway = Gateway::start(&hashed(&addresses));
    let before = gateway.owners(&paths).await;
    for name in &names {
        let share = tally(&before).get(name.as_str()).copied().unwrap_or(0);
        // Forty on average. Fewer than eight come by chance once in many millions of runs, if the hash is a good one.
        expect("each of four has a fair share of 160 paths").that(share >= 8, format!("{:?}", tally(&before)));
    }
    gateway.reload(&hashed(&addresses[1..]));
    let all: Vec<_> = names.iter().map(String::as_str).collect();
    let after = gateway.until_owned_by(&all[1..], &paths).await;
    let heirs: BTreeMap<_, _> = after.into_iter().filter(|(path, _)| before[path] == names[0]).collect();
    expect("the paths of who goes are shared out, not given to one")
        .that(tally(&heirs).len() >= 2, format!("{heirs:?}"));
    gateway.reload(&hashed(&addresses));
    expect("who comes back gets its own paths again").eq(gateway.until_owned_by(&all, &paths).await, before);
}

#[tokio::test]
async fn the_order_in_the_config_and_the_query_do_not_matter() {
    let mut random = random();
    let upstreams = ["ada", "bob", "cleo"].map(named);
    let paths: Vec<_> = (0..60).map(|_| format!("/{}", random.name())).collect();
    let mut addresses = addresses(&upstreams);
    let gateway = Gateway::start(&hashed(&addresses));
    let before = gateway.owners(&paths).await;
    for (path, owner) in before.iter().take(20) {
        let reply = gateway.get(&format!("{path}?{}", random.word())).await;
        reply.expect("the path alone decides").body(owner);
    }
    addresses.reverse();
    let other = Gateway::start(&hashed(&addresses));
    expect("another gateway comes to the same result").eq(other.owners(&paths).await, before);
}

#[tokio::test]
async fn who_cannot_be_reached_is_passed_over() {
    let mut random = random();
    let mut upstreams = ["ada", "bob", "cleo"].map(named);
    let paths: Vec<_> = (0..40).map(|_| format!("/{}", random.name())).collect();
    let gateway = Gateway::start(&hashed(&addresses(&upstreams)));
    let before = gateway.owners(&paths).await;
    upstreams[0].refuse();
    for (path, owner) in gateway.owners(&paths).await {
        let stays = owner == before[&path] || before[&path] == "ada" && !owner.is_empty() && owner != "ada";
        expect("the next one takes its paths").that(stays, format!("{path}: {} before, {owner} now", before[&path]));
    }
}
