//! What of its users a worker shows, beside numbers: the one that somebody listens to, as it happens; the one that somebody watches, with
//! each hand-over; and evidence, the frames of whom something went wrong for or was slow.
//!
//! All three are subscriptions to the same: what users tell while they act, and the frames that the edge keeps of them. Nobody mostly
//! listens or watches; then telling is one branch that is not taken.

mod evidence;
mod look;
mod orders;

use std::rc::Rc;

use crate::rings::{NoRings, Rings};
use crate::wire::{Note, Told, WorkerLoad, between_snapshots};
use base::time::{Span, Timestamp};
use metrics::{DisconnectKey, ErrorKey, Exemplars, PendingExemplar, UserId};

use look::Cursor;

pub use evidence::Clerk;
pub use look::Watched;

pub struct Observer {
    /// Where the newest frames of every user are.
    rings: Rc<dyn Rings>,
    listens: Option<Subscription>,
    watches: Option<Subscription>,
    /// Up to where the watched user's frames were told.
    cursor: Cursor,
    exemplars: Exemplars,
    /// What it shows goes over a network.
    is_remote: bool,
}

/// To what one user tells.
struct Subscription {
    user: UserId,
    notes: Vec<Note>,
}

/// Whom a user tells something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Listener,
    Watcher,
    Both,
}

impl Observer {
    pub fn new(load: &WorkerLoad) -> Self {
        Self {
            rings: Rc::new(NoRings),
            listens: None,
            watches: None,
            cursor: Cursor::default(),
            exemplars: Exemplars::new(Span::from_micros(4 * between_snapshots(load.is_remote).as_micros())),
            is_remote: load.is_remote,
        }
    }

    pub fn keep_rings(&mut self, rings: Rc<dyn Rings>) {
        self.rings = rings;
    }

    pub fn rings(&self) -> &dyn Rings {
        &*self.rings
    }

    /// Listens to this user instead of the one before, or to nobody any more.
    pub fn listen(&mut self, user: Option<UserId>) {
        self.listens = user.map(Subscription::new);
    }

    /// Watches this user instead of the one before, or nobody any more.
    pub fn watch(&mut self, user: Option<UserId>) {
        self.rings.widen(user);
        self.watches = user.map(Subscription::new);
        self.cursor = Cursor::default();
    }

    pub fn watched(&self) -> Option<UserId> {
        self.watches.as_ref().map(|watching| watching.user)
    }

    pub fn is_listened_to(&self, user: UserId) -> bool {
        self.listens.as_ref().is_some_and(|listening| listening.user == user)
    }

    /// A user tells something, and `told` is only asked for what that is if somebody hears it.
    pub fn tell(&mut self, user: UserId, at: Timestamp, audience: Audience, told: impl Fn() -> Told) {
        let listens = self.listens.as_mut().filter(|_| audience != Audience::Watcher);
        let watches = self.watches.as_mut().filter(|_| audience != Audience::Listener);
        for subscription in [listens, watches].into_iter().flatten().filter(|it| it.user == user) {
            subscription.notes.push(Note { at, told: told() });
        }
    }

    /// What was heard since the last call, if anything was.
    pub fn take_heard(&mut self) -> Option<(UserId, Vec<Note>)> {
        let listening = self.listens.as_mut().filter(|listening| !listening.notes.is_empty())?;
        Some((listening.user, std::mem::take(&mut listening.notes)))
    }

    /// A user's sample: the slowest of each kind are worth evidence.
    #[inline]
    pub fn sampled(&mut self, sample: PendingExemplar) {
        self.exemplars.sample(sample);
    }

    pub fn met_error(&mut self, at: Timestamp, key: &ErrorKey) {
        self.exemplars.error(at, key);
    }

    pub fn met_close(&mut self, at: Timestamp, key: &DisconnectKey) {
        self.exemplars.close(at, key);
    }
}

impl Subscription {
    const fn new(user: UserId) -> Self {
        Self { user, notes: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Audience::{Both, Listener, Watcher};

    #[test]
    fn only_who_is_listened_to_or_watched_is_heard() {
        let [heard, seen, other] = [1, 2, 3].map(UserId);
        let mut observer = Observer {
            rings: Rc::new(NoRings),
            listens: None,
            watches: None,
            cursor: Cursor::default(),
            exemplars: Exemplars::new(Span::from_secs(1)),
            is_remote: false,
        };
        let never = || -> Told { panic!("nobody hears it") };
        observer.tell(heard, Timestamp::ZERO, Both, never);
        observer.listen(Some(heard));
        observer.watch(Some(seen));
        observer.tell(other, Timestamp::ZERO, Both, never);
        observer.tell(heard, Timestamp::ZERO, Watcher, never);
        observer.tell(seen, Timestamp::ZERO, Listener, never);
        assert_eq!(observer.take_heard(), None);
        observer.tell(heard, Timestamp::ZERO, Both, || Told::Saw("it".into()));
        let note = Note { at: Timestamp::ZERO, told: Told::Saw("it".into()) };
        assert_eq!(observer.take_heard(), Some((heard, vec![note])));
        assert!(observer.watches.as_ref().is_some_and(|watching| watching.notes.is_empty()));
        // Of one who is both, both hear.
        observer.watch(Some(heard));
        observer.tell(heard, Timestamp::ZERO, Both, || Told::Saw("more".into()));
        assert_eq!(observer.take_heard().map(|(_, notes)| notes.len()), Some(1));
        assert_eq!(observer.watches.as_ref().map(|watching| watching.notes.len()), Some(1));
        observer.listen(None);
        observer.tell(heard, Timestamp::ZERO, Listener, never);
        assert_eq!((observer.take_heard(), observer.watched()), (None, Some(heard)));
    }
}
