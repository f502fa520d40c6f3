use crate::visible::support::{Monitor, config, http_target, server, tcp_target};
use harness::{expect, random};

#[tokio::test]
async fn many_targets_keep_their_lines_together() {
    let (well, ill) = (server(200), server(500));
    let mut random = random();
    let names: Vec<String> = (0..30).map(|number| format!("{}-{number}", random.name())).collect();
    let lines = names.iter().enumerate().map(|(number, name)| match number % 3 {
        0 => http_target(name, &well.url()),
        1 => http_target(name, &ill.url()),
        _ => tcp_target(name, well.address()),
    });
    let monitor = Monitor::start(&config(&lines.collect::<Vec<_>>()));
    for name in &names {
        monitor.probed(name, 1).await;
    }
    // Reading it strictly is the test.
    let metrics = monitor.scrape().await;
    for (number, name) in names.iter().enumerate() {
        let up = if number % 3 == 1 { 0.0 } else { 1.0 };
        expect(format!("probe_up of {name}")).eq(metrics.up(name), Some(up));
    }
}

#[tokio::test]
async fn counters_are_named_as_such_and_never_fall() {
    let server = server(200);
    let monitor = Monitor::start(&config(&[http_target("shop", &server.url())]));
    let mut before = monitor.scrape().await;
    for (name, kind) in &before.types {
        expect(format!("{name} ends in _total if it is a counter, and only then"))
            .eq(name.ends_with("_total"), kind == "counter");
    }
    for round in 1..6 {
        monitor.probed("shop", round * 3).await;
        let now = monitor.scrape().await;
        for (series, value) in &before.samples {
            if before.types.get(&series.name).is_some_and(|kind| kind == "counter") {
                let later = now.samples.get(series).copied();
                expect(format!("the counter {series:?} never falls")).that(later >= Some(*value), format!("{later:?}"));
            }
        }
        before = now;
    }
}

#[tokio::test]
async fn to_ask_is_no_probe() {
    let server = server(200);
    let lines = format!("{}interval_ms = 3600000\n", http_target("shop", &server.url()));
    let monitor = Monitor::start(&config(&[lines]));
    monitor.probed("shop", 1).await;
    for _ in 0..20 {
        let metrics = monitor.scrape().await;
        expect("the metrics tell what is known").eq(metrics.checks("shop", "success"), Some(1.0));
    }
    expect("the target was probed once").eq(server.count(), 1);
}

#[tokio::test]
async fn without_targets_there_is_the_rest() {
    let metrics = Monitor::start(&config(&[])).scrape().await;
    let reloads = |result| metrics.value("monitor_config_reloads_total", &[("result", result)]);
    expect("no reload has succeeded").eq(reloads("success"), Some(0.0));
    expect("no reload has failed").eq(reloads("failure"), Some(0.0));
    let last = metrics.value("monitor_config_last_reload_successful", &[]);
    expect("nor was the last one a failure").eq(last, Some(1.0));
}
