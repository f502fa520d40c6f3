//! The tests of day 29 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod crud_and_status {
    use super::support::{Cluster, PATIENCE, config_map, ok, refused, serve_if_pod, version};
    use harness::expect;
    use harness_net::eventually;
    use kube::api::{DeleteParams, ListParams, PostParams};
    use serde_json::json;

    #[test]
    fn a_pod_is_a_program_with_an_address_of_its_own() {
        // In a pod this test is the program.
        serve_if_pod();
        let runtime = tokio::runtime::Runtime::new().expect("the test needs a runtime");
        runtime.block_on(async {
            let cluster = Cluster::start();
            for name in ["anna", "bert"] {
                cluster.create_pod(&cluster.pod(name, &[("APP_TASTE", name)])).await;
            }
            let (anna, bert) = (cluster.until_ready("anna").await, cluster.until_ready("bert").await);
            let status = |pod: &k8s_openapi::api::core::v1::Pod| pod.status.clone().unwrap_or_default();
            expect("a pod that runs is in the phase Running").eq(status(&anna).phase.as_deref(), Some("Running"));
            expect("each pod has its own address").ne(status(&anna).pod_ip, status(&bert).pod_ip);
            for pod in [&anna, &bert] {
                let name = pod.metadata.name.clone().unwrap_or_default();
                let reply = cluster.ask(pod, "/").await;
                reply
                    .expect("the environment of the program is that of its spec, and says who it is")
                    .json_at("/environment/APP_TASTE", name.as_str())
                    .json_at("/environment/POD_NAME", name.as_str())
                    .json_at("/environment/POD_NAMESPACE", "default")
                    .json_at("/environment/POD_IP", status(pod).pod_ip.unwrap_or_default());
                let path = format!("/api/v1/namespaces/default/pods/{name}/log");
                let log = cluster.http.get(&path).send().await;
                log.expect("what the program prints is its log").status(200).contains(&format!("{name} runs"));
            }
        });
    }

    #[tokio::test]
    async fn objects_are_made_read_changed_and_deleted() {
        let mut cluster = Cluster::start();
        let (maps, name) = (cluster.config_maps(), cluster.random.name());
        let made =
            ok("it is made", maps.create(&PostParams::default(), &config_map(&name, &[("colour", "red")])).await);
        expect("an object has a uid").that(made.metadata.uid.is_some(), format!("{:?}", made.metadata));
        expect("and the time when it was made").that(made.metadata.creation_timestamp.is_some(), "none");
        let again = maps.create(&PostParams::default(), &config_map(&name, &[])).await;
        refused("a name can be used once", again, 409, "AlreadyExists");
        expect("what was made is read").eq(ok("it is read", maps.get(&name).await), made.clone());

        let mut wanted = made.clone();
        wanted.data = Some([("colour".to_owned(), "blue".to_owned())].into());
        let changed = ok("it is changed", maps.replace(&name, &PostParams::default(), &wanted).await);
        expect("a change has a later version").that(version(&changed) > version(&made), version(&changed));
        expect("the rest stays").eq(changed.metadata.uid.clone(), made.metadata.uid);
        let list = ok("objects are listed", maps.list(&ListParams::default()).await);
        expect("the list has what there is").eq(list.items, vec![changed]);

        ok("it is deleted", maps.delete(&name, &DeleteParams::default()).await);
        refused("it is gone", maps.get(&name).await, 404, "NotFound");
        refused("it cannot be deleted twice", maps.delete(&name, &DeleteParams::default()).await, 404, "NotFound");
        let replaced = maps.replace(&name, &PostParams::default(), &wanted).await;
        refused("it cannot be changed any more", replaced, 404, "NotFound");
    }

    #[tokio::test]
    async fn a_deleted_pod_is_asked_to_end_and_then_it_is_gone() {
        let cluster = Cluster::start();
        let release = cluster.gate("release");
        cluster.create_pod(&cluster.pod("anna", &[])).await;
        let pod = cluster.until_ready("anna").await;
        let address = super::support::address_of(&pod, cluster.port).expect("a ready pod has an address");
        let held = harness_net::Http::at(address).get("/hold").stream().await.expect("the head comes at once");
        cluster.delete_pod("anna", None).await;
        let pod = cluster.until("anna", "it is marked", |pod| pod.metadata.deletion_timestamp.is_some()).await;
        expect("who is on the way out is not ready").that(!super::support::is_ready(&pod), format!("{:?}", pod.status));
        eventually("its program gets SIGTERM", PATIENCE, || async { cluster.notes("term").pop() }).await;
        expect("the object stays until the process has ended").eq(cluster.all_pods().await.len(), 1);
        cluster.open(&release);
        expect("the request is finished").eq(held.text().await.unwrap_or_default(), "done".to_owned());
        cluster.until_pods(0).await;
        cluster.until_running(0).await;
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_in_a_status() {
        let cluster = Cluster::start();
        let maps = "/api/v1/namespaces/default/configmaps";
        let named = |name: &str| json!({ "metadata": { "name": name } });
        for (what, body, code, reason) in [
            ("another kind than the path", json!({ "kind": "Pod", "metadata": { "name": "a" } }), 400, "BadRequest"),
            ("another namespace", json!({ "metadata": { "name": "a", "namespace": "other" } }), 400, "BadRequest"),
            ("no object", json!([1, 2]), 400, "BadRequest"),
            ("no name", json!({ "metadata": {} }), 422, "Invalid"),
            ("an upper-case name", named("Anna"), 422, "Invalid"),
            ("a name with a dash at its end", named("anna-"), 422, "Invalid"),
        ] {
            let reply = cluster.http.post(maps).json(&body).send().await;
            let expectation = reply.expect(format!("{what} is refused"));
            expectation.status(code).media_type("application/json").json_at("/kind", "Status");
            expectation.json_at("/status", "Failure").json_at("/reason", reason).json_at("/code", code);
        }
        let reply = cluster.http.post(maps).header("content-type", "application/json").body("{").send().await;
        reply.expect("what is no JSON is refused").status(400).json_at("/reason", "BadRequest");
        let reply = cluster.http.post(maps).header("content-type", "text/plain").body("{}").send().await;
        reply.expect("other types are refused").status(415).json_at("/reason", "UnsupportedMediaType");
        let reply = cluster.http.call("POST", &format!("{maps}/anna")).json(&named("anna")).send().await;
        reply.expect("an object is not posted to its own path").status(405).json_at("/reason", "MethodNotAllowed");
        let reply = cluster.http.get("/api/v1/namespaces/default/secrets").send().await;
        reply.expect("a kind that is not here").status(404).json_at("/reason", "NotFound");
    }
}

