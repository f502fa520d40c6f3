//! What the tests of this day share: a cluster, the program that its pods run, and people who use it.

mod app;
mod events;
mod load;

pub use app::serve_if_pod;
pub use events::{Events, is_expired};
pub use load::Load;

use harness::{Launch, Program, Random, expect};
use harness_net::{Http, Reply, eventually_ok};
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{ConfigMap, Pod},
};
use kube::{
    Api, Client, Config, ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};
use tempfile::TempDir;

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// The test that becomes the program of a pod.
const ENTRY: &str = "crud_and_status::a_pod_is_a_program_with_an_address_of_its_own";
/// The label of everything that a test makes.
pub const APP: &str = "app";

/// An orchestrator with a client of its own, and a name for the processes of its pods that no other test uses.
pub struct Cluster {
    pub program: Program,
    pub http: Http,
    pub client: Client,
    pub random: Random,
    /// Where programs of pods listen, each at its own address.
    pub port: u16,
    /// What programs of pods share with the test.
    pub folder: TempDir,
    /// The name that their processes have.
    process_name: String,
}

impl Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cluster").finish_non_exhaustive()
    }
}

impl Cluster {
    /// A cluster whose seconds are 20 ms.
    pub fn start() -> Cluster {
        Cluster::with(&["--second-ms", "20"])
    }

    pub fn with(arguments: &[&str]) -> Cluster {
        Cluster::launch(Launch::service().data_dir().args(["--pod-cidr", &net()]).args(arguments))
    }

    /// A cluster that is started in a way of the test's own.
    pub fn launch(launch: Launch) -> Cluster {
        let folder = harness::scratch();
        let process_name = format!("pod{:011}", different());
        put_program(&folder.path().join(&process_name));
        let program = launch.start();
        let (http, client) = (Http::to(&program), client(&program));
        let port = 10_000 + (different() % 20_000) as u16;
        Cluster { program, http, client, random: harness::random(), port, folder, process_name }
    }

    /// The next life of the program, on the same data.
    pub fn start_again(&mut self) {
        self.program.start_again();
        (self.http, self.client) = (Http::to(&self.program), client(&self.program));
    }

    pub fn pods(&self) -> Api<Pod> {
        Api::default_namespaced(self.client.clone())
    }

    pub fn deployments(&self) -> Api<Deployment> {
        Api::default_namespaced(self.client.clone())
    }

    pub fn config_maps(&self) -> Api<ConfigMap> {
        Api::default_namespaced(self.client.clone())
    }

