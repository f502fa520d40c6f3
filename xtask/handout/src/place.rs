//! The folder of a hand-out: where it may be, and how files get there without anything of a learner's being lost.
//!
//! A file is *ours* when it is as some version of the hand-out had it, by the hashes of the manifest. What is ours is
//! replaced. The stub of a day is one thing: it is replaced when all of it is ours, and left when a learner has changed
//! anything in it. Before the first file is written, a manifest below `.handout/pending` says what is going to be ours, so that
//! a run that was killed is just started again.

mod outcome;

use crate::{Files, Kind};
use grader::{
    exercise::Exercise,
    handout::{self, MANIFEST, Manifest},
    submission::Editable,
};
use outcome::Outcome;
use std::{
    fs,
    io::{self, Write},
    path::{Component, Path, PathBuf},
};

/// Where manifests are of runs that have not come to their end.
const PENDING: &str = ".handout/pending";

/// Where files that were changed by hand go with `--replace`.
const REPLACED: &str = ".handout/replaced";

/// The folder of a hand-out.
#[derive(Debug)]
pub struct Place {
    root: PathBuf,
    /// What was handed out before.
    manifest: Option<Manifest>,
    /// What runs that were killed began to hand out.
    pending: Vec<Manifest>,
}

/// A file on disk, seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Missing,
    /// As it is to be.
    Current,
    /// As an earlier hand-out had it.
    Ours,
    Changed,
}

impl Place {
    /// The folder at `out`, made if it is not there. It has to be outside of the course, and empty or a hand-out.
    pub fn at(out: &Path, course: &Path) -> Result<Place, String> {
        let shown = out.display();
        let whole =
            |path: &Path| fs::canonicalize(path).map_err(|error| format!("cannot find {}: {error}", path.display()));
        // Looked at before it is made: a folder inside of the course is never made.
        let absolute = std::path::absolute(out).map_err(|error| format!("--out {shown}: {error}"))?;
        if absolute.components().any(|part| part == Component::ParentDir) {
            return Err(format!("--out {shown}: say it without `..`"));
        }
        let there = absolute.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
        let rest = absolute.strip_prefix(there).unwrap_or(Path::new(""));
        let (root, course) = (whole(there)?.join(rest), whole(course)?);
        if root.starts_with(&course) || course.starts_with(&root) {
            return Err(format!(
                "--out {shown}: a hand-out is no part of the course, nor the other way round; take another folder"
            ));
        }
        fs::create_dir_all(&root).map_err(|error| format!("cannot make {shown}: {error}"))?;
        let manifest = Manifest::read(&root).map_err(|error| error.to_string())?;
        let place = Place { pending: pending(&root)?, root, manifest };
        if place.known().next().is_none() {
            let root = &place.root;
            let entries = fs::read_dir(root).map_err(|error| format!("cannot read {shown}: {error}"))?;
            // A repository may have been made for it.
            if entries.flatten().any(|entry| ![".git", ".handout"].iter().any(|known| entry.file_name() == *known)) {
                return Err(format!("--out {shown}: it is not empty, and no hand-out; take another folder"));
            }
        }
        Ok(place)
    }

    fn known(&self) -> impl Iterator<Item = &Manifest> {
        self.manifest.iter().chain(&self.pending)
    }

    /// Days that were handed out have to be among these: learners work on them.
    pub fn expect_days(&self, exercises: &[&Exercise]) -> Result<(), String> {
        let is_given = |day: &&String| !exercises.iter().any(|exercise| exercise.id == **day);
        match self.known().flat_map(|manifest| &manifest.days).find(is_given) {
            None => Ok(()),
            Some(day) => {
                Err(format!("{day} was handed out already, and --days leaves it out; days are never taken back"))
            }
        }
    }

