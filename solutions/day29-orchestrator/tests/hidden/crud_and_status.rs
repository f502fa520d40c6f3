use crate::visible::support::{Cluster, PATIENCE, config_map, is_ready, net, object, ok, refused, version, waits_for};
use harness::{Launch, expect};
use harness_net::eventually;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
};
use serde_json::json;

#[tokio::test]
async fn what_is_the_servers_stays() {
    let cluster = Cluster::start();
    let deployments = cluster.deployments();
    let made = cluster.deploy(&cluster.deployment("web", 0, &[])).await;
    expect("a generation begins at 1").eq(made.metadata.generation, Some(1));
    cluster.until_done("web", 0).await;
    let mut wanted = ok("it is read", deployments.get("web").await);
    wanted.labels_mut().insert("colour".to_owned(), "red".to_owned());
    wanted.metadata.creation_timestamp = None;
    wanted.metadata.generation = Some(7);
    wanted.metadata.deletion_timestamp = made.metadata.creation_timestamp.clone();
    wanted.status = Some(object(json!({ "replicas": 41 })));
    let changed = ok("it is changed", deployments.replace("web", &PostParams::default(), &wanted).await);
    expect("labels are the client's").eq(changed.labels().get("colour").map(String::as_str), Some("red"));
    expect("the time of its making stays").eq(&changed.metadata.creation_timestamp, &made.metadata.creation_timestamp);
    expect("nobody is deleted by a PUT").eq(&changed.metadata.deletion_timestamp, &None);
    let replicas = changed.status.clone().and_then(|status| status.replicas).unwrap_or_default();
    expect("the status is not the client's").eq(replicas, 0);
    expect("the spec is the same, and so the generation").eq(changed.metadata.generation, Some(1));
    let again = ok("it is changed to what it is", deployments.replace("web", &PostParams::default(), &changed).await);
    expect("what changes nothing writes nothing").eq(version(&again), version(&changed));
    let change = cluster.change("web", |deployment| {
        deployment.spec.get_or_insert_default().min_ready_seconds = Some(0);
    });
    expect("with another spec it grows").eq(change.await.metadata.generation, Some(2));
}

#[tokio::test]
async fn what_is_fixed_cannot_be_changed() {
    let cluster = Cluster::start();
    cluster.deploy(&cluster.deployment("web", 0, &[])).await;
    let gate = cluster.gate("never");
    let pod = cluster.pod("anna", &[("APP_GATE", &gate)]);
    cluster.create_pod(&pod).await;
    let mut other = cluster.pod("anna", &[("APP_GATE", &gate), ("APP_MORE", "1")]);
    let replaced = cluster.pods().replace("anna", &PostParams::default(), &other).await;
    refused("a pod's spec stays", replaced, 422, "Invalid");
    other = pod;
    other.labels_mut().insert("colour".to_owned(), "red".to_owned());
    ok("but not its labels", cluster.pods().replace("anna", &PostParams::default(), &other).await);
    let mut deployment = cluster.deployment("web", 0, &[]);
    let labels = [("app".to_owned(), "other".to_owned())];
    if let Some(spec) = &mut deployment.spec {
        spec.selector.match_labels = Some(labels.clone().into());
        spec.template.metadata.get_or_insert_default().labels = Some(labels.into());
    }
    let replaced = cluster.deployments().replace("web", &PostParams::default(), &deployment).await;
    refused("a deployment's selector stays", replaced, 422, "Invalid");
}

