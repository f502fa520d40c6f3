use crate::visible::support::{Cluster, Events, PATIENCE, config_map, is_expired, ok, version};
use futures_util::StreamExt;
use harness::expect;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, PostParams, WatchEvent, WatchParams},
};
use std::collections::BTreeMap;

/// Lists, and follows from there until the object `end` is made. Returns what there is then.
async fn rebuild(maps: Api<ConfigMap>) -> BTreeMap<String, u64> {
    let list = ok("objects are listed", maps.list(&ListParams::default()).await);
    let mut known: BTreeMap<_, _> = list.items.iter().map(|map| (map.name_any(), version(map))).collect();
    if known.contains_key("end") {
        return known;
    }
    let mut events = Events::after(&maps, &list.metadata.resource_version.unwrap_or_default()).await;
    loop {
        let (kind, map) = events.next().await;
        let name = map.name_any();
        let is_known = known.contains_key(&name);
        let fits = if kind == "ADDED" { !is_known } else { is_known };
        expect("what is told goes with what is known").that(fits, format!("{kind} {name}, {known:?}"));
        if kind == "DELETED" {
            known.remove(&name);
        } else {
            known.insert(name.clone(), version(&map));
        }
        if name == "end" {
            return known;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn between_a_list_and_its_watch_nothing_is_missed() {
    let cluster = Cluster::start();
    let maps = cluster.config_maps();
    let writers: Vec<_> = (0..3)
        .map(|writer| {
            let maps = maps.clone();
            let mut random = harness::random();
            tokio::spawn(async move {
                for number in 0..15 {
                    let name = format!("{writer}-{}", number % 4);
                    let map = config_map(&name, &[("n", &number.to_string())]);
                    if maps.create(&PostParams::default(), &map).await.is_ok() {
                    } else if random.one_in(2) {
                        ok("it is deleted", maps.delete(&name, &DeleteParams::default()).await);
                    } else {
                        ok("it is changed", maps.replace(&name, &PostParams::default(), &map).await);
                    }
                }
            })
        })
        .collect();
    let mut readers = Vec::new();
    for _ in 0..6 {
        readers.push(tokio::spawn(rebuild(maps.clone())));
        // The next begins when something has been written.
        ok("objects are listed", maps.list(&ListParams::default()).await);
    }
    for writer in writers {
        writer.await.expect("writers only write");
    }
    ok("it is made", maps.create(&PostParams::default(), &config_map("end", &[])).await);
    let list = ok("objects are listed", maps.list(&ListParams::default()).await);
    let there: BTreeMap<_, _> = list.items.iter().map(|map| (map.name_any(), version(map))).collect();
    for reader in readers {
        let rebuilt = match reader.await {
            Ok(rebuilt) => rebuilt,
            Err(failure) => std::panic::resume_unwind(failure.into_panic()),
        };
        expect("list and watch together give what there is").eq(rebuilt, there.clone());
    }
}

#[tokio::test]
async fn without_a_version_it_begins_with_what_is_there() {
    let cluster = Cluster::start();
    let maps = cluster.config_maps();
    for name in ["b", "a"] {
        ok("it is made", maps.create(&PostParams::default(), &config_map(name, &[])).await);
    }
    let mut events = Events::after(&maps, "0").await;
    let mut first = [events.said().await, events.said().await];
    first.sort();
    expect("each that is there").eq(first, ["ADDED a", "ADDED b"].map(str::to_owned));
    ok("it is deleted", maps.delete("a", &DeleteParams::default()).await);
    expect("and then what happens").eq(events.said().await, "DELETED a".to_owned());
    let path = "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1";
    let reply = cluster.http.get(path).send().await;
    reply.expect("a watch ends when its time is over").status(200).contains("ADDED");
    let lines = reply.text().lines().map(serde_json::from_str::<serde_json::Value>).collect::<Result<Vec<_>, _>>();
    expect("each line is a JSON document").that(lines.is_ok(), reply.describe());
    let reply = cluster.http.get("/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=x").send().await;
    reply.expect("what is no version").status(400).json_at("/reason", "BadRequest");
}

#[tokio::test]
async fn the_oldest_that_is_remembered_is_told_and_the_one_before_is_not() {
    let cluster = Cluster::with(&["--history", "7"]);
    let maps = cluster.config_maps();
    let mut last = 0;
    for number in 0..20 {
        let map = config_map(&format!("map-{number}"), &[]);
        last = version(&ok("it is made", maps.create(&PostParams::default(), &map).await));
    }
    let mut events = Events::after(&maps, &(last - 7).to_string()).await;
    for number in 13..20 {
        expect("the last seven changes are remembered").eq(events.said().await, format!("ADDED map-{number}"));
    }
    let told = is_expired(&maps, &(last - 8).to_string()).await;
    expect("the eighth last is not").expected("410 Expired").that(told.is_ok(), format!("{told:?}"));
    // Changes of other kinds count as well: who watches deployments may be as late.
    let told = is_expired(&cluster.deployments(), "1").await;
    expect("it is one history of all kinds").expected("410 Expired").that(told.is_ok(), format!("{told:?}"));
}

#[tokio::test]
async fn it_tells_of_its_own_kind_and_namespace_only() {
    let cluster = Cluster::start();
    let maps = cluster.config_maps();
    let mut events = Events::after(&maps, "0").await;
    let others = Api::<ConfigMap>::namespaced(cluster.client.clone(), "other");
    ok("it is made", others.create(&PostParams::default(), &config_map("a", &[])).await);
    cluster.deploy(&cluster.deployment("web", 0, &[])).await;
    ok("it is made", maps.create(&PostParams::default(), &config_map("b", &[])).await);
    expect("others are not mentioned").eq(events.said().await, "ADDED b".to_owned());
    let all = Api::<ConfigMap>::all(cluster.client.clone());
    let mut events = Events::after(&all, "0").await;
    expect("all namespaces are, where they are asked for").eq(events.said().await, "ADDED b".to_owned());
    expect("each").eq(events.said().await, "ADDED a".to_owned());
}

#[tokio::test]
async fn it_goes_on_after_a_restart() {
    let mut cluster = Cluster::start();
    let maps = cluster.config_maps();
    let seen = ok("it is made", maps.create(&PostParams::default(), &config_map("a", &[])).await);
    ok("it is deleted", maps.delete("a", &DeleteParams::default()).await);
    let last = ok("it is made", maps.create(&PostParams::default(), &config_map("b", &[])).await);
    cluster.program.kill();
    cluster.start_again();
    let maps = cluster.config_maps();
    let mut events = Events::after(&maps, &version(&seen).to_string()).await;
    expect("what was missed is told").eq(events.said().await, "DELETED a".to_owned());
    expect("all of it").eq(events.said().await, "ADDED b".to_owned());
    let next = ok("it is made", maps.create(&PostParams::default(), &config_map("c", &[])).await);
    expect("versions go on").that(version(&next) > version(&last), format!("{} {}", version(&last), version(&next)));
    expect("as does the watch").eq(events.said().await, "ADDED c".to_owned());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_does_not_keep_the_program_from_ending() {
    let mut cluster = Cluster::start();
    let maps = cluster.config_maps();
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(ok("it can be watched", maps.watch(&WatchParams::default(), "0").await).boxed());
    }
    tokio::task::block_in_place(|| cluster.program.terminate());
    for mut stream in streams {
        let rest = async {
            while let Some(Ok(event)) = stream.next().await {
                if let WatchEvent::Error(status) = event {
                    expect("a watch just ends").fail(format!("{status:?}"));
                }
            }
        };
        harness_net::within("a watch ends with the program", PATIENCE, rest).await;
    }
}
