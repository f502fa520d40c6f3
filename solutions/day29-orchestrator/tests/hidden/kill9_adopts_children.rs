use crate::visible::support::{Cluster, Events, PATIENCE, config_map, is_ready, ok, pods_outlive_it, restarts};
use harness::expect;
use harness_net::{eventually, write_until_killed};
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
};
use std::path::Path;

#[tokio::test]
async fn nobody_who_watches_hears_of_it() {
    let mut cluster = Cluster::start();
    cluster.deploy_ready("web", 2, &[]).await;
    let list = ok("pods are listed", cluster.pods().list(&ListParams::default()).await);
    let version = list.metadata.resource_version.unwrap_or_default();
    cluster.program.kill();
    let survive = pods_outlive_it();
    cluster.start_again();
    // A pod that comes later shows that all that would have come before has come.
    cluster.create_pod(&cluster.pod("later", &[])).await;
    cluster.until_ready("later").await;
    let mut events = Events::after(&cluster.pods(), &version).await;
    loop {
        let (kind, pod) = events.next().await;
        if pod.name_any() == "later" && is_ready(&pod) {
            break;
        }
        if survive {
            let calm = pod.name_any() == "later" || is_ready(&pod);
            expect("pods that were adopted stay ready").that(calm, format!("{kind} {:?}", pod.status));
        }
    }
    expect("it is there as the others").eq(cluster.all_pods().await.len(), 3);
}

#[tokio::test]
async fn in_the_middle_of_a_crowd_none_is_started_twice() {
    let mut cluster = Cluster::start();
    for round in 0..3_usize {
        let name = format!("web{round}");
        cluster.deploy(&cluster.deployment(&name, 3, &[])).await;
        let so_many = 3 * round + cluster.random.below(3);
        eventually("some are started", PATIENCE, || async { (cluster.notes("start").len() > so_many).then_some(()) })
            .await;
        cluster.program.kill();
        cluster.start_again();
    }
    for round in 0..3 {
        cluster.until_done(&format!("web{round}"), 3).await;
    }
    cluster.until_pods(9).await;
    cluster.until_running(9).await;
    for (name, instance) in cluster.instances().await {
        expect(format!("{name} answers for itself")).that(!instance.is_empty(), instance);
    }
}

#[tokio::test]
async fn who_was_adopted_is_tended_as_any_other() {
    let mut cluster = Cluster::start();
    cluster.deploy_ready("web", 2, &[]).await;
    cluster.program.kill();
    cluster.start_again();
    cluster.until_back("web", 2).await;
    let pod = cluster.all_pods().await.remove(0);
    let before = restarts(&pod);
    cluster.ask(&pod, "/exit/5").await;
    let again = |pod: &k8s_openapi::api::core::v1::Pod| restarts(pod) == before + 1 && is_ready(pod);
    cluster.until(&pod.name_any(), "who ends is started again", again).await;
    cluster.ask(&pod, "/ill").await;
    cluster.until(&pod.name_any(), "who fails the probe is not ready", |pod| !is_ready(pod)).await;
    cluster.ask(&pod, "/well").await;
    cluster.roll("web", &[("APP_VERSION", "2")]).await;
    cluster.until_done("web", 2).await;
    cluster.until_running(2).await;
    expect("who was asked to end was asked with SIGTERM").that(cluster.notes("term").len() >= 2, "not all");
}

#[tokio::test]
async fn who_was_to_go_goes() {
    let mut cluster = Cluster::start();
    for name in ["anna", "bert"] {
        cluster.create_pod(&cluster.pod(name, &[("APP_STUBBORN", "1"), ("APP_CHILD", "1")])).await;
        cluster.until_ready(name).await;
    }
    cluster.delete_pod("anna", None).await;
    eventually("it is asked to end", PATIENCE, || async { cluster.notes("term").pop() }).await;
    cluster.program.kill();
    cluster.start_again();
    // Where its process has ended with the program, there is nobody to wait for, and it goes at the start.
    if pods_outlive_it() {
        let pod = ok("who does not end stays", cluster.pods().get("anna").await);
        expect("marked as before").that(pod.metadata.deletion_timestamp.is_some(), format!("{:?}", pod.metadata));
        cluster.delete_pod("anna", Some(0)).await;
    }
    let left = cluster.until_pods(1).await;
    expect("the other stays").eq(left[0].name_any(), "bert".to_owned());
    cluster.delete_pod("bert", Some(0)).await;
    cluster.until_pods(0).await;
    cluster.until_running(0).await;
}

