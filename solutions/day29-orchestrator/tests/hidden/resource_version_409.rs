use crate::visible::support::{Cluster, config_map, ok, refused, version};
use harness::expect;
use kube::api::{DeleteParams, PostParams, Preconditions};

#[tokio::test]
async fn without_a_version_the_last_one_wins() {
    let cluster = Cluster::start();
    let maps = cluster.config_maps();
    let first = ok("it is made", maps.create(&PostParams::default(), &config_map("a", &[("n", "0")])).await);
    for number in ["1", "2"] {
        let map = config_map("a", &[("n", number)]);
        let changed = ok("it is changed", maps.replace("a", &PostParams::default(), &map).await);
        expect("it is as the last one wants it").eq(&changed.data, &map.data);
        expect("with a later version").that(version(&changed) > version(&first), version(&changed));
    }
}

#[tokio::test]
async fn another_object_of_the_name_is_not_changed() {
    let cluster = Cluster::start();
    let maps = cluster.config_maps();
    let mut old = ok("it is made", maps.create(&PostParams::default(), &config_map("a", &[])).await);
    ok("it is deleted", maps.delete("a", &DeleteParams::default()).await);
    let new = ok("another is made", maps.create(&PostParams::default(), &config_map("a", &[])).await);
    expect("it has another uid").ne(&new.metadata.uid, &old.metadata.uid);
    old.metadata.resource_version = None;
    refused("it is not the old one", maps.replace("a", &PostParams::default(), &old).await, 409, "Conflict");
}

#[tokio::test]
async fn a_deletion_can_be_bound_to_what_was_seen() {
    let cluster = Cluster::start();
    let maps = cluster.config_maps();
    let seen = ok("it is made", maps.create(&PostParams::default(), &config_map("a", &[("n", "0")])).await);
    let delete = async |uid: Option<String>, version: Option<String>| {
        let preconditions = Some(Preconditions { uid, resource_version: version });
        maps.delete("a", &DeleteParams { preconditions, ..DeleteParams::default() }).await
    };
    let other = "00000000-0000-4000-8000-000000000000".to_owned();
    refused("another uid", delete(Some(other), None).await, 409, "Conflict");
    let map = config_map("a", &[("n", "1")]);
    let now = ok("it is changed", maps.replace("a", &PostParams::default(), &map).await);
    refused("an older version", delete(None, seen.metadata.resource_version).await, 409, "Conflict");
    ok("it is still there", maps.get("a").await);
    ok("what was seen is deleted", delete(now.metadata.uid, now.metadata.resource_version).await);
    refused("and gone", maps.get("a").await, 404, "NotFound");
}

#[tokio::test]
async fn of_many_with_the_same_version_one_is_first() {
    let cluster = Cluster::start();
    let maps = cluster.config_maps();
    let mut seen = ok("it is made", maps.create(&PostParams::default(), &config_map("a", &[])).await);
    for round in 0..3 {
        let results = harness_net::together(10, |number| {
            let (maps, mut map) = (maps.clone(), seen.clone());
            map.data = Some([("winner".to_owned(), format!("{round}-{number}"))].into());
            async move { maps.replace("a", &PostParams::default(), &map).await }
        })
        .await;
        let mut won: Vec<_> = results.into_iter().filter_map(Result::ok).collect();
        expect("one of ten is first, and the others are told so").eq(won.len(), 1);
        seen = ok("it is read", maps.get("a").await);
        expect("what the winner was told is what is there").eq(won.pop(), Some(seen.clone()));
    }
}

#[tokio::test]
async fn the_control_loop_undoes_nobodys_change() {
    let cluster = Cluster::start();
    cluster.deploy_ready("web", 1, &[]).await;
    // While pods come and go, the status of the deployment is written again and again.
    for number in 1..=8 {
        let wanted = 1 + number % 3;
        cluster
            .change("web", |deployment| {
                deployment.spec.get_or_insert_default().replicas = Some(wanted);
                let annotations = deployment.metadata.annotations.get_or_insert_default();
                annotations.insert(format!("note-{number}"), "here".to_owned());
            })
            .await;
    }
    let deployment = cluster.until_done("web", 3).await;
    expect("all notes are there").eq(deployment.metadata.annotations.unwrap_or_default().len(), 8);
}
