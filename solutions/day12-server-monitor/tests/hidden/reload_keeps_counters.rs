use crate::visible::support::{Monitor, Webhook, config, http_target, server, tcp_target};
use harness::{expect, random};
use harness_net::{Answer, Gate, Upstream, eventually};
use std::time::Duration;

#[tokio::test]
async fn a_target_with_another_address_keeps_its_counts() {
    let (old, new) = (server(200), server(503));
    let name = random().name();
    let mut monitor = Monitor::start(&config(&[http_target(&name, &old.url())]));
    monitor.probed(&name, 5).await;
    let before = monitor.scrape().await.checks(&name, "success");
    monitor.reloaded(&config(&[http_target(&name, &new.url())]), "success", 1).await;
    let target = monitor.target("the new address is probed", &name, |target| target["state"] == "down").await;
    expect("and shown").eq(target["address"].as_str(), Some(new.url().as_str()));
    let after = monitor.scrape().await.checks(&name, "success");
    expect("a counter never falls").that(after >= before, format!("{before:?}, then {after:?}"));
    let seen = old.count();
    monitor.probed(&name, target["checks"].as_u64().unwrap_or_default() + 5).await;
    // One may have been on its way when the config was read.
    expect("the old address is left alone").that(old.count() <= seen + 1, format!("{seen}, then {}", old.count()));
}

#[tokio::test]
async fn a_target_that_is_gone_is_gone() {
    let (stays, goes) = (server(200), server(200));
    let lines = [http_target("stays", &stays.url()), http_target("goes", &goes.url())];
    let mut monitor = Monitor::start(&config(&lines));
    monitor.probed("goes", 2).await;
    let metrics = monitor.reloaded(&config(&lines[..1]), "success", 1).await;
    expect("its series are gone").eq((metrics.up("goes"), metrics.checks("goes", "success")), (None, None));
    expect("nobody shows it").eq(monitor.targets().await.len(), 1);
    let seen = goes.count();
    let checks = monitor.probed("stays", 1).await["checks"].as_u64().unwrap_or_default();
    monitor.probed("stays", checks + 10).await;
    // One may have been on its way when the config was read.
    expect("nobody probes it").that(goes.count() <= seen + 1, format!("{seen}, then {}", goes.count()));
}

#[tokio::test]
async fn a_target_that_has_not_changed_does_not_notice() {
    let gate = Gate::shut();
    let held = gate.clone();
    let slow = Upstream::start(move |_| Answer::new(200, "").behind(&held));
    let seldom = server(200);
    let lines = [
        format!("{}timeout_ms = 600000\n", http_target("slow", &slow.url())),
        format!("{}interval_ms = 3600000\n", http_target("seldom", &seldom.url())),
    ];
    let mut monitor = Monitor::start(&config(&lines));
    monitor.probed("seldom", 1).await;
    eventually("the slow probe is under way", Duration::from_secs(10), || async { (slow.count() == 1).then_some(()) })
        .await;
    for count in 1..=5 {
        let others = [tcp_target(&format!("new-{count}"), seldom.address())];
        monitor.reloaded(&config(&[&others[..], &lines[..]].concat()), "success", count).await;
        monitor.probed(&format!("new-{count}"), 3).await;
    }
    expect("its pace is the same").eq(seldom.received().len(), 1);
    expect("a probe under way goes on").eq((slow.count(), slow.abandoned()), (1, 0));
    gate.open();
    monitor.probed("slow", 1).await;
}

#[tokio::test]
async fn an_alert_survives_a_reload() {
    let (webhook, server) = (Webhook::start(), server(503));
    let target = http_target("shop", &server.url());
    let mut monitor = Monitor::start(&config(&[webhook.lines(3), target.clone()]));
    webhook.told(1).await;
    // Another rule is another setting of each target.
    let metrics = monitor.reloaded(&config(&[webhook.lines(2), target]), "success", 1).await;
    let checks = metrics.checks("shop", "failure").unwrap_or_default() as u64;
    let target = monitor.probed("shop", checks + 10).await;
    expect("the alert goes on").eq(target["firing"].as_bool(), Some(true));
    expect("and is not told again").eq(webhook.messages(), vec!["firing shop".to_owned()]);
    server.change(|_| Answer::new(200, ""));
    expect("its end is").eq(webhook.told(2).await[1].as_str(), "resolved shop");
}

#[tokio::test]
async fn a_new_webhook_is_told() {
    let (old, new, server) = (Webhook::start(), Webhook::start(), server(200));
    let target = http_target("shop", &server.url());
    let mut monitor = Monitor::start(&config(&[old.lines(1), target.clone()]));
    monitor.probed("shop", 1).await;
    monitor.reloaded(&config(&[new.lines(1), target]), "success", 1).await;
    server.change(|_| Answer::new(500, ""));
    expect("the new webhook is told").eq(new.told(1).await, vec!["firing shop".to_owned()]);
    expect("the old one is not").eq(old.messages(), Vec::<String>::new());
}

#[tokio::test]
async fn a_broken_config_leaves_everything_as_it_was() {
    let server = server(200);
    let good = config(&[http_target("shop", &server.url())]);
    let mut monitor = Monitor::start(&good);
    let broken = [
        format!("{good}[[target]]\nname = \"shop\"\ntcp = \"127.0.0.1:1\"\n"),
        format!("[alert]\nfail_after = 0\n{good}"),
        "[[target]]\nname = \"other\"\nurl = \"ftp://127.0.0.1/\"\n".to_owned(),
        "\u{0}".to_owned(),
    ];
    for (count, broken) in (1..).zip(&broken) {
        monitor.reloaded(broken, "failure", count).await;
        let targets = monitor.targets().await;
        let names: Vec<_> = targets.iter().map(|target| target["name"].clone()).collect();
        expect("the targets are those of before").eq(names, vec!["shop"]);
        let checks = targets[0]["checks"].as_u64().unwrap_or_default();
        monitor.probed("shop", checks + 2).await;
    }
    let stderr = monitor.program.stderr().join("\n");
    expect("the failure is on stderr, with the file's name").contains(&stderr, "targets.toml");
    expect("no reload has succeeded")
        .eq(monitor.scrape().await.value("monitor_config_reloads_total", &[("result", "success")]), Some(0.0));
}
