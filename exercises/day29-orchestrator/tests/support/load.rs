//! People who use what pods serve: they follow the ready pods as every load balancer does, by list and watch.

use super::{Cluster, PATIENCE, address_of, is_ready};
use futures_util::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    api::{ListParams, WatchEvent, WatchParams},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Requests that go on until somebody asks for the result.
pub struct Load {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

struct Shared {
    pods: Api<Pod>,
    port: u16,
    ready: Mutex<BTreeMap<String, SocketAddr>>,
    stop: AtomicBool,
    served: AtomicUsize,
    by: Mutex<BTreeSet<String>>,
    lost: Mutex<Vec<String>>,
}

/// What came of the requests.
#[derive(Debug)]
pub struct Tally {
    /// Names of pods that have served.
    pub by: BTreeSet<String>,
    /// Why requests were lost.
    pub lost: Vec<String>,
}

impl std::fmt::Debug for Load {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Load").finish_non_exhaustive()
    }
}

impl Load {
    /// So many people begin to send one request after the other.
    pub async fn start(cluster: &Cluster, people: usize) -> Load {
        let shared = Arc::new(Shared {
            pods: cluster.pods(),
            port: cluster.port,
            ready: Mutex::default(),
            stop: AtomicBool::new(false),
            served: AtomicUsize::new(0),
            by: Mutex::default(),
            lost: Mutex::default(),
        });
        let list = shared.pods.list(&ListParams::default()).await.expect("pods can be listed");
        let version = list.metadata.resource_version.clone().unwrap_or_default();
        list.items.iter().for_each(|pod| shared.hear(pod, false));
        let mut tasks = JoinSet::new();
        let listener = Arc::clone(&shared);
        tasks.spawn(async move {
            let stream = listener.pods.watch(&WatchParams::default(), &version).await.expect("pods can be watched");
            let mut stream = stream.boxed();
            while let Ok(Some(event)) = stream.try_next().await {
                match event {
                    WatchEvent::Added(pod) | WatchEvent::Modified(pod) => listener.hear(&pod, false),
                    WatchEvent::Deleted(pod) => listener.hear(&pod, true),
                    _ => {}
                }
            }
        });
        for _ in 0..people {
            let person = Arc::clone(&shared);
            tasks.spawn(async move {
                while !person.stop.load(Ordering::Relaxed) {
                    person.request().await;
                }
            });
        }
        let load = Load { shared, tasks };
        load.more(20).await;
        load
    }

    /// Waits until so many more have been served.
    pub async fn more(&self, count: usize) {
        let wanted = self.shared.served.load(Ordering::Relaxed) + count;
        harness_net::eventually("requests are served", PATIENCE, || async {
            let lost = self.shared.lost.lock().expect("nobody panics with it").len();
            (self.shared.served.load(Ordering::Relaxed) >= wanted || lost > 0).then_some(())
        })
        .await;
    }

    /// Stops, and tells.
    pub fn result(mut self) -> Tally {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.tasks.abort_all();
        let by = std::mem::take(&mut *self.shared.by.lock().expect("nobody panics with it"));
        let lost = std::mem::take(&mut *self.shared.lost.lock().expect("nobody panics with it"));
        Tally { by, lost }
    }
}

impl Shared {
    fn hear(&self, pod: &Pod, is_gone: bool) {
        let mut ready = self.ready.lock().expect("nobody panics with it");
        match address_of(pod, self.port) {
            Some(address) if is_ready(pod) && !is_gone => ready.insert(pod.name_any(), address),
            _ => ready.remove(&pod.name_any()),
        };
    }

    /// One request, at the next pod when one has refused it that was about to go: as a load balancer does it, for nothing
    /// was begun. What was begun has to be finished.
    async fn request(&self) {
        loop {
            let chosen = {
                let ready = self.ready.lock().expect("nobody panics with it");
                let number = super::different() as usize % ready.len().max(1);
                ready.iter().nth(number).map(|(name, address)| (name.clone(), *address))
            };
            let Some((name, address)) = chosen else {
                self.lose("no pod was ready".to_owned());
                // Not to spin; whether there is one is heard from the watch.
                return tokio::task::yield_now().await;
            };
            match work(address).await {
                Ok(()) => {
                    self.by.lock().expect("nobody panics with it").insert(name);
                    self.served.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                Err(Broken { begun: true, why }) => return self.lose(format!("{name} broke off: {why}")),
                Err(Broken { begun: false, why }) => {
                    let now = self.pods.get_opt(&name).await;
                    if matches!(&now, Ok(Some(pod)) if is_ready(pod)) {
                        return self.lose(format!("{name} is said to be ready, and does not serve: {why}"));
                    }
                    self.ready.lock().expect("nobody panics with it").remove(&name);
                }
            }
        }
    }

    fn lose(&self, why: String) {
        if !self.stop.load(Ordering::Relaxed) {
            self.lost.lock().expect("nobody panics with it").push(why);
        }
    }
}

struct Broken {
    /// Whether an answer had begun.
    begun: bool,
    why: String,
}

async fn work(address: SocketAddr) -> Result<(), Broken> {
    let mut answer = Vec::new();
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /work HTTP/1.1\r\n\r\n").await?;
        while stream.read_buf(&mut answer).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    let outcome = tokio::time::timeout(harness::timeout(PATIENCE), exchange).await;
    if answer.ends_with(b"\r\n\r\ndone") {
        return Ok(());
    }
    let why = match outcome {
        Ok(Ok(())) => "the end came too early".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "silence".to_owned(),
    };
    Err(Broken { begun: !answer.is_empty(), why })
}
