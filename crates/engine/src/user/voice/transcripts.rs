//! Which utterance a transcript is of: services say when they have written down what they heard, and not what it was.
//!
//! ```text
//!   speak 1     stopped 1          speak 2        stopped 2
//!   ──────────────┬─────────────────────────────────┬──────────────▶
//!                 │ a transcript here is of 1       │ of 2, if that of 1 has come; else nobody can tell
//! ```

use base::time::Timestamp;
use scenario::OperationId;

/// The utterances without a transcript. Only the last two: what is older is not waited for.
#[derive(Debug, Default)]
pub struct Transcripts {
    earlier: Option<Spoken>,
    last: Option<Spoken>,
}

#[derive(Debug, Clone, Copy)]
struct Spoken {
    speak: OperationId,
    /// When its last sample of speech was due, once that has been sent.
    end: Option<Timestamp>,
    /// The service has heard its end.
    stopped: bool,
}

impl Transcripts {
    pub fn on_speech(&mut self, speak: OperationId) {
        self.earlier = self.last.replace(Spoken { speak, end: None, stopped: false });
    }

    pub fn on_speech_end(&mut self, end: Timestamp) {
        if let Some(last) = &mut self.last {
            last.end = Some(end);
        }
    }

    pub fn on_stopped(&mut self) {
        if let Some(last) = self.last.as_mut().filter(|last| last.end.is_some()) {
            last.stopped = true;
        }
    }

    /// One has come: the utterance's name and end. `None`: it cannot be told whose it is. `tells_stops`: the service says when
    /// it has heard an end, and writes nothing down before.
    pub fn on_transcript(&mut self, tells_stops: bool) -> Option<(OperationId, Timestamp)> {
        let may_be_last = self.last.is_some_and(|last| last.end.is_some() && (last.stopped || !tells_stops));
        let spoken = match (may_be_last, self.earlier.take()) {
            (true, None) => self.last.take(),
            (false, earlier) => earlier,
            // From here on it counts anew: one that never comes must not shift all others.
            (true, Some(_)) => {
                self.last = None;
                None
            }
        };
        spoken.and_then(|spoken| Some((spoken.speak, spoken.end?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `s`, `e`: an utterance begins, ends; `h`: its end is heard; `t`: a transcript. Gives the utterances that were told.
    fn told(story: &str, tells_stops: bool) -> Vec<Option<u16>> {
        let mut transcripts = Transcripts::default();
        let mut spoken = 0;
        let mut told = Vec::new();
        for what in story.chars() {
            match what {
                's' => {
                    spoken += 1;
                    transcripts.on_speech(OperationId(spoken));
                }
                'e' => transcripts.on_speech_end(Timestamp::from_micros(u64::from(spoken))),
                'h' => transcripts.on_stopped(),
                _ => told.push(transcripts.on_transcript(tells_stops).map(|(speak, end)| {
                    assert_eq!(end, Timestamp::from_micros(u64::from(speak.0)), "{story}");
                    speak.0
                })),
            }
        }
        told
    }

    #[test]
    fn a_late_transcript_is_of_the_turn_before() {
        #[track_caller]
        fn check(story: &str, expected: &[Option<u16>]) {
            assert_eq!(told(story, true), expected, "{story}");
        }
        check("sehtseht", &[Some(1), Some(2)]);
        // While the next is being said, and after that as long as its end has not been heard.
        check("sehsteht", &[Some(1), Some(2)]);
        check("sehsetht", &[Some(1), Some(2)]);
        // After that nobody can tell, and the turn after is sure again.
        check("sehsehttseht", &[None, None, Some(3)]);
        check("sehsehtseht", &[None, Some(3)]);
        // Of a pause that was taken for the end.
        check("stet", &[None, None]);
        check("sheht", &[Some(1)]);
        check("t", &[None]);
    }

    #[test]
    fn a_service_that_tells_no_ends_may_write_at_once() {
        assert_eq!(told("setset", false), [Some(1), Some(2)]);
        assert_eq!(told("sestet", false), [Some(1), Some(2)]);
        assert_eq!(told("sesettset", false), [None, None, Some(3)]);
    }
}