    /// A file that programs of pods can wait for.
    pub fn gate(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub fn open(&self, gate: &str) {
        std::fs::write(gate, "").expect("the test can write to its own folder");
    }

    /// The spec of a pod with these variables. It is ready when it answers.
    pub fn spec(&self, variables: &[(&str, &str)]) -> Value {
        let program = self.folder.path().join(&self.process_name);
        let (folder, port) = (self.folder.path().display().to_string(), self.port.to_string());
        let own = [("APP_FOLDER", folder.as_str()), ("APP_PORT", port.as_str())];
        let env: Vec<_> =
            own.iter().chain(variables).map(|(name, value)| json!({ "name": name, "value": value })).collect();
        json!({
            "containers": [{
                "name": "app", "image": "app", "command": [program],
                "args": ["--exact", entry(), "--nocapture", "--test-threads=1"], "env": env,
                "ports": [{ "containerPort": self.port }],
                "readinessProbe": { "httpGet": { "path": "/ready", "port": self.port }, "periodSeconds": 1 },
            }],
            // Nobody is killed because a machine is slow.
            "terminationGracePeriodSeconds": 100_000,
        })
    }

    pub fn pod(&self, name: &str, variables: &[(&str, &str)]) -> Pod {
        object(json!({ "metadata": { "name": name, "labels": { APP: name } }, "spec": self.spec(variables) }))
    }

    pub fn deployment(&self, name: &str, replicas: i32, variables: &[(&str, &str)]) -> Deployment {
        object(json!({
            "metadata": { "name": name },
            "spec": {
                "replicas": replicas,
                "selector": { "matchLabels": { APP: name } },
                "template": { "metadata": { "labels": { APP: name } }, "spec": self.spec(variables) },
            },
        }))
    }

    pub async fn create_pod(&self, pod: &Pod) -> Pod {
        ok("a pod is made", self.pods().create(&PostParams::default(), pod).await)
    }

    pub async fn deploy(&self, deployment: &Deployment) -> Deployment {
        ok("a deployment is made", self.deployments().create(&PostParams::default(), deployment).await)
    }

    /// A deployment, once all its pods are ready.
    pub async fn deploy_ready(&self, name: &str, replicas: i32, variables: &[(&str, &str)]) {
        self.deploy(&self.deployment(name, replicas, variables)).await;
        self.until_done(name, replicas).await;
    }

    /// Lets `change` change a deployment as it is now, and stores it.
    pub async fn change(&self, name: &str, change: impl Fn(&mut Deployment)) -> Deployment {
        loop {
            let mut deployment = ok("a deployment can be read", self.deployments().get(name).await);
            change(&mut deployment);
            match self.deployments().replace(name, &PostParams::default(), &deployment).await {
                // The control loop has written its status meanwhile.
                Err(kube::Error::Api(status)) if status.code == 409 => {}
                done => return ok("a deployment can be changed", done),
            }
        }
    }

    /// Gives the pods of a deployment other variables.
    pub async fn roll(&self, name: &str, variables: &[(&str, &str)]) -> Deployment {
        let spec = self.spec(variables);
        let put = |deployment: &mut Deployment| {
            if let Some(found) = &mut deployment.spec {
                found.template.spec = Some(object(spec.clone()));
            }
        };
        self.change(name, put).await
    }

    pub async fn scale(&self, name: &str, replicas: i32) {
        let mut scale = ok("a scale can be read", self.deployments().get_scale(name).await);
        scale.spec = Some(object(json!({ "replicas": replicas })));
        // Whoever leaves the version out wants it whatever it was before.
        scale.metadata.resource_version = None;
        ok("a scale can be changed", self.deployments().replace_scale(name, &PostParams::default(), &scale).await);
    }

    /// Waits until a deployment says that it is as wanted, with so many pods, and all old ones have gone.
    pub async fn until_done(&self, name: &str, replicas: i32) -> Deployment {
        eventually_ok(&format!("the deployment {name} gets {replicas} ready pods"), PATIENCE, || async {
            let deployment = ok("a deployment can be read", self.deployments().get(name).await);
            let status = deployment.status.clone().unwrap_or_default();
            let counts = [status.replicas, status.updated_replicas, status.ready_replicas, status.available_replicas];
            let is_seen = status.observed_generation == deployment.metadata.generation;
            let is_done = is_seen && counts.iter().all(|count| count.unwrap_or_default() == replicas);
            let left = self.all_pods().await.iter().any(|pod| pod.metadata.deletion_timestamp.is_some());
            if is_done && !left { Ok(deployment) } else { Err(format!("{status:?}")) }
        })
        .await
    }

    /// Waits until all pods of a deployment are as they were before a kill. Where nothing outlives the program, each is
    /// started again, and what the status says of the time before is not enough.
    pub async fn until_back(&self, name: &str, replicas: i32) {
        if !pods_outlive_it() {
            for pod in self.all_pods().await {
                let again = |pod: &Pod| restarts(pod) > 0 && is_ready(pod);
                self.until(&pod.name_any(), "its program is started again", again).await;
            }
        }
        self.until_done(name, replicas).await;
    }

    /// All pods, also those on their way out.
    pub async fn all_pods(&self) -> Vec<Pod> {
        ok("pods can be listed", self.pods().list(&ListParams::default()).await).items
    }

    /// Waits until a pod is as `wanted` says.
    pub async fn until(&self, name: &str, requirement: &str, wanted: impl Fn(&Pod) -> bool) -> Pod {
        eventually_ok(requirement, PATIENCE, || async {
            match ok("a pod can be read", self.pods().get_opt(name).await) {
                Some(pod) if wanted(&pod) => Ok(pod),
                Some(pod) => Err(format!("{:?}", pod.status)),
                None => Err(format!("there is no pod {name}")),
            }
        })
        .await
    }

    pub async fn until_ready(&self, name: &str) -> Pod {
        self.until(name, &format!("the pod {name} gets ready"), is_ready).await
    }

    /// Waits until there are just so many pods.
    pub async fn until_pods(&self, count: usize) -> Vec<Pod> {
        eventually_ok(&format!("there are {count} pods"), PATIENCE, || async {
            let pods = self.all_pods().await;
            if pods.len() == count { Ok(pods) } else { Err(format!("{:?}", names(&pods))) }
        })
        .await
    }

    pub async fn delete_pod(&self, name: &str, grace: Option<u32>) {
        let params = DeleteParams { grace_period_seconds: grace, ..DeleteParams::default() };
        ok("a pod can be deleted", self.pods().delete(name, &params).await);
    }

    /// What the program of a pod answers.
    pub async fn ask(&self, pod: &Pod, path: &str) -> Reply {
        let address = address_of(pod, self.port);
        let address = address.unwrap_or_else(|| expect("a pod has an address in status.podIP").fail("it has none"));
        let reply = Http::at(address).get(path).send().await;
        reply.expect("a pod serves at its address").status_in(&[200, 503]);
        reply
    }

    /// The process of a pod: another one after a restart.
    pub async fn instance(&self, pod: &Pod) -> String {
        let reply = self.ask(pod, "/").await;
        reply.expect("at the address of a pod that pod answers").json_at("/pod", pod.name_any());
        reply.text_at("/instance")
    }

    /// The processes of all pods, by name.
    pub async fn instances(&self) -> BTreeMap<String, String> {
        let mut instances = BTreeMap::new();
        for pod in self.all_pods().await {
            instances.insert(pod.name_any(), self.instance(&pod).await);
        }
        instances
    }

    /// What programs have noted: the instances with `what`, and when, in milliseconds.
    pub fn notes(&self, what: &str) -> Vec<(String, u64)> {
        let notes = std::fs::read_to_string(self.folder.path().join("notes")).unwrap_or_default();
        let noted = |line: &str| {
            let mut words = line.split(' ');
            let is_it = words.next()? == what;
            let (instance, time) = (words.nth(1)?.to_owned(), words.next()?.parse().ok()?);
            is_it.then_some((instance, time))
        };
        notes.lines().filter_map(noted).collect()
    }

    /// The processes of all pods, with what they are.
    fn processes(&self) -> Vec<(Pid, State)> {
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let process = |entry: std::fs::DirEntry| {
            let id = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let (head, tail) = stat.rsplit_once(')')?;
            let mut fields = tail.split_whitespace();
            let (state, parent) = (fields.next()?, fields.next()?.parse().ok()?);
            let is_ours = head.ends_with(&format!("({}", self.process_name));
            let state = match state {
                "Z" | "X" if self.is_program(parent) => State::Zombie,
                // Orphans that have ended wait for the machine to take note of it. That is none of our business.
                "Z" | "X" => return None,
                _ => State::Running,
            };
            is_ours.then_some((id, state))
        };
        entries.filter_map(process).collect()
    }

    /// Whether this is the id of the program under test, which in a sandbox nobody tells us.
    fn is_program(&self, id: u32) -> bool {
        let name = || std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        if pods_outlive_it() { id == self.program.id() } else { id > 1 && name().trim() != "bwrap" }
    }

    /// How many processes of pods run.
    pub fn running(&self) -> usize {
        self.processes().iter().filter(|(_, state)| *state == State::Running).count()
    }

    /// Waits until so many processes of pods run, and nothing else is left of others.
    pub async fn until_running(&self, count: usize) {
        eventually_ok(&format!("{count} processes of pods are there, and no zombies"), PATIENCE, || async {
            let processes = self.processes();
            let zombies = processes.iter().filter(|(_, state)| *state == State::Zombie).count();
            let running = processes.len() - zombies;
            if running == count && zombies == 0 { Ok(()) } else { Err(format!("{running}, and {zombies} zombies")) }
        })
        .await;
    }

    /// SIGKILL to every process of a pod.
    pub fn kill_processes(&self) {
        for (id, _) in self.processes() {
            // One that has just ended needs no signal.
            let _ = kill_process(id, Signal::KILL);
        }
    }
}

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    /// It has ended, and the program has not taken note of it.
    Zombie,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // First whoever would start them again.
        self.program.kill();
        self.kill_processes();
    }
}

