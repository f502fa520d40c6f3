//! The tests of day 12 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod probes_report_up_down {
    use super::support::{ClosedPort, Monitor, config, http_target, server, tcp_target};
    use harness::{expect, random};

    #[tokio::test]
    async fn a_url_that_answers_is_up() {
        let server = server(200);
        let (name, url) = (random().name(), format!("{}/health?deep=1", server.url()));
        let monitor = Monitor::start(&config(&[http_target(&name, &url)]));
        let target = monitor.target("a target that answers is up", &name, |target| target["state"] == "up").await;
        expect("it says what kind it is").eq(target["kind"].as_str(), Some("http"));
        expect("and its address as the config has it").eq(target["address"].as_str(), Some(url.as_str()));
        expect("without an error").eq(target["last_error"].is_null(), true);
        expect("and no alert").eq(target["firing"].as_bool(), Some(false));
        let received = &server.received()[0];
        expect("the probe is a GET of the address")
            .eq(format!("{} {}", received.method, received.target), "GET /health?deep=1".to_owned());
        expect("the metrics say so, too").eq(monitor.scrape().await.up(&name), Some(1.0));
    }

    #[tokio::test]
    async fn an_error_status_is_down() {
        let mut random = random();
        let status = *random.pick(&[400, 404, 500, 503]);
        let server = server(status);
        let name = random.name();
        let monitor = Monitor::start(&config(&[http_target(&name, &server.url())]));
        let target = monitor.target("an error is down", &name, |target| target["state"] == "down").await;
        let why = target["last_error"].as_str().unwrap_or_default();
        expect("last_error names the status").contains(why, &status.to_string());
        expect("the metrics say so, too").eq(monitor.scrape().await.up(&name), Some(0.0));
    }

    #[tokio::test]
    async fn a_port_is_down_until_it_accepts() {
        let port = ClosedPort::bind();
        let monitor = Monitor::start(&config(&[tcp_target("db", port.address)]));
        let down = monitor.target("a refused connection is down", "db", |target| target["state"] == "down").await;
        expect("it says what kind it is").eq(down["kind"].as_str(), Some("tcp"));
        expect("and why it is down").that(down["last_error"].is_string(), &down["last_error"]);
        let _listener = port.open();
        let up = monitor.target("an accepted connection is up", "db", |target| target["state"] == "up").await;
        expect("the failures from before are counted").that(up["failures"].as_u64() >= Some(1), &up["failures"]);
        expect("the error is gone").eq(up["last_error"].is_null(), true);
    }

    #[tokio::test]
    async fn probes_are_repeated_and_counted() {
        let server = server(200);
        let monitor = Monitor::start(&config(&[http_target("shop", &server.url())]));
        monitor.probed("shop", 5).await;
        let metrics = monitor.scrape().await;
        expect("successes are counted").that(metrics.checks("shop", "success") >= Some(5.0), format!("{metrics:?}"));
        expect("no failure is counted").eq(metrics.checks("shop", "failure"), Some(0.0));
    }
}

mod host_gauges {
    use super::support::{Monitor, config};
    use harness::expect;

    #[tokio::test]
    async fn load_memory_and_uptime_are_shown() {
        let metrics = Monitor::start(&config(&[])).scrape().await;
        let values = [
            ("host_load1", 0.52),
            ("host_load5", 0.48),
            ("host_load15", 0.61),
            ("host_memory_total_bytes", 16314564.0 * 1024.0),
            ("host_memory_available_bytes", 9876543.0 * 1024.0),
            ("host_uptime_seconds", 350735.47),
        ];
        for (name, value) in values {
            expect(format!("{name} has its value")).eq(metrics.value(name, &[]), Some(value));
        }
    }

    #[tokio::test]
    async fn the_kernel_numbers_are_shown() {
        let metrics = Monitor::start(&config(&[])).scrape().await;
        expect("btime is the boot time").eq(metrics.value("host_boot_time_seconds", &[]), Some(1_760_000_000.0));
        expect("procs_running").eq(metrics.value("host_processes_running", &[]), Some(6.0));
        let user = metrics.value("host_cpu_seconds_total", &[("mode", "user")]);
        expect("10132153 hundredths of a second in user mode").eq(user, Some(101321.53));
        let steal = metrics.value("host_cpu_seconds_total", &[("mode", "steal")]);
        expect("9 hundredths of a second were stolen").eq(steal, Some(0.09));
    }
}

mod exposition_format {
    use super::support::{Monitor, config, http_target, server};
    use harness::expect;

