//! The series and counters of a population that speaks and listens.

use std::collections::HashMap;

use crate::user::Context;
use base::time::{Span, Timestamp};
use catalogue::{Counter, Metric, TURNS};
use metrics::{CounterId, Recorder, SeriesId};
use scenario::{Op, OperationId, Program};

pub struct VoiceMeters {
    pub pacing: SeriesId,
    pub gap: SeriesId,
    pub underrun: SeriesId,
    pub jitter: SeriesId,
    pub behind: SeriesId,
    pub cut_wait: SeriesId,
    pub chunks_out: CounterId,
    pub chunks_late: CounterId,
    pub chunks_in: CounterId,
    pub received_ms: CounterId,
    pub after_first_ms: CounterId,
    pub wall_ms: CounterId,
    pub answers: AnswerCounters,
    pub turns: TurnCounters,
    pub stopped_early: CounterId,
    pub transcripts_unclear: CounterId,
    listens: HashMap<OperationId, ListenMeters>,
    speaks: HashMap<OperationId, SpeakMeters>,
}

/// How answers were.
pub struct AnswerCounters {
    pub all: CounterId,
    pub empty: CounterId,
    pub silent: CounterId,
    pub clipped: CounterId,
    pub early: CounterId,
    pub unasked: CounterId,
    pub too_late: CounterId,
    pub cut: CounterId,
    pub one_chunk: CounterId,
    pub broken_into: CounterId,
    pub stopped_before: CounterId,
    pub starved: CounterId,
    pub slow: CounterId,
}

/// What became of turns; the first is the sum of the five behind it, once a run is over.
pub struct TurnCounters {
    pub all: CounterId,
    pub answered: CounterId,
    pub interrupted: CounterId,
    pub unanswered: CounterId,
    pub lost: CounterId,
    pub cut: CounterId,
    /// Of the last, and beside turns.
    pub cut_waiting: CounterId,
    pub greetings_cut: CounterId,
}

#[derive(Clone, Copy)]
pub struct ListenMeters {
    pub first_audio: SeriesId,
    pub from_stopped: SeriesId,
    /// By turn from 1; the last one holds all further turns.
    pub by_turn: [SeriesId; TURNS],
    pub length: SeriesId,
    pub turn_time: SeriesId,
}

#[derive(Clone, Copy)]
pub struct SpeakMeters {
    pub spoken: SeriesId,
    pub started: SeriesId,
    pub stopped: SeriesId,
    pub transcript: SeriesId,
    pub barge_in: SeriesId,
}

impl AnswerCounters {
    fn new(mut counter: impl FnMut(Counter) -> CounterId) -> Self {
        Self {
            all: counter(Counter::Answers),
            empty: counter(Counter::AnswersEmpty),
            silent: counter(Counter::AnswersSilent),
            clipped: counter(Counter::AnswersClipped),
            early: counter(Counter::AnswersEarly),
            unasked: counter(Counter::AnswersUnasked),
            too_late: counter(Counter::AnswersTooLate),
            cut: counter(Counter::AnswersCut),
            one_chunk: counter(Counter::AnswersOneChunk),
            broken_into: counter(Counter::AnswersBrokenInto),
            stopped_before: counter(Counter::AnswersStoppedBefore),
            starved: counter(Counter::AnswersStarved),
            slow: counter(Counter::AnswersSlow),
        }
    }
}

impl TurnCounters {
    fn new(mut counter: impl FnMut(Counter) -> CounterId) -> Self {
        Self {
            all: counter(Counter::Turns),
            answered: counter(Counter::TurnsAnswered),
            interrupted: counter(Counter::TurnsInterrupted),
            unanswered: counter(Counter::TurnsUnanswered),
            lost: counter(Counter::TurnsLost),
            cut: counter(Counter::TurnsCut),
            cut_waiting: counter(Counter::TurnsCutWaiting),
            greetings_cut: counter(Counter::GreetingsCut),
        }
    }
}

