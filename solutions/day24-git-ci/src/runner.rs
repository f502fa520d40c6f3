//! Takes runs from the queue, a few at a time, and sees to it that each comes to an end: its own, the time limit's, that of
//! a newer push, or the server's.

use crate::{
    job::Job,
    log::Logs,
    mask::Secrets,
    pipeline::Pipeline,
    processes,
    repositories::{PipelineFile, Repositories},
    store::{Run, Status, Store},
};
use plumbing::Failure;
use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// How long a worker waits before it tries a database again that could not be used.
const PAUSE: Duration = Duration::from_secs(1);

/// What the runner works with.
#[derive(Debug)]
pub struct Parts {
    pub store: Store,
    pub repositories: Repositories,
    pub logs: Logs,
    pub secrets: Secrets,
    /// Where checkouts are; nothing in it outlives its run.
    pub work: PathBuf,
    pub timeout: Duration,
}

#[derive(Debug, Clone)]
pub struct Runner {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    parts: Parts,
    /// Rings when a run was queued, has ended, or when the server ends.
    bell: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
    /// Runs that are under way, each with the way to end it.
    under_way: Mutex<HashMap<i64, watch::Sender<Option<Status>>>>,
}

impl Runner {
    pub fn new(parts: Parts) -> Result<Runner, Failure> {
        // What is left in it belonged to runs that are over.
        let emptied = match std::fs::remove_dir_all(&parts.work) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => std::fs::create_dir_all(&parts.work),
        };
        emptied.map_err(|error| Failure::new(format!("cannot empty {}: {error}", parts.work.display())))?;
        let work = std::path::absolute(&parts.work)?;
        let shared = Shared {
            parts: Parts { work, ..parts },
            bell: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            under_way: Mutex::default(),
        };
        Ok(Runner { shared: Arc::new(shared) })
    }

    /// Ends what an earlier life of this program has left running, and says so in the runs.
    pub async fn clean_up(&self) -> Result<(), Failure> {
        let unreadable = |_| Failure::new("the runs cannot be read or changed");
        for run in self.shared.parts.store.running().await.map_err(unreadable)? {
            processes::kill_all(&run.mark).await;
            let note = Some("the server ended while it ran");
            self.shared.parts.store.finish(run.id, Status::Interrupted, note).await.map_err(unreadable)?;
        }
        Ok(())
    }

    /// Begins to take runs from the queue.
    pub fn start(&self, workers: u16) {
        for _ in 0..workers {
            tokio::spawn(Arc::clone(&self.shared).work());
        }
    }

    /// There may be something in the queue.
    pub fn wake(&self) {
        self.shared.ring();
    }

    /// Ends a run that is under way, because a newer one takes its place.
    pub fn cancel(&self, run: i64) {
        self.shared.stop_of(run).send_replace(Some(Status::Canceled));
    }

    /// Ends everything that is under way. Returns when nothing of it is left.
    pub async fn stop(&self) {
        let mut bell = self.shared.bell.subscribe();
        self.shared.stopping.send_replace(true);
        // Workers that wait for something to do have nothing to wait for any more.
        self.shared.ring();
        loop {
            bell.borrow_and_update();
            for stop in self.shared.lock().values() {
                stop.send_replace(Some(Status::Interrupted));
            }
            if self.shared.lock().is_empty() || bell.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<i64, watch::Sender<Option<Status>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        self.bell.send_modify(|count| *count += 1);
    }

    /// The way to end a run. It may be asked for before the worker, which has just taken the run, asks for it.
    fn stop_of(&self, run: i64) -> watch::Sender<Option<Status>> {
        self.lock().entry(run).or_default().clone()
    }

    async fn work(self: Arc<Self>) {
        let mut bell = self.bell.subscribe();
        while !*self.stopping.borrow() {
            // What rings from here on is heard below.
            bell.borrow_and_update();
            match self.parts.store.claim().await {
                Ok(Some(run)) => self.run(&run).await,
                Ok(None) => {
                    if bell.changed().await.is_err() {
                        return;
                    }
                }
                // What happened is in the log.
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn run(&self, run: &Run) {
        let stop = self.stop_of(run.id);
        let mut stopped = stop.subscribe();
        let folder = self.parts.work.join(run.id.to_string());
        let (status, note) = tokio::select! {
            done = self.execute(run, &folder) => match done {
                Ok(status) => (status, None),
                Err(error) => (Status::Failed, Some(format!("it could not be run: {error}"))),
            },
            () = tokio::time::sleep(self.parts.timeout) => {
                (Status::TimedOut, Some(format!("it took longer than {} ms", self.parts.timeout.as_millis())))
            }
            status = asked_to_stop(&mut stopped) => (status, None),
        };
        processes::kill_all(&run.mark).await;
        // A folder that cannot be removed is in nobody's way: the next start empties all of them.
        let _ = tokio::fs::remove_dir_all(&folder).await;
        while self.parts.store.finish(run.id, status, note.as_deref()).await.is_err() {
            tokio::time::sleep(PAUSE).await;
        }
        self.lock().remove(&run.id);
        self.parts.logs.tell();
        self.ring();
    }

    async fn execute(&self, run: &Run, folder: &Path) -> io::Result<Status> {
        let parts = &self.parts;
        let mut log = parts.logs.begin(run.id, parts.secrets.clone())?;
        let gone = |_| io::Error::other("the repository is not there any more");
        let repository = parts.repositories.find(&run.repository).map_err(gone)?;
        let PipelineFile::Text(text) = repository.pipeline_file(&run.commit_id).await? else {
            return Err(io::Error::other("the commit has no pipeline any more"));
        };
        let pipeline = Pipeline::parse(&text).map_err(io::Error::other)?;
        std::fs::create_dir_all(folder)?;
        let job =
            Job { run, repository: &repository, store: &parts.store, secrets: &parts.secrets, folder: folder.into() };
        job.execute(&pipeline.steps, &mut log).await
    }
}

async fn asked_to_stop(stopped: &mut watch::Receiver<Option<Status>>) -> Status {
    match stopped.wait_for(Option::is_some).await {
        Ok(status) => status.unwrap_or(Status::Interrupted),
        Err(_) => Status::Interrupted,
    }
}
