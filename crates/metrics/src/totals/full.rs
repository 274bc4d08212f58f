//! Whether a browser is full: it opens no further socket. Nobody is blamed without proof.
//!
//! | full when, in one browser | what that proves |
//! |---|---|
//! | users of ours are held back for 2 s because the sockets that the browser can open are open | no server was asked |
//! | for 3 s nothing opens, sockets are pending, and about as many are open as its kind can hold | no more than was known before |
//! | the same far from that number, and sockets to another place, where one opened before, do not open either | it is not the target |
//!
//! In all other cases it is not known why nothing opens. A browser that is called full and then opens a socket more is not full.

use crate::delta::HealthDelta;
use base::time::{Span, Timestamp};

/// A browser that was full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// Sockets that were open then.
    pub sockets: u32,
    pub since: Timestamp,
    /// Users that had to wait for one, the most at a time.
    pub waiting: u32,
    pub proof: Proof,
    /// Users that others play in its place, and for how long any waited after it was found full.
    pub relieved: u32,
    pub waited: Span,
}

impl Full {
    /// Nobody waited for long: others had room.
    pub fn is_relieved(&self) -> bool {
        self.relieved > 0 && self.relieved >= self.waiting && self.waited <= SOON
    }
}

/// How it is known that a browser is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It was not asked for more than it can open.
    Held,
    /// It holds about what its kind can.
    NearLimit,
    /// It does not open sockets to another place either.
    Trial,
}

/// Nothing opened, and why is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall {
    pub sockets: u32,
    pub since: Timestamp,
    pub lasted: Span,
    /// Users that wait for a socket, the most at a time.
    pub waiting: u32,
}

