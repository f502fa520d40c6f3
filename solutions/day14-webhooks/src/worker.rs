//! Makes attempts when they are due. Each endpoint has a lane of its own, a task that knows nothing of the others: so
//! however slow one endpoint is, the others never wait for it.

use crate::{
    deliveries::{Deliveries, now_ms},
    endpoints::Endpoints,
    sender::Sender,
};
use plumbing::{Failure, Problem};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, task::JoinSet};

/// So many attempts at one endpoint are under way at the same time: after an outage it is not flooded with what has
/// gathered meanwhile.
const AT_ONCE: usize = 4;

/// The pause after the database could not be used.
const RECOVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub struct Worker {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    deliveries: Deliveries,
    sender: Sender,
    /// The bell of each lane, by endpoint.
    lanes: Mutex<HashMap<String, Arc<Notify>>>,
}

impl Worker {
    /// Takes up what an earlier run has left pending.
    pub async fn start(endpoints: &Endpoints, deliveries: Deliveries, sender: Sender) -> Result<Worker, Failure> {
        let known = endpoints.all().await.map_err(|_| Failure::new("the endpoints cannot be read"))?;
        let worker = Worker { shared: Arc::new(Shared { deliveries, sender, lanes: Mutex::default() }) };
        for endpoint in known {
            worker.wake(&endpoint.id);
        }
        Ok(worker)
    }

    /// There may be something to do for this endpoint.
    pub fn wake(&self, endpoint: &str) {
        let mut lanes = self.shared.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = lanes.get(endpoint) {
            bell.notify_one();
            return;
        }
        let bell = Arc::new(Notify::new());
        lanes.insert(endpoint.to_owned(), Arc::clone(&bell));
        tokio::spawn(Arc::clone(&self.shared).run(endpoint.to_owned(), bell));
    }
}

impl Shared {
    /// A lane.
    async fn run(self: Arc<Self>, endpoint: String, bell: Arc<Notify>) {
        let mut flights = JoinSet::new();
        let mut aloft = HashSet::new();
        loop {
            let now = now_ms();
            let due = self.deliveries.due(&endpoint, now, AT_ONCE + aloft.len()).await.unwrap_or_default();
            for id in due {
                // What is under way is still pending, so it is still due.
                if aloft.len() < AT_ONCE && aloft.insert(id) {
                    flights.spawn(Arc::clone(&self).fly(id));
                }
            }
            let pause = match self.deliveries.next_after(&endpoint, now).await {
                Ok(Some(next)) => Duration::from_millis(u64::try_from(next - now_ms()).unwrap_or(0)),
                Ok(None) => Duration::from_secs(3600),
                // The database was too busy, and has said so in the log.
                Err(_) => RECOVERY,
            };
            tokio::select! {
                Some(landed) = flights.join_next() => {
                    if let Ok(id) = landed {
                        aloft.remove(&id);
                    }
                }
                () = bell.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One attempt, with what is known before it and written down after it.
    async fn fly(self: Arc<Self>, id: i64) -> i64 {
        if self.attempt(id).await.is_err() {
            // It is still pending, and without a pause it would be sent again at once.
            tokio::time::sleep(RECOVERY).await;
        }
        id
    }

    async fn attempt(&self, id: i64) -> Result<(), Problem> {
        let Some(parcel) = self.deliveries.parcel(id).await? else { return Ok(()) };
        let attempt = self.sender.attempt(&parcel).await;
        // A URL may hold a password or a token, so the log names the endpoint.
        let endpoint = &parcel.endpoint;
        match attempt.answer {
            Ok(200..300) => {}
            Ok(status) => eprintln!("warning: delivery {id} to {endpoint} was answered with {status}"),
            Err(fault) => eprintln!("warning: delivery {id} to {endpoint} was not answered: {fault:?}"),
        }
        self.deliveries.record(&parcel, &attempt).await
    }
}