    /// Brings the folder up to date.
    pub fn put(
        &self,
        files: &Files,
        manifest: &Manifest,
        exercises: &[&Exercise],
        replace: bool,
    ) -> Result<Outcome, String> {
        let text = toml::to_string(manifest).map_err(|error| format!("{MANIFEST}: {error}"))?;
        for path in files.keys().map(String::as_str).chain([MANIFEST, PENDING, REPLACED]) {
            self.expect_no_link(path)?;
        }
        self.write(&format!("{PENDING}/{}.toml", self.pending.len()), text.as_bytes(), false)?;
        let mut outcome = Outcome::default();
        for exercise in exercises {
            self.put_stub(files, exercise, &mut outcome)?;
        }
        for (path, file) in files.iter().filter(|(_, file)| file.kind != Kind::Stub) {
            let state = self.state(path, Some(&file.bytes))?;
            match state {
                State::Current => continue,
                State::Missing if self.was_ours(path) => outcome.restored.push(path.clone()),
                State::Missing | State::Ours => {}
                State::Changed if replace => outcome.replaced.push(self.put_aside(path)?),
                State::Changed => {
                    outcome.changed.push(path.clone());
                    continue;
                }
            }
            self.write(path, &file.bytes, file.kind == Kind::Program)?;
            outcome.count(state == State::Missing);
        }
        self.remove_what_is_gone(files, exercises, &mut outcome)?;
        self.write(MANIFEST, format!("{HEAD}{text}").as_bytes(), false)?;
        fs::remove_dir_all(self.path(PENDING)).map_err(|error| format!("cannot remove {PENDING}: {error}"))?;
        Ok(outcome)
    }

    /// The stub of a day, whole or not at all.
    fn put_stub(&self, files: &Files, exercise: &Exercise, outcome: &mut Outcome) -> Result<(), String> {
        let folder = format!("exercises/{}/", exercise.id);
        let stub = files.iter().filter(|(path, file)| file.kind == Kind::Stub && path.starts_with(&folder));
        let mut paths: Vec<String> = stub.map(|(path, _)| path.clone()).collect();
        paths.extend(self.editable(exercise)?.into_iter().filter(|path| !files.contains_key(path)));
        let gone = |path: &String| self.manifest.as_ref().is_some_and(|old| old.files.contains_key(path));
        let mut states = Vec::new();
        for path in &paths {
            states.push(self.state(path, files.get(path).map(|file| &file.bytes[..]))?);
        }
        if states.iter().all(|state| *state == State::Current) {
            return Ok(());
        }
        let is_touched = paths.iter().zip(&states).any(|(path, state)| match state {
            State::Changed => true,
            // Whoever removes a file of the stub has begun, too.
            State::Missing => gone(path),
            State::Current | State::Ours => false,
        });
        if is_touched {
            if !self.is_stub_of_before(files, &folder) {
                outcome.newer_stubs.push(exercise.number);
            }
            outcome.kept += 1;
            return Ok(());
        }
        for (path, state) in paths.iter().zip(states) {
            match files.get(path) {
                Some(file) if state != State::Current => {
                    self.write(path, &file.bytes, false)?;
                    outcome.count(state == State::Missing);
                }
                Some(_) => {}
                None => self.remove(path)?,
            }
        }
        Ok(())
    }

    /// Whether the stub of a day is the one that was handed out already.
    fn is_stub_of_before(&self, files: &Files, folder: &str) -> bool {
        let stub = files.iter().filter(|(path, file)| file.kind == Kind::Stub && path.starts_with(folder));
        let mut hashes = stub.map(|(path, file)| (path, handout::hash(&file.bytes)));
        self.manifest.as_ref().is_some_and(|old| hashes.all(|(path, hash)| old.files.get(path) == Some(&hash)))
    }

    /// The learner's files of a day that are there.
    fn editable(&self, exercise: &Exercise) -> Result<Vec<String>, String> {
        let Editable { globs, .. } = Editable::of(exercise)?;
        let folder = self.root.join("exercises").join(&exercise.id);
        let mut paths = Vec::new();
        if !folder.exists() {
            return Ok(paths);
        }
        let walk = walkdir::WalkDir::new(&folder).into_iter();
        for entry in walk.filter_entry(|entry| entry.depth() != 1 || entry.file_name() != "target") {
            let entry = entry.map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
            let Ok(inside) = entry.path().strip_prefix(&folder) else { continue };
            if !entry.file_type().is_dir() && globs.is_match(inside) {
                let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
                paths.push(format!("exercises/{}/{}", exercise.id, parts.join("/")));
            }
        }
        Ok(paths)
    }

    /// Files of the course that it does not have any more. Those that were changed by hand stay.
    fn remove_what_is_gone(&self, files: &Files, exercises: &[&Exercise], outcome: &mut Outcome) -> Result<(), String> {
        let old: Vec<_> = self.known().flat_map(|manifest| manifest.files.keys()).collect();
        for path in old.into_iter().filter(|path| !files.contains_key(*path)) {
            if is_editable(path, exercises)? {
                continue;
            }
            self.expect_no_link(path)?;
            match self.state(path, None)? {
                State::Ours => self.remove(path)?,
                State::Changed => outcome.changed.push(path.clone()),
                State::Missing | State::Current => {}
            }
        }
        Ok(())
    }