#[tokio::test]
async fn what_cannot_run_is_refused() {
    let cluster = Cluster::start();
    let container = json!({ "name": "a", "command": ["true"] });
    for (what, spec) in [
        ("no container", json!({ "containers": [] })),
        ("two containers", json!({ "containers": [container, container] })),
        ("no command", json!({ "containers": [{ "name": "a" }] })),
        ("a container without a name", json!({ "containers": [{ "command": ["true"] }] })),
        ("a command that is no list", json!({ "containers": [{ "name": "a", "command": "true" }] })),
    ] {
        let body = json!({ "metadata": { "name": "anna" }, "spec": spec });
        let reply = cluster.http.post("/api/v1/namespaces/default/pods").json(&body).send().await;
        reply.expect(format!("{what} is refused")).status(422).json_at("/reason", "Invalid");
    }
    expect("nothing was made").eq(cluster.all_pods().await.len(), 0);
    let reply = cluster.http.put("/api/v1/namespaces/default/configmaps/a").json(&config_map("b", &[])).send().await;
    reply.expect("the name in a path is that in the object").status(400).json_at("/reason", "BadRequest");
    let nulls = json!({ "metadata": { "name": "a", "creationTimestamp": null }, "data": null });
    let reply = cluster.http.post("/api/v1/namespaces/default/configmaps").json(&nulls).send().await;
    reply.expect("a member that is null is one that is not there").status(201);
}

#[tokio::test]
async fn a_pod_waits_for_its_config_map_and_gets_nothing_else() {
    let launch = Launch::service().data_dir().args(["--second-ms", "20", "--pod-cidr", &net()]);
    let mut cluster = Cluster::launch(launch.env("APP_SECRET", "not yours"));
    let (colour, shape) = (cluster.random.word(), cluster.random.word());
    let mut spec = cluster.spec(&[]);
    let source = json!({ "configMapKeyRef": { "name": "settings", "key": "colour" } });
    let variables = spec["containers"][0]["env"].as_array_mut().expect("the test's spec has variables");
    variables.push(json!({ "name": "APP_COLOUR", "valueFrom": source }));
    cluster.create_pod(&object(json!({ "metadata": { "name": "anna" }, "spec": spec }))).await;
    let waits = |pod: &Pod| waits_for(pod) == "CreateContainerConfigError";
    cluster.until("anna", "it waits for its config map", waits).await;
    let maps = cluster.config_maps();
    ok("it is made", maps.create(&PostParams::default(), &config_map("settings", &[("shape", &shape)])).await);
    expect("it waits for the key").eq(cluster.notes("start").len(), 0);
    let data = [("shape", shape.as_str()), ("colour", colour.as_str())];
    ok("it is changed", maps.replace("settings", &PostParams::default(), &config_map("settings", &data)).await);
    let pod = cluster.until_ready("anna").await;
    let environment = cluster.ask(&pod, "/").await.at("/environment");
    expect("the value comes from the config map").eq(&environment["APP_COLOUR"], &json!(colour));
    expect("variables of the orchestrator are none of its pods'").eq(environment.get("APP_SECRET"), None);
}

#[tokio::test]
async fn who_does_not_end_is_ended_with_all_that_it_started() {
    let cluster = Cluster::start();
    let stubborn = [("APP_STUBBORN", "1"), ("APP_CHILD", "1")];
    for name in ["anna", "bert", "carl"] {
        cluster.create_pod(&cluster.pod(name, &stubborn)).await;
        cluster.until_ready(name).await;
    }
    cluster.until_running(6).await;
    cluster.delete_pod("bert", None).await;
    cluster.delete_pod("anna", Some(0)).await;
    let gone = async |name: &str| cluster.pods().get_opt(name).await.is_ok_and(|pod| pod.is_none()).then_some(());
    eventually("without grace it is gone at once", PATIENCE, || gone("anna")).await;
    cluster.until_running(4).await;
    let pod = ok("the other has time", cluster.pods().get("bert").await);
    expect("so much").eq(pod.metadata.deletion_grace_period_seconds, Some(100_000));
    cluster.delete_pod("bert", Some(1)).await;
    eventually("a second DELETE can shorten it", PATIENCE, || gone("bert")).await;
    let path = "/api/v1/namespaces/default/pods/carl?gracePeriodSeconds=2";
    cluster.http.delete(path).send().await.expect("the query can say it, too").status(200);
    cluster.until_pods(0).await;
    cluster.until_running(0).await;
    expect("each was asked first, but for who had no time").that(cluster.notes("term").len() >= 2, "not all");
}

