//! The life of one pod: start its process, tend it, start it again when it crashes, and end it when the pod is deleted.

use crate::{
    addresses::Lease,
    fault::Fault,
    pods::Shared,
    probe::Readiness,
    process::{Launch, Mark, Process, kill_all},
    resource::{Key, Resource},
    store::Change,
    views::{ConfigMap, Container, Object, Pod, Report, Variable, meta, now, running, terminated, view, waiting},
};
use serde_json::Value;
use std::{net::Ipv4Addr, sync::Arc};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

/// Seconds until the first start after a crash, at most, and after how many a crash is forgotten.
const BACK_OFF: u32 = 10;
const LONGEST: u32 = 300;
const FORGIVEN: u32 = 600;

/// The exit code of a program that could not be started, as Kubernetes has it.
const NOT_STARTED: i32 = 128;

/// Looks after one pod until it is gone.
#[derive(Debug)]
pub struct Agent {
    shared: Arc<Shared>,
    key: Key,
    mark: Mark,
    /// As it is now.
    pod: watch::Receiver<Pod>,
    /// Its address, as long as it lives.
    lease: Option<Lease>,
    ready: bool,
    restarts: u32,
    has_run: bool,
    /// When the process began.
    started: String,
    last_state: Value,
}

/// What came of a start.
enum Start {
    Running(Box<Process>),
    /// There was no such program.
    Failed,
    /// The pod is on its way out, and needs no process.
    Unwanted,
}

impl Agent {
    /// An agent for this pod, and how to tell it what becomes of the pod.
    pub fn new(shared: Arc<Shared>, pod: Pod, lease: Option<Lease>) -> (Agent, watch::Sender<Pod>) {
        let (namespace, name) = (pod.metadata.namespace.clone(), pod.metadata.name.clone());
        let last = pod.last_status();
        // One that was killed before it could write it down has just been started.
        let started = last.state.pointer("/running/startedAt").and_then(Value::as_str).map_or_else(now, str::to_owned);
        let mark = Mark { cluster: shared.store.cluster().to_owned(), uid: pod.metadata.uid.clone() };
        let has_run = pod.status.phase == "Running";
        let (sender, receiver) = watch::channel(pod);
        let agent = Agent {
            shared,
            key: Key { resource: Resource::Pods, namespace, name },
            mark,
            pod: receiver,
            lease,
            ready: last.ready,
            restarts: last.restart_count,
            has_run,
            started,
            last_state: last.last_state,
        };
        (agent, sender)
    }

    /// Lives until the pod is gone. `process` is one that runs already.
    pub async fn live(mut self, process: Option<Process>) {
        if let Err(fault) = self.try_live(process).await {
            eprintln!("error: {}: {fault}", self.key);
        }
    }

    async fn try_live(&mut self, mut found: Option<Process>) -> Result<(), Fault> {
        if found.is_none() && self.has_run && !self.was_about_to_start() {
            // It has ended while nobody looked.
            self.restarts += 1;
        }
        let mut crashes = 0;
        loop {
            let start = match found.take() {
                Some(process) => Start::Running(Box::new(process)),
                None => self.start().await?,
            };
            let began = Instant::now();
            let code = match start {
                Start::Running(process) => self.tend(*process).await?,
                Start::Failed => NOT_STARTED,
                Start::Unwanted => break,
            };
            self.ready = false;
            // What it has started ends with it.
            kill_all(&self.mark).await;
            if self.is_leaving() {
                break;
            }
            if began.elapsed() >= self.shared.second * FORGIVEN {
                crashes = 0;
            }
            self.last_state = terminated(code, &self.started);
            if !self.rest(crashes).await? {
                break;
            }
            crashes += 1;
            self.restarts += 1;
        }
        self.remove().await
    }

    /// Starts the process, once all that it needs is there.
    async fn start(&mut self) -> Result<Start, Fault> {
        self.ready = false;
        let mut news = self.shared.store.news();
        let environment = loop {
            news.borrow_and_update();
            if self.is_leaving() {
                return Ok(Start::Unwanted);
            }
            let Some(address) = self.address() else {
                return Err(Fault::internal("no address is free; give more with --pod-cidr"));
            };
            match self.environment(address).await? {
                Ok(environment) => break environment,
                Err(missing) => self.report(waiting("CreateContainerConfigError", &missing)).await?,
            }
            tokio::select! {
                _ = news.changed() => {}
                () = leaving(&mut self.pod) => {}
            }
        };
        // What is known about the process is written before it is there: whoever comes after us may find only the process.
        self.report(waiting("ContainerCreating", "")).await?;
        let Some(container) = self.container() else { return Ok(Start::Failed) };
        let command: Vec<_> = container.command.into_iter().chain(container.args).collect();
        let log = self.shared.logs.join(&self.mark.uid);
        self.has_run = true;
        self.started = now();
        match Process::start(&Launch { command: &command, environment, log: &log, mark: &self.mark }) {
            Ok(process) => Ok(Start::Running(Box::new(process))),
            Err(error) => {
                eprintln!("{}: {:?} cannot be started: {error}", self.key, command.first());
                Ok(Start::Failed)
            }
        }
    }

    /// Waits for the next start after so many crashes before this one. False when there is to be none, for the pod is to go.
    async fn rest(&mut self, crashes: u32) -> Result<bool, Fault> {
        let seconds = back_off(crashes);
        let message = format!("the next start is {seconds} s after the last end");
        self.report(waiting("CrashLoopBackOff", &message)).await?;
        tokio::select! {
            () = sleep(self.shared.second * seconds) => Ok(true),
            () = leaving(&mut self.pod) => Ok(false),
        }
    }