/// Addresses for pods. Not from the seed: tests that run at the same time must not get the same.
pub fn net() -> String {
    format!("127.{}.{}.0/24", 16 + different() % 200, different() % 256)
}

fn client(program: &Program) -> Client {
    let uri = format!("http://{}", program.address()).parse().expect("an address makes a URI");
    Client::try_from(Config::new(uri)).expect("a client needs nothing but an address")
}

/// Whether processes outlive the program that has started them. In a nested sandbox they do not: it ends with the program.
pub fn pods_outlive_it() -> bool {
    std::env::var_os("SUBMISSION_SUPERVISED").is_none()
}

/// The full name of the test that becomes the program of a pod.
fn entry() -> String {
    let own = module_path!();
    let inside = own.split_once("::").map_or("", |(_, inside)| inside).trim_end_matches("support");
    format!("{inside}{ENTRY}")
}

/// This executable under another name, so that the processes of each test can be told from others. In a sandbox, programs
/// of pods see only the folder of the test, so it has to be a copy there.
fn put_program(path: &PathBuf) {
    let own = std::env::current_exe().expect("a test knows its executable");
    let program = std::env::var("SUBMISSION_PROGRAM").unwrap_or_default();
    let is_contained = !pods_outlive_it() || program.contains(' ');
    let put = if is_contained { std::fs::copy(own, path).map(drop) } else { std::os::unix::fs::symlink(own, path) };
    put.expect("the test can write to its own folder");
}

