use crate::visible::support::{Cluster, Events, config_map, names, ok, refused};
use harness::{Random, expect};
use kube::{
    ResourceExt,
    api::{ListParams, PostParams, WatchParams},
};
use serde_json::json;
use std::collections::BTreeMap;

type Labels = BTreeMap<String, String>;
type Requirement = (String, Box<dyn Fn(&Labels) -> bool>);

/// A requirement as text, and what it means.
fn requirement(random: &mut Random) -> Requirement {
    let name = (*random.pick(&["app", "env", "example.org/tier"])).to_owned();
    let values: Vec<String> =
        (0..=random.below(2)).map(|_| (*random.pick(&["a", "b-1", "c_2", "d.3"])).to_owned()).collect();
    let (list, first, label) = (values.join(", "), values[0].clone(), name.clone());
    match random.below(6) {
        0 => (format!("{name}={first}"), Box::new(move |labels| labels.get(&label) == Some(&first))),
        1 => (format!("{name} != {first}"), Box::new(move |labels| labels.get(&label) != Some(&first))),
        2 => (
            format!("{name} in ({list})"),
            Box::new(move |labels| labels.get(&label).is_some_and(|value| values.contains(value))),
        ),
        3 => (
            format!("{name} notin ({list})"),
            Box::new(move |labels| labels.get(&label).is_none_or(|value| !values.contains(value))),
        ),
        4 => (name, Box::new(move |labels| labels.contains_key(&label))),
        _ => (format!("!{name}"), Box::new(move |labels| !labels.contains_key(&label))),
    }
}

#[tokio::test]
async fn any_selector_means_what_it_says() {
    let mut cluster = Cluster::start();
    let maps = cluster.config_maps();
    let mut all = BTreeMap::new();
    for number in 0..12 {
        let mut labels = Labels::new();
        for name in ["app", "env", "example.org/tier"] {
            if !cluster.random.one_in(3) {
                let value = *cluster.random.pick(&["a", "b-1", "c_2", "d.3"]);
                labels.insert(name.to_owned(), value.to_owned());
            }
        }
        let name = format!("map-{number:02}");
        let mut map = config_map(&name, &[]);
        map.labels_mut().extend(labels.clone());
        ok("it is made", maps.create(&PostParams::default(), &map).await);
        all.insert(name, labels);
    }
    for _ in 0..25 {
        let parts: Vec<_> = (0..=cluster.random.below(3)).map(|_| requirement(&mut cluster.random)).collect();
        let text: Vec<_> = parts.iter().map(|(text, _)| text.as_str()).collect();
        let wanted = all.iter().filter(|(_, labels)| parts.iter().all(|(_, holds)| holds(labels)));
        let wanted: Vec<_> = wanted.map(|(name, _)| name.clone()).collect();
        let list = ok("objects are listed", maps.list(&ListParams::default().labels(&text.join(","))).await);
        let found: Vec<_> = list.items.iter().map(ResourceExt::name_any).collect();
        expect(format!("labelSelector={} of {all:?}", text.join(","))).eq(found, wanted);
    }
}

#[tokio::test]
async fn what_is_no_selector_is_refused() {
    let cluster = Cluster::start();
    for selector in ["app in (a", "app in a,b", "=a", "app within (a)", "a b", "!"] {
        let list = cluster.config_maps().list(&ListParams::default().labels(selector)).await;
        refused(&format!("{selector:?} is no label selector"), list, 400, "BadRequest");
    }
    let list = cluster.config_maps().list(&ListParams::default().fields("data.colour=red")).await;
    refused("there is no such field to select by", list, 400, "BadRequest");
}

#[tokio::test]
async fn one_object_can_be_listed_and_watched() {
    let cluster = Cluster::start();
    let maps = cluster.config_maps();
    for name in ["a", "b"] {
        ok("it is made", maps.create(&PostParams::default(), &config_map(name, &[])).await);
    }
    for field in ["metadata.name=b", "metadata.name==b,metadata.namespace=default"] {
        let list = ok("objects are listed", maps.list(&ListParams::default().fields(field)).await);
        let found: Vec<_> = list.items.iter().map(ResourceExt::name_any).collect();
        expect(format!("fieldSelector={field}")).eq(found, vec!["b".to_owned()]);
    }
    let mut events = Events::with(&maps, WatchParams::default().fields("metadata.name=b"), "0").await;
    expect("first what is there").eq(events.said().await, "ADDED b".to_owned());
    for name in ["a", "b"] {
        ok("it is changed", maps.replace(name, &PostParams::default(), &config_map(name, &[("n", "1")])).await);
    }
    expect("then what happens to it alone").eq(events.said().await, "MODIFIED b".to_owned());
}

#[tokio::test]
async fn a_pod_with_other_labels_runs_on_and_is_replaced() {
    let cluster = Cluster::start();
    cluster.deploy_ready("web", 2, &[]).await;
    let pod = cluster.all_pods().await.remove(0);
    let instance = cluster.instance(&pod).await;
    loop {
        let mut changed = ok("it is read", cluster.pods().get(&pod.name_any()).await);
        changed.labels_mut().insert("app".to_owned(), "out-of-service".to_owned());
        match cluster.pods().replace(&pod.name_any(), &PostParams::default(), &changed).await {
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            other => break drop(ok("it is changed", other)),
        }
    }
    cluster.until_pods(3).await;
    cluster.until_done("web", 2).await;
    let web = ok("pods are listed", cluster.pods().list(&ListParams::default().labels("app=web")).await).items;
    expect("another has its place").that(!names(&web).contains(&pod.name_any()), format!("{:?}", names(&web)));
    expect("and it runs on").eq(cluster.instance(&pod).await, instance);
}

#[tokio::test]
async fn a_template_has_the_labels_that_are_selected() {
    let cluster = Cluster::start();
    for (what, selector) in [
        ("other labels", json!({ "matchLabels": { "app": "other" } })),
        ("one label more", json!({ "matchLabels": { "app": "web", "env": "prod" } })),
        ("no label at all", json!({ "matchLabels": {} })),
    ] {
        let mut deployment = serde_json::to_value(cluster.deployment("web", 1, &[])).unwrap_or_default();
        deployment["spec"]["selector"] = selector;
        let reply = cluster.http.post("/apis/apps/v1/namespaces/default/deployments").json(&deployment).send().await;
        reply.expect(format!("{what} is refused")).status(422).json_at("/reason", "Invalid");
    }
}
