//! Keeps processors and disk busy, as a machine does on which other people work, too.

use std::{
    fs::{self, File},
    hint,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

/// How much is written between two calls of fsync.
const WRITTEN: usize = 1 << 20;

/// How many files are written in turn.
const FILES: usize = 8;

/// Load that lasts until it is stopped.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    spinning: Vec<JoinHandle<()>>,
    writing: JoinHandle<io::Result<()>>,
    folder: PathBuf,
}

impl Load {
    /// Begins: a thread for each core that computes, and one that writes files below `folder` and waits until the disk
    /// has them.
    pub fn start(folder: &Path) -> Result<Load, String> {
        fs::create_dir_all(folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        let stop = Arc::<AtomicBool>::default();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let spin = |_| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || spin(&stop))
        };
        let spinning = (0..cores).map(spin).collect();
        let (stopped, into) = (Arc::clone(&stop), folder.to_owned());
        let writing = thread::spawn(move || write(&stopped, &into));
        Ok(Load { stop, spinning, writing, folder: folder.to_owned() })
    }

    /// Ends it, and removes its files.
    ///
    /// # Errors
    /// When the disk was not kept busy to the end: the tests had it easier than they should.
    pub fn stop(self) -> Result<(), String> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.spinning {
            let _ = thread.join();
        }
        let written = self.writing.join().unwrap_or_else(|_| Err(io::Error::other("the writing thread broke off")));
        let removed = fs::remove_dir_all(&self.folder);
        written.and(removed).map_err(|error| format!("the load on the disk, {}: {error}", self.folder.display()))
    }
}

fn spin(stop: &AtomicBool) {
    let mut number = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        // The optimiser must not see that nobody wants the number.
        number = hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

fn write(stop: &AtomicBool, folder: &Path) -> io::Result<()> {
    let bytes = vec![0x5a; WRITTEN];
    for number in (0..FILES).cycle().take_while(|_| !stop.load(Ordering::Relaxed)) {
        let mut file = File::create(folder.join(number.to_string()))?;
        file.write_all(&bytes)?;
        file.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_ends_and_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("load");
        Load::start(&folder).unwrap().stop().unwrap();
        assert!(!folder.exists());
    }

    #[test]
    fn a_disk_that_takes_no_more_is_said() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("load");
        // A folder stands where the first file should.
        fs::create_dir_all(folder.join("0")).unwrap();
        let load = Load::start(&folder).unwrap();
        while !load.writing.is_finished() {
            thread::yield_now();
        }
        assert!(load.stop().unwrap_err().contains("load on the disk"));
    }
}
