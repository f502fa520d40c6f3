use crate::visible::support::{Cluster, config_map, ok, refused};
use harness::{Random, expect};
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Map, Value, json};

const MERGE: &str = "application/merge-patch+json";

/// Some JSON, with no null in it.
fn document(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 3 } else { 5 }) {
        0 => json!(random.between(0..=9)),
        1 => json!(random.word()),
        2 => json!([random.between(0..=9), { "a": random.word() }]),
        _ => {
            let mut members = Map::new();
            for name in ["a", "b", "c"] {
                if !random.one_in(3) {
                    members.insert(name.to_owned(), document(random, depth - 1));
                }
            }
            Value::Object(members)
        }
    }
}

/// RFC 7396, section 2, as it stands there.
fn merged(target: &Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut result = target.as_object().cloned().unwrap_or_default();
    for (name, value) in patch {
        if value.is_null() {
            result.remove(name);
        } else {
            let old = result.get(name).cloned().unwrap_or_default();
            result.insert(name.clone(), merged(&old, value));
        }
    }
    Value::Object(result)
}

#[tokio::test]
async fn any_document_is_merged_as_the_standard_says() {
    let mut cluster = Cluster::start();
    let path = "/api/v1/namespaces/default/configmaps";
    let random = &mut cluster.random;
    for number in 0..15 {
        // What nobody reads is kept as well, so anything can stand there.
        let before = json!({ "a": document(random, 2), "b": document(random, 2) });
        let mut patch = json!({ "a": document(random, 2), "c": document(random, 2) });
        for name in ["a", "b"] {
            if random.one_in(3) {
                patch[name] = Value::Null;
            } else if patch[name].is_object() && random.one_in(2) {
                patch[name]["b"] = Value::Null;
            }
        }
        let body = json!({ "metadata": { "name": format!("a{number}") }, "extra": before });
        cluster.http.post(path).json(&body).send().await.expect("it is made").status(201);
        let change = json!({ "extra": patch }).to_string();
        let path = format!("{path}/a{number}");
        let reply = cluster.http.patch(&path).header("content-type", MERGE).body(change).send().await;
        let wanted = merged(&before, &patch);
        reply.expect(format!("{before} is merged with {patch}")).status(200).json_at("/extra", wanted);
    }
}

#[tokio::test]
async fn a_patch_is_a_change_like_any_other() {
    let cluster = Cluster::start();
    let maps = cluster.config_maps();
    let seen = ok("it is made", maps.create(&PostParams::default(), &config_map("a", &[])).await);
    let params = PatchParams::default();
    let version = seen.metadata.resource_version.unwrap_or_default();
    let change =
        |value: &str| Patch::Merge(json!({ "metadata": { "resourceVersion": version }, "data": { "n": value } }));
    ok("who has seen the latest changes it", maps.patch("a", &params, &change("1")).await);
    refused("who has not is told so", maps.patch("a", &params, &change("2")).await, 409, "Conflict");
    let missing = maps.patch("b", &params, &Patch::Merge(json!({}))).await;
    refused("what is not there cannot be patched", missing, 404, "NotFound");
    let renamed = maps.patch("a", &params, &Patch::Merge(json!({ "metadata": { "name": "b" } }))).await;
    refused("a name stays", renamed, 400, "BadRequest");
    cluster.deploy_ready("web", 1, &[]).await;
    let deployments = cluster.deployments();
    let bad = Patch::Merge(json!({ "spec": { "template": { "metadata": { "labels": { "app": "other" } } } } }));
    refused("the result has to be valid", deployments.patch("web", &params, &bad).await, 422, "Invalid");
    let patch = Patch::Merge(json!({ "spec": { "replicas": 2 }, "status": { "replicas": 41 } }));
    let patched = ok("a deployment is patched", deployments.patch("web", &params, &patch).await);
    expect("its generation grows").eq(patched.metadata.generation, Some(2));
    expect("its status is not the client's").ne(patched.status.and_then(|status| status.replicas), Some(41));
    cluster.until_done("web", 2).await;
}

#[tokio::test]
async fn other_kinds_of_patches_are_refused() {
    let cluster = Cluster::start();
    ok("it is made", cluster.config_maps().create(&PostParams::default(), &config_map("a", &[])).await);
    let path = "/api/v1/namespaces/default/configmaps/a";
    for kind in ["application/json-patch+json", "application/strategic-merge-patch+json", "application/json"] {
        let reply = cluster.http.patch(path).header("content-type", kind).body("[]").send().await;
        reply.expect(format!("{kind} is refused")).status(415).json_at("/reason", "UnsupportedMediaType");
    }
    let reply = cluster.http.patch(path).header("content-type", MERGE).body("{").send().await;
    reply.expect("what is no JSON is refused").status(400).json_at("/reason", "BadRequest");
}