#[tokio::test]
async fn what_belongs_to_no_pod_is_ended() {
    let mut cluster = Cluster::start();
    cluster.deploy_ready("old", 1, &[]).await;
    ok("it is deleted", cluster.deployments().delete("old", &DeleteParams::default()).await);
    cluster.until_pods(0).await;
    cluster.program.terminate();
    let backup = harness::scratch();
    copy(cluster.program.data_dir(), backup.path());
    cluster.start_again();
    cluster.deploy_ready("web", 2, &[("APP_STUBBORN", "1")]).await;
    cluster.program.kill();
    // Somebody has put a backup in the place of the data: it knows nothing of the new pods.
    let data = cluster.program.data_dir().to_owned();
    std::fs::remove_dir_all(&data).expect("the test can empty the data folder");
    copy(backup.path(), &data);
    cluster.start_again();
    expect("before READY, processes of pods that are gone have ended").eq(cluster.running(), 0);
    expect("there are no pods").eq(cluster.all_pods().await.len(), 0);
    cluster.deploy_ready("web", 1, &[]).await;
    cluster.until_running(1).await;
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the test can make folders");
    for entry in std::fs::read_dir(from).expect("the folder is there").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the test can copy the data");
        }
    }
}

#[tokio::test]
async fn sigterm_leaves_pods_running_too() {
    let mut cluster = Cluster::start();
    cluster.deploy_ready("web", 2, &[]).await;
    let before = cluster.instances().await;
    cluster.program.terminate();
    let survive = pods_outlive_it();
    cluster.start_again();
    cluster.until_done("web", 2).await;
    if survive {
        expect("they were not even asked to end").eq(cluster.notes("term").len(), 0);
        expect("the processes are the same").eq(cluster.instances().await, before);
    }
    cluster.until_running(2).await;
}

#[tokio::test]
async fn in_the_middle_of_an_update_it_goes_on() {
    let mut cluster = Cluster::start();
    cluster.deploy_ready("web", 3, &[("APP_VERSION", "1")]).await;
    let so_many = 3 + cluster.random.below(2);
    cluster.roll("web", &[("APP_VERSION", "2")]).await;
    eventually("some are new", PATIENCE, || async { (cluster.notes("start").len() > so_many).then_some(()) }).await;
    cluster.program.kill();
    cluster.start_again();
    let pods = cluster.all_pods().await;
    let staying = pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()).count();
    expect("never more than one more than wanted").that(staying <= 4, format!("{staying}"));
    cluster.until_done("web", 3).await;
    for pod in cluster.all_pods().await {
        let reply = cluster.ask(&pod, "/").await;
        reply.expect("each pod is new").json_at("/environment/APP_VERSION", "2");
    }
    cluster.until_running(3).await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there() {
    let mut cluster = Cluster::start();
    let maps = cluster.config_maps();
    let made = write_until_killed(&mut cluster.program, 3, 30, move |writer, number| {
        let maps = maps.clone();
        async move {
            let name = format!("map-{writer}-{number}");
            let made = maps.create(&PostParams::default(), &config_map(&name, &[])).await.ok()?;
            Some((made.name_any(), made.metadata.uid))
        }
    })
    .await;
    cluster.start_again();
    let list = ok("objects are listed", cluster.config_maps().list(&ListParams::default()).await);
    made.expect_all_in(&list.items.into_iter().map(|map| (map.name_any(), map.metadata.uid)).collect());
}
