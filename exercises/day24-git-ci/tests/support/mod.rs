//! What the tests of this day share: a server, working copies that real git makes, and readers of live logs.

mod events;
mod work;

pub use events::Events;
pub use work::Work;

use harness::{Launch, Program, expect};
use harness_net::{Http, Reply, eventually};
use serde_json::Value;
use std::{path::PathBuf, time::Duration};
use tempfile::TempDir;

/// The token for pushing.
pub const TOKEN: &str = "push-t0ken-41";
/// How long a run may take to get somewhere.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// A server, and a client without a token.
#[derive(Debug)]
pub struct Server {
    pub program: Program,
    pub http: Http,
    /// The folder with the file of secrets, which is read again at each start.
    _secrets: Option<TempDir>,
}

impl Server {
    pub fn start() -> Server {
        Server::with(&[])
    }

    pub fn with(arguments: &[&str]) -> Server {
        // The programs of this day run git, and so do its tests.
        harness::require_tool("git", "git");
        let program = Launch::service().env("CI_TOKEN", TOKEN).args(arguments).data_dir().start();
        let http = Http::to(&program);
        Server { program, http, _secrets: None }
    }

    /// A server whose steps get these secrets, a TOML file.
    pub fn with_secrets(secrets: &str) -> Server {
        harness::require_tool("git", "git");
        let folder = harness::scratch();
        let file = folder.path().join("secrets.toml");
        std::fs::write(&file, secrets).expect("the test can write its own file");
        let program = Launch::service().env("CI_TOKEN", TOKEN).data_dir().arg("--secrets").arg(&file).start();
        let http = Http::to(&program);
        Server { program, http, _secrets: Some(folder) }
    }

    /// SIGKILL, and a new start on the same data.
    pub fn kill_and_restart(&mut self) {
        self.program.kill();
        self.start_again();
    }

    pub fn start_again(&mut self) {
        self.program.start_again();
        self.http = Http::to(&self.program);
    }

    /// The header of somebody who may write.
    pub fn basic(password: &str) -> String {
        format!("Basic {}", data_encoding::BASE64.encode(format!("ci:{password}").as_bytes()))
    }

    pub async fn try_create(&self, name: &str) -> Reply {
        self.http.put(&format!("/repos/{name}")).header("authorization", Server::basic(TOKEN)).send().await
    }

    /// An empty repository.
    pub async fn create(&self, name: &str) {
        self.try_create(name).await.expect("a repository can be made").status(201);
    }

    /// The URL for reading.
    pub fn url(&self, name: &str) -> String {
        format!("{}/{name}.git", self.http.base())
    }

    /// The URL for pushing with this password.
    pub fn url_as(&self, password: &str, name: &str) -> String {
        self.url(name).replacen("http://", &format!("http://ci:{password}@"), 1)
    }

    /// A repository on the server, and a working copy that pushes to it.
    pub async fn repository(&self, name: &str) -> Work {
        self.create(name).await;
        Work::new(&self.url_as(TOKEN, name)).await
    }

    pub async fn run(&self, id: i64) -> Reply {
        let reply = self.http.get(&format!("/runs/{id}")).send().await;
        reply.expect("a run can be read").status(200).media_type("application/json");
        reply
    }

    /// The runs of a repository, the newest first.
    pub async fn runs(&self, name: &str) -> Vec<Value> {
        let reply = self.http.get(&format!("/repos/{name}/runs")).send().await;
        reply.expect("the runs of a repository can be listed").status(200).media_type("application/json");
        reply.at("/runs").as_array().cloned().unwrap_or_default()
    }

    /// The id of the newest run of a repository, which is there when `git push` has returned.
    pub async fn newest(&self, name: &str) -> i64 {
        let runs = self.runs(name).await;
        let id = runs.first().and_then(|run| run["id"].as_i64());
        id.unwrap_or_else(|| expect("when git push returns, its run is there").fail("there is no run"))
    }

    /// Waits until a run has this status.
    pub async fn until(&self, id: i64, status: &str) -> Reply {
        eventually(&format!("run {id} is {status} in the end"), PATIENCE, || async {
            let reply = self.run(id).await;
            (reply.at("/status") == status).then_some(reply)
        })
        .await
    }

    /// Waits until a run is over, however it ends.
    pub async fn ended(&self, id: i64) -> Reply {
        eventually(&format!("run {id} comes to its end"), PATIENCE, || async {
            let reply = self.run(id).await;
            let status = reply.text_at("/status");
            (status != "queued" && status != "running").then_some(reply)
        })
        .await
    }

    pub async fn log(&self, id: i64) -> String {
        let reply = self.http.get(&format!("/runs/{id}/log")).send().await;
        reply.expect("a log can be read").status(200).media_type("text/plain");
        reply.text()
    }

    pub async fn events(&self, id: i64) -> Events {
        Events::open(self.http.get(&format!("/runs/{id}/events"))).await
    }

    /// A file in the data folder that a step can look for.
    pub fn gate(&self, name: &str) -> Gate {
        Gate { path: self.program.data_dir().join(format!("gate-{name}")) }
    }
}

/// Something that a step waits for: a file that the test makes when it wants the step to go on.
#[derive(Debug)]
pub struct Gate {
    path: PathBuf,
}

impl Gate {
    /// A command line that waits until the gate is open, and fails when its folder has gone with the test.
    pub fn wait(&self) -> String {
        let folder = self.path.parent().unwrap_or(&self.path).display();
        let gate = self.path.display();
        format!("while [ ! -e '{gate}' ]; do [ -d '{folder}' ] || exit 9; sleep 0.01; done")
    }

    pub fn open(&self) {
        std::fs::write(&self.path, "").expect("the test can open its gate");
    }
}

/// A `.ci.toml` with these steps.
pub fn pipeline(steps: &[(&str, &str)]) -> String {
    let step = |(name, run): &(&str, &str)| {
        // JSON strings are TOML strings, too.
        let quoted = |text: &str| Value::from(text).to_string();
        format!("[[step]]\nname = {}\nrun = {}\n", quoted(name), quoted(run))
    };
    steps.iter().map(step).collect()
}

/// How many processes have this text in their command line.
pub fn processes_with(text: &str) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let has_it = |part: &[u8]| part.windows(text.len()).any(|window| window == text.as_bytes());
        count += usize::from(has_it(&line));
    }
    count
}

/// Waits until so many processes have this text in their command line.
pub async fn until_processes_with(text: &str, wanted: usize) {
    eventually(&format!("the step has started {wanted} processes"), PATIENCE, || async {
        (processes_with(text) >= wanted).then_some(())
    })
    .await;
}

/// A number of seconds that no other test sleeps: it finds the processes of this one.
pub fn odd_seconds() -> String {
    format!("{}.{:06}", 300 + harness::random().below(500), different())
}

/// Differs from call to call, also where the seed is the same.
fn different() -> u32 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    (RandomState::new().build_hasher().finish() % 1_000_000) as u32
}
