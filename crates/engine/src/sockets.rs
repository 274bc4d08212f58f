//! The sockets of this worker: whose each is, what it is up to, and how many more its browser opens. A browser opens only so many, and
//! who asks for more waits in it without a word.

use crate::ports::SocketId;
use base::time::{Span, Timestamp};

#[derive(Debug, Default)]
pub struct SocketTable {
    /// Every socket ever asked for; ids count up, so this is a plain table. `None`: nothing more is heard of it.
    table: Vec<Option<HeldSocket>>,
    counts: SocketCounts,
    /// So many at the same time; `None`: the browser has room for all of the plan.
    most: Option<u32>,
    /// `None`: as far as is known, it has room.
    full: Option<FullAt>,
}

#[derive(Debug)]
struct HeldSocket {
    /// Its user's.
    slot: u32,
    state: SocketState,
}

/// ```text
/// Opening ──▶ Open ── we close it ──▶ Closing
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SocketState {
    Opening,
    Open,
    Closing,
}

/// How many sockets there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SocketCounts {
    /// Asked for, and not open yet.
    pub opening: u32,
    pub open: u32,
    /// We have closed them, and the browser has not confirmed it.
    pub closing: u32,
}

impl SocketCounts {
    /// What counts against the browser's limit.
    pub const fn all(self) -> u32 {
        self.opening + self.open + self.closing
    }

    const fn of(&mut self, state: SocketState) -> &mut u32 {
        match state {
            SocketState::Opening => &mut self.opening,
            SocketState::Open => &mut self.open,
            SocketState::Closing => &mut self.closing,
        }
    }
}

/// What the conductor has found out about this worker's browser: it opens no further socket. One user at a time tries again.
#[derive(Debug)]
struct FullAt {
    /// Sockets of this worker then.
    sockets: u32,
    retry_at: Timestamp,
    /// The one that tries has not asked yet.
    may_try: bool,
}

/// Between two attempts of a full browser's users.
const RETRY: Span = Span::from_secs(3);

impl SocketTable {
    pub fn new(most: Option<u32>) -> Self {
        Self { most, ..Self::default() }
    }

    pub const fn counts(&self) -> SocketCounts {
        self.counts
    }

    /// A new one for the user of this slot. In a full browser, one that tries is one.
    pub fn ask(&mut self, slot: u32) -> SocketId {
        self.counts.opening += 1;
        if let Some(full) = &mut self.full {
            full.may_try &= self.counts.all() <= full.sockets;
        }
        self.table.push(Some(HeldSocket { slot, state: SocketState::Opening }));
        SocketId((self.table.len() - 1) as u32)
    }

    /// The slot of the user whose it is.
    pub fn owner(&self, socket: SocketId) -> Option<u32> {
        Some(self.table.get(socket.0 as usize)?.as_ref()?.slot)
    }

    /// It opened. Beyond the number at which the browser was called full, it was not.
    pub fn on_opened(&mut self, socket: SocketId) {
        self.turn(socket, SocketState::Opening, SocketState::Open);
        self.full.take_if(|full| self.counts.all() > full.sockets);
    }

    /// We close it, and the browser is to confirm that.
    pub fn on_closing(&mut self, socket: SocketId) {
        self.turn(socket, SocketState::Open, SocketState::Closing);
    }

    /// Nothing more is heard of it. Whether it was known until now.
    pub fn forget(&mut self, socket: SocketId) -> bool {
        let Some(held) = self.table.get_mut(socket.0 as usize).and_then(Option::take) else { return false };
        *self.counts.of(held.state) -= 1;
        true
    }

    fn turn(&mut self, socket: SocketId, from: SocketState, to: SocketState) {
        let held = self.table.get_mut(socket.0 as usize).and_then(Option::as_mut);
        if let Some(held) = held.filter(|held| held.state == from) {
            held.state = to;
            *self.counts.of(from) -= 1;
            *self.counts.of(to) += 1;
        }
    }

    /// Whether the browser has room for one more.
    pub fn has_room(&self) -> bool {
        let is_free = |full: &FullAt| self.counts.all() < full.sockets || full.may_try;
        self.is_within_known_limit() && self.full.as_ref().is_none_or(is_free)
    }

    /// Whether there is room, as far as that is known beforehand.
    pub fn is_within_known_limit(&self) -> bool {
        self.most.is_none_or(|most| self.counts.all() < most)
    }

    /// The browser opens no more than there are now.
    pub fn on_full(&mut self, now: Timestamp) {
        self.full = Some(FullAt { sockets: self.counts.all(), retry_at: now + RETRY, may_try: false });
    }

    /// It is not full, or not any more.
    pub fn on_free(&mut self) {
        self.full = None;
    }

    /// The browser is known to open no more: that a socket does not open is nobody's error.
    pub const fn is_full(&self) -> bool {
        self.full.is_some()
    }

    /// When a full browser is tried again.
    pub fn retries_at(&self) -> Option<Timestamp> {
        self.full.as_ref().map(|full| full.retry_at)
    }

    /// One user may try.
    pub fn try_again(&mut self, now: Timestamp) {
        if let Some(full) = &mut self.full {
            (full.retry_at, full.may_try) = (now + RETRY, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO + Span::from_secs(seconds)
    }

    fn counts(opening: u32, open: u32, closing: u32) -> SocketCounts {
        SocketCounts { opening, open, closing }
    }

    #[test]
    fn each_socket_is_counted_where_it_is() {
        let mut sockets = SocketTable::default();
        let [first, second] = [sockets.ask(7), sockets.ask(8)];
        assert_eq!((sockets.owner(first), sockets.owner(second)), (Some(7), Some(8)));
        assert_eq!(sockets.counts(), counts(2, 0, 0));
        sockets.on_opened(first);
        // The browser may say so of one that we have closed already.
        sockets.on_closing(first);
        sockets.on_opened(first);
        sockets.on_closing(second);
        assert_eq!(sockets.counts(), counts(1, 0, 1));
        assert!(sockets.forget(first) && sockets.forget(second) && !sockets.forget(first));
        assert_eq!((sockets.counts(), sockets.owner(first)), (SocketCounts::default(), None));
    }

    #[test]
    fn a_known_limit_counts_what_is_still_closing() {
        let mut sockets = SocketTable::new(Some(2));
        let [first, _] = [sockets.ask(1), sockets.ask(2)];
        sockets.on_opened(first);
        sockets.on_closing(first);
        assert!(!sockets.has_room() && !sockets.is_within_known_limit());
        sockets.forget(first);
        assert!(sockets.has_room());
    }

    #[test]
    fn in_a_full_browser_one_at_a_time_tries_until_one_more_opens() {
        let mut sockets = SocketTable::default();
        let open = sockets.ask(0);
        sockets.on_opened(open);
        sockets.on_full(at(10));
        assert!(sockets.is_full() && !sockets.has_room());
        assert_eq!(sockets.retries_at(), Some(at(13)));
        sockets.try_again(at(13));
        assert!(sockets.has_room());
        let tries = sockets.ask(1);
        assert!(!sockets.has_room(), "the one that tries has asked");
        assert!(sockets.is_within_known_limit());
        sockets.on_opened(tries);
        assert!(!sockets.is_full() && sockets.has_room());
    }
}