/// All browsers of a run.
#[derive(Debug, Clone, Default)]
pub struct Rooms {
    workers: Vec<Worker>,
    browsers: Vec<Browser>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Worker {
    home: usize,
    open: u32,
    connecting: u32,
    held: u32,
    queue: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Browser {
    /// Sockets that it can hold, as far as that is known.
    most: u32,
    /// Since when users are held back.
    held_since: Option<Timestamp>,
    /// Since when sockets are pending, or are refused before they open.
    wanted_since: Option<Timestamp>,
    last_opened: Option<Timestamp>,
    last_refused: Option<Timestamp>,
    trials: Trials,
    full: Option<Full>,
    is_now: bool,
    is_stuck: bool,
    heard_at: Timestamp,
    stall: Option<Stall>,
}

/// Sockets to another place than the target's.
#[derive(Debug, Clone, Copy, Default)]
struct Trials {
    opened_at: Option<Timestamp>,
    /// Since something opened.
    failed: u32,
}

impl Rooms {
    /// What the browser was, if it was ever full and has not proved the contrary.
    pub fn full(&self, home: usize) -> Option<Full> {
        self.browsers.get(home)?.full
    }

    /// What is known now: the browser opens no further socket.
    pub fn full_now(&self, home: usize) -> Option<Full> {
        let browser = self.browsers.get(home)?;
        browser.full.filter(|_| browser.is_now)
    }

    /// Nothing speaks against its opening more.
    pub fn opens(&self, home: usize) -> bool {
        self.browsers.get(home).is_some_and(|browser| !browser.is_now && !browser.is_stuck)
    }

    pub(crate) fn relieve(&mut self, home: usize, users: u32) {
        if let Some(full) = self.browsers.get_mut(home).and_then(|browser| browser.full.as_mut()) {
            full.relieved = full.relieved.saturating_add(users);
        }
    }

    pub(crate) fn is_full_now(&self, home: usize) -> bool {
        self.full_now(home).is_some()
    }

    /// The longest time in which nothing opened and it is not known why.
    pub fn stall(&self, home: usize) -> Option<Stall> {
        self.browsers.get(home)?.stall
    }

    /// Whether a socket to another place would tell something: whether that place can be reached at all, and then whether nothing
    /// opens in this browser, or only nothing of the target's.
    pub fn wants_trial(&self, home: usize) -> bool {
        let is_worth_it = |browser: &Browser| {
            let is_new = browser.last_opened.is_some() && browser.trials.opened_at.is_none();
            is_new || browser.is_stuck
        };
        self.browsers.get(home).is_some_and(is_worth_it)
    }

    /// A worker of this browser has handed over. `most`: sockets that the browser can hold, 0: nobody knows.
    pub(crate) fn absorb(&mut self, worker: usize, home: usize, most: u32, at: Timestamp, health: &HealthDelta) {
        self.workers.resize(self.workers.len().max(worker + 1), Worker::default());
        self.browsers.resize(self.browsers.len().max(home + 1), Browser::default());
        let (open, connecting, held) = (health.sockets_open, health.connecting, health.held);
        self.workers[worker] = Worker { home, open, connecting, held, queue: health.handshake_queue };
        let of_home = |field: fn(&Worker) -> u32| -> u32 {
            self.workers.iter().filter(|worker| worker.home == home).map(field).sum()
        };
        let [open, connecting, held] = [of_home(|w| w.open), of_home(|w| w.connecting), of_home(|w| w.held)];
        let waiting = connecting + of_home(|w| w.queue);
        let browser = &mut self.browsers[home];
        browser.most = browser.most.max(most);
        browser.hear(at, health);
        browser.disprove(at, open);
        let wants = connecting > 0 || browser.last_refused.is_some_and(|refused| at.since(refused) < STUCK);
        browser.wanted_since = wants.then(|| browser.wanted_since.unwrap_or(at));
        browser.held_since = (held > 0).then(|| browser.held_since.unwrap_or(at));
        let waiting = if browser.held_since.is_some() { held + connecting } else { waiting };
        browser.judge(at, open, waiting);
    }
}

impl Browser {
    fn hear(&mut self, at: Timestamp, health: &HealthDelta) {
        if health.opened > 0 {
            self.last_opened = Some(at);
        }
        if health.refused > 0 {
            self.last_refused = Some(at);
        }
        self.trials.failed += health.trials_failed;
        if health.trials_opened > 0 {
            self.trials.opened_at = Some(at);
        }
        if health.opened + health.trials_opened > 0 {
            self.trials.failed = 0;
        }
    }

    /// It was called full, and has opened one more since.
    fn disprove(&mut self, at: Timestamp, open: u32) {
        let more = |full: &Full| open > full.sockets || open == full.sockets && self.trials.opened_at == Some(at);
        if self.full.is_some_and(|full| full.proof != Proof::Held && more(&full)) {
            self.full = None;
            self.is_now = false;
        }
    }

    fn judge(&mut self, at: Timestamp, open: u32, waiting: u32) {
        let lasts = |since: Option<Timestamp>, span: Span| since.is_some_and(|since| at.since(since) >= span);
        let stuck_since = self.wanted_since.map(|since| since.max(self.last_opened.unwrap_or_default()));
        self.is_stuck = lasts(stuck_since, STUCK) && open >= FEWEST;
        let has_room = self.trials.opened_at.zip(stuck_since).is_some_and(|(opened, stuck)| opened > stuck);
        let is_near = self.most > 0 && open * 10 >= self.most * 9;
        let proof = match () {
            () if lasts(self.held_since, HELD) => Some(Proof::Held),
            () if self.is_stuck && is_near && !has_room => Some(Proof::NearLimit),
            () if self.is_stuck && self.trials.opened_at.is_some() && self.trials.failed >= TRIALS => {
                Some(Proof::Trial)
            }
            () => None,
        };
        // Its users are called back then, so nothing is pending: it is what it was, until one opens or nobody waits.
        let was_now = std::mem::take(&mut self.is_now);
        let has_opened = self.last_opened == Some(at);
        let lasts = was_now && waiting > 0 && !has_opened;
        let known = self.full.map(|full| full.proof).filter(|proof| lasts && *proof != Proof::Held);
        let proof = proof.or(known);
        self.is_now = proof.is_some();
        let since = self.held_since.or(stuck_since).unwrap_or(at);
        let passed = at.since(std::mem::replace(&mut self.heard_at, at));
        if let Some(proof) = proof {
            let (relieved, waited) = (0, Span::ZERO);
            let full = self.full.get_or_insert(Full { sockets: open, since, waiting: 0, proof, relieved, waited });
            if was_now {
                full.waited = full.waited + passed;
            }
            full.sockets = full.sockets.max(open);
            full.waiting = full.waiting.max(waiting);
            // What was not known before is known now.
            self.stall = self.stall.filter(|stall| stall.since != since);
        } else if self.is_stuck {
            let (lasted, known) = (at.since(since), self.stall);
            if known.is_none_or(|known| lasted >= known.lasted) {
                let waiting = known.filter(|known| known.since == since).map_or(0, |known| known.waiting).max(waiting);
                self.stall = Some(Stall { sockets: open, since, lasted, waiting });
            }
        }
    }
}

/// Users come and go: for a moment the one that comes may wait for the socket of the one that goes.
const HELD: Span = Span::from_secs(2);
/// Users that waited no longer are no less than was planned.
const SOON: Span = Span::from_secs(10);
/// A browser opens some fifty sockets a second; a server that takes longer for one does not let all wait so long.
const STUCK: Span = Span::from_secs(3);
/// One that fails may be that place's fault.
const TRIALS: u32 = 2;
/// With fewer sockets than this no browser is full.
const FEWEST: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Timestamp {
        Timestamp::ZERO + Span::from_secs(seconds)
    }

    /// Both workers of browser 0, and one of browser 1, say the same every second; then whether it is full, and since when.
    #[track_caller]
    fn check(ours: &HealthDelta, theirs: &HealthDelta, most: u32, expected: Option<(u64, u32)>) -> Rooms {
        let mut rooms = Rooms::default();
        // Before that everything opens.
        let good = HealthDelta { opened: 5, trials_opened: 1, trials_failed: 0, ..ours.clone() };
        (0..3).for_each(|worker| rooms.absorb(worker, worker / 2, most, seconds(1), &good));
        for second in 2..=9 {
            rooms.absorb(0, 0, most, seconds(second), ours);
            rooms.absorb(1, 0, most, seconds(second), ours);
            rooms.absorb(2, 1, most, seconds(second), theirs);
        }
        let found = rooms.full(0).map(|full| (full.since.as_secs_f64() as u64, full.sockets));
        assert_eq!(found, expected, "{ours:?} {theirs:?}");
        assert_eq!(rooms.is_full_now(0), expected.is_some());
        rooms
    }

    #[test]
    fn a_browser_is_full_when_it_is_not_the_server_that_keeps_sockets_waiting() {
        let state = |sockets_open, connecting, held, opened, refused| HealthDelta {
            sockets_open,
            connecting,
            held,
            opened,
            refused,
            ..HealthDelta::default()
        };
        let (idle, busy) = (state(50, 0, 0, 0, 0), state(50, 1, 0, 3, 0));
        check(&idle, &idle, 254, None);
        check(&busy, &idle, 254, None);
        // Users are held back, whatever the others do.
        check(&state(127, 0, 3, 0, 0), &idle, 254, Some((1, 254)));
        // Pending near the known number; far from it, it is the server that does not answer.
        check(&state(120, 2, 0, 0, 0), &idle, 254, Some((1, 240)));
        check(&state(50, 2, 0, 0, 0), &idle, 254, None);
        check(&state(50, 2, 0, 0, 0), &state(50, 2, 0, 0, 0), 254, None);
        // That it answers others proves nothing: a proxy may hold back this browser alone.
        let rooms = check(&state(50, 2, 0, 0, 0), &busy, 254, None);
        let stall = rooms.stall(0).map(|stall| (stall.sockets, stall.lasted, stall.waiting));
        assert_eq!(stall, Some((100, Span::from_secs(8), 4)), "why is not known, and that is said");
        assert!(rooms.wants_trial(0) && !rooms.wants_trial(1));
        check(&state(9, 2, 0, 0, 0), &busy, 254, None);
        // Sockets to another place do not open either: that is proof, if they did before.
        let tried = |trials_failed| HealthDelta { trials_failed, ..state(50, 2, 0, 0, 0) };
        let rooms = check(&tried(1), &idle, 254, Some((1, 100)));
        assert_eq!((rooms.full(0).map(|full| full.proof), rooms.stall(0)), (Some(Proof::Trial), None));
        // They open: near the known number, too, it is not the browser.
        let opening = HealthDelta { trials_opened: 1, ..state(120, 2, 0, 0, 0) };
        check(&opening, &idle, 254, None);
        // Refused before they open: near the known number by the browser, else by the server.
        check(&state(95, 0, 0, 0, 4), &idle, 200, Some((1, 190)));
        check(&state(50, 0, 0, 0, 4), &idle, 200, None);
        check(&state(95, 0, 0, 1, 4), &idle, 200, None);
    }

    #[test]
    fn users_that_wait_for_a_moment_fill_no_browser() {
        let mut rooms = Rooms::default();
        let held = |held| HealthDelta { sockets_open: 254, held, ..HealthDelta::default() };
        for second in 1..20 {
            rooms.absorb(0, 0, 254, seconds(second), &held(u32::from(second % 2 == 0)));
        }
        assert_eq!(rooms.full(0), None);
        (20..=22).for_each(|second| rooms.absorb(0, 0, 254, seconds(second), &held(second as u32)));
        assert_eq!(
            rooms.full(0),
            Some(Full {
                sockets: 254,
                since: seconds(20),
                waiting: 22,
                proof: Proof::Held,
                relieved: 0,
                waited: Span::ZERO,
            })
        );
        rooms.absorb(0, 0, 254, seconds(23), &held(0));
        assert_eq!((rooms.full(0).map(|full| full.sockets), rooms.is_full_now(0)), (Some(254), false));
    }

    /// What a browser of 127 sockets said and says: pending, opened, trials opened and failed.
    fn said(open: u32, connecting: u32, opened: u32, trials: (u32, u32)) -> HealthDelta {
        let (trials_opened, trials_failed) = trials;
        HealthDelta { sockets_open: open, connecting, opened, trials_opened, trials_failed, ..HealthDelta::default() }
    }

    #[test]
    fn a_browser_that_opens_one_more_was_not_full() {
        let stuck_until = |second: u64| {
            let mut rooms = Rooms::default();
            rooms.absorb(0, 0, 254, seconds(1), &said(100, 4, 100, (1, 0)));
            (2..=second).for_each(|at| rooms.absorb(0, 0, 254, seconds(at), &said(100, 4, 0, (0, 1))));
            assert!(rooms.is_full_now(0));
            rooms
        };
        let mut rooms = stuck_until(6);
        rooms.absorb(0, 0, 254, seconds(7), &said(101, 3, 1, (0, 0)));
        assert_eq!((rooms.full(0), rooms.is_full_now(0)), (None, false));
        // A trial that opens says the same.
        let mut rooms = stuck_until(6);
        rooms.absorb(0, 0, 254, seconds(7), &said(100, 4, 0, (1, 0)));
        assert_eq!((rooms.full(0), rooms.is_full_now(0)), (None, false));
        // In the place of one that left it could open another: it was full all the same.
        let mut rooms = stuck_until(6);
        rooms.absorb(0, 0, 254, seconds(7), &said(100, 3, 1, (0, 0)));
        assert_eq!((rooms.full(0).map(|full| full.sockets), rooms.is_full_now(0)), (Some(100), false));
    }

    #[test]
    fn a_browser_stays_full_while_users_wait_and_is_relieved_when_others_play_them() {
        let mut rooms = Rooms::default();
        rooms.absorb(0, 0, 254, seconds(1), &said(100, 4, 100, (1, 0)));
        (2..=6).for_each(|at| rooms.absorb(0, 0, 254, seconds(at), &said(100, 4, 0, (0, 1))));
        // They are called back into the queue: nothing is pending any more.
        let queued = |handshake_queue| HealthDelta { handshake_queue, ..said(100, 0, 0, (0, 0)) };
        rooms.absorb(0, 0, 254, seconds(7), &queued(4));
        assert!(rooms.is_full_now(0) && !rooms.opens(0));
        assert!(rooms.full(0).is_some_and(|full| !full.is_relieved()));
        rooms.relieve(0, 4);
        rooms.absorb(0, 0, 254, seconds(8), &queued(0));
        assert!(!rooms.is_full_now(0) && rooms.opens(0));
        assert!(rooms.full(0).is_some_and(|full| full.is_relieved()));
    }

    #[test]
    fn a_trial_that_never_opened_before_proves_nothing() {
        let mut rooms = Rooms::default();
        rooms.absorb(0, 0, 254, seconds(1), &said(100, 4, 100, (0, 1)));
        (2..=9).for_each(|at| rooms.absorb(0, 0, 254, seconds(at), &said(100, 4, 0, (0, 1))));
        assert_eq!(rooms.full(0), None);
    }
}
