//! Listening in on one user: what it hears, says and meets goes to the page while it happens.
//!
//! Nobody mostly does. Then a user's surroundings hold no place for it, and every hook is one branch that is not taken.

use crate::wire::{HeardMoment, Note, Told};
use base::time::Timestamp;
use metrics::UserId;

use super::Engine;
use crate::ports::Output;

pub struct Listener {
    pub user: UserId,
    pub notes: Vec<Note>,
}

impl Engine {
    /// Listens to this user instead of the one before, or to nobody any more.
    pub(super) fn hear(&mut self, now: Timestamp, user: Option<UserId>) {
        self.hearing = user.map(|user| Listener { user, notes: Vec::new() });
        let found = user.and_then(|user| self.crowd.find(user));
        if let (Some(hearing), Some(user)) = (&mut self.hearing, found.and_then(|slot| self.crowd.get_mut(slot))) {
            hearing.notes.push(Note { at: now, told: Told::Met(user.phase()) });
        }
        self.pass_on_heard();
    }

    /// Hands over what there is, at once: a person waits for it.
    pub(super) fn pass_on_heard(&mut self) {
        let Some(hearing) = self.hearing.as_mut().filter(|hearing| !hearing.notes.is_empty()) else { return };
        let audio = self.programs.get(hearing.user.population()).and_then(|program| program.audio.as_ref());
        let rate = audio.map_or(0, |audio| audio.rate);
        let notes = std::mem::take(&mut hearing.notes);
        self.out.push_back(Output::Heard(HeardMoment { user: hearing.user, rate, notes }));
    }
}
