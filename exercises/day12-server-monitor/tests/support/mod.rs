//! What the tests of this day share.

mod metrics;

pub use metrics::Metrics;

use harness::{Launch, Program, Signal, expect};
use harness_net::{Answer, Http, Received, Upstream, eventually, eventually_ok};
use serde_json::Value;
use std::{fs, path::PathBuf, time::Duration};
use tokio::net::{TcpListener, TcpSocket};

/// As long as a test waits for something at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a machine's `/proc` shows, in the files that matter.
pub const PROC: [(&str, &str); 4] = [
    ("loadavg", "0.52 0.48 0.61 2/345 12345\n"),
    (
        "meminfo",
        "MemTotal:       16314564 kB\nMemFree:          812340 kB\nMemAvailable:    9876543 kB\nHugePages_Total:       0\n",
    ),
    ("uptime", "350735.47 234388.90\n"),
    (
        "stat",
        "cpu  10132153 290696 3084719 46828483 16683 77 25195 9 0 0\ncpu0 1393280 32966 572056 13343292 6130 0 17875 0 0 0\n\
         intr 33622492 11 0\nctxt 80371929\nbtime 1760000000\nprocesses 86031\nprocs_running 6\nprocs_blocked 2\n",
    ),
];

/// A program with its config and a machine that it watches.
#[derive(Debug)]
pub struct Monitor {
    pub program: Program,
    pub http: Http,
    folder: tempfile::TempDir,
}

impl Monitor {
    /// Starts a monitor with this config.
    pub fn start(config: &str) -> Monitor {
        let folder = harness::scratch();
        let procfs = folder.path().join("proc");
        fs::create_dir(&procfs).expect("the scratch folder can be written to");
        for (name, text) in PROC {
            fs::write(procfs.join(name), text).expect("the scratch folder can be written to");
        }
        let file = folder.path().join("targets.toml");
        fs::write(&file, config).expect("the scratch folder can be written to");
        let launch = Launch::service().arg("--config").arg(&file).arg("--procfs").arg(&procfs);
        let program = launch.start();
        let http = Http::to(&program);
        Monitor { program, http, folder }
    }

    /// A file under `--procfs`.
    pub fn procfs(&self, name: &str) -> PathBuf {
        self.folder.path().join("proc").join(name)
    }

    /// Replaces the config and has it read.
    pub fn reload(&mut self, config: &str) {
        fs::write(self.folder.path().join("targets.toml"), config).expect("the scratch folder can be written to");
        self.program.signal(Signal::Hangup);
    }

    /// Replaces the config, has it read, and waits until so many reloads have succeeded or failed.
    pub async fn reloaded(&mut self, config: &str, result: &str, count: u32) -> Metrics {
        self.reload(config);
        let what = format!("reload {count} with the result {result} is counted after SIGHUP");
        let is_counted = |metrics: &Metrics| {
            metrics.value("monitor_config_reloads_total", &[("result", result)]) == Some(f64::from(count))
        };
        self.until(&what, is_counted).await
    }

    /// `/metrics` as text.
    pub async fn text(&self) -> String {
        let reply = self.http.get("/metrics").send().await;
        reply.expect("the metrics can be read").status(200);
        reply.text()
    }

    /// `/metrics`, read strictly.
    pub async fn scrape(&self) -> Metrics {
        let text = self.text().await;
        match Metrics::parse(&text) {
            Ok(metrics) => metrics,
            Err(why) => expect("/metrics keeps to the Prometheus text format").request("curl /metrics").fail(why),
        }
    }

    /// The first metrics that are as they are wanted.
    pub async fn until(&self, requirement: &str, is_so: impl Fn(&Metrics) -> bool) -> Metrics {
        eventually(requirement, PATIENCE, || async {
            let metrics = self.scrape().await;
            is_so(&metrics).then_some(metrics)
        })
        .await
    }

