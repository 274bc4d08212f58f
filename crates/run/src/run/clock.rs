//! The time of a run: it stands still before its start and after its end.

use base::time::Timestamp;

#[derive(Debug)]
pub(super) struct RunClock {
    pub now_ms: f64,
    /// Milliseconds of `performance.timeOrigin + performance.now()` that all workers count from, once it is set.
    pub epoch_ms: Option<f64>,
    pub ended_ms: Option<f64>,
    /// From the decision to start to the epoch.
    pub start_delay_ms: f64,
}

impl RunClock {
    pub fn new(now_ms: f64) -> Self {
        Self { now_ms, epoch_ms: None, ended_ms: None, start_delay_ms: START_DELAY_MS }
    }

    pub fn now(&self) -> Timestamp {
        let now_ms = self.ended_ms.unwrap_or(self.now_ms);
        self.epoch_ms.map_or(Timestamp::ZERO, |epoch_ms| Timestamp::from_millis_f64(now_ms - epoch_ms))
    }

    /// Gives the epoch.
    pub fn start(&mut self) -> f64 {
        *self.epoch_ms.insert(self.now_ms + self.start_delay_ms)
    }

    pub fn end(&mut self) {
        self.ended_ms = Some(self.now_ms);
    }

    /// Its epoch has come.
    pub fn has_begun(&self) -> bool {
        self.epoch_ms.is_some_and(|epoch_ms| self.now_ms >= epoch_ms)
    }
}

/// From the decision to the epoch: enough for the message to reach every worker before it.
const START_DELAY_MS: f64 = 250.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_still_before_the_start_and_after_the_end() {
        let mut clock = RunClock::new(1_000.0);
        let check = |clock: &RunClock, millis: f64, has_begun: bool| {
            assert_eq!((clock.now().as_secs_f64() * 1e3, clock.has_begun()), (millis, has_begun));
        };
        check(&clock, 0.0, false);
        assert_eq!(clock.start(), 1_250.0);
        check(&clock, 0.0, false);
        clock.now_ms = 1_750.0;
        check(&clock, 500.0, true);
        clock.end();
        clock.now_ms = 9_000.0;
        check(&clock, 500.0, true);
    }
}