#[tokio::test]
async fn readiness_is_what_the_probe_says() {
    let cluster = Cluster::start();
    let gate = cluster.gate("open");
    cluster.create_pod(&cluster.pod("anna", &[("APP_GATE", &gate)])).await;
    let runs = |pod: &Pod| pod.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Running"));
    let pod = cluster.until("anna", "it runs", runs).await;
    expect("but is not ready before it answers").that(!is_ready(&pod), format!("{:?}", pod.status));
    cluster.open(&gate);
    let pod = cluster.until_ready("anna").await;
    cluster.ask(&pod, "/ill").await;
    cluster.until("anna", "it is not ready when the probe fails", |pod| !is_ready(pod)).await;
    cluster.ask(&pod, "/well").await;
    let pod = cluster.until_ready("anna").await;
    let restarts = crate::visible::support::restarts(&pod);
    expect("who is not ready is not restarted for it").eq(restarts, 0);
    let mut spec = cluster.spec(&[]);
    let container = &mut spec["containers"][0];
    container["readinessProbe"] = json!({ "tcpSocket": { "port": cluster.port }, "periodSeconds": 1 });
    cluster.create_pod(&object(json!({ "metadata": { "name": "bert" }, "spec": spec }))).await;
    cluster.until_ready("bert").await;
    let sleeper = json!({ "containers": [{ "name": "a", "command": ["sleep"], "args": ["300"] }] });
    cluster.create_pod(&object(json!({ "metadata": { "name": "carl" }, "spec": sleeper }))).await;
    cluster.until_ready("carl").await;
    cluster.delete_pod("carl", Some(0)).await;
    cluster.until_pods(2).await;
}

#[tokio::test]
async fn namespaces_are_apart() {
    let mut cluster = Cluster::start();
    let (one, two) = (cluster.random.word(), cluster.random.word() + "2");
    let maps = |namespace: &str| Api::<ConfigMap>::namespaced(cluster.client.clone(), namespace);
    for namespace in [&two, &one] {
        let map = config_map("same", &[("from", namespace)]);
        ok("it is made", maps(namespace).create(&PostParams::default(), &map).await);
    }
    let map = ok("it is read", maps(&one).get("same").await);
    expect("each has its own").eq(map.data.unwrap_or_default().remove("from"), Some(one.clone()));
    expect("and says where it is").eq(map.metadata.namespace, Some(one.clone()));
    let all = Api::<ConfigMap>::all(cluster.client.clone());
    let list = ok("all are listed", all.list(&ListParams::default()).await);
    let found: Vec<_> = list.items.iter().map(|map| map.namespace().unwrap_or_default()).collect();
    let mut wanted = vec![one.clone(), two.clone()];
    wanted.sort();
    expect("a list of all has both, by namespace").eq(found, wanted);
    ok("one is deleted", maps(&one).delete("same", &DeleteParams::default()).await);
    ok("the other stays", maps(&two).get("same").await);
}

#[tokio::test]
async fn a_name_can_be_made_up() {
    let cluster = Cluster::start();
    let maps = cluster.config_maps();
    let mut map = config_map("", &[]);
    (map.metadata.name, map.metadata.generate_name) = (None, Some("job-".to_owned()));
    let one = ok("it is made", maps.create(&PostParams::default(), &map).await).name_any();
    let two = ok("it is made", maps.create(&PostParams::default(), &map).await).name_any();
    for name in [&one, &two] {
        let rest = name.strip_prefix("job-").unwrap_or_default();
        let fits = rest.len() == 5 && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        expect("five letters or digits are added").that(fits, name);
    }
    expect("each time others").ne(one, two);
}
