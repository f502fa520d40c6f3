//! The roadmap as a file that is always whole, however many programs use it and whenever one is killed.

use crate::roadmap::{Refused, Roadmap};
use std::{
    error::Error,
    fmt,
    fs::{self, File},
    io::{self, ErrorKind, Write},
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
        let bytes = match fs::read(&self.file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Roadmap::default()),
            Err(error) => return Err(format!("cannot read {}: {error}", self.file.display()).into()),
        };
        let roadmap: Roadmap = serde_json::from_slice(&bytes).map_err(|error| self.damaged(error))?;
        if roadmap.is_sound() { Ok(roadmap) } else { Err(self.damaged("some skills can never be learnt")) }
    }

    /// Loads the roadmap, changes it and stores it, alone: another program that wants to change it waits.
    pub fn update(&self, change: impl FnOnce(&mut Roadmap) -> Result<(), Refused>) -> Result<(), Box<dyn Error>> {
        // Read, change and write are one step only together. The lock ends with the variable, or with the process.
        let _lock = self.lock().map_err(|error| self.unwritable(error))?;
        let mut roadmap = self.load()?;
        change(&mut roadmap)?;
        self.save(&roadmap).map_err(|error| self.unwritable(error))
    }

    /// Waits until no other program holds the lock. It has a file of its own: `save` puts another file in the place of the
    /// data, and a lock on the old one would keep nobody out.
    fn lock(&self) -> io::Result<File> {
        fs::create_dir_all(&self.folder)?;
        let file = File::create(self.folder.join("roadmap.lock"))?;
        file.lock()?;
        Ok(file)
    }

    /// Writes to another file, and gives it the name once all of it is on disk. Whoever reads meanwhile, or after a crash,
    /// finds the old roadmap or the new one and never half of one.
    fn save(&self, roadmap: &Roadmap) -> io::Result<()> {
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

    fn damaged(&self, why: impl fmt::Display) -> Box<dyn Error> {
        format!("{} is damaged: {why}; restore it from a copy, or move it away to begin anew", self.file.display())
            .into()
    }

    fn unwritable(&self, error: io::Error) -> Box<dyn Error> {
        format!("cannot store anything in {}: {error}", self.folder.display()).into()
    }
}