    #[tokio::test]
    async fn the_media_type_names_the_version() {
        let monitor = Monitor::start(&config(&[]));
        let reply = monitor.http.get("/metrics").send().await;
        reply.expect("metrics are text").status(200).media_type("text/plain");
        let media_type = reply.header("content-type").unwrap_or_default();
        expect("the media type says which version of the format it is").contains(media_type, "version=0.0.4");
    }

    #[tokio::test]
    async fn every_metric_has_a_help_and_its_type() {
        let server = server(200);
        let monitor = Monitor::start(&config(&[http_target("shop", &server.url())]));
        monitor.probed("shop", 1).await;
        let metrics = monitor.scrape().await;
        let types = [
            ("probe_up", "gauge"),
            ("probe_checks_total", "counter"),
            ("host_load1", "gauge"),
            ("host_memory_total_bytes", "gauge"),
            ("host_uptime_seconds", "gauge"),
            ("host_cpu_seconds_total", "counter"),
            ("host_context_switches_total", "counter"),
            ("monitor_config_reloads_total", "counter"),
            ("monitor_config_last_reload_successful", "gauge"),
        ];
        for (name, kind) in types {
            expect(format!("# TYPE {name}")).eq(metrics.types.get(name).map(String::as_str), Some(kind));
            let help = metrics.helps.get(name).map(String::as_str).unwrap_or_default();
            expect(format!("# HELP {name} explains it")).that(!help.trim().is_empty(), help);
        }
    }
}

mod hung_target_is_isolated {
    use super::support::{Monitor, config, http_target, hung, server};
    use harness::expect;

    #[tokio::test]
    async fn the_others_are_probed_while_one_hangs() {
        let (hung, well) = (hung(), server(200));
        let lines = format!("{}timeout_ms = 600000\n", http_target("hung", &hung.url()));
        let monitor = Monitor::start(&config(&[lines, http_target("well", &well.url())]));
        monitor.probed("well", 10).await;
        let state = monitor.target("a target with its first probe under way is unknown", "hung", |_| true).await;
        expect("no probe of it has ended").eq(state["checks"].as_u64(), Some(0));
        expect("its state is unknown").eq(state["state"].as_str(), Some("unknown"));
        expect("and probe_up does not show it").eq(monitor.scrape().await.up("hung"), None);
    }

    #[tokio::test]
    async fn the_time_limit_ends_a_probe() {
        let hung = hung();
        let lines = format!("{}timeout_ms = 50\n", http_target("hung", &hung.url()));
        let monitor = Monitor::start(&config(&[lines]));
        let target = monitor.target("a target that hangs is down", "hung", |target| target["state"] == "down").await;
        expect("last_error says why").that(target["last_error"].is_string(), &target["last_error"]);
    }
}

mod alert_fires_and_resolves_once {
    use super::support::{Monitor, Webhook, config, http_target, server};
    use harness::{expect, random};
    use harness_net::Answer;

    #[tokio::test]
    async fn one_message_when_it_fires_and_one_when_it_resolves() {
        let (webhook, server) = (Webhook::start(), server(503));
        let name = random().name();
        let monitor = Monitor::start(&config(&[webhook.lines(3), http_target(&name, &server.url())]));
        webhook.told(1).await;
        let failing = monitor.probed(&name, 20).await;
        expect("the alert fires").eq(failing["firing"].as_bool(), Some(true));
        expect("an alert that goes on is not told again").eq(webhook.messages(), vec![format!("firing {name}")]);
        server.change(|_| Answer::new(200, "well again"));
        let both = [format!("firing {name}"), format!("resolved {name}")];
        expect("its end is told").eq(webhook.told(2).await, both.to_vec());
        let checks = monitor.probed(&name, 1).await["checks"].as_u64().unwrap_or_default();
        let well = monitor.probed(&name, checks + 10).await;
        expect("the alert is over").eq(well["firing"].as_bool(), Some(false));
        expect("and told once").eq(webhook.messages(), both.to_vec());
    }

    #[tokio::test]
    async fn the_message_says_what_and_when() {
        let (webhook, server) = (Webhook::start(), server(503));
        let _monitor = Monitor::start(&config(&[webhook.lines(2), http_target("shop", &server.url())]));
        webhook.told(1).await;
        let received = &webhook.0.received()[0];
        let message = received.json();
        expect("it is JSON").eq(received.header("content-type"), Some("application/json"));
        expect("it is a POST").eq(received.method.as_str(), "POST");
        expect("error says why").contains(message["error"].as_str().unwrap_or_default(), "503");
        let at = message["at"].as_str().unwrap_or_default();
        expect("at is a time").that(at.parse::<jiff::Timestamp>().is_ok(), at);
    }
}

mod label_escaping {
    use super::support::{Monitor, config, http_target, server};
    use harness::expect;

