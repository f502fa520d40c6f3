//! The loop that compares deployments with pods. It remembers nothing: each round looks at everything, and makes or deletes
//! what is missing or too much. As nobody else makes pods for deployments, what it sees is what there is.

use crate::{
    api,
    fault::Fault,
    resource::{Key, Resource},
    store::{Change, Store},
    views::{Deployment, Object, Pod, random_letters, template_hash, view},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

/// The label that tells of which version a pod is.
const HASH: &str = "pod-template-hash";

/// After a fault of the database, the next round.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// Looks again whenever something has changed, until the store is closed.
pub async fn run(store: Store) {
    let mut news = store.news();
    loop {
        if *news.borrow_and_update() {
            return;
        }
        if let Err(fault) = look(&store).await {
            eprintln!("error: deployments: {fault}");
            tokio::time::sleep(AFTER_FAULT).await;
            continue;
        }
        if news.changed().await.is_err() {
            return;
        }
    }
}

async fn look(store: &Store) -> Result<(), Fault> {
    let (_, deployments) = store.list(Resource::Deployments, None).await?;
    let (_, pods) = store.list(Resource::Pods, None).await?;
    let pods: Vec<Pod> =
        pods.iter().filter_map(|pod| view(pod).ok()).filter(|pod: &Pod| !pod.metadata.is_leaving()).collect();
    let mut owners = BTreeSet::new();
    for object in &deployments {
        let deployment: Deployment = view(object).map_err(Fault::internal)?;
        owners.insert(deployment.metadata.uid.clone());
        if !deployment.metadata.is_leaving() {
            reconcile(store, object, &deployment, &pods).await?;
        }
    }
    // Who was made for a deployment goes with it.
    let is_orphan = |pod: &&Pod| {
        let mut owned_by =
            pod.metadata.owner_references.iter().filter(|owner| owner.kind == Resource::Deployments.kind());
        owned_by.any(|owner| !owners.contains(&owner.uid))
    };
    for pod in pods.iter().filter(is_orphan) {
        delete(store, pod).await?;
    }
    Ok(())
}

async fn reconcile(store: &Store, object: &Object, deployment: &Deployment, pods: &[Pod]) -> Result<(), Fault> {
    let hash = template_hash(&object["spec"]["template"]);
    let own = pods.iter().filter(|pod| belongs(pod, deployment));
    let (new, old): (Vec<_>, Vec<_>) = own.partition(|pod| pod.metadata.labels.get(HASH) == Some(&hash));
    write_status(store, deployment, &new, &old).await?;
    let plan = plan(deployment.spec.replicas as usize, new, old);
    for pod in plan.delete {
        delete(store, pod).await?;
    }
    for _ in 0..plan.make {
        make_pod(store, object, deployment, &hash).await?;
    }
    Ok(())
}

/// Whether a pod is one of a deployment's.
fn belongs(pod: &Pod, deployment: &Deployment) -> bool {
    todo!("whether {pod:?} is owned by {deployment:?}, in its namespace, and selected by it")
}

/// What is to be done now. Doing it makes news, so this is not the last look.
#[derive(Debug)]
struct Plan<'a> {
    delete: Vec<&'a Pod>,
    /// So many new ones.
    make: usize,
}

/// From pods of the newest version and older ones to as many as `wanted`, all of them new. There are never more than one
/// more than wanted, and nobody who serves goes while no other can.
fn plan<'a>(wanted: usize, new: Vec<&'a Pod>, old: Vec<&'a Pod>) -> Plan<'a> {
    todo!("how to get from {new:?} and {old:?} one step nearer to {wanted} new ones")
}

async fn make_pod(store: &Store, object: &Object, deployment: &Deployment, hash: &str) -> Result<(), Fault> {
    let owner = &deployment.metadata;
    let template = &object["spec"]["template"];
    let mut pod = json!({
        "kind": Resource::Pods.kind(), "apiVersion": Resource::Pods.api_version(),
        "metadata": {
            "name": pod_name(&owner.name, hash),
            "namespace": owner.namespace,
            "labels": template["metadata"]["labels"],
            "ownerReferences": [{
                "apiVersion": Resource::Deployments.api_version(), "kind": Resource::Deployments.kind(),
                "name": owner.name, "uid": owner.uid, "controller": true, "blockOwnerDeletion": true,
            }],
        },
        "spec": template["spec"],
    });
    pod["metadata"]["labels"][HASH] = hash.into();
    if let Some(annotations) = template.pointer("/metadata/annotations") {
        pod["metadata"]["annotations"] = annotations.clone();
    }
    api::make(store, Resource::Pods, pod).await.map(drop)
}

/// Short enough for a name, however long the deployment's is.
fn pod_name(deployment: &str, hash: &str) -> String {
    let stem = deployment.get(..40).unwrap_or(deployment);
    format!("{stem}-{hash}-{}", random_letters(5))
}

async fn delete(store: &Store, pod: &Pod) -> Result<(), Fault> {
    let metadata = &pod.metadata;
    let (namespace, name) = (metadata.namespace.clone(), metadata.name.clone());
    match api::let_go(store, &Key { resource: Resource::Pods, namespace, name }, &metadata.uid).await {
        Err(fault) if !fault.is_gone() => Err(fault),
        _ => Ok(()),
    }
}

async fn write_status(store: &Store, deployment: &Deployment, new: &[&Pod], old: &[&Pod]) -> Result<(), Fault> {
    let metadata = &deployment.metadata;
    let ready = new.iter().chain(old).filter(|pod| pod.is_ready()).count();
    let status: Value = json!({
        "observedGeneration": metadata.generation,
        "replicas": new.len() + old.len(),
        "updatedReplicas": new.len(),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": (deployment.spec.replicas as usize).saturating_sub(ready),
    });
    let (namespace, name) = (metadata.namespace.clone(), metadata.name.clone());
    let decide = |mut object: Object| {
        object["status"] = status;
        Ok(Change::Put(object))
    };
    match store.change(&Key { resource: Resource::Deployments, namespace, name }, decide).await {
        Err(fault) if !fault.is_gone() => Err(fault),
        _ => Ok(()),
    }
}
