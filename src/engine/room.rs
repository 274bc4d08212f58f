//! How many sockets this worker may hold: a browser opens only so many, and who asks for more waits in it without a word.

use super::Engine;
use crate::time::Timestamp;

impl Engine {
    /// Whether its browser has room for one more socket of this worker's.
    pub(super) fn has_room(&self) -> bool {
        self.most_sockets.is_none_or(|most| self.health.sockets_open < most)
    }

    /// Users that wait for nothing but such a room.
    pub(super) fn held(&self) -> u32 {
        if self.has_room() { 0 } else { self.handshakes.waiting() as u32 }
    }

    /// The browser is full: whoever waits for a socket that does not open goes back into the queue, for it is no error of the server's,
    /// and further users wait until somebody leaves.
    pub(super) fn on_full(&mut self, now: Timestamp, wall_ms: f64) {
        for slot in self.crowd.occupied() {
            self.with_user(now, wall_ms, slot, |user, ctx| user.queue_again(ctx));
        }
        self.most_sockets = Some(self.health.sockets_open);
    }
}
