//! What a ledger forgets, so that a load through which users pass for days does not fill the memory.
//!
//! A pair is of use as long as something of its sender can arrive at its receiver. Both sides are judged by what this
//! worker knows: when a receiver left its last room, and when a sender last sent. Whoever comes back begins a new pair,
//! which is as good as the old one: sequences go on, and only what is ten minutes late is not recognised any more.

use std::collections::HashSet;

use super::super::user::UserId;
use super::Ledger;
use super::room::REMEMBERED;
use super::sequences::Sequences;
use base::time::Timestamp;

/// Entries below which nobody looks.
pub const CROWDED: usize = 4_096;

impl Ledger {
    /// Looks at everything only when it has doubled since the last look: that costs little for each message.
    pub(super) fn forget(&mut self, now: Timestamp) {
        if self.entries() < self.crowded {
            return;
        }
        let gone: HashSet<u32> =
            self.memberships.iter().filter(|(_, at)| at.is_gone(now)).map(|(id, _)| id.0).collect();
        let in_flight: HashSet<u32> = self.in_flight.keys().map(|&(sender, _)| sender).collect();
        self.memberships.retain(|_, membership| !membership.is_gone(now));
        let speaks =
            |sender: u32, last_sent: Timestamp| now.since(last_sent) < REMEMBERED || in_flight.contains(&sender);
        self.senders.retain(|sender, state| {
            if !speaks(sender.0, state.last_sent) {
                state.settled = Sequences::default();
            }
            // Where it will go on counting must stay known to its own worker.
            speaks(sender.0, state.last_sent) || state.next_sequence > 0
        });
        let senders = &self.senders;
        self.pairs.retain(|&(receiver, sender), _| {
            let last_sent = senders.get(&UserId(sender)).map_or(Timestamp::ZERO, |state| state.last_sent);
            !gone.contains(&receiver) && speaks(sender, last_sent)
        });
        self.crowded = CROWDED.max(2 * self.entries());
        self.pairs.shrink_to(self.crowded);
    }

    /// Without senders: those of this worker stay.
    fn entries(&self) -> usize {
        self.pairs.len() + self.memberships.len()
    }
}

impl super::Membership {
    fn is_gone(&self, now: Timestamp) -> bool {
        self.rooms.is_empty() && now.since(self.left) >= REMEMBERED
    }
}
