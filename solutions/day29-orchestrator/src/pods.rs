//! The loop that compares pods with processes: each pod has an agent, and each agent hears what becomes of its pod.

use crate::{
    addresses::Addresses,
    agent::Agent,
    fault::Fault,
    process::{self, Mark, Process},
    resource::Resource,
    store::{Changed, Store},
    views::{Object, Pod, view},
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::watch;

/// After a fault of the database, the next look.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// What all agents share.
#[derive(Debug)]
pub struct Shared {
    pub store: Store,
    /// The folder for what pods print, by uid.
    pub logs: PathBuf,
    pub addresses: Addresses,
    /// How long a second of pods is.
    pub second: Duration,
}

/// Who tells agents of their pods.
#[derive(Debug)]
pub struct Pods {
    shared: Arc<Shared>,
    /// By the pod's uid, for a name may be used again.
    agents: BTreeMap<String, watch::Sender<Pod>>,
    /// Everything up to here has been passed on.
    version: i64,
}

/// Gives every pod its agent, and the agent the process that an earlier life of this program has started for it. Processes
/// whose pods are gone are ended.
pub async fn adopt(shared: Arc<Shared>) -> Result<Pods, Fault> {
    let cluster = shared.store.cluster().to_owned();
    let mut found = process::find(&cluster);
    let (version, objects) = shared.store.list(Resource::Pods, None).await?;
    let mut pods = Pods { shared, agents: BTreeMap::new(), version };
    let known: Vec<Pod> = objects.iter().filter_map(|object| view(object).ok()).collect();
    // All addresses that are in use have to be known before anybody takes a new one.
    let leases: Vec<_> =
        known.iter().map(|pod| pod.status.pod_ip.map(|address| pods.shared.addresses.claim(address))).collect();
    for (pod, lease) in known.into_iter().zip(leases) {
        let process = found.remove(&pod.metadata.uid);
        let agent = Agent::new(Arc::clone(&pods.shared), pod, lease);
        pods.employ(agent, process);
    }
    for uid in found.into_keys() {
        process::kill_all(&Mark { cluster: cluster.clone(), uid }).await;
    }
    Ok(pods)
}

impl Pods {
    /// Passes on what happens to pods, until the store is closed.
    pub async fn follow(mut self) {
        let mut news = self.shared.store.news();
        while !*news.borrow_and_update() {
            match self.shared.store.changes(Resource::Pods, self.version).await {
                Ok(batch) => {
                    self.version = batch.version;
                    batch.changes.iter().for_each(|change| self.pass_on(change));
                    if batch.is_full {
                        continue;
                    }
                }
                Err(fault) => {
                    eprintln!("error: pods: {fault}");
                    // When too much has changed at once, everything is looked at again.
                    if let Err(fault) = self.look_at_all().await {
                        eprintln!("error: pods: {fault}");
                        tokio::time::sleep(AFTER_FAULT).await;
                    }
                    continue;
                }
            }
            if news.changed().await.is_err() {
                return;
            }
        }
    }

    async fn look_at_all(&mut self) -> Result<(), Fault> {
        let (version, objects) = self.shared.store.list(Resource::Pods, None).await?;
        self.version = version;
        objects.iter().for_each(|object| self.tell(object));
        Ok(())
    }

    fn pass_on(&mut self, change: &Changed) {
        match &change.after {
            Some(object) => self.tell(object),
            None => {
                let uid = change.before.as_ref().and_then(|object| object.pointer("/metadata/uid")?.as_str());
                self.agents.remove(uid.unwrap_or_default());
            }
        }
    }

    fn tell(&mut self, object: &Object) {
        let Ok(pod) = view::<Pod>(object) else { return };
        match self.agents.get(&pod.metadata.uid) {
            Some(agent) => drop(agent.send_replace(pod)),
            None => self.employ(Agent::new(Arc::clone(&self.shared), pod, None), None),
        }
    }

    fn employ(&mut self, (agent, sender): (Agent, watch::Sender<Pod>), process: Option<Process>) {
        let uid = sender.borrow().metadata.uid.clone();
        self.agents.insert(uid, sender);
        tokio::spawn(agent.live(process));
    }
}
