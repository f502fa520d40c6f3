//! One thread owns the state and carries out one job after another. That is why nothing here needs a lock, and why a
//! transaction is nothing more than not stopping in between.
//!
//! Jobs that arrive while the disk is busy are carried out together and share the next commit. No answer leaves before
//! the commit that holds what it tells of, and that is true of reads, too: what they saw must not be undone by a crash.

use crate::{state::State, store::Revision, wal::Wal};
use plumbing::Failure;
use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::Instant,
};
use tokio::sync::{oneshot, watch};
use tonic::Status;

/// Jobs that share one commit, at most.
const LARGEST_GROUP: usize = 1000;

/// Works on the state, and returns what is to be done after the commit: the answer.
type Job = Box<dyn FnOnce(&mut State) -> Answer + Send>;
type Answer = Box<dyn FnOnce() + Send>;

/// The way to the thread.
#[derive(Debug, Clone)]
pub struct Engine {
    jobs: Sender<Job>,
    /// The newest revision that is on the disk. It wakes who waits for changes.
    pub committed: watch::Receiver<Revision>,
}

impl Engine {
    /// Lets the thread do this, and returns the result once everything that it depends on is on the disk.
    ///
    /// # Errors
    /// UNAVAILABLE when the thread has ended, and with it the program.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut State) -> T + Send + 'static,
    ) -> Result<T, Status> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(|state| {
            let result = work(state);
            // Who has asked may be gone.
            Box::new(|| drop(sender.send(result)))
        });
        let gone = || Status::unavailable("the store is ending");
        self.jobs.send(job).map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())
    }
}

/// Starts the thread. It ends, well, once nobody can send jobs any more, or at once when the log cannot be written.
pub fn start(wal: Wal, state: State) -> std::io::Result<(Engine, oneshot::Receiver<Result<(), Failure>>)> {
    let (jobs, inbox) = channel();
    let (committed, receiver) = watch::channel(state.store.revision());
    let (ended, end) = oneshot::channel();
    std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
        // Nobody listens any more when the program is ending for another reason.
        let _ = ended.send(run(wal, state, &inbox, &committed));
    })?;
    Ok((Engine { jobs, committed: receiver }, end))
}

fn run(
    mut wal: Wal,
    mut state: State,
    inbox: &Receiver<Job>,
    committed: &watch::Sender<Revision>,
) -> Result<(), Failure> {
    let mut answers: Vec<Answer> = Vec::new();
    state.leases.keep_all_alive();
    loop {
        let first = match state.leases.next_deadline() {
            None => inbox.recv().map_err(RecvTimeoutError::from),
            Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        let first = match first {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        state.expire();
        for job in first.into_iter().chain(inbox.try_iter()).take(LARGEST_GROUP) {
            answers.push(job(&mut state));
        }
        let records = state.take_records();
        if records.is_empty() {
            // Nothing was changed, so nobody has seen what is not on the disk.
            answers.drain(..).for_each(|answer| answer());
            continue;
        }
        records.iter().for_each(|record| wal.append(record));
        wal.commit()?;
        todo!("the log has {records:?}. What now, and in which order? {committed:?}, {} answers", answers.len())
    }
}
