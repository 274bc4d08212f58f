//! What a listener would have heard of an answer: a player that exists only as arithmetic.
//!
//! ```text
//!   chunks arrive   1 2 3 4         5 6 7        (each one brings 100 ms)
//!   player          · ▶▶▶▶▶▶▶▶▶┄┄┄┄┄┄┄┄▶▶▶▶▶▶    ┄ underrun: it ran dry, and waits until its buffer is full again
//! ```
//! Pure functions of arrival times and audio lengths. docs/metrics.md has the formulas.

use base::time::{Span, Timestamp};

/// Plays one answer. It starts once `buffer` of audio has arrived (or the answer has ended), and after an underrun it
/// starts again on the same terms.
#[derive(Debug, Clone)]
pub struct Player {
    buffer: Span,
    state: State,
    jitter: Jitter,
    first: Option<Arrival>,
    last: Timestamp,
    received: Span,
    chunks: u32,
    underruns: u32,
    starved: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Collects audio; `dry`: since when the listener has been hearing nothing in mid-answer.
    Buffering { queued: Span, dry: Option<Timestamp> },
    /// Has audio up to `until`.
    Playing { until: Timestamp },
}

#[derive(Debug, Clone, Copy)]
struct Arrival {
    at: Timestamp,
    length: Span,
}

/// What one chunk meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// Since the chunk before it; `None` for the first.
    pub gap: Option<Span>,
    /// It ended an underrun of this length.
    pub underrun: Option<Span>,
}

/// One answer, listened to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listened {
    /// Audio received.
    pub received: Span,
    pub underruns: u32,
    /// Time in underruns.
    pub starved: Span,
    /// How its chunks followed each other; `None`: there were not two.
    pub pace: Option<PlaybackPace>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaybackPace {
    /// RFC 3550 interarrival jitter after the last chunk.
    pub jitter: Span,
    /// Audio that followed the first chunk.
    pub after_first: Span,
    /// From the first chunk's arrival to the last one's.
    pub wall: Span,
    /// Audio that followed the first chunk, per time it took to arrive: 1 is real time. `None`: it took no time.
    pub real_time_factor: Option<f64>,
    /// How far the last chunk's arrival was behind real time, counted from the first one's.
    pub behind: Span,
}

impl Player {
    pub fn new(buffer: Span) -> Self {
        Self {
            buffer,
            state: State::Buffering { queued: Span::ZERO, dry: None },
            jitter: Jitter::default(),
            first: None,
            last: Timestamp::ZERO,
            received: Span::ZERO,
            chunks: 0,
            underruns: 0,
            starved: Span::ZERO,
        }
    }

    /// A chunk has arrived, not before the ones given earlier.
    pub fn arrive(&mut self, at: Timestamp, length: Span) -> Heard {
        let gap = self.first.is_some().then(|| at.since(self.last));
        self.jitter.arrive(at, self.received);
        self.first.get_or_insert(Arrival { at, length });
        self.last = at;
        self.chunks += 1;
        self.received = self.received + length;
        if let State::Playing { until } = self.state {
            if at <= until {
                self.state = State::Playing { until: until + length };
                return Heard { gap, underrun: None };
            }
            self.state = State::Buffering { queued: Span::ZERO, dry: Some(until) };
        }
        if let State::Buffering { queued, .. } = &mut self.state {
            *queued = *queued + length;
        }
        Heard { gap, underrun: self.play_if(at, |queued, buffer| queued >= buffer) }
    }

    /// The answer has ended: what waits in the buffer is played. Gives the length of an underrun that this ended.
    pub fn end(&mut self, at: Timestamp) -> Option<Span> {
        self.play_if(at, |queued, _| queued > Span::ZERO)
    }

    /// The answer breaks off without an end. Gives the length of an underrun that lasted until then.
    pub fn break_off(&mut self, at: Timestamp) -> Option<Span> {
        let dry = match self.state {
            State::Buffering { dry, .. } => dry?,
            State::Playing { until } => until,
        };
        let underrun = (at > dry).then(|| at.since(dry))?;
        self.underruns += 1;
        self.starved = self.starved + underrun;
        self.state = State::Buffering { queued: Span::ZERO, dry: None };
        Some(underrun)
    }

    /// It has begun to play, the answer goes on, and it has nothing to play.
    pub fn is_starving(&self, now: Timestamp) -> bool {
        match self.state {
            State::Buffering { dry, .. } => dry.is_some(),
            State::Playing { until } => now > until,
        }
    }

    /// Until when it plays what it has; `None`: it is not playing.
    pub fn plays_until(&self) -> Option<Timestamp> {
        match self.state {
            State::Playing { until } => Some(until),
            State::Buffering { .. } => None,
        }
    }

    /// Audio received so far.
    pub const fn received(&self) -> Span {
        self.received
    }

    /// When the last chunk came.
    pub fn last_arrival(&self) -> Option<Timestamp> {
        self.first.map(|_| self.last)
    }

