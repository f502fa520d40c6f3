use crate::visible::support::{Monitor, Webhook, config, http_target};
use harness::{expect, random};
use harness_net::{Answer, Upstream};

#[tokio::test]
async fn an_alert_ends_after_successes_in_a_row() {
    let mut random = random();
    let recover_after = random.between(2..=5) as usize;
    let mut statuses = vec![500];
    for _ in 0..6 {
        // Each time one success too few.
        statuses.extend(std::iter::repeat_n(200, random.below(recover_after - 1) + 1));
        statuses.push(500);
    }
    let failures = statuses.iter().filter(|status| **status == 500).count() as u64;
    let flaps = statuses.len() as u64;
    let mut answers = statuses.into_iter();
    let server = Upstream::start(move |_| Answer::new(answers.next().unwrap_or(200), ""));
    let webhook = Webhook::start();
    let lines = webhook.lines(1) + &format!("recover_after = {recover_after}\n");
    let monitor = Monitor::start(&config(&[lines, http_target("shop", &server.url())]));
    let is_over = |target: &serde_json::Value| target["checks"].as_u64() > Some(flaps) && target["firing"] == false;
    let over = monitor.target("enough successes in a row end the alert", "shop", is_over).await;
    expect("all failures were before").eq(over["failures"].as_u64(), Some(failures));
    let told = webhook.told(2).await;
    expect("one message each, whatever was between")
        .eq(told, vec!["firing shop".to_owned(), "resolved shop".to_owned()]);
}

#[tokio::test]
async fn it_can_fire_again_afterwards() {
    let mut answers = [500, 500, 200, 200, 500, 200, 500, 500, 200, 200].into_iter();
    let server = Upstream::start(move |_| Answer::new(answers.next().unwrap_or(200), ""));
    let webhook = Webhook::start();
    let lines = webhook.lines(2) + "recover_after = 2\n";
    let monitor = Monitor::start(&config(&[lines, http_target("shop", &server.url())]));
    monitor.probed("shop", 12).await;
    let wanted = ["firing shop", "resolved shop", "firing shop", "resolved shop"].map(str::to_owned);
    expect("two alerts, each with an end").eq(webhook.told(4).await, wanted.to_vec());
}
