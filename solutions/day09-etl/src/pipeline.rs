//! A run: readers on threads, batches through a channel, and one place that commits.

use crate::{
    Run,
    lock::Lock,
    order::{Fault, Order},
    rejects,
    source::{self, Place, Source},
    store::Store,
};
use plumbing::Failure;
use serde::Serialize;
use std::{
    collections::{HashMap, VecDeque},
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    thread,
};
use tokio::sync::mpsc;

/// Rows of one file that are committed together.
#[derive(Debug)]
pub struct Batch {
    pub file: String,
    pub orders: Vec<(u64, Order)>,
    pub rejects: Vec<(u64, Fault)>,
    /// How far the file has been read with this batch.
    pub place: Place,
    /// The first of its file in this run.
    pub is_first: bool,
}

/// What a run tells on standard output.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'a> {
    Committed { file: &'a str, rows: u64 },
    Done(Done),
}

/// What this run has read, and how many orders there are in all.
#[derive(Debug, Default, Serialize)]
struct Done {
    files: u64,
    rows: u64,
    rejected: u64,
    orders: i64,
}

/// Reads everything that is new, then brings the results up to date.
pub async fn run(run: Run) -> Result<(), Failure> {
    let _lock = Lock::take(&run.db)?;
    let store = Store::open(&run.db).await?;
    let mut places = store.places().await?;
    let mut done = Done::default();

    let work = source::find(&run.input)?;
    let mut batches = read_on_threads(work, &places, &run);
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        store.commit(&batch).await?;
        let before = places.insert(batch.file.clone(), batch.place).unwrap_or_default();
        done.rows += batch.place.rows - before.rows;
        done.rejected += batch.rejects.len() as u64;
        done.files += u64::from(batch.is_first);
        tell(&Event::Committed { file: &batch.file, rows: batch.place.rows })?;
    }
    done.orders = store.sum_up().await?;
    rejects::write(&store, &run.db).await?;
    store.close().await;
    tell(&Event::Done(done))
}

/// Starts the readers. Each takes the next file, reads it to its end, and sends its batches.
fn read_on_threads(
    work: Vec<Source>,
    places: &HashMap<String, Place>,
    run: &Run,
) -> mpsc::Receiver<Result<Batch, Failure>> {
    // The bound makes readers wait for the database, so at most one batch for each of them is in memory, and one more.
    let (sender, receiver) = mpsc::channel(1);
    let place_of = |source: &Source| places.get(&source.name).copied().unwrap_or_default();
    let work: VecDeque<_> = work.into_iter().map(|source| (place_of(&source), source)).collect();
    let work = Arc::new(Mutex::new(work));
    let batch_rows = run.batch as usize;
    for _ in 0..run.jobs {
        let (work, sender) = (Arc::clone(&work), sender.clone());
        thread::spawn(move || {
            let next = || work.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            while let Some((place, source)) = next() {
                let result = read(&source, place, batch_rows, |batch| sender.blocking_send(Ok(batch)).is_ok());
                if let Err(failure) = result {
                    // If nobody listens, the run has failed already and said why.
                    let _ = sender.blocking_send(Err(failure));
                    return;
                }
            }
        });
    }
    receiver
}

/// Reads one file from `place` on, and gives away batch after batch until nobody takes them.
fn read(source: &Source, place: Place, rows: usize, mut give: impl FnMut(Batch) -> bool) -> Result<(), Failure> {
    let mut reader = source.open(place)?;
    let mut is_first = true;
    let mut is_end = false;
    while !is_end {
        let (mut orders, mut rejects) = (Vec::new(), Vec::new());
        while orders.len() + rejects.len() < rows {
            let Some(item) = reader.next_row()? else {
                is_end = true;
                break;
            };
            match item.content.and_then(|row| Order::clean(&row)) {
                Ok(order) => orders.push((item.row, order)),
                Err(fault) => rejects.push((item.row, fault)),
            }
        }
        // White space at the end of a file moves the place, and is no news.
        if orders.is_empty() && rejects.is_empty() {
            return Ok(());
        }
        if !give(Batch { file: source.name.clone(), orders, rejects, place: reader.place(), is_first }) {
            return Ok(());
        }
        is_first = false;
    }
    Ok(())
}

/// Writes a line to standard output. If nobody reads it any more, that is no reason to stop half-way.
fn tell(event: &Event<'_>) -> Result<(), Failure> {
    let line = serde_json::to_string(event)? + "\n";
    let mut stdout = io::stdout().lock();
    match stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
