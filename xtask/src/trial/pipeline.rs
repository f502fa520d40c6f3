//! Tries the programs that are built while the next ones are compiled: compilers keep the cores busy, and trials of
//! programs that do not work mostly wait.

use super::variants::{Built, Order, Variants};
use grader::process::Cancel;
use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

/// How many programs may wait for their trial. Thousands would fill a small disk.
const WAITING: usize = 64;

/// Something to build and to try.
#[derive(Debug)]
pub struct Made<T> {
    pub subject: T,
    pub program: Built,
}

/// How a pipeline builds and tries.
#[derive(Debug)]
pub struct Pipeline<'a> {
    pub workspace: &'a Variants,
    /// How many trials go on at once.
    pub jobs: usize,
    pub cancel: &'a Cancel,
}

impl Pipeline<'_> {
    /// Tries what is `ready`, and what is built of each round. Each package of the workspace holds at most one order of a
    /// round. `on_news` hears what a trial says.
    ///
    /// # Errors
    /// When nothing can be built any more: the machine's fault.
    pub fn run<T: Send, N: Send>(
        &self,
        ready: Vec<Made<T>>,
        rounds: impl Iterator<Item = Vec<(T, Order)>> + Send,
        trial: impl Fn(Made<T>) -> N + Sync,
        mut on_news: impl FnMut(N),
    ) -> Result<(), String> {
        let (made, waiting) = mpsc::sync_channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        let (known, news) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                let (waiting, known, trial) = (Arc::clone(&waiting), known.clone(), &trial);
                scope.spawn(move || {
                    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    while let Ok(made) = next() {
                        if known.send(trial(made)).is_err() {
                            return;
                        }
                    }
                });
            }
            // Only those who try hold the ends from now on: should all of them break off, so does the build.
            drop((waiting, known));
            // What says `made` goes with it: at its end the trials know that nothing follows.
            let build = scope.spawn(move || self.build(ready, rounds, &made));
            news.into_iter().for_each(&mut on_news);
            build.join().unwrap_or_else(|_| Err("the build of the variants broke off".to_owned()))
        })
    }

    fn build<T>(
        &self,
        ready: Vec<Made<T>>,
        rounds: impl Iterator<Item = Vec<(T, Order)>>,
        made: &mpsc::SyncSender<Made<T>>,
    ) -> Result<(), String> {
        // Nobody listens any more only after a panic, which says itself what has happened.
        let send = |next| {
            let _ = made.send(next);
        };
        ready.into_iter().for_each(send);
        for round in rounds {
            let (subjects, orders): (Vec<_>, Vec<_>) = round.into_iter().unzip();
            let built = self.workspace.build(&orders)?;
            if self.cancel.is_cancelled() {
                return Ok(());
            }
            subjects.into_iter().zip(built).map(|(subject, program)| Made { subject, program }).for_each(send);
        }
        Ok(())
    }
}
