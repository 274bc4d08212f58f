//! What was heard of one user: the outline of its sound, and what its protocol said, on one axis of time.

use std::collections::VecDeque;
use std::fmt::Write;

use crate::format;
use crate::run::MarkKind;
use crate::run::view::phase_word;
use engine::wire::Told;

/// What is in view.
pub const WINDOW_S: f64 = 20.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    Service,
    User,
}

/// Compared by how often it was changed: its outlines are never held against each other.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    revision: u64,
    lanes: [Outline; 2],
    marks: VecDeque<TraceMark>,
    marked: u64,
    /// The last moment of which something is known.
    end_s: f64,
}

/// The least and the greatest sample of each short stretch, as shares of full scale.
#[derive(Debug, Clone, Default)]
struct Outline {
    /// Where each stretch begins.
    stretches: VecDeque<(f64, f32, f32)>,
    end_s: f64,
}

/// Something that the protocol said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TraceMark {
    /// Counts all there ever were.
    pub id: u64,
    pub at_s: f64,
    pub kind: MarkKind,
    pub text: String,
}

impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        self.revision == other.revision
    }
}

impl TraceMark {
    /// Of the run, to the hundredth of a second.
    pub fn time(&self) -> String {
        format!("{}.{:02}", format::clock(self.at_s), (self.at_s.fract() * 100.0) as u32)
    }
}

impl Trace {
    /// Adds samples that began at `at_s`; gives when they are heard: behind what is not over yet.
    pub fn add(&mut self, lane: Lane, at_s: f64, samples: &[i16], rate: u32) -> f64 {
        self.revision += 1;
        let outline = &mut self.lanes[lane as usize];
        let begin = match lane {
            // A service that sends faster than it is heard fills a buffer.
            Lane::Service => at_s.max(outline.end_s),
            Lane::User => at_s,
        };
        let rate = f64::from(rate.max(1));
        let stretch = ((STRETCH_S * rate) as usize).max(1);
        for (place, samples) in samples.chunks(stretch).enumerate() {
            let share = |sample: Option<&i16>| f32::from(sample.copied().unwrap_or_default()) / 32_768.0;
            let (low, high) = (share(samples.iter().min()), share(samples.iter().max()));
            outline.stretches.push_back((begin + (place * stretch) as f64 / rate, low, high));
        }
        outline.end_s = begin + samples.len() as f64 / rate;
        self.end_s = self.end_s.max(at_s).max(outline.end_s.min(at_s + STRETCH_S));
        let first = self.end_s - WINDOW_S;
        for outline in &mut self.lanes {
            while outline.stretches.front().is_some_and(|(at, ..)| *at < first) {
                outline.stretches.pop_front();
            }
        }
        begin
    }

    pub fn mark(&mut self, at_s: f64, told: Told) {
        let (kind, text) = match told {
            Told::In(name) => (MarkKind::In, name),
            Told::Out(name) => (MarkKind::Out, name),
            Told::Met(phase) => (MarkKind::State, format!("you join: {}", phase_word(phase))),
            Told::Saw(text) => (MarkKind::State, text),
            Told::Failed(text) => (MarkKind::Failed, text),
            // Of a user that is watched.
            Told::Took { .. } => return,
            Told::Hears { .. } | Told::Says { .. } => return,
        };
        self.revision += 1;
        self.marked += 1;
        self.end_s = self.end_s.max(at_s);
        self.marks.push_back(TraceMark { id: self.marked, at_s, kind, text });
        if self.marks.len() > MOST_MARKS {
            self.marks.pop_front();
        }
    }

    /// Nothing has been heard at all.
    pub fn is_empty(&self) -> bool {
        self.revision == 0
    }

    /// The newest first.
    pub fn marks(&self) -> Vec<TraceMark> {
        self.marks.iter().rev().cloned().collect()
    }

    /// Those in view, with their place from 0 to 1.
    pub fn marks_in_view(&self) -> Vec<(f64, TraceMark)> {
        let placed = self.marks.iter().map(|mark| (self.place(mark.at_s), mark.clone()));
        placed.filter(|(place, _)| (0.0..=1.0).contains(place)).collect()
    }

    /// Those of them whose names have room beside each other; the others stand in the list only.
    pub fn named_in_view(&self) -> Vec<(f64, TraceMark)> {
        let mut free = 0.0;
        let has_room = |(place, _): &(f64, TraceMark)| {
            let is_so = *place >= free;
            if is_so {
                free = *place + NAME_ROOM;
            }
            is_so
        };
        self.marks_in_view().into_iter().filter(has_room).collect()
    }