/// An object from JSON.
pub fn object<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_else(|error| panic!("the test's object is not one: {error}"))
}

/// A config map with this data.
pub fn config_map(name: &str, data: &[(&str, &str)]) -> ConfigMap {
    let data: BTreeMap<_, _> = data.iter().copied().collect();
    object(json!({ "metadata": { "name": name }, "data": data }))
}

/// Has to succeed.
#[track_caller]
pub fn ok<T>(requirement: &str, result: kube::Result<T>) -> T {
    result.unwrap_or_else(|error| expect(requirement).fail(error))
}

/// Has to be refused with this status and this reason.
#[track_caller]
pub fn refused<T: Debug>(requirement: &str, result: kube::Result<T>, code: u16, reason: &str) {
    let wanted = expect(requirement).expected(format!("{code} {reason}"));
    match result {
        Err(kube::Error::Api(status)) => {
            wanted.that(status.code == code && status.reason == reason, format!("{} {}", status.code, status.reason));
        }
        other => wanted.fail(format!("{other:?}")),
    }
}

pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let says_so = conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True");
    says_so && pod.metadata.deletion_timestamp.is_none()
}

pub fn address_of(pod: &Pod, port: u16) -> Option<SocketAddr> {
    let address = pod.status.as_ref()?.pod_ip.as_ref()?.parse().ok()?;
    Some(SocketAddr::new(address, port))
}

pub fn restarts(pod: &Pod) -> i32 {
    container_status(pod)["restartCount"].as_i64().and_then(|count| count.try_into().ok()).unwrap_or_default()
}

/// What a pod says about its container, as JSON.
pub fn container_status(pod: &Pod) -> Value {
    let status = pod.status.as_ref().and_then(|status| status.container_statuses.as_ref()?.first().cloned());
    serde_json::to_value(status).unwrap_or_default()
}

/// The reason for which a pod waits.
pub fn waits_for(pod: &Pod) -> String {
    container_status(pod).pointer("/state/waiting/reason").and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub fn names(pods: &[Pod]) -> BTreeSet<String> {
    pods.iter().map(ResourceExt::name_any).collect()
}

pub fn version<K: kube::Resource>(object: &K) -> u64 {
    let version = object.meta().resource_version.clone().unwrap_or_default();
    version.parse().unwrap_or_else(|_| expect("a version of this server is a number").fail(format!("{version:?}")))
}

/// Differs from call to call, also where the seed is the same.
pub fn different() -> u32 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish() as u32
}
