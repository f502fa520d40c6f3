use crate::visible::support::{Monitor, Webhook, config, http_target, hung, quoted, server};
use harness::{expect, random};
use harness_net::{Answer, Gate, Received, Upstream, eventually};
use std::time::Duration;

#[tokio::test]
async fn failures_have_to_be_in_a_row() {
    // Never three in a row, until the end.
    let mut statuses = [500, 500, 200, 500, 500, 200, 200, 500, 200, 500, 500, 200].into_iter();
    let server = Upstream::start(move |_| Answer::new(statuses.next().unwrap_or(500), ""));
    let webhook = Webhook::start();
    let monitor = Monitor::start(&config(&[webhook.lines(3), http_target("shop", &server.url())]));
    monitor.probed("shop", 12).await;
    let firing = monitor.target("three in a row fire", "shop", |target| target["firing"] == true).await;
    // 7 failures among the first 12, then 3 in a row.
    expect("not before the third in a row").that(firing["failures"].as_u64() >= Some(10), &firing);
    webhook.told(1).await;
    let at_least = firing["checks"].as_u64().unwrap_or_default() + 10;
    monitor.probed("shop", at_least).await;
    expect("only one message").eq(webhook.messages(), vec!["firing shop".to_owned()]);
}

#[tokio::test]
async fn a_message_is_sent_until_it_is_accepted() {
    let (webhook, server) = (Webhook::start(), server(500));
    for status in [500, 404, 302] {
        webhook.0.next(Answer::new(status, "not now"));
    }
    let monitor = Monitor::start(&config(&[webhook.lines(1), http_target("shop", &server.url())]));
    let told = webhook.told(4).await;
    expect("the message that was not accepted comes again").eq(told, vec!["firing shop".to_owned(); 4]);
    let bodies: Vec<_> = webhook.0.received().iter().map(Received::json).collect();
    expect("it is the same message").that(bodies.windows(2).all(|pair| pair[0] == pair[1]), format!("{bodies:?}"));
    let checks = monitor.probed("shop", 1).await["checks"].as_u64().unwrap_or_default();
    monitor.probed("shop", checks + 10).await;
    expect("what was accepted does not come again").eq(webhook.messages().len(), 4);
}

#[tokio::test]
async fn a_webhook_that_hangs_gets_it_again() {
    let (webhook, server) = (Webhook::start(), server(500));
    webhook.0.next(Answer::new(204, "").delay(Duration::from_secs(600)));
    let lines = webhook.lines(1) + "timeout_ms = 100\n";
    let _monitor = Monitor::start(&config(&[lines, http_target("shop", &server.url())]));
    let told = webhook.told(2).await;
    expect("what was not accepted in time comes again").eq(told, vec!["firing shop".to_owned(); 2]);
}

#[tokio::test]
async fn probes_do_not_wait_for_the_webhook() {
    let (webhook, server) = (Webhook(hung()), server(500));
    let lines = webhook.lines(1) + "timeout_ms = 600000\n";
    let monitor = Monitor::start(&config(&[lines, http_target("shop", &server.url())]));
    webhook.told(1).await;
    let checks = monitor.probed("shop", 1).await["checks"].as_u64().unwrap_or_default();
    monitor.probed("shop", checks + 20).await;
    expect("the message is still under way").eq(webhook.0.abandoned(), 0);
}

#[tokio::test]
async fn messages_wait_for_those_before_them() {
    let gate = Gate::shut();
    let held = gate.clone();
    let webhook = Webhook(Upstream::start(move |_| Answer::new(204, "").behind(&held)));
    let server = server(500);
    let lines = webhook.lines(1) + "timeout_ms = 600000\n";
    let monitor = Monitor::start(&config(&[lines, http_target("shop", &server.url())]));
    for (status, firing) in [(200, false), (500, true), (200, false)] {
        monitor.target("the alert changes", "shop", |target| target["firing"] == !firing).await;
        server.change(move |_| Answer::new(status, ""));
    }
    monitor.target("the alert is over", "shop", |target| target["firing"] == false).await;
    expect("only the first is under way").eq(webhook.messages(), vec!["firing shop".to_owned()]);
    gate.open();
    let all = ["firing shop", "resolved shop", "firing shop", "resolved shop"].map(str::to_owned);
    expect("then all of them come, in order").eq(webhook.told(4).await, all.to_vec());
}

#[tokio::test]
async fn each_target_has_an_alert_of_its_own() {
    let (webhook, well, ill) = (Webhook::start(), server(200), server(503));
    let mut random = random();
    let names: Vec<String> = (0..6).map(|number| format!("{}-{number}", random.name())).collect();
    let line =
        |(number, name): (usize, &String)| http_target(name, if number % 2 == 0 { &ill } else { &well }.url().as_str());
    let lines: Vec<String> = std::iter::once(webhook.lines(2)).chain(names.iter().enumerate().map(line)).collect();
    let monitor = Monitor::start(&config(&lines));
    webhook.told(3).await;
    ill.change(|_| Answer::new(200, ""));
    let mut told = webhook.told(6).await;
    for name in &names {
        let checks = monitor.probed(name, 1).await["checks"].as_u64().unwrap_or_default();
        monitor.probed(name, checks + 3).await;
    }
    told.sort();
    let ill = names.iter().step_by(2);
    let mut wanted: Vec<_> = ill.flat_map(|name| [format!("firing {name}"), format!("resolved {name}")]).collect();
    wanted.sort();
    expect("two messages for each that was down, and none for the others").eq(told, wanted);
    expect("and it stays so").eq(webhook.messages().len(), 6);
}

#[tokio::test]
async fn the_end_of_an_alert_has_no_error() {
    let (webhook, server) = (Webhook::start(), server(500));
    let _monitor = Monitor::start(&config(&[webhook.lines(1), http_target("shop", &server.url())]));
    webhook.told(1).await;
    server.change(|_| Answer::new(200, ""));
    webhook.told(2).await;
    let message = webhook.0.received()[1].json();
    expect("error is there, and null").that(message.get("error").is_some_and(serde_json::Value::is_null), &message);
}

#[tokio::test]
async fn without_a_webhook_alerts_are_shown_all_the_same() {
    let server = server(500);
    let lines = "[alert]\nfail_after = 2\n".to_owned();
    let monitor = Monitor::start(&config(&[lines, http_target("shop", &server.url())]));
    monitor.target("the alert is shown", "shop", |target| target["firing"] == true).await;
}

#[tokio::test]
async fn fail_after_is_three_unless_it_is_said() {
    let gate = Gate::shut();
    let held = gate.clone();
    let mut count = 0;
    // Two failures, then silence until the gate opens.
    let server = Upstream::start(move |_| {
        count += 1;
        if count == 3 { Answer::new(500, "").behind(&held) } else { Answer::new(500, "") }
    });
    let webhook = Webhook::start();
    let lines = format!("[alert]\nwebhook = {}\n", quoted(&webhook.0.url()));
    let monitor = Monitor::start(&config(&[lines, http_target("shop", &server.url())]));
    eventually("the third probe is under way", Duration::from_secs(10), || async {
        (server.count() == 3).then_some(())
    })
    .await;
    let two = monitor.probed("shop", 2).await;
    expect("two failures are no alert").eq(two["firing"].as_bool(), Some(false));
    gate.open();
    monitor.target("three are one", "shop", |target| target["firing"] == true).await;
    webhook.told(1).await;
}