    pub fn listened(&self) -> Listened {
        let (first, head) = self.first.map_or((self.last, Span::ZERO), |first| (first.at, first.length));
        let wall = self.last.since(first);
        let after_first = self.received - head;
        let pace = PlaybackPace {
            jitter: self.jitter.value(),
            after_first,
            wall,
            real_time_factor: (wall > Span::ZERO).then(|| after_first.as_secs_f64() / wall.as_secs_f64()),
            behind: wall - after_first,
        };
        Listened {
            received: self.received,
            underruns: self.underruns,
            starved: self.starved,
            pace: (self.chunks > 1).then_some(pace),
        }
    }

    fn play_if(&mut self, at: Timestamp, enough: impl FnOnce(Span, Span) -> bool) -> Option<Span> {
        let State::Buffering { queued, dry } = self.state else { return None };
        if !enough(queued, self.buffer) {
            return None;
        }
        self.state = State::Playing { until: at + queued };
        let underrun = at.since(dry?);
        self.underruns += 1;
        self.starved = self.starved + underrun;
        Some(underrun)
    }
}

/// Interarrival jitter as in RFC 3550, section 6.4.1. A chunk's RTP timestamp is the audio in front of it.
#[derive(Debug, Clone, Copy, Default)]
struct Jitter {
    /// Arrival minus timestamp of the chunk before, in microseconds.
    transit: Option<f64>,
    micros: f64,
}

impl Jitter {
    fn arrive(&mut self, at: Timestamp, before: Span) {
        let transit = at.as_micros() as f64 - before.as_micros() as f64;
        if let Some(last) = self.transit.replace(transit) {
            self.micros += ((transit - last).abs() - self.micros) / 16.0;
        }
    }

