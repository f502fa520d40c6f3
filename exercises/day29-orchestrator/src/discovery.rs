//! What clients ask first: which version this is, which kinds of objects there are, and what can be done with them.

use crate::resource::Resource;
use axum::{Json, Router, routing::get};
use serde_json::{Value, json};

pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let version = json!({
        "major": "1", "minor": "33", "gitVersion": "v1.33.0", "gitCommit": "", "gitTreeState": "", "buildDate": "",
        "goVersion": "", "compiler": "rustc", "platform": "linux/amd64",
    });
    let core = json!({ "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [] });
    let apps = json!({ "groupVersion": "apps/v1", "version": "v1" });
    let group = json!({ "name": "apps", "versions": [apps], "preferredVersion": apps });
    let groups = json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": [group] });
    Router::new()
        .route("/version", answer(version))
        .route("/api", answer(core))
        .route("/apis", answer(groups))
        .route("/api/v1", answer(resources("v1")))
        .route("/apis/apps/v1", answer(resources("apps/v1")))
}

fn answer<S: Clone + Send + Sync + 'static>(document: Value) -> axum::routing::MethodRouter<S> {
    get(async move || Json(document))
}

/// The kinds of objects in one group.
fn resources(api_version: &str) -> Value {
    let of_group = Resource::ALL.into_iter().filter(|resource| resource.api_version() == api_version);
    let mut list: Vec<_> = of_group.map(describe).collect();
    if api_version == Resource::Deployments.api_version() {
        list.push(json!({
            "name": "deployments/scale", "singularName": "", "namespaced": true, "kind": "Scale",
            "group": "autoscaling", "version": "v1", "verbs": ["get", "patch", "update"],
        }));
    } else {
        let verbs = ["get"];
        list.push(json!({ "name": "pods/log", "singularName": "", "namespaced": true, "kind": "Pod", "verbs": verbs }));
    }
    json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": list })
}

fn describe(resource: Resource) -> Value {
    let short = match resource {
        Resource::ConfigMaps => "cm",
        Resource::Deployments => "deploy",
        Resource::Pods => "po",
    };
    json!({
        "name": resource.plural(), "singularName": resource.kind().to_lowercase(), "namespaced": true,
        "kind": resource.kind(), "shortNames": [short],
        "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
    })
}
