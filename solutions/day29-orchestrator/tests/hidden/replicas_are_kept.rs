use crate::visible::support::{Cluster, PATIENCE, is_ready, names, object, ok};
use harness::expect;
use harness_net::eventually;
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
};
use serde_json::json;

#[tokio::test]
async fn who_serves_nobody_goes_first() {
    let mut cluster = Cluster::start();
    cluster.deploy_ready("web", 3, &[]).await;
    let pods = cluster.all_pods().await;
    let ill = cluster.random.pick(&pods).clone();
    cluster.ask(&ill, "/ill").await;
    cluster.until(&ill.name_any(), "it is not ready any more", |pod| !is_ready(pod)).await;
    let counted = || async {
        let deployment = ok("it is read", cluster.deployments().get("web").await);
        let status = deployment.status.unwrap_or_default();
        (status.ready_replicas == Some(2) && status.unavailable_replicas == Some(1)).then_some(())
    };
    eventually("the deployment counts two that are ready, and one that is not", PATIENCE, counted).await;
    cluster.scale("web", 2).await;
    cluster.until_done("web", 2).await;
    let left = names(&cluster.all_pods().await);
    expect("the one that is not ready has gone").that(!left.contains(&ill.name_any()), format!("{left:?}"));
}

#[tokio::test]
async fn pods_go_with_their_deployment_and_leave_nothing() {
    let cluster = Cluster::start();
    cluster.deploy_ready("web", 2, &[("APP_CHILD", "1")]).await;
    cluster.deploy_ready("db", 1, &[]).await;
    cluster.until_running(5).await;
    ok("it is deleted", cluster.deployments().delete("web", &DeleteParams::default()).await);
    let left = cluster.until_pods(1).await;
    expect("another's pods stay").eq(left[0].labels().get("app").map(String::as_str), Some("db"));
    cluster.until_running(1).await;
    cluster.deploy_ready("web", 1, &[]).await;
    expect("a new one of this name begins anew").eq(cluster.all_pods().await.len(), 2);
}

#[tokio::test]
async fn only_its_own_pods_count() {
    let cluster = Cluster::start();
    // A pod that nobody owns has the same labels.
    let mut stray = cluster.pod("stray", &[]);
    stray.labels_mut().insert("app".to_owned(), "web".to_owned());
    cluster.create_pod(&stray).await;
    cluster.until_ready("stray").await;
    cluster.deploy_ready("web", 2, &[]).await;
    let mut twin = cluster.deployment("twin", 1, &[]);
    let labels = [("app".to_owned(), "web".to_owned())];
    if let Some(spec) = &mut twin.spec {
        spec.selector.match_labels = Some(labels.clone().into());
        spec.template.metadata.get_or_insert_default().labels = Some(labels.into());
    }
    cluster.deploy(&twin).await;
    cluster.until_done("twin", 1).await;
    cluster.until_done("web", 2).await;
    cluster.until_pods(4).await;
    cluster.scale("web", 0).await;
    cluster.until_done("web", 0).await;
    let left = names(&cluster.all_pods().await);
    expect("others' pods stay").that(left.len() == 2 && left.contains("stray"), format!("{left:?}"));
}

#[tokio::test]
async fn one_is_wanted_when_nothing_is_said() {
    let cluster = Cluster::start();
    let mut deployment = cluster.deployment("web", 1, &[]);
    deployment.spec.get_or_insert_default().replicas = None;
    cluster.deploy(&deployment).await;
    let deployment = cluster.until_done("web", 1).await;
    expect("and this is said then").eq(deployment.spec.and_then(|spec| spec.replicas), Some(1));
}

#[tokio::test]
async fn crowds_come_and_go() {
    let mut cluster = Cluster::start();
    let mut total = 0;
    for name in ["one", "two"] {
        let replicas = i32::try_from(cluster.random.between(3..=5)).unwrap_or(3);
        cluster.deploy(&cluster.deployment(name, replicas, &[])).await;
        total += replicas;
    }
    let pods = cluster.until_pods(usize::try_from(total).unwrap_or_default()).await;
    // Some are deleted before they have begun.
    for pod in pods.iter().step_by(2) {
        ok("it is deleted", cluster.pods().delete(&pod.name_any(), &DeleteParams::default()).await);
    }
    let all_ready = || async {
        let pods = ok("pods are listed", cluster.pods().list(&ListParams::default()).await).items;
        let ready = pods.iter().filter(|pod| is_ready(pod)).count();
        (ready == pods.len() && i32::try_from(ready) == Ok(total)).then_some(pods)
    };
    let pods = eventually("all come up", PATIENCE, all_ready).await;
    cluster.until_running(pods.len()).await;
    let addresses: std::collections::BTreeSet<_> =
        pods.iter().filter_map(|pod| pod.status.as_ref()?.pod_ip.clone()).collect();
    expect("no two have the same address").eq(addresses.len(), pods.len());
    for name in ["one", "two"] {
        ok("it is deleted", cluster.deployments().delete(name, &DeleteParams::default()).await);
    }
    cluster.until_pods(0).await;
    cluster.until_running(0).await;
}

#[tokio::test]
async fn a_scale_has_a_version_too() {
    let cluster = Cluster::start();
    cluster.deploy_ready("web", 0, &[]).await;
    let mut scale = ok("a scale is read", cluster.deployments().get_scale("web").await);
    scale.spec = Some(object(json!({ "replicas": 1 })));
    let params = PostParams::default();
    ok("a scale is changed", cluster.deployments().replace_scale("web", &params, &scale).await);
    scale.spec = Some(object(json!({ "replicas": 2 })));
    let again = cluster.deployments().replace_scale("web", &params, &scale).await;
    crate::visible::support::refused("who has seen an older one changes nothing", again, 409, "Conflict");
    cluster.until_done("web", 1).await;
}