    fn value(self) -> Span {
        Span::from_micros(self.micros.round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    fn ms(millis: u64) -> Span {
        Span::from_millis(millis)
    }

    /// Plays chunks of (arrival, length) in ms with a buffer of 200 ms, and ends at `end`. Underruns in ms.
    fn played(chunks: &[(u64, u64)], end: u64) -> (Vec<u64>, Player) {
        let mut player = Player::new(ms(200));
        let mut underruns: Vec<Span> =
            chunks.iter().filter_map(|(arrival, length)| player.arrive(at(*arrival), ms(*length)).underrun).collect();
        underruns.extend(player.end(at(end)));
        let listened = player.listened();
        assert_eq!(listened.underruns as usize, underruns.len());
        assert_eq!(listened.starved, underruns.iter().fold(Span::ZERO, |sum, underrun| sum + *underrun));
        (underruns.iter().map(|underrun| underrun.as_micros() / 1_000).collect(), player)
    }

    #[test]
    fn underruns_by_hand() {
        #[track_caller]
        fn check(chunks: &[(u64, u64)], end: u64, expected: &[u64]) {
            assert_eq!(played(chunks, end).0, expected, "{chunks:?}");
        }
        let paced = [(0, 100), (100, 100), (200, 100), (300, 100)];
        check(&paced, 400, &[]);
        // Starts at 100 with 200 ms: until 300, 400, 500. Being late by up to 100 ms does no harm.
        check(&[(0, 100), (100, 100), (300, 100), (400, 100)], 500, &[]);
        // One millisecond more: dry at 300, full again (200 ms) at 400.
        check(&[(0, 100), (100, 100), (301, 100), (400, 100), (500, 100)], 600, &[100]);
        // A stall of 400 ms, all later chunks behind it: dry at 400, the first comes at 600, the second at 700.
        check(&[(0, 100), (100, 100), (200, 100), (600, 100), (700, 100), (800, 100)], 900, &[300]);
        // The same, but what was held back comes at once.
        check(&[(0, 100), (100, 100), (200, 100), (600, 100), (600, 100), (600, 100)], 700, &[200]);
        // Two stalls are two underruns.
        check(&[(0, 200), (500, 200), (1_000, 200)], 1_200, &[300, 300]);
        // The end plays what is too little to start with; 150 ms dry before it.
        check(&[(0, 200), (300, 50)], 350, &[150]);
        check(&[(0, 50)], 60, &[]);
        // Running dry at the end of the answer is no underrun.
        check(&[(0, 200)], 5_000, &[]);
        check(&[], 10, &[]);
        // Faster than real time.
        check(&[(0, 1_000), (10, 1_000), (20, 1_000)], 30, &[]);
        // Chunks without audio neither start nor feed the player.
        check(&[(0, 0), (10, 0), (20, 200), (30, 0)], 300, &[]);
        check(&[(0, 200), (201, 0), (250, 200)], 300, &[50]);
    }

    #[test]
    fn an_underrun_at_a_break_lasted_until_then() {
        #[track_caller]
        fn check(chunks: &[(u64, u64)], end: u64, expected: Option<u64>) {
            let mut player = Player::new(ms(200));
            for (arrival, length) in chunks {
                player.arrive(at(*arrival), ms(*length));
            }
            assert_eq!(player.break_off(at(end)), expected.map(ms), "{chunks:?}");
            assert_eq!(player.listened().starved, ms(expected.unwrap_or(0)));
            assert_eq!(player.break_off(at(end)), None, "it is over");
        }
        // Plays until 200.
        check(&[(0, 200)], 1_000, Some(800));
        check(&[(0, 200)], 200, None);
        check(&[(0, 200)], 100, None);
        // Dry at 200, and at 300 not full again.
        check(&[(0, 200), (300, 100)], 500, Some(300));
        // It has not begun to play.
        check(&[(0, 100)], 500, None);
        check(&[], 500, None);
    }

    #[test]
    fn starving_is_seen_while_it_lasts() {
        let mut player = Player::new(ms(100));
        assert!(!player.is_starving(at(50)));
        player.arrive(at(100), ms(50));
        assert!(!player.is_starving(at(500)), "it has not begun to play");
        player.arrive(at(150), ms(50));
        assert!(!player.is_starving(at(250)));
        assert!(player.is_starving(at(251)));
        player.arrive(at(300), ms(60));
        assert!(player.is_starving(at(301)), "not full again");
        player.arrive(at(320), ms(60));
        assert!(!player.is_starving(at(321)));
    }

    #[test]
    fn what_came_early_is_played_to_its_end() {
        #[track_caller]
        fn check(chunks: &[(u64, u64)], end: u64, expected: Option<u64>) {
            assert_eq!(played(chunks, end).1.plays_until(), expected.map(at), "{chunks:?}");
        }
        // In real time: the buffer of 200 ms is full with the second chunk, and 300 ms play from there.
        check(&[(0, 100), (100, 100), (200, 100)], 300, Some(400));
        // At once: 3 s from the first chunk on.
        check(&[(0, 1_000), (10, 1_000), (20, 1_000)], 30, Some(3_000));
        // Too little to start with is played from the end on.
        check(&[(10, 50)], 60, Some(110));
        // An underrun of 200 ms moves what is behind it.
        check(&[(0, 200), (400, 200)], 600, Some(600));
        check(&[], 10, None);
    }

    #[test]
    fn jitter_by_hand() {
        // Timestamps 0, 100, 200, 300; arrivals 0, 116, 200, 300: differences of 16, 16 and 0 ms.
        // J = 16/16 = 1; 1 + (16 - 1)/16 = 1.9375; 1.9375 - 1.9375/16 = 1.81640625 ms.
        #[track_caller]
        fn check(chunks: &[(u64, u64)], micros: impl Into<Option<u64>>) {
            let jitter = played(chunks, 10_000).1.listened().pace.map(|pace| pace.jitter);
            assert_eq!(jitter, micros.into().map(Span::from_micros), "{chunks:?}");
        }
        check(&[(0, 100), (116, 100)], 1_000);
        check(&[(0, 100), (116, 100), (200, 100)], 1_938);
        check(&[(0, 100), (116, 100), (200, 100), (300, 100)], 1_816);
        check(&[(5, 100), (105, 100), (205, 100)], 0);
        // One chunk has none, which is not the same as 0.
        check(&[(5, 100)], None);
        // Early counts as much as late.
        check(&[(0, 100), (84, 100)], 1_000);
        // Chunks of different lengths: only what deviates from their own pace counts.
        check(&[(0, 40), (40, 160), (200, 20), (220, 20)], 0);
    }

    #[test]
    fn pace_by_hand() {
        #[track_caller]
        fn check(chunks: &[(u64, u64)], after_first: u64, wall: u64, factor: Option<f64>, behind: u64) {
            let found = played(chunks, 10_000).1.listened().pace.expect("there are two chunks");
            let expected = (ms(after_first), ms(wall), ms(behind));
            assert_eq!((found.after_first, found.wall, found.behind), expected, "{chunks:?}");
            assert_eq!(found.real_time_factor, factor, "{chunks:?}");
        }
        check(&[(0, 100), (100, 100), (200, 100)], 200, 200, Some(1.0), 0);
        check(&[(0, 100), (200, 100), (400, 100)], 200, 400, Some(0.5), 200);
        check(&[(0, 100), (10, 100), (50, 100)], 200, 50, Some(4.0), 0);
        check(&[(0, 100), (0, 100)], 100, 0, None, 0);
        let received = |chunks| played(chunks, 10_000).1.listened();
        assert_eq!((received(&[(70, 100)]).received, received(&[(70, 100)]).pace), (ms(100), None));
        assert_eq!((received(&[]).received, received(&[]).pace), (Span::ZERO, None));
    }

    #[test]
    fn gaps_are_between_chunks() {
        let mut player = Player::new(ms(200));
        let gaps: Vec<Option<Span>> = [0, 100, 250].map(|millis| player.arrive(at(millis), ms(100)).gap).to_vec();
        assert_eq!(gaps, [None, Some(ms(100)), Some(ms(150))]);
        assert_eq!((player.received(), player.last_arrival()), (ms(300), Some(at(250))));
    }
}
