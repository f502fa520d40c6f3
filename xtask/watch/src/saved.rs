//! Notices that a file was saved.

use grader::{catalog::Catalog, exercise::Exercise};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::SystemTime,
};
use walkdir::WalkDir;

/// The files of a day as they were when they were last looked at.
#[derive(Debug)]
pub struct Saved {
    folder: PathBuf,
    state: State,
}

/// Size and time of the last change, by path. A file that cannot be looked at counts as one that is not there.
type State = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

impl Saved {
    /// The files of an exercise as they are now.
    pub fn of(catalog: &Catalog, exercise: &Exercise) -> Saved {
        Saved::below(catalog.root().join("exercises").join(&exercise.id))
    }

    fn below(folder: PathBuf) -> Saved {
        let state = look(&folder);
        Saved { folder, state }
    }

    /// Whether anything changed since the last time.
    pub fn changed(&mut self) -> bool {
        let now = look(&self.folder);
        let changed = now != self.state;
        self.state = now;
        changed
    }
}

fn look(folder: &Path) -> State {
    let walk = WalkDir::new(folder).into_iter().filter_entry(|entry| !is_litter(entry)).flatten();
    let files = walk.filter(|entry| entry.file_type().is_file());
    let state = files.filter_map(|entry| {
        let metadata = entry.metadata().ok()?;
        Some((entry.into_path(), (metadata.len(), metadata.modified().ok())))
    });
    state.collect()
}

/// What editors leave beside a file while they write it, and what compilers write.
fn is_litter(entry: &walkdir::DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let is_target = entry.depth() == 1 && name == "target";
    entry.depth() > 0
        && (is_target || name.starts_with('.') || name.ends_with('~') || name.ends_with(".swp") || name == "4913")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn saving_adding_and_removing_are_noticed_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("src/main.rs");
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(&file, "a").unwrap();
        let mut saved = Saved::below(folder.path().to_owned());
        assert!(!saved.changed());
        fs::write(&file, "ab").unwrap();
        assert!(saved.changed() && !saved.changed());
        fs::write(folder.path().join("src/new.rs"), "").unwrap();
        assert!(saved.changed() && !saved.changed());
        fs::remove_file(&file).unwrap();
        assert!(saved.changed() && !saved.changed());
    }

    #[test]
    fn a_save_of_the_same_length_is_noticed_by_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("main.rs");
        fs::write(&file, "a").unwrap();
        let mut saved = Saved::below(folder.path().to_owned());
        let later = SystemTime::now() + std::time::Duration::from_secs(1);
        fs::write(&file, "b").unwrap();
        fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
        assert!(saved.changed());
    }

    #[test]
    fn what_editors_leave_behind_is_no_save() {
        let folder = tempfile::tempdir().unwrap();
        let mut saved = Saved::below(folder.path().to_owned());
        for name in [".main.rs.swp", "main.rs~", ".#main.rs", "4913"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        assert!(!saved.changed());
    }
}