    /// Stays with a process until it has ended, by itself or because its pod is to go. Returns its exit code.
    async fn tend(&mut self, mut process: Process) -> Result<i32, Fault> {
        let (Some(container), Some(address)) = (self.container(), self.address()) else { return Ok(NOT_STARTED) };
        let mut readiness = Readiness::follow(container.readiness_probe, address, self.shared.second, self.ready);
        loop {
            self.ready = readiness.is_ready() && !self.is_leaving();
            self.report(running(&self.started)).await?;
            tokio::select! {
                code = process.ended() => return Ok(code),
                () = readiness.changed() => {}
                () = leaving(&mut self.pod) => break,
            }
        }
        self.ready = false;
        self.report(running(&self.started)).await?;
        self.end(process).await
    }

    /// Asks a process to end, and ends it when it takes too long.
    async fn end(&mut self, mut process: Process) -> Result<i32, Fault> {
        process.terminate();
        let asked = Instant::now();
        loop {
            let grace = self.pod.borrow_and_update().metadata.deletion_grace_period_seconds.unwrap_or_default();
            tokio::select! {
                code = process.ended() => return Ok(code),
                () = sleep_until(asked + self.shared.second * grace) => break,
                // Somebody may have become less patient.
                () = changed(&mut self.pod) => {}
            }
        }
        kill_all(&self.mark).await;
        Ok(process.ended().await)
    }

    /// Takes the pod out of the store, once nobody has a finalizer on it.
    async fn remove(&mut self) -> Result<(), Fault> {
        loop {
            self.pod.borrow_and_update();
            let uid = self.mark.uid.clone();
            let decide = |object: Object| {
                let metadata = meta(&object);
                let is_ours = metadata.uid == uid && metadata.finalizers.is_empty();
                Ok(if is_ours { Change::Remove } else { Change::Put(object) })
            };
            match self.shared.store.change(&self.key, decide).await {
                Ok(object) if meta(&object).uid == self.mark.uid && !meta(&object).finalizers.is_empty() => {}
                Err(fault) if !fault.is_gone() => return Err(fault),
                _ => break,
            }
            changed(&mut self.pod).await;
        }
        // A log that is left takes room, and does no other harm.
        let _ = tokio::fs::remove_file(self.shared.logs.join(&self.mark.uid)).await;
        Ok(())
    }

    /// Writes the pod's status. What is as it was is not written.
    async fn report(&self, state: Value) -> Result<(), Fault> {
        let (Some(container), Some(lease)) = (self.container(), &self.lease) else { return Ok(()) };
        let report = Report {
            address: lease.address,
            ready: self.ready,
            restarts: self.restarts,
            has_run: self.has_run,
            state,
            last_state: self.last_state.clone(),
        };
        let status = report.status(&container);
        let decide = |mut object: Object| {
            if meta(&object).uid == self.mark.uid {
                object["status"] = status;
            }
            Ok(Change::Put(object))
        };
        self.shared.store.change(&self.key, decide).await.map(drop)
    }

    /// The environment of the process, or what is missing for it.
    async fn environment(&self, address: Ipv4Addr) -> Result<Result<Vec<(String, String)>, String>, Fault> {
        let given = [("POD_NAME", self.key.name.clone()), ("POD_NAMESPACE", self.key.namespace.clone())];
        let given = given.into_iter().chain([("POD_IP", address.to_string())]);
        let mut environment: Vec<_> = given.map(|(name, value)| (name.to_owned(), value)).collect();
        for Variable { name, value, value_from } in self.container().into_iter().flat_map(|container| container.env) {
            let value = match value_from {
                None => value,
                Some(source) => {
                    let source = source.config_map_key_ref;
                    let namespace = self.key.namespace.clone();
                    let key = Key { resource: Resource::ConfigMaps, namespace, name: source.name.clone() };
                    let map = match self.shared.store.get(&key).await {
                        Err(fault) if !fault.is_gone() => return Err(fault),
                        found => found.ok(),
                    };
                    let found = map.and_then(|map| view::<ConfigMap>(&map).ok()?.data.remove(&source.key));
                    let Some(value) = found else {
                        return Ok(Err(format!("there is no {} in the config map {}", source.key, source.name)));
                    };
                    value
                }
            };
            environment.push((name, value));
        }
        Ok(Ok(environment))
    }

    /// The pod's address; a new one when it has none yet.
    fn address(&mut self) -> Option<Ipv4Addr> {
        if self.lease.is_none() {
            self.lease = self.shared.addresses.take();
        }
        self.lease.as_ref().map(|lease| lease.address)
    }

    fn container(&self) -> Option<Container> {
        self.pod.borrow().container().cloned()
    }

    fn is_leaving(&self) -> bool {
        self.pod.borrow().metadata.is_leaving()
    }

    /// Whether the last that was written is that a process is about to be started.
    fn was_about_to_start(&self) -> bool {
        let pod = self.pod.borrow();
        pod.last_status().state.pointer("/waiting/reason").is_some_and(|reason| reason == "ContainerCreating")
    }
}

/// Seconds until the next start after so many crashes before this one.
fn back_off(crashes: u32) -> u32 {
    BACK_OFF.saturating_mul(2_u32.saturating_pow(crashes)).min(LONGEST)
}

/// Returns when the pod is to go.
async fn leaving(pod: &mut watch::Receiver<Pod>) {
    if pod.wait_for(|pod| pod.metadata.is_leaving()).await.is_err() {
        // Nobody tells us of our pod any more: the program ends.
        std::future::pending::<()>().await;
    }
}

/// Returns when something has become of the pod.
async fn changed(pod: &mut watch::Receiver<Pod>) {
    if pod.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
