//! Whether a browser is full: it opens no further socket, and that is its own limit and not the server's.
//!
//! | full when, in one browser | why that is not the server |
//! |---|---|
//! | users of ours are held back for 2 s because the sockets that the browser can open are open | no server was asked |
//! | for 3 s nothing opens, sockets are pending, 20 or more are open, near the number that is known | the browser opens no more |
//! | the same, far from that number, and another browser of the run opens sockets meanwhile | the server answers others |
//!
//! What is pending while nobody else gets through either is the server's: it answers nobody.

use crate::metrics::delta::HealthDelta;
use crate::time::{Span, Timestamp};

/// A browser that was full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// Sockets that were open then.
    pub sockets: u32,
    pub since: Timestamp,
    /// Users that had to wait for one, the most at a time.
    pub waiting: u32,
}

/// All browsers of a run.
#[derive(Debug, Default)]
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
}

#[derive(Debug, Clone, Copy, Default)]
struct Browser {
    /// Sockets that it can hold, as far as that is known.
    most: u32,
    /// Since when users are held back.
    held_since: Option<Timestamp>,
    /// Since when sockets are pending, or are refused before they open.
    wanted_since: Option<Timestamp>,
    last_opened: Timestamp,
    last_refused: Option<Timestamp>,
    full: Option<Full>,
    is_now: bool,
}

impl Rooms {
    /// What the browser was, if it was ever full.
    pub fn full(&self, home: usize) -> Option<Full> {
        self.browsers.get(home)?.full
    }

    pub(super) fn is_full_now(&self, home: usize) -> bool {
        self.browsers.get(home).is_some_and(|browser| browser.is_now)
    }

    /// A worker of this browser has handed over. `most`: sockets that the browser can hold, 0: nobody knows.
    pub(super) fn absorb(&mut self, worker: usize, home: usize, most: u32, at: Timestamp, health: &HealthDelta) {
        self.workers.resize(self.workers.len().max(worker + 1), Worker::default());
        self.browsers.resize(self.browsers.len().max(home + 1), Browser::default());
        let (open, connecting, held) = (health.sockets_open, health.connecting, health.held);
        self.workers[worker] = Worker { home, open, connecting, held };
        let others = self.browsers.iter().enumerate().filter(|(other, _)| *other != home);
        let others_opened = others.map(|(_, browser)| browser.last_opened).max().unwrap_or_default();
        let of_home = |field: fn(&Worker) -> u32| -> u32 {
            self.workers.iter().filter(|worker| worker.home == home).map(field).sum()
        };
        let [open, connecting, held] = [of_home(|w| w.open), of_home(|w| w.connecting), of_home(|w| w.held)];
        let browser = &mut self.browsers[home];
        browser.most = browser.most.max(most);
        if health.opened > 0 {
            browser.last_opened = at;
        }
        if health.refused > 0 {
            browser.last_refused = Some(at);
        }
        let wants = connecting > 0 || browser.last_refused.is_some_and(|refused| at.since(refused) < STUCK);
        browser.wanted_since = wants.then(|| browser.wanted_since.unwrap_or(at));
        browser.held_since = (held > 0).then(|| browser.held_since.unwrap_or(at));
        let lasts = |since: Option<Timestamp>, span: Span| since.is_some_and(|since| at.since(since) >= span);
        let stuck_since = browser.wanted_since.map(|since| since.max(browser.last_opened));
        // What they opened just when ours began to wait says nothing.
        let others_open = stuck_since.is_some_and(|since| others_opened > since + MEANWHILE);
        let is_near = browser.most > 0 && open * 10 >= browser.most * 9;
        let is_stuck = lasts(stuck_since, STUCK) && open >= FEWEST && (is_near || others_open);
        browser.is_now = lasts(browser.held_since, HELD) || is_stuck;
        if browser.is_now {
            let since = browser.held_since.or(stuck_since).unwrap_or(at);
            let full = browser.full.get_or_insert(Full { sockets: open, since, waiting: 0 });
            full.sockets = full.sockets.max(open);
            full.waiting = full.waiting.max(held + connecting);
        }
    }
}

/// Users come and go: for a moment the one that comes may wait for the socket of the one that goes.
const HELD: Span = Span::from_secs(2);
/// A browser opens some fifty sockets a second; a server that takes longer for one does not let all wait so long.
const STUCK: Span = Span::from_secs(3);
const MEANWHILE: Span = Span::from_secs(1);
/// With fewer sockets than this no browser is full.
const FEWEST: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Timestamp {
        Timestamp::ZERO + Span::from_secs(seconds)
    }

    /// Both workers of browser 0, and one of browser 1, say the same every second.
    #[track_caller]
    fn check(ours: &HealthDelta, theirs: &HealthDelta, most: u32, expected: Option<(u64, u32)>) {
        let mut rooms = Rooms::default();
        // Before that everything opens.
        let good = HealthDelta { opened: 5, ..ours.clone() };
        (0..3).for_each(|worker| rooms.absorb(worker, worker / 2, most, seconds(1), &good));
        for second in 2..=9 {
            rooms.absorb(0, 0, most, seconds(second), ours);
            rooms.absorb(1, 0, most, seconds(second), ours);
            rooms.absorb(2, 1, most, seconds(second), theirs);
        }
        let found = rooms.full(0).map(|full| (full.since.as_secs_f64() as u64, full.sockets));
        assert_eq!(found, expected, "{ours:?} {theirs:?}");
        assert_eq!(rooms.is_full_now(0), expected.is_some());
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
        // It answers others.
        check(&state(50, 2, 0, 0, 0), &busy, 254, Some((1, 100)));
        check(&state(9, 2, 0, 0, 0), &busy, 254, None);
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
        assert_eq!(rooms.full(0), Some(Full { sockets: 254, since: seconds(20), waiting: 22 }));
        rooms.absorb(0, 0, 254, seconds(23), &held(0));
        assert_eq!((rooms.full(0).map(|full| full.sockets), rooms.is_full_now(0)), (Some(254), false));
    }
}