impl VoiceMeters {
    pub fn new(program: &Program, population: &str, recorder: &mut Recorder) -> Option<Self> {
        program.audio.as_ref()?;
        let mut listens = HashMap::new();
        let mut speaks = HashMap::new();
        for op in &program.ops {
            let name = |operation: &OperationId| program.operations[usize::from(operation.0)].as_str();
            match op {
                Op::Listen(op) => {
                    listens.insert(op.operation, ListenMeters::new(name(&op.operation), population, recorder));
                }
                Op::Speak(op) => {
                    speaks.insert(op.operation, SpeakMeters::new(name(&op.operation), population, recorder));
                }
                _ => {}
            }
        }
        let mut series = |metric: Metric| recorder.series(metric.name(), population);
        let [pacing, gap, underrun, jitter, behind, cut_wait] = [
            Metric::AudioPacingError,
            Metric::AudioGap,
            Metric::AudioUnderrun,
            Metric::AudioJitter,
            Metric::AudioBehind,
            Metric::AudioCutWait,
        ]
        .map(&mut series);
        let mut counter = |counter: Counter| recorder.counter(counter.name(), population);
        Some(Self {
            pacing,
            gap,
            underrun,
            jitter,
            behind,
            cut_wait,
            chunks_out: counter(Counter::ChunksOut),
            chunks_late: counter(Counter::ChunksLate),
            chunks_in: counter(Counter::ChunksIn),
            received_ms: counter(Counter::ReceivedMs),
            after_first_ms: counter(Counter::AfterFirstMs),
            wall_ms: counter(Counter::WallMs),
            answers: AnswerCounters::new(&mut counter),
            turns: TurnCounters::new(&mut counter),
            stopped_early: counter(Counter::StoppedEarly),
            transcripts_unclear: counter(Counter::TranscriptsUnclear),
            listens,
            speaks,
        })
    }

    pub fn listen(&self, operation: OperationId) -> &ListenMeters {
        &self.listens[&operation]
    }

    pub fn speak(&self, operation: OperationId) -> &SpeakMeters {
        &self.speaks[&operation]
    }
}

impl Context<'_> {
    /// A chunk of a microphone has been handed to its socket.
    pub fn chunk_sent(&mut self, due: Timestamp) {
        let lag = self.now.since(due);
        self.sample(self.meters.pacing, lag);
        if let Some((pacing, late)) = self.meters.voice.as_ref().map(|voice| (voice.pacing, voice.chunks_late)) {
            self.sample(pacing, lag);
            self.count(late, u64::from(lag > LATE));
        }
    }
}

/// A chunk that is sent later than this after it was due counts as late.
const LATE: Span = Span::from_millis(20);

impl ListenMeters {
    fn new(operation: &str, population: &str, recorder: &mut Recorder) -> Self {
        let of_turn = |turn| recorder.series(&Metric::of_turn(operation, turn + 1), population);
        let by_turn = std::array::from_fn(of_turn);
        let mut series = |metric: Metric| recorder.series(&metric.of(operation), population);
        Self {
            first_audio: series(Metric::FirstAudio),
            from_stopped: series(Metric::FirstAudioFromStopped),
            by_turn,
            length: series(Metric::AudioLength),
            turn_time: series(Metric::TurnTime),
        }
    }

    /// Of a turn from 1; the greeting is none.
    pub fn turn(&self, turn: u32) -> Option<SeriesId> {
        let place = turn.checked_sub(1)? as usize;
        Some(self.by_turn[place.min(TURNS - 1)])
    }
}

impl SpeakMeters {
    fn new(operation: &str, population: &str, recorder: &mut Recorder) -> Self {
        let mut series = |metric: Metric| recorder.series(&metric.of(operation), population);
        Self {
            spoken: series(Metric::Spoken),
            started: series(Metric::SpeechStarted),
            stopped: series(Metric::SpeechStopped),
            transcript: series(Metric::TranscriptDelay),
            barge_in: series(Metric::BargeInStop),
        }
    }
}
