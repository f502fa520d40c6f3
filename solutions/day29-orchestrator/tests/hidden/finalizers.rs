use crate::visible::support::{Cluster, Events, config_map, ok, refused};
use harness::expect;
use kube::{
    ResourceExt,
    api::{DeleteParams, PostParams},
};

const OURS: &str = "example.org/cleanup";

#[tokio::test]
async fn who_watches_is_told_of_the_mark_and_of_the_end() {
    let cluster = Cluster::start();
    let maps = cluster.config_maps();
    let mut map = config_map("a", &[]);
    map.metadata.finalizers = Some(vec![OURS.to_owned()]);
    let made = ok("it is made", maps.create(&PostParams::default(), &map).await);
    let mut events = Events::after(&maps, &made.metadata.resource_version.unwrap_or_default()).await;
    ok("it is deleted", maps.delete("a", &DeleteParams::default()).await);
    let (kind, marked) = events.next().await;
    expect("first it is marked").eq((kind, marked.metadata.deletion_timestamp.is_some()), ("MODIFIED", true));
    ok("to delete it again is fine", maps.delete("a", &DeleteParams::default()).await);
    map.labels_mut().insert("colour".to_owned(), "red".to_owned());
    let changed = ok("it can be changed", maps.replace("a", &PostParams::default(), &map).await);
    expect("and stays marked").eq(changed.metadata.deletion_timestamp, marked.metadata.deletion_timestamp);
    map.metadata.finalizers = None;
    ok("the finalizer is taken off", maps.replace("a", &PostParams::default(), &map).await);
    loop {
        let (kind, _) = events.next().await;
        if kind == "DELETED" {
            break;
        }
        expect("until it is gone it changes").eq(kind, "MODIFIED");
    }
    refused("now it is gone", maps.get("a").await, 404, "NotFound");
}

#[tokio::test]
async fn a_pods_process_ends_meanwhile() {
    let mut cluster = Cluster::start();
    let mut pod = cluster.pod("anna", &[]);
    pod.metadata.finalizers = Some(vec![OURS.to_owned()]);
    cluster.create_pod(&pod).await;
    cluster.until_ready("anna").await;
    cluster.delete_pod("anna", None).await;
    cluster.until_running(0).await;
    if cluster.random.one_in(2) {
        // Also when somebody else has to remember it.
        cluster.program.kill();
        cluster.start_again();
    }
    let mut pod = ok("the object stays", cluster.pods().get("anna").await);
    expect("it was started once").eq(cluster.notes("start").len(), 1);
    pod.metadata.finalizers = None;
    pod.metadata.resource_version = None;
    ok("the finalizer is taken off", cluster.pods().replace("anna", &PostParams::default(), &pod).await);
    cluster.until_pods(0).await;
    let mut never = cluster.deployment("web", 1, &[]);
    never.metadata.finalizers = Some(vec![OURS.to_owned()]);
    cluster.deploy(&never).await;
    cluster.until_done("web", 1).await;
    ok("it is deleted", cluster.deployments().delete("web", &DeleteParams::default()).await);
    cluster.change("web", |deployment| deployment.metadata.finalizers = None).await;
    cluster.until_pods(0).await;
    cluster.until_running(0).await;
}