mod replicas_are_kept {
    use super::support::{Cluster, names, ok, restarts};
    use harness::expect;
    use kube::ResourceExt;

    #[tokio::test]
    async fn as_many_run_as_are_wanted() {
        let cluster = Cluster::start();
        cluster.deploy_ready("web", 3, &[]).await;
        let pods = cluster.all_pods().await;
        let deployment = ok("it is read", cluster.deployments().get("web").await);
        for pod in &pods {
            let owners = pod.metadata.owner_references.clone().unwrap_or_default();
            let owner = owners.first().map(|owner| (owner.kind.clone(), Some(owner.uid.clone())));
            expect("a pod is owned by its deployment")
                .eq(owner, Some(("Deployment".to_owned(), deployment.metadata.uid.clone())));
            expect("it has the labels of the template").eq(pod.labels().get("app").map(String::as_str), Some("web"));
        }
        cluster.until_running(3).await;
        let again = cluster.instances().await;
        expect("nothing is started that is not wanted").eq(again.len(), 3);
    }

    #[tokio::test]
    async fn what_is_missing_is_replaced() {
        let mut cluster = Cluster::start();
        cluster.deploy_ready("web", 3, &[]).await;
        let before = cluster.all_pods().await;
        let victim = cluster.random.pick(&before).clone();
        cluster.delete_pod(&victim.name_any(), None).await;
        cluster.until_done("web", 3).await;
        let after = cluster.all_pods().await;
        let (before, after) = (names(&before), names(&after));
        expect("the deleted one is not there any more").that(!after.contains(&victim.name_any()), format!("{after:?}"));
        expect("the others stay").eq(before.intersection(&after).count(), 2);
        cluster.until_running(3).await;
    }

