use crate::visible::support::{Cluster, PATIENCE, container_status, is_ready, object, ok, restarts, waits_for};
use harness::expect;
use harness_net::eventually;
use kube::api::DeleteParams;
use serde_json::{Value, json};

/// A cluster whose seconds are so long that no back-off ends within a test.
fn slow() -> Cluster {
    Cluster::with(&["--second-ms", "30000"])
}

fn exit_code(pod: &k8s_openapi::api::core::v1::Pod) -> Value {
    container_status(pod)["lastState"]["terminated"]["exitCode"].clone()
}

#[tokio::test]
async fn a_pod_in_back_off_can_be_deleted() {
    let mut cluster = slow();
    let code = cluster.random.between(1..=90).to_string();
    cluster.create_pod(&cluster.pod("anna", &[("APP_CRASH", &code), ("APP_CHILD", "1")])).await;
    let pod = cluster.until("anna", "it waits in back-off", |pod| waits_for(pod) == "CrashLoopBackOff").await;
    expect("it tells how it ended").eq(exit_code(&pod).to_string(), code);
    expect("who waits is not ready").that(!is_ready(&pod), format!("{:?}", pod.status));
    expect("and was not started again yet").eq((restarts(&pod), cluster.notes("start").len()), (0, 1));
    // What it had started has ended with it.
    cluster.until_running(0).await;
    cluster.delete_pod("anna", None).await;
    cluster.until_pods(0).await;
}

#[tokio::test]
async fn what_cannot_be_started_is_a_crash() {
    let cluster = slow();
    let missing = cluster.gate("no-such-program");
    let spec = json!({ "containers": [{ "name": "a", "command": [missing] }] });
    cluster.create_pod(&object(json!({ "metadata": { "name": "anna" }, "spec": spec }))).await;
    let pod = cluster.until("anna", "it waits in back-off", |pod| waits_for(pod) == "CrashLoopBackOff").await;
    expect("its exit code is 128").eq(exit_code(&pod), json!(128));
    cluster.create_pod(&cluster.pod("bert", &[])).await;
    cluster
        .until("bert", "others are none the worse", |pod| container_status(pod)["state"].get("running").is_some())
        .await;
}

#[tokio::test]
async fn a_signal_is_an_end_as_well() {
    let cluster = slow();
    cluster.create_pod(&cluster.pod("anna", &[])).await;
    eventually("its program runs", PATIENCE, || async { cluster.notes("start").pop() }).await;
    cluster.kill_processes();
    let pod = cluster.until("anna", "it waits in back-off", |pod| waits_for(pod) == "CrashLoopBackOff").await;
    expect("the exit code of SIGKILL is 137").eq(exit_code(&pod), json!(137));
    cluster.until_running(0).await;
}

#[tokio::test]
async fn a_deployment_of_what_crashes_makes_no_more_of_it() {
    let cluster = Cluster::with(&["--second-ms", "2"]);
    cluster.deploy(&cluster.deployment("web", 2, &[("APP_CRASH", "1")])).await;
    eventually("both are started again and again", PATIENCE, || async {
        (cluster.notes("start").len() >= 6).then_some(())
    })
    .await;
    expect("there are two pods").eq(cluster.all_pods().await.len(), 2);
    let status = ok("it is read", cluster.deployments().get("web").await).status.unwrap_or_default();
    expect("none of them is ready").eq(status.ready_replicas.unwrap_or_default(), 0);
    ok("it is deleted", cluster.deployments().delete("web", &DeleteParams::default()).await);
    cluster.until_pods(0).await;
    cluster.until_running(0).await;
}
