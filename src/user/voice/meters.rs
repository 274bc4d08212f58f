//! The series and counters of a population that speaks and listens.

use std::collections::HashMap;

use crate::metrics::{CounterId, Recorder, SeriesId};
use crate::scenario::{Op, OperationId, Program};
use crate::time::{Span, Timestamp};
use crate::user::Meters;

pub struct VoiceMeters {
    pub pacing: SeriesId,
    pub gap: SeriesId,
    pub underrun: SeriesId,
    pub jitter: SeriesId,
    pub behind: SeriesId,
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

/// What became of turns; the first is the sum of all others, once a run is over.
pub struct TurnCounters {
    pub all: CounterId,
    pub answered: CounterId,
    pub interrupted: CounterId,
    pub unanswered: CounterId,
    pub lost: CounterId,
    pub cut: CounterId,
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

/// Turns told apart: a conversation without end must not make metrics without end.
const TURNS: usize = 9;

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
        let mut series = |metric: &str| recorder.series(metric, population);
        let [pacing, gap, underrun, jitter, behind] =
            ["audio.pacing.error", "audio.gap", "audio.underrun", "audio.jitter", "audio.behind"].map(&mut series);
        let mut counter = |name: &str| recorder.counter(name, population);
        Some(Self {
            pacing,
            gap,
            underrun,
            jitter,
            behind,
            chunks_out: counter("audio.chunks.out"),
            chunks_late: counter("audio.chunks.late"),
            chunks_in: counter("audio.chunks.in"),
            received_ms: counter("audio.received_ms"),
            after_first_ms: counter("audio.after_first_ms"),
            wall_ms: counter("audio.wall_ms"),
            answers: AnswerCounters {
                all: counter("audio.answers"),
                empty: counter("audio.answers.empty"),
                silent: counter("audio.answers.silent"),
                clipped: counter("audio.answers.clipped"),
                early: counter("audio.answers.early"),
                unasked: counter("audio.answers.unasked"),
                too_late: counter("audio.answers.too_late"),
                cut: counter("audio.answers.cut"),
                one_chunk: counter("audio.answers.one_chunk"),
                broken_into: counter("audio.answers.broken_into"),
                stopped_before: counter("audio.answers.stopped_before"),
                starved: counter("audio.answers.starved"),
                slow: counter("audio.answers.slow"),
            },
            turns: TurnCounters {
                all: counter("turns"),
                answered: counter("turns.answered"),
                interrupted: counter("turns.interrupted"),
                unanswered: counter("turns.unanswered"),
                lost: counter("turns.lost"),
                cut: counter("turns.cut"),
            },
            stopped_early: counter("audio.stopped_early"),
            transcripts_unclear: counter("audio.transcripts.unclear"),
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

impl Meters {
    /// A chunk of a microphone has been handed to its socket.
    pub fn on_chunk_sent(&self, recorder: &mut Recorder, due: Timestamp, at: Timestamp) {
        let lag = at.since(due);
        recorder.sample(at, self.pacing, lag);
        if let Some(voice) = &self.voice {
            recorder.sample(at, voice.pacing, lag);
            recorder.count(voice.chunks_late, u64::from(lag > LATE));
        }
    }
}

/// A chunk that is sent later than this after it was due counts as late.
const LATE: Span = Span::from_millis(20);

impl ListenMeters {
    fn new(operation: &str, population: &str, recorder: &mut Recorder) -> Self {
        let mut series = |suffix: &str| recorder.series(&format!("{operation}.{suffix}"), population);
        Self {
            first_audio: series("first_audio"),
            from_stopped: series("first_audio.from_stopped"),
            by_turn: std::array::from_fn(|turn| match turn + 1 {
                TURNS => series(&format!("first_audio.turn_{TURNS}_on")),
                turn => series(&format!("first_audio.turn_{turn}")),
            }),
            length: series("audio_length"),
            turn_time: series("turn_time"),
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
        let mut series = |suffix: &str| recorder.series(&format!("{operation}{suffix}"), population);
        Self {
            spoken: series(""),
            started: series(".speech_started"),
            stopped: series(".speech_stopped"),
            transcript: series(".transcript_delay"),
            barge_in: series(".barge_in_stop"),
        }
    }
}