    #[tokio::test]
    async fn a_process_that_ends_is_started_again_in_its_pod() {
        let cluster = Cluster::start();
        cluster.deploy_ready("web", 2, &[]).await;
        let before = cluster.instances().await;
        let pod = cluster.all_pods().await.remove(0);
        cluster.ask(&pod, "/exit/3").await;
        let name = pod.name_any();
        let again = |pod: &k8s_openapi::api::core::v1::Pod| restarts(pod) == 1 && super::support::is_ready(pod);
        cluster.until(&name, "its program is started again, and counted", again).await;
        cluster.until_done("web", 2).await;
        let after = cluster.instances().await;
        expect("the pods are the same").that(before.keys().eq(after.keys()), format!("{after:?}"));
        expect("one has a new process").ne(&before[&name], &after[&name]);
        cluster.until_running(2).await;
    }

    #[tokio::test]
    async fn more_and_fewer_can_be_wanted() {
        let cluster = Cluster::start();
        cluster.deploy_ready("web", 1, &[]).await;
        for replicas in [4, 2, 0, 1] {
            cluster.scale("web", replicas).await;
            cluster.until_done("web", replicas).await;
            cluster.until_running(usize::try_from(replicas).unwrap_or_default()).await;
            let scale = ok("a scale is read", cluster.deployments().get_scale("web").await);
            let wanted = scale.spec.and_then(|spec| spec.replicas).unwrap_or_default();
            let status = scale.status.unwrap_or_default();
            expect("the scale says so").eq((wanted, status.replicas), (replicas, replicas));
            expect("and whose pods they are").eq(status.selector.as_deref(), Some("app=web"));
        }
    }
}

mod selectors {
    use super::support::{Cluster, Events, config_map, ok};
    use harness::expect;
    use kube::{
        ResourceExt,
        api::{ListParams, PostParams, WatchParams},
    };

