use crate::visible::support::{Metrics, Monitor, config, http_target, server};
use harness::expect;
use harness_net::{Answer, Upstream};
use std::time::Duration;

fn bucket(metrics: &Metrics, target: &str, le: &str) -> Option<f64> {
    metrics.value("probe_duration_seconds_bucket", &[("target", target), ("le", le)])
}

#[tokio::test]
async fn a_slow_probe_is_in_no_bucket_below_its_time() {
    let slow = Upstream::start(|_| Answer::new(200, "").delay(Duration::from_millis(120)));
    let monitor = Monitor::start(&config(&[http_target("slow", &slow.url())]));
    monitor.probed("slow", 3).await;
    let metrics = monitor.scrape().await;
    let count = metrics.value("probe_duration_seconds_count", &[("target", "slow")]).unwrap_or_default();
    for le in ["0.005", "0.01", "0.025", "0.05", "0.1"] {
        expect(format!("no probe of 120 ms took at most {le} s")).eq(bucket(&metrics, "slow", le), Some(0.0));
    }
    expect("all of them took less than ten seconds").eq(bucket(&metrics, "slow", "10"), Some(count));
    let sum = metrics.value("probe_duration_seconds_sum", &[("target", "slow")]).unwrap_or_default();
    expect("their sum is in seconds").that((0.12 * count..10.0 * count).contains(&sum), sum);
}

#[tokio::test]
async fn failures_are_counted_too() {
    let ill = server(500);
    let monitor = Monitor::start(&config(&[http_target("ill", &ill.url())]));
    monitor.probed("ill", 3).await;
    let metrics = monitor.scrape().await;
    expect("each probe is in the histogram").eq(bucket(&metrics, "ill", "+Inf"), metrics.checks("ill", "failure"));
}

#[tokio::test]
async fn there_are_these_buckets_and_no_others() {
    let well = server(200);
    let names = ["a", "b"];
    let monitor = Monitor::start(&config(&names.map(|name| http_target(name, &well.url()))));
    for name in names {
        monitor.probed(name, 2).await;
    }
    let metrics = monitor.scrape().await;
    for name in names {
        let buckets = metrics.samples.keys().filter(|series| {
            series.name == "probe_duration_seconds_bucket" && series.labels.get("target").is_some_and(|of| of == name)
        });
        expect("twelve buckets for each target").eq(buckets.count(), 12);
        let both = (bucket(&metrics, name, "0.25").is_some(), bucket(&metrics, name, "2.5").is_some());
        expect("among them 0.25 and 2.5").eq(both, (true, true));
    }
}

#[tokio::test]
async fn a_time_limit_is_a_time() {
    let hung = crate::visible::support::hung();
    let lines = format!("{}timeout_ms = 60\n", http_target("hung", &hung.url()));
    let monitor = Monitor::start(&config(&[lines]));
    monitor.probed("hung", 3).await;
    let metrics = monitor.scrape().await;
    expect("none of them took less than the limit").eq(bucket(&metrics, "hung", "0.05"), Some(0.0));
    expect("all are counted").eq(bucket(&metrics, "hung", "+Inf"), metrics.checks("hung", "failure"));
}
