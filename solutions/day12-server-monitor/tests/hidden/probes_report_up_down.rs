use crate::visible::support::{Monitor, config, http_target, server, tcp_target};
use harness::{Launch, expect, random, scratch};
use harness_net::{Answer, Gate, Upstream};
use jiff::Timestamp;

#[tokio::test]
async fn two_hundreds_are_up_and_nothing_else() {
    for (status, state) in
        [(200, "up"), (204, "up"), (299, "up"), (300, "down"), (304, "down"), (401, "down"), (599, "down")]
    {
        let server = server(status);
        let monitor = Monitor::start(&config(&[http_target("shop", &server.url())]));
        let target = monitor.probed("shop", 1).await;
        expect(format!("a status of {status} is {state}")).eq(target["state"].as_str(), Some(state));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let well = server(200);
    let elsewhere = format!("{}/", well.url());
    let moved = Upstream::start(move |_| Answer::new(302, "").header("location", &elsewhere));
    let monitor = Monitor::start(&config(&[http_target("moved", &moved.url())]));
    let target = monitor.probed("moved", 2).await;
    expect("a redirect is no success").eq(target["state"].as_str(), Some("down"));
    expect("nobody goes where it leads").eq(well.count(), 0);
}

#[tokio::test]
async fn the_head_of_the_response_is_enough() {
    let endless = Upstream::start(|_| Answer::new(200, "a").then(std::time::Duration::from_secs(600), "b"));
    let lines = format!("{}timeout_ms = 3000\n", http_target("endless", &endless.url()));
    let monitor = Monitor::start(&config(&[lines]));
    let target = monitor.probed("endless", 3).await;
    expect("a body that has no end is not waited for").eq(target["state"].as_str(), Some("up"));
}

#[tokio::test]
async fn unknown_until_the_first_probe_has_ended() {
    let gate = Gate::shut();
    let held = gate.clone();
    let server = Upstream::start(move |_| Answer::new(200, "").behind(&held));
    let monitor = Monitor::start(&config(&[http_target("slow", &server.url())]));
    let targets = monitor.targets().await;
    let shown = &targets[0];
    expect("its state is unknown").eq(shown["state"].as_str(), Some("unknown"));
    expect("there is no last check").eq(shown["last_check"].is_null(), true);
    let metrics = monitor.scrape().await;
    expect("probe_up is absent").eq(metrics.up("slow"), None);
    for result in ["success", "failure"] {
        expect(format!("the counter of {result} begins at 0")).eq(metrics.checks("slow", result), Some(0.0));
    }
    gate.open();
    monitor.target("then it is up", "slow", |target| target["state"] == "up").await;
}

#[tokio::test]
async fn counts_in_both_places_agree_with_what_the_target_saw() {
    let mut random = random();
    let name = random.name();
    let mut statuses: Vec<u16> = (0..12).map(|_| *random.pick(&[200, 500])).collect();
    statuses.push(200);
    let failures = statuses.iter().filter(|status| **status == 500).count();
    let gate = Gate::shut();
    let (mut answers, held) = (statuses.clone().into_iter(), gate.clone());
    // After the last answer nothing more comes, so the counts stand still.
    let server = Upstream::start(move |_| match answers.next() {
        Some(status) => Answer::new(status, ""),
        None => Answer::new(200, "").behind(&held),
    });
    let lines = format!("{}timeout_ms = 600000\n", http_target(&name, &server.url()));
    let monitor = Monitor::start(&config(&[lines]));
    let target = monitor.probed(&name, statuses.len() as u64).await;
    expect("checks are all probes").eq(target["checks"].as_u64(), Some(statuses.len() as u64));
    expect("failures are those that failed").eq(target["failures"].as_u64(), Some(failures as u64));
    let metrics = monitor.scrape().await;
    let successes = (statuses.len() - failures) as f64;
    expect("the metrics count the same successes").eq(metrics.checks(&name, "success"), Some(successes));
    expect("and the same failures").eq(metrics.checks(&name, "failure"), Some(failures as f64));
}

#[tokio::test]
async fn last_check_is_a_time_that_moves() {
    let server = server(200);
    let before = Timestamp::now();
    let monitor = Monitor::start(&config(&[http_target("shop", &server.url())]));
    let time = |target: &serde_json::Value| target["last_check"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    let first = monitor.probed("shop", 1).await;
    let at = time(&first);
    let now = Timestamp::now();
    expect("last_check is the time of the probe in RFC 3339")
        .that(at.is_some_and(|at| before <= at && at <= now), &first["last_check"]);
    monitor.target("the next probe has its own time", "shop", |target| time(target) > at).await;
}

#[tokio::test]
async fn all_kinds_are_shown_in_the_order_of_the_config() {
    let mut random = random();
    let server = server(200);
    let mut names: Vec<String> = (0..12).map(|number| format!("{}-{number}", random.name())).collect();
    random.shuffle(&mut names);
    let line = |name: &String| match name.len() % 2 {
        0 => http_target(name, &server.url()),
        _ => tcp_target(name, server.address()),
    };
    let monitor = Monitor::start(&config(&names.iter().map(line).collect::<Vec<_>>()));
    for name in &names {
        monitor.target("all of them are up", name, |target| target["state"] == "up").await;
    }
    let shown: Vec<_> = monitor.targets().await.iter().map(|target| target["name"].clone()).collect();
    expect("the order is that of the config").eq(shown, names);
}

#[tokio::test]
async fn each_target_has_its_own_pace() {
    let (often, seldom) = (server(200), server(200));
    let lines = format!("{}interval_ms = 3600000\n", http_target("seldom", &seldom.url()));
    let monitor = Monitor::start(&config(&[http_target("often", &often.url()), lines]));
    monitor.probed("seldom", 1).await;
    monitor.probed("often", 20).await;
    expect("a target with an interval of an hour is probed at once, and then not for an hour").eq(seldom.count(), 1);
}

#[tokio::test]
async fn other_requests_are_problems() {
    let monitor = Monitor::start(&config(&[]));
    monitor.http.get("/nowhere").send().await.expect("an unknown path").problem(404);
    monitor.http.post("/metrics").send().await.expect("a wrong method").problem(405);
}

#[test]
fn a_config_that_is_wrong_ends_the_program() {
    let target = |lines: &str| format!("[[target]]\nname = \"a\"\n{lines}\n");
    let url = "url = \"http://127.0.0.1:1/\"";
    let configs = [
        "[[target]\n".to_owned(),
        "interval_ms = \"soon\"\n".to_owned(),
        "intervall_ms = 5\n".to_owned(),
        "interval_ms = 0\n".to_owned(),
        "timeout_ms = 86400001\n".to_owned(),
        "[alert]\nfail_after = 0\n".to_owned(),
        "[alert]\nrecover_after = 0\n".to_owned(),
        "[alert]\nwebhook = \"nowhere\"\n".to_owned(),
        target(""),
        target(&format!("{url}\ntcp = \"127.0.0.1:1\"")),
        target("url = \"gopher://127.0.0.1/\""),
        target("tcp = \"127.0.0.1\""),
        target("tcp = \"127.0.0.1:70000\""),
        target(&format!("{url}\ntimeout_ms = 0")),
        target(&format!("{url}\ncolour = \"red\"")),
        target(url) + &target(url),
        format!("[[target]]\nname = \"\"\n{url}\n"),
    ];
    let folder = scratch();
    for config in configs {
        let file = folder.path().join("wrong.toml");
        std::fs::write(&file, &config).expect("the scratch folder can be written to");
        refuses(&file, &config);
    }
    refuses(&folder.path().join("wrong-name.toml"), "(there is no such file)");
}

/// The program ends with one line that names the file.
fn refuses(file: &std::path::Path, what: &str) {
    let ended = Launch::service().arg("--config").arg(file).run_to_end();
    let wanted = |requirement: &str| expect(requirement).request(what);
    wanted("a config that breaks a rule ends the program").eq(&ended.status, "exit status 1");
    wanted("one line on stderr says why").that(ended.stderr.trim_end().lines().count() == 1, &ended.stderr);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    wanted("it names the file").contains(&ended.stderr, &name);
}
