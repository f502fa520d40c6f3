use crate::visible::support::{Cluster, Events, Load, PATIENCE, address_of, is_ready, names, ok};
use harness::expect;
use harness_net::{Http, eventually};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    ResourceExt,
    api::{ListParams, PostParams},
};
use std::collections::BTreeMap;

/// Pods that are not on their way out, and how many of them are ready, after each change since `version`, until one as
/// late as `last`.
async fn history(cluster: &Cluster, start: Vec<Pod>, version: &str, last: u64) -> Vec<(usize, usize)> {
    let mut pods: BTreeMap<String, Pod> = start.into_iter().map(|pod| (pod.name_any(), pod)).collect();
    let mut events = Events::after(&cluster.pods(), version).await;
    let mut counts = Vec::new();
    while events.version < last {
        let (kind, pod) = events.next().await;
        if kind == "DELETED" {
            pods.remove(&pod.name_any());
        } else {
            pods.insert(pod.name_any(), pod);
        }
        let staying = pods.values().filter(|pod| pod.metadata.deletion_timestamp.is_none());
        counts.push((staying.clone().count(), staying.filter(|pod| is_ready(pod)).count()));
    }
    counts
}

#[tokio::test]
async fn there_are_never_too_many_and_never_too_few() {
    let mut cluster = Cluster::start();
    let replicas = usize::try_from(cluster.random.between(2..=4)).unwrap_or(2);
    let wanted = i32::try_from(replicas).unwrap_or(2);
    cluster.deploy_ready("web", wanted, &[("APP_VERSION", "1")]).await;
    let list = ok("pods are listed", cluster.pods().list(&ListParams::default()).await);
    let version = list.metadata.resource_version.unwrap_or_default();
    cluster.roll("web", &[("APP_VERSION", "2")]).await;
    cluster.until_done("web", wanted).await;
    let now = ok("pods are listed", cluster.pods().list(&ListParams::default()).await);
    let last = now.items.iter().map(crate::visible::support::version).max().unwrap_or_default();
    let counts = history(&cluster, list.items, &version, last).await;
    let (most, fewest) = (counts.iter().map(|(all, _)| *all).max(), counts.iter().map(|(_, ready)| *ready).min());
    expect("never more than one more than wanted").that(most <= Some(replicas + 1), format!("{counts:?}"));
    expect("never fewer ready than wanted").that(fewest >= Some(replicas), format!("{counts:?}"));
    expect("but one more, or nothing could be replaced").eq(most, Some(replicas + 1));
}

#[tokio::test]
async fn what_is_begun_is_finished_by_the_old_one() {
    let cluster = Cluster::start();
    let release = cluster.gate("release");
    cluster.deploy_ready("web", 1, &[("APP_VERSION", "1")]).await;
    let old = cluster.all_pods().await.remove(0);
    let address = address_of(&old, cluster.port).expect("a ready pod has an address");
    let held = Http::at(address).get("/hold").stream().await.expect("the head comes at once");
    cluster.roll("web", &[("APP_VERSION", "2")]).await;
    eventually("the old one is asked to end", PATIENCE, || async { cluster.notes("term").pop() }).await;
    let new = cluster.all_pods().await.into_iter().find(|pod| pod.name_any() != old.name_any());
    let new = new.unwrap_or_else(|| expect("the new one is there before").fail("it is not"));
    expect("and ready").that(is_ready(&new), format!("{:?}", new.status));
    cluster.open(&release);
    expect("the request is finished").eq(held.text().await.unwrap_or_default(), "done".to_owned());
    cluster.until_done("web", 1).await;
}

#[tokio::test]
async fn old_ones_that_serve_nobody_go_at_once() {
    let cluster = Cluster::start();
    let gate = cluster.gate("never");
    cluster.deploy(&cluster.deployment("web", 2, &[("APP_GATE", &gate)])).await;
    eventually("two are started", PATIENCE, || async { (cluster.notes("start").len() == 2).then_some(()) }).await;
    let old = names(&cluster.all_pods().await);
    // They will never be ready, and neither will the next ones. Nobody waits for either.
    cluster.roll("web", &[("APP_GATE", &gate), ("APP_VERSION", "2")]).await;
    eventually("both are replaced", PATIENCE, || async {
        let pods = names(&cluster.all_pods().await);
        (pods.len() == 2 && pods.is_disjoint(&old)).then_some(())
    })
    .await;
    cluster.roll("web", &[]).await;
    cluster.until_done("web", 2).await;
    cluster.until_running(2).await;
}

#[tokio::test]
async fn only_another_template_is_another_version() {
    let cluster = Cluster::start();
    cluster.deploy_ready("web", 1, &[]).await;
    let before = cluster.instances().await;
    let path = "/apis/apps/v1/namespaces/default/deployments/web";
    let deployment = cluster.http.get(path).send().await.json();
    // The same, its members in another order.
    let text = reversed(&deployment);
    let reply = cluster.http.put(path).header("content-type", "application/json").body(text).send().await;
    reply.expect("it is changed to what it is").status(200).json_at("/metadata/generation", 1);
    cluster
        .change("web", |deployment| {
            deployment.labels_mut().insert("colour".to_owned(), "red".to_owned());
            deployment.spec.get_or_insert_default().replicas = Some(2);
        })
        .await;
    cluster.until_done("web", 2).await;
    let after = cluster.instances().await;
    expect("the pod that was there is still there")
        .that(before.iter().all(|pod| after.get(pod.0) == Some(pod.1)), "no");
    cluster
        .change("web", |deployment| {
            let template = &mut deployment.spec.get_or_insert_default().template;
            let metadata = template.metadata.get_or_insert_default();
            metadata.annotations.get_or_insert_default().insert("restarted-at".to_owned(), "now".to_owned());
        })
        .await;
    cluster.until_done("web", 2).await;
    let pods = cluster.all_pods().await;
    expect("an annotation of the template is another version")
        .that(names(&pods).is_disjoint(&after.into_keys().collect()), "no");
    let annotated = pods.iter().all(|pod| pod.annotations().contains_key("restarted-at"));
    expect("and its pods have it").that(annotated, format!("{:?}", pods[0].metadata));
}

/// JSON whose members stand in the reverse order.
fn reversed(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", serde_json::json!(name), reversed(value)))
                .collect();
            members.sort();
            members.reverse();
            format!("{{{}}}", members.join(", "))
        }
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(reversed).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_of_several_updates_is_what_is_there() {
    let cluster = Cluster::start();
    cluster.deploy_ready("web", 2, &[("APP_VERSION", "1")]).await;
    let load = Load::start(&cluster, 2).await;
    for version in ["2", "3", "4"] {
        cluster.roll("web", &[("APP_VERSION", version)]).await;
        load.more(5).await;
    }
    cluster.scale("web", 3).await;
    cluster.until_done("web", 3).await;
    load.more(10).await;
    let tally = load.result();
    expect("no request is lost").eq(tally.lost, Vec::<String>::new());
    for pod in cluster.all_pods().await {
        let reply = cluster.ask(&pod, "/").await;
        reply.expect("each pod is of the newest version").json_at("/environment/APP_VERSION", "4");
    }
    cluster.until_running(3).await;
    ok(
        "it can still be changed",
        cluster.deployments().replace("web", &PostParams::default(), &cluster.deployment("web", 0, &[])).await,
    );
    cluster.until_done("web", 0).await;
    cluster.until_running(0).await;
}