    #[tokio::test]
    async fn labels_choose_what_a_list_has() {
        let cluster = Cluster::start();
        let maps = cluster.config_maps();
        for (name, labels) in [
            ("a", vec![("app", "web"), ("env", "prod")]),
            ("b", vec![("app", "web"), ("env", "test"), ("canary", "")]),
            ("c", vec![("app", "db"), ("env", "prod")]),
            ("d", vec![]),
        ] {
            let mut map = config_map(name, &[]);
            map.labels_mut().extend(labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
            ok("it is made", maps.create(&PostParams::default(), &map).await);
        }
        for (selector, wanted) in [
            ("app=web", "a b"),
            ("app==web,env=prod", "a"),
            ("app!=web", "c d"),
            ("env in (prod, test)", "a b c"),
            ("env in (prod,none),app in (db,web)", "a c"),
            ("env notin (prod)", "b d"),
            ("canary", "b"),
            ("!canary,app", "a c"),
            ("!app", "d"),
            ("app=none", ""),
        ] {
            let list = ok("objects are listed", maps.list(&ListParams::default().labels(selector)).await);
            let found: Vec<_> = list.items.iter().map(ResourceExt::name_any).collect();
            expect(format!("labelSelector={selector}")).eq(found.join(" "), wanted.to_owned());
        }
    }

    #[tokio::test]
    async fn a_watch_tells_what_begins_and_ceases_to_match() {
        let cluster = Cluster::start();
        let maps = cluster.config_maps();
        let version = ok("objects are listed", maps.list(&ListParams::default()).await);
        let version = version.metadata.resource_version.unwrap_or_default();
        let mut events = Events::with(&maps, WatchParams::default().labels("app=web"), &version).await;
        ok("it is made", maps.create(&PostParams::default(), &config_map("a", &[])).await);
        let relabel = async |name: &str, value: &str, colour: &str| {
            let mut map = config_map(name, &[("colour", colour)]);
            map.labels_mut().insert("app".to_owned(), value.to_owned());
            ok("it is changed", maps.replace(name, &PostParams::default(), &map).await);
        };
        relabel("a", "web", "red").await;
        expect("what begins to match is added").eq(events.said().await, "ADDED a".to_owned());
        relabel("a", "web", "blue").await;
        expect("what still matches is modified").eq(events.said().await, "MODIFIED a".to_owned());
        relabel("a", "db", "blue").await;
        expect("what ceases to match is deleted").eq(events.said().await, "DELETED a".to_owned());
        relabel("a", "db", "red").await;
        relabel("a", "web", "red").await;
        expect("what does not match is not mentioned").eq(events.said().await, "ADDED a".to_owned());
    }
}

mod resource_version_409 {
    use super::support::{Cluster, config_map, ok, refused, version};
    use harness::expect;
    use kube::api::PostParams;

    #[tokio::test]
    async fn who_has_seen_an_older_version_changes_nothing() {
        let cluster = Cluster::start();
        let maps = cluster.config_maps();
        let seen = ok("it is made", maps.create(&PostParams::default(), &config_map("a", &[("n", "0")])).await);
        let with = |number: &str| {
            let mut map = seen.clone();
            map.data = Some([("n".to_owned(), number.to_owned())].into());
            map
        };
        let first = ok("the first is stored", maps.replace("a", &PostParams::default(), &with("1")).await);
        let second = maps.replace("a", &PostParams::default(), &with("2")).await;
        refused("the second has not seen the first", second, 409, "Conflict");
        expect("nothing was changed by it").eq(ok("it is read", maps.get("a").await), first.clone());
        let mut third = with("3");
        third.metadata.resource_version = Some(version(&first).to_string());
        ok("who has seen the latest may change it", maps.replace("a", &PostParams::default(), &third).await);
    }

    #[tokio::test]
    async fn of_many_who_count_none_counts_in_vain() {
        const PEOPLE: usize = 6;
        const TIMES: usize = 5;
        let cluster = Cluster::start();
        let maps = cluster.config_maps();
        ok("it is made", maps.create(&PostParams::default(), &config_map("sum", &[("n", "0")])).await);
        harness_net::together(PEOPLE, |_| {
            let maps = maps.clone();
            async move {
                let mut done = 0;
                while done < TIMES {
                    let mut map = ok("it is read", maps.get("sum").await);
                    let data = map.data.get_or_insert_default();
                    let number: usize = data["n"].parse().unwrap_or_default();
                    data.insert("n".to_owned(), (number + 1).to_string());
                    match maps.replace("sum", &PostParams::default(), &map).await {
                        Err(kube::Error::Api(status)) if status.code == 409 => {}
                        other => {
                            ok("it is changed", other);
                            done += 1;
                        }
                    }
                }
            }
        })
        .await;
        let map = ok("it is read", maps.get("sum").await);
        let sum = map.data.unwrap_or_default().remove("n");
        expect("every acknowledged change is counted").eq(sum, Some((PEOPLE * TIMES).to_string()));
    }
}

mod watch_from_version_410 {
    use super::support::{Cluster, Events, config_map, ok};
    use harness::expect;
    use kube::api::{DeleteParams, ListParams, PostParams};