    /// All targets as `/api/targets` shows them.
    pub async fn targets(&self) -> Vec<Value> {
        let reply = self.http.get("/api/targets").send().await;
        reply.expect("the targets can be read").status(200).media_type("application/json");
        let Value::Array(targets) = reply.at("/targets") else {
            reply.expect("targets is a list").json_at("/targets", Value::Array(Vec::new()));
            return Vec::new();
        };
        targets
    }

    /// A target as `/api/targets` shows it, as soon as it is as it is wanted.
    pub async fn target(&self, requirement: &str, name: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        eventually_ok(requirement, PATIENCE, || async {
            let target = self.targets().await.into_iter().find(|target| target["name"] == name);
            let target = target.ok_or_else(|| format!("no target {name}"))?;
            if is_so(&target) { Ok(target) } else { Err(target.to_string()) }
        })
        .await
    }

    /// A target once so many probes of it have ended.
    pub async fn probed(&self, name: &str, count: u64) -> Value {
        let enough = |target: &Value| target["checks"].as_u64() >= Some(count);
        self.target(&format!("{name} is probed {count} times"), name, enough).await
    }
}

/// A config for these targets, each with its own lines, probed every 20 ms.
pub fn config(targets: &[String]) -> String {
    format!("interval_ms = 20\ntimeout_ms = 5000\n{}", targets.concat())
}

/// The lines of a target over HTTP.
pub fn http_target(name: &str, url: &str) -> String {
    format!("[[target]]\nname = {}\nurl = {}\n", quoted(name), quoted(url))
}

/// The lines of a target over TCP.
pub fn tcp_target(name: &str, address: impl std::fmt::Display) -> String {
    format!("[[target]]\nname = {}\ntcp = {}\n", quoted(name), quoted(&address.to_string()))
}

/// A string as TOML writes it. JSON's escapes are among TOML's.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A server that answers everything with this status.
pub fn server(status: u16) -> Upstream {
    Upstream::start(move |_| Answer::new(status, "as you like"))
}

/// A server that accepts and never answers.
pub fn hung() -> Upstream {
    Upstream::start(|_| Answer::new(200, "too late").delay(Duration::from_secs(600)))
}

/// A port that refuses connections and that nobody else can get.
#[derive(Debug)]
pub struct ClosedPort {
    socket: TcpSocket,
    pub address: std::net::SocketAddr,
}

impl ClosedPort {
    pub fn bind() -> ClosedPort {
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a port can be bound");
        let address = socket.local_addr().expect("a bound port has an address");
        ClosedPort { socket, address }
    }

    /// From now on connections are accepted.
    pub fn open(self) -> TcpListener {
        self.socket.listen(64).expect("a bound port can be listened on")
    }
}

/// A webhook, and what it was told.
#[derive(Debug)]
pub struct Webhook(pub Upstream);

impl Webhook {
    /// One that accepts everything.
    pub fn start() -> Webhook {
        Webhook(server(204))
    }

    /// The lines of the config that name it. Others may follow in the same table.
    pub fn lines(&self, fail_after: u32) -> String {
        format!("[alert]\nwebhook = {}\nretry_ms = 20\nfail_after = {fail_after}\n", quoted(&self.0.url()))
    }

    /// Status and target of all messages so far.
    pub fn messages(&self) -> Vec<String> {
        self.0.received().iter().map(summary).collect()
    }

    /// All messages, as soon as there are so many.
    pub async fn told(&self, count: usize) -> Vec<String> {
        self.until_told(count).await;
        self.messages()
    }

    async fn until_told(&self, count: usize) {
        eventually(&format!("the webhook gets {count} messages"), PATIENCE, || async {
            (self.0.count() >= count).then_some(())
        })
        .await;
    }
}

fn summary(received: &Received) -> String {
    let message = received.json();
    format!("{} {}", message["status"].as_str().unwrap_or("?"), message["target"].as_str().unwrap_or("?"))
}
