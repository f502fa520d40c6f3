//! Concurrent writers, and a SIGKILL in the middle of their work.

use harness::{Acknowledged, Program};
use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;

/// Starts `count` futures so that all of them run at once, and returns their results in order of number.
pub async fn together<T, F>(count: usize, work: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let barrier = Arc::new(tokio::sync::Barrier::new(count));
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let barrier = Arc::clone(&barrier);
        let job = work(number);
        tasks.spawn(async move {
            barrier.wait().await;
            (number, job.await)
        });
    }
    let mut results: Vec<_> = tasks.join_all().await;
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Lets `writers` tasks call `write(writer, n)` for n = 0, 1, 2 … until at least `enough` writes have been acknowledged,
/// kills the program with SIGKILL while they go on, and returns everything that was acknowledged.
///
/// `write` returns what identifies the stored item once the program has acknowledged it, and none when the program is
/// gone. The program is not started again: the caller does that, and then looks with
/// [`Acknowledged::expect_all_in`].
pub async fn write_until_killed<T, F>(
    program: &mut Program,
    writers: usize,
    enough: usize,
    write: impl Fn(usize, usize) -> F + Clone + Send + 'static,
) -> Acknowledged<T>
where
    T: Ord + Debug + Send + 'static,
    F: Future<Output = Option<T>> + Send + 'static,
{
    let count = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for writer in 0..writers {
        let (count, write) = (Arc::clone(&count), write.clone());
        tasks.spawn(async move {
            let mut acknowledged = Vec::new();
            for number in 0.. {
                let Some(item) = write(writer, number).await else { break };
                acknowledged.push(item);
                count.fetch_add(1, Ordering::Relaxed);
            }
            acknowledged
        });
    }
    crate::eventually(
        &format!("{writers} writers at once get {enough} acknowledgements"),
        Duration::from_secs(20),
        || async { (count.load(Ordering::Relaxed) >= enough || tasks.is_empty()).then_some(()) },
    )
    .await;
    program.kill();
    tasks.join_all().await.into_iter().flatten().collect()
}
