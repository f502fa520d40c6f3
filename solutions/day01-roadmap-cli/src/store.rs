//! The roadmap as a file that is always whole, however many programs use it and whenever one is killed.

use crate::roadmap::{Refused, Roadmap};
use std::{
    error::Error,
    fs::{self, File},
    io::{ErrorKind, Write},
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
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Roadmap::default()),
            Err(error) => return Err(self.unusable("cannot be read", &error)),
        };
        serde_json::from_str(&text).map_err(|error| self.unusable("is damaged", &error))
    }

    /// Loads the roadmap, changes it and stores it, alone: another program that wants to change it waits.
    pub fn update(&self, change: impl FnOnce(&mut Roadmap) -> Result<(), Refused>) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(&self.folder).map_err(|error| self.unusable("cannot be made", &error))?;
        // Read, change and write are one step only together. The lock ends with the variable, or with the process.
        let lock = File::create(self.folder.join("roadmap.lock"))?;
        lock.lock()?;
        let mut roadmap = self.load()?;
        change(&mut roadmap)?;
        self.save(&roadmap).map_err(|error| self.unusable("cannot be written", error.as_ref()))
    }

    /// Writes to another file, and gives it the name once all of it is on disk. Whoever reads meanwhile, or after a crash,
    /// finds the old roadmap or the new one and never half of one.
    fn save(&self, roadmap: &Roadmap) -> Result<(), Box<dyn Error>> {
        let temporary = self.folder.join("roadmap.json.new");
        let mut file = File::create(&temporary)?;
        file.write_all(serde_json::to_string_pretty(roadmap)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, &self.file)?;
        // The new name is an entry of the folder, so the folder has to reach the disk as well.
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    fn unusable(&self, what: &str, error: &(impl Error + ?Sized)) -> Box<dyn Error> {
        format!("{} {what}: {error}; restore it from a copy, or move it away to begin anew", self.file.display()).into()
    }
}
