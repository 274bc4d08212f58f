//! Notices that a worker has fallen silent, whichever browser it lives in.
//!
//! ```text
//!   hand-over        2 s: silent               10 s: lost                   a hand-over: heard again
//!  ─────┼───────────────┼─────────────────────────┼─────────────────────────────┼──────▶ time in which we listened
//!       │ counted       │ its users are not       │ the verdict is INVALID      │ what it hands over counts
//! ```
//! A page that slept, or had no time, heard nobody: time between two looks counts only as far as looks usually lie apart.

/// How long this page has listened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watchdog {
    looked_ms: Option<f64>,
    listened_ms: f64,
}

/// When a worker was heard last, by [`Watchdog`]'s time; `None`: it is not listened for.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastHeard(Option<f64>);

/// How long a worker may say nothing, milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct SilenceLimits {
    pub silent_ms: f64,
    pub lost_ms: f64,
}

impl Watchdog {
    pub fn look(&mut self, now_ms: f64) {
        let passed_ms = now_ms - self.looked_ms.replace(now_ms).unwrap_or(now_ms);
        self.listened_ms += passed_ms.clamp(0.0, LONGEST_LOOK_MS);
    }

    pub fn is_silent(&self, hearing: LastHeard, limits: SilenceLimits) -> bool {
        self.silence_ms(hearing) >= limits.silent_ms
    }

    pub fn is_lost(&self, hearing: LastHeard, limits: SilenceLimits) -> bool {
        self.silence_ms(hearing) >= limits.lost_ms
    }

    /// Of a worker that was just heard, or that is listened for from now on.
    pub fn heard(&self) -> LastHeard {
        LastHeard(Some(self.listened_ms))
    }

    fn silence_ms(&self, LastHeard(heard_ms): LastHeard) -> f64 {
        heard_ms.map_or(0.0, |heard_ms| self.listened_ms - heard_ms)
    }
}

impl LastHeard {
    pub fn has_begun(self) -> bool {
        self.0.is_some()
    }
}

/// A worker hands over to its own page four times a second, or once, where that goes over a network.
pub const HERE: SilenceLimits = SilenceLimits { silent_ms: 2_000.0, lost_ms: 10_000.0 };
/// A worker of another browser while that browser says nothing of it. Its page watches its workers as this one does, and says at once
/// when one is silent; but a page that hangs says nothing, and hand-overs go out once a second and are passed on once a second.
pub(super) const ELSEWHERE: SilenceLimits = SilenceLimits { silent_ms: 4_000.0, lost_ms: 12_000.0 };
/// A hidden page's timers fire once a second.
const LONGEST_LOOK_MS: f64 = 1_100.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// Silence after these looks, milliseconds apart.
    #[track_caller]
    fn check(apart_ms: &[f64], silent: bool, lost: bool) {
        let mut watchdog = Watchdog::default();
        let mut now_ms = 1_000.0;
        watchdog.look(now_ms);
        let hearing = watchdog.heard();
        for apart_ms in apart_ms {
            now_ms += apart_ms;
            watchdog.look(now_ms);
        }
        assert_eq!((watchdog.is_silent(hearing, HERE), watchdog.is_lost(hearing, HERE)), (silent, lost));
    }

    #[test]
    fn silence_is_counted_only_while_somebody_listens() {
        check(&[250.0; 7], false, false);
        check(&[250.0; 8], true, false);
        check(&[1_000.0; 10], true, true);
        // A lid that was closed for an hour says nothing about workers.
        check(&[250.0, 3_600_000.0], false, false);
        check(&[60_000.0], false, false);
        // A clock that was set back.
        check(&[-5_000.0, 250.0], false, false);
    }

    #[test]
    fn who_is_not_listened_for_is_not_silent() {
        let mut watchdog = Watchdog::default();
        (0..100).for_each(|second| watchdog.look(f64::from(second) * 1e3));
        assert!(!watchdog.is_silent(LastHeard::default(), HERE));
    }
}
