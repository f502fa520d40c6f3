use crate::visible::support::{Monitor, config, http_target, hung, server};
use harness::{expect, timeout};
use harness_net::{Answer, Gate, Upstream, eventually, within};
use std::time::Duration;

#[tokio::test]
async fn fifty_that_hang_hold_up_nobody() {
    let (hung, well) = (hung(), server(200));
    let line = |number| format!("{}timeout_ms = 600000\n", http_target(&format!("hung-{number}"), &hung.url()));
    let mut lines: Vec<String> = (0..50).map(line).collect();
    lines.push(http_target("well", &well.url()));
    let monitor = Monitor::start(&config(&lines));
    monitor.probed("well", 10).await;
    eventually("all fifty are being probed", Duration::from_secs(10), || async {
        (hung.most_at_once() == 50).then_some(())
    })
    .await;
    let asked = within("whoever asks does not wait for targets", Duration::from_secs(5), monitor.scrape()).await;
    expect("none of them has an outcome").eq(asked.checks("hung-7", "failure"), Some(0.0));
}

#[tokio::test]
async fn a_target_has_one_probe_at_a_time() {
    let gate = Gate::shut();
    let held = gate.clone();
    let slow = Upstream::start(move |_| Answer::new(200, "").behind(&held));
    let well = server(200);
    let lines = format!("{}timeout_ms = 600000\n", http_target("slow", &slow.url()));
    let monitor = Monitor::start(&config(&[lines, http_target("well", &well.url())]));
    monitor.probed("well", 10).await;
    expect("the next probe waits for the end of the last").eq(slow.count(), 1);
    gate.open();
    monitor.probed("slow", 3).await;
    expect("and so it stays").eq(slow.most_at_once(), 1);
}

#[tokio::test]
async fn what_hangs_is_probed_again_and_again() {
    let hung = hung();
    let lines = format!("{}timeout_ms = 30\n", http_target("hung", &hung.url()));
    let monitor = Monitor::start(&config(&[lines]));
    let target = monitor.probed("hung", 5).await;
    expect("all of them have failed").eq(&target["failures"], &target["checks"]);
    expect("it is down").eq(monitor.scrape().await.up("hung"), Some(0.0));
}

#[tokio::test]
async fn a_recovered_target_is_up_again() {
    let server = hung();
    let lines = format!("{}timeout_ms = 200\n", http_target("shop", &server.url()));
    let monitor = Monitor::start(&config(&[lines]));
    monitor.target("it is down", "shop", |target| target["state"] == "down").await;
    server.change(|_| Answer::new(200, "here I am"));
    monitor.target("it is up again", "shop", |target| target["state"] == "up").await;
}

#[tokio::test]
async fn the_program_ends_while_probes_hang() {
    let hung = hung();
    let lines = format!("{}timeout_ms = 600000\n", http_target("hung", &hung.url()));
    let mut monitor = Monitor::start(&config(&[lines]));
    eventually("the probe is under way", timeout(Duration::from_secs(10)), || async {
        (hung.count() == 1).then_some(())
    })
    .await;
    monitor.program.terminate();
}