    #[tokio::test]
    async fn what_happens_after_a_list_is_told_in_its_order() {
        let mut cluster = Cluster::start();
        let maps = cluster.config_maps();
        ok("it is made", maps.create(&PostParams::default(), &config_map("before", &[])).await);
        let list = ok("objects are listed", maps.list(&ListParams::default()).await);
        let version = list.metadata.resource_version.unwrap_or_default();
        let number = cluster.random.word();
        // All of this happens before anybody watches.
        ok("it is made", maps.create(&PostParams::default(), &config_map("a", &[])).await);
        ok("it is changed", maps.replace("a", &PostParams::default(), &config_map("a", &[("n", &number)])).await);
        ok("it is deleted", maps.delete("before", &DeleteParams::default()).await);
        let mut events = Events::after(&maps, &version).await;
        let mut last = version.parse().unwrap_or(0);
        for wanted in ["ADDED a", "MODIFIED a", "DELETED before"] {
            expect("changes come in their order").eq(events.said().await, wanted.to_owned());
            expect("each with a later version").that(events.version > last, format!("{last}, {}", events.version));
            last = events.version;
        }
        // And this while somebody does.
        ok("it is made", maps.create(&PostParams::default(), &config_map("b", &[])).await);
        expect("what happens now is told now").eq(events.said().await, "ADDED b".to_owned());
        let mut from_there = Events::after(&maps, &last.to_string()).await;
        expect("a watch can go on after any event").eq(from_there.said().await, "ADDED b".to_owned());
    }

    #[tokio::test]
    async fn who_asks_for_what_is_forgotten_is_told_so() {
        let cluster = Cluster::with(&["--history", "5"]);
        let maps = cluster.config_maps();
        let first = ok("it is made", maps.create(&PostParams::default(), &config_map("a", &[])).await);
        let first = super::support::version(&first);
        for number in 0..8 {
            let map = config_map("a", &[("n", &number.to_string())]);
            ok("it is changed", maps.replace("a", &PostParams::default(), &map).await);
        }
        let told = super::support::is_expired(&maps, &first.to_string()).await;
        expect("a version that is too old").expected("410 Expired").that(told.is_ok(), format!("{told:?}"));
    }
}

mod crash_backoff {
    use super::support::{Cluster, PATIENCE, container_status, restarts, waits_for};
    use harness::expect;
    use harness_net::eventually;
    use serde_json::json;

    #[tokio::test]
    async fn each_restart_comes_later_than_the_one_before() {
        let cluster = Cluster::with(&["--second-ms", "4"]);
        cluster.create_pod(&cluster.pod("anna", &[("APP_CRASH", "3")])).await;
        let starts = eventually("it is started five times", PATIENCE, || async {
            Some(cluster.notes("start")).filter(|starts| starts.len() >= 5)
        })
        .await;
        let pauses: Vec<_> = starts.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
        for (pause, seconds) in pauses.iter().zip([10, 20, 40, 80]) {
            expect(format!("{seconds} seconds of 4 ms lie between two starts"))
                .expected(format!("at least {} ms", seconds * 4))
                .that(*pause >= seconds * 4, format!("{pauses:?} ms"));
        }
        let pod = cluster.until("anna", "it waits in back-off", |pod| waits_for(pod) == "CrashLoopBackOff").await;
        let status = container_status(&pod);
        expect("its exit code is told").eq(&status["lastState"]["terminated"]["exitCode"], &json!(3));
        expect("it is not ready").eq(&status["ready"], &json!(false));
        expect("restarts are counted").that(restarts(&pod) >= 4, status);
    }

    #[tokio::test]
    async fn an_end_with_0_is_an_end_as_well() {
        let cluster = Cluster::with(&["--second-ms", "4"]);
        cluster.create_pod(&cluster.pod("anna", &[("APP_CRASH", "0")])).await;
        let pod = cluster.until("anna", "it is started again", |pod| restarts(pod) >= 2).await;
        let code = &container_status(&pod)["lastState"]["terminated"]["exitCode"];
        expect("its exit code is told").eq(code, &json!(0));
    }
}

mod rolling_update_serves_throughout {
    use super::support::{Cluster, Load, PATIENCE, is_ready, names, ok};
    use harness::expect;
    use harness_net::eventually;

