//! When snapshots are due: at equal distances from the epoch on, whatever each of them is late by.
//!
//! ```text
//! epoch      due        due        due        due
//!   |---------|----------|----------|----------|
//!             taken          late, twice over  taken
//! ```

/// In milliseconds of the clock.
#[derive(Debug)]
pub struct Cadence {
    between_ms: f64,
    due_ms: f64,
    last_ms: f64,
}

impl Cadence {
    pub fn new(epoch_ms: f64, between_ms: f64) -> Self {
        Self { between_ms, due_ms: epoch_ms + between_ms + AFTER_MS, last_ms: epoch_ms }
    }

    pub fn due_ms(&self) -> f64 {
        self.due_ms
    }

    /// A snapshot is taken, due or not. Returns how long after the one before.
    pub fn take(&mut self, now_ms: f64) -> f64 {
        let behind = ((now_ms - self.due_ms) / self.between_ms).floor();
        self.due_ms += (behind + 1.0).max(0.0) * self.between_ms;
        now_ms - std::mem::replace(&mut self.last_ms, now_ms)
    }
}

/// Just after: what happens at the very end of a second is the next one's, and a snapshot of that time would hold it and count as the
/// second's own. A browser's timer is never as exact as that.
const AFTER_MS: f64 = 0.001;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_snapshot_does_not_move_those_after_it() {
        let mut cadence = Cadence::new(1_000.0, 250.0);
        let mut check = |at: f64, since: f64, due: f64| {
            assert_eq!((cadence.take(at), cadence.due_ms()), (since, due + AFTER_MS), "at {at}");
        };
        check(1_251.0, 251.0, 1_500.0);
        check(1_730.0, 479.0, 1_750.0);
        // Two were missed: they are in this one.
        check(2_260.0, 530.0, 2_500.0);
        // One that nobody waited for.
        check(2_300.0, 40.0, 2_500.0);
        check(2_501.0, 201.0, 2_750.0);
    }
}