    /// Where a whole five seconds begin, from 0 to 1, and what stands there.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let first = ((self.begin_s() / TICK_S).ceil().max(0.0)) as u64;
        let last = ((self.begin_s() + WINDOW_S) / TICK_S).floor().max(0.0) as u64;
        (first..=last)
            .map(|tick| tick as f64 * TICK_S)
            .map(|second| (self.place(second), format::clock(second)))
            .collect()
    }

    /// The outline of a lane as an SVG path in a box of this width, from -1 to 1 times `half` high.
    pub fn path(&self, lane: Lane, width: f64, half: f64) -> String {
        let mut path = String::new();
        let bar = width * STRETCH_S / WINDOW_S;
        for (at, low, high) in &self.lanes[lane as usize].stretches {
            let x = self.place(*at) * width;
            // Silence is a line, not a hole.
            let top = (-f64::from(*high) * half).min(-0.5);
            let bottom = (-f64::from(*low) * half).max(0.5);
            if x <= width {
                // Writing to a text cannot fail.
                let _ = write!(path, "M{x:.1} {top:.1}h{bar:.1}V{bottom:.1}h-{bar:.1}z");
            }
        }
        path
    }

    /// What a lane sounds like, in words.
    pub fn in_words(&self, lane: Lane) -> String {
        let loud = self.lanes[lane as usize].stretches.iter().filter(|(_, low, high)| high - low > 2.0 * QUIET);
        let seconds = loud.count() as f64 * STRETCH_S;
        let who = if lane == Lane::Service { "service" } else { "user" };
        format!("{who}: {seconds:.1} s of sound in the last {WINDOW_S} s")
    }

    fn begin_s(&self) -> f64 {
        (self.end_s - WINDOW_S).max(0.0)
    }

    fn place(&self, at_s: f64) -> f64 {
        (at_s - self.begin_s()) / WINDOW_S
    }
}

const STRETCH_S: f64 = 0.04;
const TICK_S: f64 = 5.0;
const MOST_MARKS: usize = 100;
/// Of the window, on a phone.
const NAME_ROOM: f64 = 0.05;
/// -50 dB of full scale: nobody hears it.
const QUIET: f32 = 0.003_162;

#[cfg(test)]
mod tests {
    use super::*;
    use metrics::Phase;

    #[test]
    fn audio_that_comes_faster_than_it_is_heard_queues_up() {
        let mut trace = Trace::default();
        let second = [100; 8_000];
        assert_eq!(trace.add(Lane::Service, 5.0, &second, 8_000), 5.0);
        assert_eq!(trace.add(Lane::Service, 5.5, &second, 8_000), 6.0);
        assert_eq!(trace.add(Lane::Service, 9.0, &second, 8_000), 9.0);
        assert_eq!(trace.add(Lane::User, 5.5, &second, 8_000), 5.5);
    }

    #[test]
    fn sound_becomes_an_outline() {
        let mut trace = Trace::default();
        // 40 ms loud, 40 ms silent.
        let samples: Vec<i16> = [16_384, -8_192].repeat(160).into_iter().chain([0; 320]).collect();
        trace.add(Lane::User, 2.0, &samples, 8_000);
        assert_eq!(trace.path(Lane::User, 500.0, 10.0), "M50.0 -5.0h1.0V2.5h-1.0zM51.0 -0.5h1.0V0.5h-1.0z");
        assert_eq!(trace.path(Lane::Service, 500.0, 10.0), "");
        assert_eq!(trace.in_words(Lane::User), "user: 0.0 s of sound in the last 20 s");
    }

    #[test]
    fn the_window_moves_with_time() {
        let mut trace = Trace::default();
        trace.mark(3.0, Told::Met(Phase::Listening));
        trace.mark(12.345, Told::In("audio.done".into()));
        assert_eq!(
            trace.ticks().iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
            ["0:00", "0:05", "0:10", "0:15", "0:20"]
        );
        trace.add(Lane::Service, 30.0, &[1], 8_000);
        let view: Vec<_> = trace.marks_in_view().into_iter().map(|(_, mark)| (mark.time(), mark.text)).collect();
        assert_eq!(view, [("0:12.34".to_owned(), "audio.done".to_owned())]);
        assert_eq!(trace.marks().len(), 2);
        assert_eq!(trace.marks()[1].text, "you join: listening");
    }

    #[test]
    fn names_without_room_are_left_to_the_list() {
        let mut trace = Trace::default();
        for (at_s, name) in [(1.0, "a"), (1.9, "b"), (2.0, "c"), (2.5, "d"), (9.0, "e")] {
            trace.mark(at_s, Told::In(name.into()));
        }
        let named: Vec<_> = trace.named_in_view().into_iter().map(|(_, mark)| mark.text).collect();
        assert_eq!((named.join(""), trace.marks_in_view().len()), ("ace".to_owned(), 5));
    }

    #[test]
    fn a_chatty_service_does_not_fill_the_page() {
        let mut trace = Trace::default();
        for at in 0..500 {
            trace.mark(f64::from(at), Told::In("x".into()));
        }
        assert_eq!((trace.marks().len(), trace.marks()[0].id), (100, 500));
    }
}
