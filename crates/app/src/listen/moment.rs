//! When a piece of audio is played, so that both sides of a conversation stay together.
//!
//! A service's piece is heard when it arrives; a user's has been said by then. All are played a little later than they
//! were in the run, by the same time, which holds what the network and the microphone's chunks are late.

use super::trace::Lane;

/// From the run's clock to the sound card's.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// What is added to a time of the run; set by the first piece.
    offset_s: Option<f64>,
    /// When the last piece of each lane ends.
    ends_s: [f64; 2],
}

impl Moments {
    /// When to play a piece that began at `at_s` of the run; `now_s` is the sound card's.
    pub fn place(&mut self, lane: Lane, at_s: f64, length_s: f64, now_s: f64) -> f64 {
        let offset = *self.offset_s.get_or_insert(now_s + DELAY_S - at_s);
        let end = &mut self.ends_s[lane as usize];
        let wanted = at_s + offset;
        // Pieces that follow each other are joined to the sample: a clock that is a little off would be heard as clicks.
        let joined = if (wanted - *end).abs() < JOINED_S { *end } else { wanted.max(*end) };
        let start = joined.max(now_s);
        if start > wanted + MOST_LATE_S {
            // It has fallen behind (the page slept): everything is heard later from here on.
            self.offset_s = Some(start + DELAY_S - at_s);
        }
        self.ends_s[lane as usize] = start + length_s;
        start
    }
}

/// More than a chunk of a usual microphone, and what a busy page is late.
const DELAY_S: f64 = 0.4;
const JOINED_S: f64 = 0.02;
const MOST_LATE_S: f64 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(moments: &mut Moments, lane: Lane, at_s: f64, now_s: f64, expected: f64) {
        let start = moments.place(lane, at_s, 0.1, now_s);
        assert!((start - expected).abs() < 1e-9, "{start} is not {expected}");
    }

    #[test]
    fn both_lanes_are_late_by_the_same_time() {
        let mut moments = Moments::default();
        check(&mut moments, Lane::Service, 10.0, 1.0, 1.4);
        check(&mut moments, Lane::User, 9.9, 1.05, 1.3);
        // A little early and a little late: joined.
        check(&mut moments, Lane::Service, 10.11, 1.1, 1.5);
        check(&mut moments, Lane::Service, 10.19, 1.2, 1.6);
        // A pause stays one.
        check(&mut moments, Lane::Service, 11.0, 2.1, 2.4);
        // What is not over is not spoken over.
        check(&mut moments, Lane::Service, 11.05, 2.1, 2.5);
    }

    #[test]
    fn what_has_fallen_behind_is_later_from_then_on() {
        let mut moments = Moments::default();
        check(&mut moments, Lane::User, 0.0, 0.0, 0.4);
        check(&mut moments, Lane::User, 1.0, 3.0, 3.0);
        check(&mut moments, Lane::User, 2.0, 4.1, 4.4);
    }
}
