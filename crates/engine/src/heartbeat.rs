//! Notices when a worker stands still, whoever made it: its machine, its browser, or its own work. A browser says nothing of that, but
//! a timer that comes late does.

/// Milliseconds of one clock.
#[derive(Debug, Default)]
pub struct Heartbeat {
    /// When the worker last did something; `None`: it has not begun.
    seen_ms: Option<f64>,
}

impl Heartbeat {
    /// It does something now. Returns since when it had not, if that is too long: it had asked to be woken.
    pub fn beat(&mut self, now_ms: f64) -> Option<f64> {
        let seen_ms = self.seen_ms.replace(now_ms)?;
        (now_ms - seen_ms > BEAT_MS + LATE_MS).then_some(seen_ms)
    }

    /// When it wants to be woken.
    pub fn due_ms(&self) -> Option<f64> {
        self.seen_ms.map(|seen_ms| seen_ms + BEAT_MS)
    }
}

/// Between two wake-ups of a worker that has nothing to do.
const BEAT_MS: f64 = 20.0;
/// What timers are late by on a machine that has time.
const LATE_MS: f64 = 10.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_comes_late_has_stood_still_since_it_last_did_something() {
        let mut heart = Heartbeat::default();
        assert_eq!((heart.due_ms(), heart.beat(1_000.0)), (None, None));
        assert_eq!(heart.due_ms(), Some(1_020.0));
        // Frames come in between; a timer is late by a little.
        assert_eq!([1_015.0, 1_016.0, 1_045.0].map(|now| heart.beat(now)), [None; 3]);
        assert_eq!(heart.beat(1_076.0), Some(1_045.0));
        assert_eq!(heart.beat(1_077.0), None);
    }
}
