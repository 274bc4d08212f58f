//! Pings as the real server sends them: every 20 s, and a client that leaves one unanswered for 20 s is given up.

use std::time::Duration;

#[derive(Debug)]
pub struct Keepalive {
    due: Duration,
    waiting: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Pulse {
    Ping,
    GiveUp,
}

impl Keepalive {
    /// All times are counted from the opening.
    pub fn new() -> Self {
        Self { due: INTERVAL, waiting: false }
    }

    pub fn due(&self) -> Duration {
        self.due
    }

    pub fn run(&mut self, at: Duration) -> Option<Pulse> {
        if at < self.due {
            return None;
        }
        self.due = at + INTERVAL;
        Some(if std::mem::replace(&mut self.waiting, true) { Pulse::GiveUp } else { Pulse::Ping })
    }

    pub fn on_pong(&mut self, at: Duration) {
        if std::mem::take(&mut self.waiting) {
            self.due = at + INTERVAL;
        }
    }
}

const INTERVAL: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_answer_is_given_up_after_forty_seconds() {
        let at = Duration::from_millis;
        let mut keepalive = Keepalive::new();
        assert_eq!(keepalive.run(at(19_999)), None);
        assert_eq!(keepalive.run(at(20_000)), Some(Pulse::Ping));
        keepalive.on_pong(at(20_010));
        assert_eq!(keepalive.run(at(40_009)), None);
        assert_eq!(keepalive.run(at(40_010)), Some(Pulse::Ping));
        assert_eq!(keepalive.run(at(60_009)), None);
        assert_eq!(keepalive.run(at(60_010)), Some(Pulse::GiveUp));
    }
}