    fn state(&self, path: &str, wanted: Option<&[u8]>) -> Result<State, String> {
        if fs::symlink_metadata(self.path(path)).is_ok_and(|it| it.is_symlink()) {
            return Ok(State::Changed);
        }
        let now = match fs::read(self.path(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
            now => handout::hash(&now.map_err(|error| format!("cannot read {path}: {error}"))?),
        };
        let is_ours = |manifest: &Manifest| manifest.files.get(path) == Some(&now);
        Ok(match wanted {
            Some(bytes) if handout::hash(bytes) == now => State::Current,
            _ if self.known().any(is_ours) => State::Ours,
            _ => State::Changed,
        })
    }

    fn was_ours(&self, path: &str) -> bool {
        self.manifest.as_ref().is_some_and(|manifest| manifest.files.contains_key(path))
    }

    fn path(&self, path: &str) -> PathBuf {
        path.split('/').fold(self.root.clone(), |folder, part| folder.join(part))
    }

    /// A link below the folder could lead out of it.
    fn expect_no_link(&self, path: &str) -> Result<(), String> {
        let mut place = self.root.clone();
        for part in path.split('/') {
            if matches!(part, "" | "." | "..") {
                return Err(format!("{path} is no path within a hand-out"));
            }
            place.push(part);
            if fs::symlink_metadata(&place).is_ok_and(|it| it.is_symlink()) {
                return Err(format!(
                    "{} is a symbolic link, and nothing is written through it; remove it",
                    place.display()
                ));
            }
        }
        Ok(())
    }

    /// Keeps a file that was changed by hand. Returns where.
    fn put_aside(&self, path: &str) -> Result<String, String> {
        let names = (1_u32..).map(|number| format!("{REPLACED}/{number}/{path}"));
        let free = names.into_iter().find(|name| !self.path(name).exists()).ok_or("there is no free name")?;
        let bytes = fs::read(self.path(path)).map_err(|error| format!("cannot read {path}: {error}"))?;
        self.expect_no_link(&free)?;
        self.write(&free, &bytes, false)?;
        Ok(free)
    }

    /// Writes a file whole or not at all.
    fn write(&self, path: &str, bytes: &[u8], is_program: bool) -> Result<(), String> {
        let place = self.path(path);
        let folder = place.parent().unwrap_or(&self.root);
        let write = || {
            fs::create_dir_all(folder)?;
            let mut builder = tempfile::Builder::new();
            // As any other program would make it: who may read it is for the umask to say.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(if is_program { 0o777 } else { 0o666 }));
            #[cfg(not(unix))]
            let _ = is_program;
            // What a kill leaves unfinished must not lie among a learner's files.
            let workshop = self.path(PENDING);
            fs::create_dir_all(&workshop)?;
            let mut file = builder.tempfile_in(workshop)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&place)?;
            Ok(())
        };
        write().map_err(|error: io::Error| {
            format!("cannot write {}: {error}; nothing is lost, run the same again", place.display())
        })
    }

    fn remove(&self, path: &str) -> Result<(), String> {
        let place = self.path(path);
        fs::remove_file(&place).map_err(|error| format!("cannot remove {}: {error}", place.display()))?;
        // A folder that it leaves empty goes too; one that is not empty stays.
        if let Some(folder) = place.parent() {
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }
}

/// The manifests of runs that were killed. Each is written whole, and numbered.
fn pending(root: &Path) -> Result<Vec<Manifest>, String> {
    let folder = PENDING.split('/').fold(root.to_owned(), |folder, part| folder.join(part));
    let mut manifests = Vec::new();
    loop {
        let path = folder.join(format!("{}.toml", manifests.len()));
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(manifests),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
            Ok(text) => manifests.push(Manifest::parse(&text).map_err(|fault| format!("{}: {fault}", path.display()))?),
        }
    }
}

const HEAD: &str =
    "# What this hand-out was made from. Files that are still as listed here are replaced when it is updated.\n";

fn is_editable(path: &str, exercises: &[&Exercise]) -> Result<bool, String> {
    for exercise in exercises {
        if let Some(inside) = path.strip_prefix(&format!("exercises/{}/", exercise.id)) {
            return Ok(Editable::of(exercise)?.globs.is_match(inside));
        }
    }
    Ok(false)
}