    #[tokio::test]
    async fn quotes_backslashes_and_line_feeds_are_escaped() {
        let server = server(200);
        for name in ["the \"old\" shop", "C:\\new\\table", "two\nlines"] {
            let monitor = Monitor::start(&config(&[http_target(name, &server.url())]));
            monitor.probed(name, 1).await;
            let metrics = monitor.scrape().await;
            expect(format!("the target {name:?} has its series")).eq(metrics.up(name), Some(1.0));
        }
    }
}

#[cfg(unix)]
mod reload_keeps_counters {
    use super::support::{Monitor, config, http_target, server};
    use harness::expect;

    #[tokio::test]
    async fn a_target_is_added_and_the_other_goes_on_counting() {
        let server = server(200);
        let old = http_target("old", &server.url());
        let mut monitor = Monitor::start(&config(std::slice::from_ref(&old)));
        monitor.probed("old", 5).await;
        let before = monitor.scrape().await.checks("old", "success");
        let after = monitor.reloaded(&config(&[http_target("new", &server.url()), old]), "success", 1).await;
        expect("a counter never falls").that(after.checks("old", "success") >= before, format!("{after:?}"));
        monitor.probed("new", 1).await;
        let names: Vec<_> = monitor.targets().await.iter().map(|target| target["name"].clone()).collect();
        expect("the targets are shown in the order of the config").eq(names, vec!["new", "old"]);
    }

    #[tokio::test]
    async fn a_broken_config_changes_nothing() {
        let server = server(200);
        let mut monitor = Monitor::start(&config(&[http_target("shop", &server.url())]));
        monitor.probed("shop", 1).await;
        let metrics = monitor.reloaded("[[target]\nname = 7", "failure", 1).await;
        let last = metrics.value("monitor_config_last_reload_successful", &[]);
        expect("the last reload is shown as failed").eq(last, Some(0.0));
        let checks = monitor.probed("shop", 1).await["checks"].as_u64().unwrap_or_default();
        monitor.probed("shop", checks + 3).await;
        let metrics = monitor.reloaded(&config(&[http_target("shop", &server.url())]), "success", 1).await;
        let last = metrics.value("monitor_config_last_reload_successful", &[]);
        expect("a good config is taken again").eq(last, Some(1.0));
    }
}

mod latency_histogram {
    use super::support::{Monitor, config, http_target, server};
    use harness::expect;

    #[tokio::test]
    async fn buckets_add_up() {
        let server = server(200);
        let monitor = Monitor::start(&config(&[http_target("shop", &server.url())]));
        monitor.probed("shop", 5).await;
        let metrics = monitor.scrape().await;
        let part = |name: &str| metrics.value(name, &[("target", "shop")]);
        let bucket = |le: &str| metrics.value("probe_duration_seconds_bucket", &[("target", "shop"), ("le", le)]);
        let bounds = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];
        let counts: Vec<_> = bounds.into_iter().map(bucket).collect();
        expect("there is a bucket for each bound").that(counts.iter().all(Option::is_some), format!("{counts:?}"));
        expect("each contains those below it").that(counts.is_sorted(), format!("{counts:?}"));
        expect("the last has them all").eq(counts[11], part("probe_duration_seconds_count"));
        expect("as many as there were probes").eq(counts[11], metrics.checks("shop", "success"));
        let sum = part("probe_duration_seconds_sum");
        expect("all of them took some time").that(sum > Some(0.0), format!("{sum:?}"));
        expect("it is a histogram")
            .eq(metrics.types.get("probe_duration_seconds").map(String::as_str), Some("histogram"));
    }
}

mod flapping_is_damped {
    use super::support::{Monitor, Webhook, config, http_target};
    use harness::expect;
    use harness_net::{Answer, Upstream};

    #[tokio::test]
    async fn one_success_is_no_recovery() {
        // It fails twice, then comes and goes, and is well in the end.
        let mut statuses = [500, 500, 200, 500, 200, 500, 200, 500].into_iter();
        let server = Upstream::start(move |_| Answer::new(statuses.next().unwrap_or(200), ""));
        let webhook = Webhook::start();
        let lines = webhook.lines(2) + "recover_after = 3\n";
        let monitor = Monitor::start(&config(&[lines, http_target("shop", &server.url())]));
        let well = |target: &serde_json::Value| target["checks"].as_u64() >= Some(11) && target["firing"] == false;
        monitor.target("three successes in a row end the alert", "shop", well).await;
        let told = webhook.told(2).await;
        expect("one message each").eq(told, vec!["firing shop".to_owned(), "resolved shop".to_owned()]);
    }
}