    #[tokio::test(flavor = "multi_thread")]
    async fn no_request_is_lost() {
        let cluster = Cluster::start();
        cluster.deploy_ready("web", 3, &[("APP_VERSION", "1")]).await;
        let old = names(&cluster.all_pods().await);
        let load = Load::start(&cluster, 4).await;
        cluster.roll("web", &[("APP_VERSION", "2")]).await;
        cluster.until_done("web", 3).await;
        load.more(50).await;
        let new = names(&cluster.all_pods().await);
        let tally = load.result();
        expect("no request is lost").eq(tally.lost, Vec::<String>::new());
        expect("all pods are new").eq(old.intersection(&new).count(), 0);
        let has_served = |names: &std::collections::BTreeSet<String>| names.iter().any(|name| tally.by.contains(name));
        expect("old and new ones have served").eq((has_served(&old), has_served(&new)), (true, true));
        cluster.until_running(3).await;
    }

    #[tokio::test]
    async fn a_version_that_does_not_get_ready_replaces_nothing() {
        let cluster = Cluster::start();
        let gate = cluster.gate("never");
        cluster.deploy_ready("web", 2, &[]).await;
        let old = cluster.instances().await;
        cluster.roll("web", &[("APP_GATE", &gate)]).await;
        let started = || async { (cluster.notes("start").len() == 3).then_some(()) };
        eventually("one new pod is started", PATIENCE, started).await;
        harness_net::eventually_ok("two old ones are ready, and one new one is not", PATIENCE, || async {
            let deployment = ok("it is read", cluster.deployments().get("web").await);
            let status = deployment.status.unwrap_or_default();
            let counts = (status.replicas, status.updated_replicas, status.ready_replicas);
            if counts == (Some(3), Some(1), Some(2)) { Ok(()) } else { Err(format!("{status:?}")) }
        })
        .await;
        let pods = cluster.all_pods().await;
        let ready: Vec<_> = pods.iter().filter(|pod| is_ready(pod)).cloned().collect();
        expect("the old ones stay").that(names(&ready).iter().eq(old.keys()), format!("{:?}", names(&ready)));
        // Back to the old version: its pods have never gone.
        cluster.roll("web", &[]).await;
        cluster.until_done("web", 2).await;
        expect("their processes are the same").eq(cluster.instances().await, old);
        cluster.until_running(2).await;
    }
}

mod kill9_adopts_children {
    use super::support::{Cluster, is_ready, pods_outlive_it, restarts};
    use harness::expect;
    use kube::ResourceExt;

    #[tokio::test]
    async fn the_same_processes_go_on() {
        let mut cluster = Cluster::start();
        cluster.deploy_ready("web", 3, &[]).await;
        let before = cluster.instances().await;
        cluster.program.kill();
        // Where nothing outlives the program, all are started again, and none twice.
        let survive = pods_outlive_it();
        cluster.start_again();
        let pods = cluster.all_pods().await;
        expect("the pods are still there").eq(pods.len(), 3);
        if survive {
            let at_once = pods.iter().all(|pod| is_ready(pod) && restarts(pod) == 0);
            expect("they are still ready, and nothing was restarted").that(at_once, format!("{pods:?}"));
        }
        cluster.until_back("web", 3).await;
        let after = cluster.instances().await;
        expect("the pods are the same").that(before.keys().eq(after.keys()), format!("{after:?}"));
        if survive {
            expect("with the same processes").eq(&after, &before);
        }
        cluster.until_running(3).await;
        expect("none was started twice").eq(cluster.notes("start").len(), if survive { 3 } else { 6 });
        cluster.scale("web", 1).await;
        cluster.until_done("web", 1).await;
        cluster.until_running(1).await;
    }

