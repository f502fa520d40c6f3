use crate::visible::support::{Monitor, config, http_target, server};
use harness::{expect, random};

/// What is easily mistaken for something else, next to each other in any order.
const PIECES: [&str; 12] = ["\\", "\"", "\n", "n", "\\n", "{", "}", ",", "=", "#", " ", "é☃"];

#[tokio::test]
async fn any_text_is_a_name() {
    let server = server(200);
    let mut random = random();
    let name = |number: usize, random: &mut harness::Random| {
        let pieces: String = (0..8).map(|_| *random.pick(&PIECES)).collect();
        format!("{pieces}{number}")
    };
    let names: Vec<String> = (0..40).map(|number| name(number, &mut random)).collect();
    let lines: Vec<String> = names.iter().map(|name| http_target(name, &server.url())).collect();
    let monitor = Monitor::start(&config(&lines));
    for name in &names {
        monitor.probed(name, 1).await;
    }
    let metrics = monitor.scrape().await;
    for name in &names {
        expect(format!("the target {name:?} has its series")).eq(metrics.up(name), Some(1.0));
    }
    let shown: Vec<_> = monitor.targets().await.iter().map(|target| target["name"].clone()).collect();
    expect("in JSON the names are as they are").eq(shown, names);
}

#[tokio::test]
async fn a_name_adds_no_line() {
    let server = server(200);
    let name = "a\"} 1\nprobe_up{target=\"forged\"} 0\n# TYPE x counter\nx 1\ny{z=\"";
    let monitor = Monitor::start(&config(&[http_target(name, &server.url())]));
    monitor.probed(name, 1).await;
    let metrics = monitor.scrape().await;
    expect("no series is forged by a name").eq(metrics.up("forged"), None);
    expect("the target has its own").eq(metrics.up(name), Some(1.0));
}

#[tokio::test]
async fn backslash_n_is_no_line_feed() {
    let server = server(200);
    let lines = ["a\\nb", "a\nb", "a\\\nb", "a\\\\nb"];
    let monitor = Monitor::start(&config(&lines.map(|name| http_target(name, &server.url()))));
    for name in lines {
        monitor.probed(name, 1).await;
    }
    let metrics = monitor.scrape().await;
    for name in lines {
        expect(format!("{name:?} is told from the others")).eq(metrics.up(name), Some(1.0));
    }
}
