//! The roadmap as a file that is always whole, however many programs use it and whenever one is killed.

use crate::roadmap::{Refused, Roadmap};
use std::{
    error::Error,
    path::{Path, PathBuf},
};

/// A folder with `roadmap.json`, the data, and `roadmap.lock`, which is only ever locked.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    file: PathBuf,
}

impl Store {
    pub fn new(folder: &Path) -> Store {
        Store { folder: folder.to_owned(), file: folder.join("roadmap.json") }
    }

    /// The roadmap; an empty one when nothing was stored yet. A file that cannot be understood is an error, and stays as
    /// it is: somebody may be able to repair it.
    pub fn load(&self) -> Result<Roadmap, Box<dyn Error>> {
        todo!("read {}", self.file.display())
    }

    /// Loads the roadmap, changes it and stores it, alone: another program that wants to change it waits.
    pub fn update(&self, change: impl FnOnce(&mut Roadmap) -> Result<(), Refused>) -> Result<(), Box<dyn Error>> {
        let mut roadmap = self.load()?;
        change(&mut roadmap)?;
        todo!("store {roadmap:?} in {}, whole or not at all", self.folder.display())
    }
}
