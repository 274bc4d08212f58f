//! How many sockets this worker may hold: a browser opens only so many, and who asks for more waits in it without a word.

use super::Engine;
use base::time::{Span, Timestamp};

/// What the conductor has found out about this worker's browser: it opens no further socket. One user at a time tries again.
pub struct FullAt {
    /// Sockets of this worker that were open then.
    sockets: u32,
    retry_at: Timestamp,
    /// The one that tries has not asked yet.
    may_try: bool,
}

/// Between two attempts of a full browser's users.
const RETRY: Span = Span::from_secs(3);

impl Engine {
    /// Whether its browser has room for one more socket of this worker's.
    pub(super) fn has_room(&self) -> bool {
        let is_free = |full: &FullAt| self.health.sockets_open < full.sockets || full.may_try;
        self.is_within_known_limit() && self.full_at.as_ref().is_none_or(is_free)
    }

    fn is_within_known_limit(&self) -> bool {
        self.most_sockets.is_none_or(|most| self.health.sockets_open < most)
    }

    /// Users that wait for nothing but a socket more than the browser can open, as is known beforehand.
    pub(super) fn held(&self) -> u32 {
        if self.is_within_known_limit() { 0 } else { self.handshakes.waiting() as u32 }
    }

    /// The browser is full: whoever waits for a socket that does not open goes back into the queue, for it is no error of the server's,
    /// and further users wait until somebody leaves or one opens after all.
    pub(super) fn on_full(&mut self, now: Timestamp, wall_ms: f64) {
        self.call_back(now, wall_ms);
        self.full_at = Some(FullAt { sockets: self.health.sockets_open, retry_at: now + RETRY, may_try: false });
    }

    /// It is not full, or not any more.
    pub(super) fn on_free(&mut self) {
        self.full_at = None;
    }

    fn call_back(&mut self, now: Timestamp, wall_ms: f64) {
        for slot in self.crowd.occupied() {
            self.with_user(now, wall_ms, slot, |user, ctx| user.queue_again(ctx));
        }
    }

    /// When a full browser is tried again.
    pub(super) fn retries_at(&self) -> Option<Timestamp> {
        self.full_at.as_ref().map(|full| full.retry_at)
    }

    /// Lets one user try, if it is time.
    pub(super) fn try_full_browser(&mut self, now: Timestamp, wall_ms: f64) {
        if self.full_at.as_ref().is_some_and(|full| now >= full.retry_at) {
            self.call_back(now, wall_ms);
            if let Some(full) = &mut self.full_at {
                (full.retry_at, full.may_try) = (now + RETRY, true);
            }
        }
    }

    /// A socket was asked for: one that tries is one.
    pub(super) fn on_asked(&mut self) {
        if let Some(full) = &mut self.full_at {
            full.may_try &= self.health.sockets_open <= full.sockets;
        }
    }

    /// A socket opened: beyond the number at which the browser was called full, it was not.
    pub(super) fn on_socket_opened(&mut self) {
        self.full_at.take_if(|full| self.health.sockets_open > full.sockets);
    }

    /// The browser is known to open no more, and this socket did not: nobody's error.
    pub(super) fn is_held_up(&self) -> bool {
        self.full_at.is_some()
    }
}
