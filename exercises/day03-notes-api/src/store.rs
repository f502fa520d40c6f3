//! The notes in memory, shared by all requests.

use crate::note::{Draft, Note};
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
    /// The id that was given last.
    last_id: u64,
}

impl Store {
    /// Makes a note with an id that no note had before, and returns a copy of it.
    pub fn create(&self, draft: Draft) -> Note {
        let notes = self.lock();
        todo!("make a note from {draft:?}; the last id was {}", notes.last_id)
    }

    /// A copy of the note, if it is there.
    pub fn get(&self, id: u64) -> Option<Note> {
        let notes = self.lock();
        todo!("find note {id} among {}", notes.by_id.len())
    }

    /// Replaces all that a client writes; the id and the time of creation stay. None when there is no such note.
    pub fn replace(&self, id: u64, draft: Draft) -> Option<Note> {
        todo!("replace note {id} by {draft:?}")
    }

    /// Whether the note was there to be deleted.
    pub fn delete(&self, id: u64) -> bool {
        todo!("delete note {id}")
    }

    /// A panic in another request does not make the notes unusable: each change is complete or has not begun.
    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
