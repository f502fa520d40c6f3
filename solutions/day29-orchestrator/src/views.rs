//! What this program reads of objects, and the status that it writes. Objects themselves are JSON: a client gets back
//! whatever it has stored, also what nobody here reads.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::BTreeMap, net::Ipv4Addr};

/// An object as it is stored and sent.
pub type Object = Value;
pub type Labels = BTreeMap<String, String>;

/// What all kinds have.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    pub name: String,
    pub namespace: String,
    pub uid: String,
    pub labels: Labels,
    pub generation: i64,
    /// Set once somebody wants it gone.
    pub deletion_timestamp: Option<String>,
    pub deletion_grace_period_seconds: Option<u32>,
    pub finalizers: Vec<String>,
    pub owner_references: Vec<Owner>,
}

/// Who has made an object.
#[derive(Debug, Clone, Deserialize)]
pub struct Owner {
    pub kind: String,
    pub uid: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Pod {
    pub metadata: Meta,
    pub spec: PodSpec,
    #[serde(default)]
    pub status: PodStatus,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodSpec {
    pub containers: Vec<Container>,
    #[serde(default = "thirty")]
    pub termination_grace_period_seconds: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    pub name: String,
    #[serde(default)]
    pub image: String,
    #[serde(default)]
    pub command: Vec<String>,
    #[serde(default)]
    pub args: Vec<String>,
    #[serde(default)]
    pub env: Vec<Variable>,
    #[serde(default)]
    pub readiness_probe: Option<Probe>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    pub name: String,
    #[serde(default)]
    pub value: String,
    #[serde(default)]
    pub value_from: Option<ValueFrom>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueFrom {
    pub config_map_key_ref: KeyRef,
}

/// A value in a config map of the pod's namespace.
#[derive(Debug, Clone, Deserialize)]
pub struct KeyRef {
    pub name: String,
    pub key: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    #[serde(flatten)]
    pub check: Check,
    #[serde(default = "ten")]
    pub period_seconds: u32,
    #[serde(default = "three")]
    pub failure_threshold: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Check {
    HttpGet {
        #[serde(default = "slash")]
        path: String,
        port: u16,
    },
    TcpSocket {
        port: u16,
    },
}

/// What the agent of a pod has written about it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    pub phase: String,
    #[serde(rename = "podIP")]
    pub pod_ip: Option<Ipv4Addr>,
    pub container_statuses: Vec<ContainerStatus>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    pub ready: bool,
    pub restart_count: u32,
    pub state: Value,
    pub last_state: Value,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Deployment {
    pub metadata: Meta,
    pub spec: DeploymentSpec,
}

#[derive(Debug, Clone, Deserialize)]
pub struct DeploymentSpec {
    #[serde(default = "one")]
    pub replicas: u32,
    pub selector: LabelSelector,
    pub template: Template,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelSelector {
    pub match_labels: Labels,
}

/// What the pods of a deployment are made of.
#[derive(Debug, Clone, Deserialize)]
pub struct Template {
    pub metadata: Meta,
    pub spec: PodSpec,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ConfigMap {
    #[serde(default)]
    pub data: BTreeMap<String, String>,
}

fn one() -> u32 {
    1
}

fn three() -> u32 {
    3
}

fn ten() -> u32 {
    10
}

fn thirty() -> u32 {
    30
}

fn slash() -> String {
    "/".to_owned()
}

/// An object as one of the views.
pub fn view<T: DeserializeOwned>(object: &Object) -> serde_json::Result<T> {
    serde_json::from_value(object.clone())
}

/// The metadata of any object; that of a stored one is always readable.
pub fn meta(object: &Object) -> Meta {
    object.get("metadata").and_then(|meta| view(meta).ok()).unwrap_or_default()
}

/// The version of an object, where it has one.
pub fn version(object: &Object) -> Option<&str> {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str)
}

impl Meta {
    pub fn is_leaving(&self) -> bool {
        self.deletion_timestamp.is_some()
    }
}

impl LabelSelector {
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(name, value)| labels.get(name) == Some(value))
    }
}

impl Pod {
    /// The only container: `check` takes no pod with another number of them.
    pub fn container(&self) -> Option<&Container> {
        self.spec.containers.first()
    }

    /// What was last written about it.
    pub fn last_status(&self) -> ContainerStatus {
        self.status.container_statuses.first().cloned().unwrap_or_default()
    }

    /// Whether it can serve.
    pub fn is_ready(&self) -> bool {
        self.last_status().ready && !self.metadata.is_leaving()
    }
}

/// What an agent has to say about its pod.
#[derive(Debug, Clone)]
pub struct Report {
    pub address: Ipv4Addr,
    pub ready: bool,
    pub restarts: u32,
    /// Whether it has ever run.
    pub has_run: bool,
    /// `{"running":{…}}` or `{"waiting":{…}}`.
    pub state: Value,
    /// How the process before this one has ended, or null.
    pub last_state: Value,
}

impl Report {
    /// As it stands in `status`.
    pub fn status(&self, container: &Container) -> Value {
        let ready = if self.ready { "True" } else { "False" };
        let mut status = json!({
            "phase": if self.has_run { "Running" } else { "Pending" },
            "podIP": self.address,
            "podIPs": [{ "ip": self.address }],
            "conditions": [
                { "type": "Ready", "status": ready },
                { "type": "ContainersReady", "status": ready },
            ],
            "containerStatuses": [{
                "name": container.name, "image": container.image, "imageID": "", "ready": self.ready,
                "started": self.state.get("running").is_some(), "restartCount": self.restarts, "state": self.state,
            }],
        });
        if !self.last_state.is_null() {
            status["containerStatuses"][0]["lastState"] = self.last_state.clone();
        }
        status
    }
}

/// The state of a process that runs since `started`.
pub fn running(started: &str) -> Value {
    json!({ "running": { "startedAt": started } })
}

/// The state of a pod without a process.
pub fn waiting(reason: &str, message: &str) -> Value {
    json!({ "waiting": { "reason": reason, "message": message } })
}

/// The state of a process that has ended.
pub fn terminated(code: i32, started: &str) -> Value {
    let reason = if code == 0 { "Completed" } else { "Error" };
    json!({ "terminated": { "exitCode": code, "reason": reason, "startedAt": started, "finishedAt": now() } })
}

/// The time, in whole seconds as Kubernetes has it.
pub fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

/// So many random letters and digits, for names.
pub fn random_letters(count: usize) -> String {
    // Without vowels, no word comes out by chance.
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut bytes = vec![0; count];
    // Names that are taken are refused, so even a machine without random numbers does no harm.
    let _ = getrandom::fill(&mut bytes);
    bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .map(|byte| char::from(*byte))
        .collect()
}

/// A uid for a new object: a random UUID (RFC 9562, version 4).
pub fn new_uid() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let number = (u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62)) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}

/// A short text that differs when the template does: the label by which pods of the newest version are known.
pub fn template_hash(template: &Value) -> String {
    use sha2::{Digest, Sha256};
    // Maps of serde_json are sorted, so the order in which a client wrote the members does not count.
    let digest = Sha256::digest(template.to_string().as_bytes());
    digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}