    #[tokio::test]
    async fn what_ended_meanwhile_is_started_again() {
        let mut cluster = Cluster::start();
        cluster.deploy_ready("web", 2, &[]).await;
        let before = cluster.instances().await;
        let pod = cluster.all_pods().await.remove(0);
        cluster.program.kill();
        if pods_outlive_it() {
            cluster.ask(&pod, "/exit/3").await;
        }
        cluster.start_again();
        let again = |pod: &k8s_openapi::api::core::v1::Pod| restarts(pod) == 1 && is_ready(pod);
        let pod = cluster.until(&pod.name_any(), "its program is started again, and counted", again).await;
        expect("it has a new process").ne(&cluster.instance(&pod).await, &before[&pod.name_any()]);
        cluster.until_running(2).await;
    }
}

mod merge_patch {
    use super::support::{Cluster, config_map, ok};
    use harness::expect;
    use kube::api::{Patch, PatchParams, PostParams};
    use serde_json::json;
    use std::collections::BTreeMap;

    #[tokio::test]
    async fn a_patch_changes_what_it_names() {
        let cluster = Cluster::start();
        let maps = cluster.config_maps();
        let data = [("colour", "red"), ("size", "small"), ("taste", "sweet")];
        let made = ok("it is made", maps.create(&PostParams::default(), &config_map("a", &data)).await);
        let patch = json!({ "data": { "colour": "blue", "size": null, "sound": "loud" } });
        let patched = ok("it is patched", maps.patch("a", &PatchParams::default(), &Patch::Merge(patch)).await);
        let wanted = [("colour", "blue"), ("sound", "loud"), ("taste", "sweet")];
        let wanted: BTreeMap<_, _> = wanted.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        expect("what is named is changed, null takes away, the rest stays").eq(patched.data, Some(wanted));
        expect("it is the same object").eq(patched.metadata.uid, made.metadata.uid);
    }

    #[tokio::test]
    async fn a_patch_can_scale() {
        let cluster = Cluster::start();
        cluster.deploy_ready("web", 1, &[]).await;
        let patch = Patch::Merge(json!({ "spec": { "replicas": 2 } }));
        let scale = cluster.deployments().patch_scale("web", &PatchParams::default(), &patch).await;
        let scale = ok("a scale is patched", scale);
        expect("it says so").eq(scale.spec.and_then(|spec| spec.replicas), Some(2));
        cluster.until_done("web", 2).await;
    }
}

mod finalizers {
    use super::support::{Cluster, config_map, ok, refused};
    use harness::expect;
    use kube::api::{DeleteParams, PostParams};

    #[tokio::test]
    async fn an_object_stays_until_the_last_is_taken_off() {
        let cluster = Cluster::start();
        let maps = cluster.config_maps();
        let mut map = config_map("a", &[]);
        map.metadata.finalizers = Some(vec!["example.org/one".to_owned(), "example.org/two".to_owned()]);
        ok("it is made", maps.create(&PostParams::default(), &map).await);
        ok("it is deleted", maps.delete("a", &DeleteParams::default()).await);
        let marked = ok("it is still there", maps.get("a").await);
        expect("it is marked").that(marked.metadata.deletion_timestamp.is_some(), format!("{:?}", marked.metadata));
        let again = maps.create(&PostParams::default(), &config_map("a", &[])).await;
        refused("its name is still taken", again, 409, "AlreadyExists");
        for left in [vec!["example.org/two".to_owned()], vec![]] {
            let mut map = ok("it is still there", maps.get("a").await);
            map.metadata.finalizers = Some(left);
            ok("a finalizer is taken off", maps.replace("a", &PostParams::default(), &map).await);
        }
        refused("now it is gone", maps.get("a").await, 404, "NotFound");
    }
}
