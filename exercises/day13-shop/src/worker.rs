//! Asks the provider until there is an answer, and ends reservations. Requests only write down what is to be done; so it
//! makes no difference whether a buyer waits, has gone, or the program has been started again.

use crate::{
    orders::{Orders, Status, now_ms},
    payments::{Outcome, Provider},
};
use plumbing::{Failure, Problem};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, Semaphore, watch};

/// So many questions are under way at the same time.
const AT_ONCE: usize = 64;

#[derive(Debug, Clone)]
pub struct Worker {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    orders: Orders,
    provider: Provider,
    retry: Duration,
    /// The orders that a task takes care of.
    in_work: Mutex<HashSet<String>>,
    places: Semaphore,
    /// Counts settled orders: who waits for one looks after each change.
    settled: watch::Sender<u64>,
    /// There is a new reservation.
    reserved: Notify,
}

impl Worker {
    /// Takes up what an earlier run has left unsettled.
    pub async fn start(orders: Orders, provider: Provider, retry: Duration) -> Result<Worker, Failure> {
        let unsettled = orders.unsettled().await.map_err(|_| Failure::new("the orders cannot be read"))?;
        let shared = Shared {
            orders,
            provider,
            retry,
            in_work: Mutex::default(),
            places: Semaphore::new(AT_ONCE),
            settled: watch::Sender::new(0),
            reserved: Notify::new(),
        };
        let worker = Worker { shared: Arc::new(shared) };
        if !unsettled.is_empty() {
            todo!("take up {unsettled:?}");
        }
        tokio::spawn(Arc::clone(&worker.shared).expire());
        Ok(worker)
    }

    /// Sees to it that an order is settled, now or some time.
    pub fn settle(&self, id: &str) {
        let is_new = self.shared.lock().insert(id.to_owned());
        if is_new {
            let (shared, id) = (Arc::clone(&self.shared), id.to_owned());
            tokio::spawn(async move {
                shared.settle(&id).await;
                shared.lock().remove(&id);
            });
        }
    }

    /// A reservation begins, and will end.
    pub fn reserved(&self) {
        self.shared.reserved.notify_one();
    }

    /// An order was settled by somebody else.
    pub fn settled(&self) {
        self.shared.settled.send_modify(|count| *count += 1);
    }

    /// Waits until an order is settled, but no longer than that.
    pub async fn wait(&self, id: &str, patience: Duration) -> Result<(), Problem> {
        let mut changes = self.shared.settled.subscribe();
        let waiting = async {
            loop {
                let status = self.shared.orders.get(id).await?.status;
                if !matches!(status, Status::Pending | Status::Refunding) || changes.changed().await.is_err() {
                    return Ok(());
                }
            }
        };
        tokio::time::timeout(patience, waiting).await.unwrap_or(Ok(()))
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.in_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks, again and again, until the order is neither pending nor refunding.
    async fn settle(&self, id: &str) {
        let why = self.ask(id).await;
        todo!("{why:?}: perhaps ask again after {:?}; in the end tell {:?}", self.retry, self.settled)
    }

    /// Asks once. Returns why nobody knows yet.
    async fn ask(&self, id: &str) -> Result<Option<String>, Problem> {
        // Never closed, so there is always a place sooner or later.
        let _place = self.places.acquire().await;
        let order = self.orders.get(id).await?;
        match order.status {
            // What costs nothing needs nobody.
            Status::Pending if order.bill.total == 0 => self.orders.paid(id, None).await?,
            Status::Pending => match self.provider.charge(&order).await {
                Outcome::Succeeded { charge } => self.orders.paid(id, Some(&charge)).await?,
                Outcome::Declined => self.orders.declined(id).await?,
                Outcome::Unknown(why) => return Ok(Some(why)),
            },
            Status::Refunding if order.charge.is_none() => self.orders.refunded(id).await?,
            Status::Refunding => match self.provider.refund(&order).await {
                Ok(()) => self.orders.refunded(id).await?,
                Err(why) => return Ok(Some(why)),
            },
            Status::Reserved | Status::Paid | Status::Declined | Status::Expired | Status::Refunded => {}
        }
        Ok(None)
    }

    /// Ends reservations when their time has come.
    async fn expire(self: Arc<Self>) {
        self.reserved.notified().await;
        let (ended, next) = (self.orders.expire().await, self.orders.next_expiry().await);
        todo!("{ended:?}: sleep until {next:?}, {} now, or until there is a new reservation; and again", now_ms())
    }
}
