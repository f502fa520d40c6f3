//! The notes in memory, shared by all requests.

use crate::{
    etag::IfMatch,
    note::{Draft, Note},
};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// All notes. Every method locks once, does its whole work and unlocks, so that no other request sees it half done.
#[derive(Debug, Default)]
pub struct Store(Mutex<Notes>);

#[derive(Debug, Default)]
struct Notes {
    /// In the order of their ids, which is the order in which they were made.
    by_id: BTreeMap<u64, Note>,
    /// The id that was given last. Counting the notes instead would give an id again after a deletion.
    last_id: u64,
    last_version: u64,
}

/// Why a note was not changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    NotFound,
    /// It is no longer in the version that the client has seen.
    Changed,
}

/// Which notes a client asks for.
#[derive(Debug)]
pub struct Selection<'a> {
    pub tag: Option<&'a str>,
    /// Only notes with smaller ids: those that follow on the list, as it begins with the newest.
    pub before: Option<u64>,
    pub limit: usize,
}

/// A part of the list.
#[derive(Debug)]
pub struct Page {
    pub notes: Vec<Note>,
    /// Whether notes follow after these.
    pub more: bool,
}

impl Store {
    pub fn create(&self, draft: Draft) -> Note {
        let mut notes = self.lock();
        notes.last_id += 1;
        let (id, version, now) = (notes.last_id, notes.next_version(), Timestamp::now());
        let Draft { title, body, tags } = draft;
        let note = Note { id, title, body, tags, created_at: now, updated_at: now, version };
        notes.by_id.insert(id, note.clone());
        note
    }

    pub fn get(&self, id: u64) -> Option<Note> {
        self.lock().by_id.get(&id).cloned()
    }

    /// Replaces all that a client writes; the id and the time of creation stay.
    pub fn replace(&self, id: u64, draft: Draft, condition: &IfMatch) -> Result<Note, Refused> {
        let mut notes = self.lock();
        let version = notes.next_version();
        let note = notes.by_id.get_mut(&id).ok_or(Refused::NotFound)?;
        // Under the same lock as the change: two clients cannot both find their version current.
        if !condition.allows(note.version) {
            return Err(Refused::Changed);
        }
        let Draft { title, body, tags } = draft;
        *note = Note { id, title, body, tags, created_at: note.created_at, updated_at: Timestamp::now(), version };
        Ok(note.clone())
    }

    pub fn delete(&self, id: u64, condition: &IfMatch) -> Result<(), Refused> {
        let mut notes = self.lock();
        let note = notes.by_id.get(&id).ok_or(Refused::NotFound)?;
        if !condition.allows(note.version) {
            return Err(Refused::Changed);
        }
        notes.by_id.remove(&id);
        Ok(())
    }

    /// A page of the list, newest first.
    ///
    /// The place in the list is an id and not a number of notes to skip: notes that come or go meanwhile move every
    /// number, but no id.
    pub fn list(&self, selection: &Selection<'_>) -> Page {
        let notes = self.lock();
        let end = selection.before.unwrap_or(u64::MAX);
        let wanted = |note: &&Note| selection.tag.is_none_or(|tag| note.tags.iter().any(|other| other == tag));
        let mut found = notes.by_id.range(..end).rev().map(|(_, note)| note).filter(wanted);
        let page = found.by_ref().take(selection.limit).cloned().collect();
        Page { notes: page, more: found.next().is_some() }
    }

    /// A panic in another request does not make the notes unusable: each change is complete or has not begun.
    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes {
    fn next_version(&mut self) -> u64 {
        self.last_version += 1;
        self.last_version
    }
}
