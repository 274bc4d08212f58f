//! One exchange: what the user said and the service's answer to it. Turn 0 is the greeting.

use crate::user::Context;
use crate::wire::CanaryReply;
use base::time::{Span, Timestamp};
use metrics::Listened;
use scenario::OperationId;

#[derive(Debug)]
pub struct Turn {
    pub index: u32,
    /// The connection was usable, or the user began to speak.
    pub began: Timestamp,
    pub progress: Progress,
    /// When its last sample of speech was due. `None` for the greeting, and until the chunk with that sample has been sent.
    pub speech_end: Option<Timestamp>,
    /// The service said that it heard the turn end.
    pub stopped: Option<Timestamp>,
    pub speak: Option<OperationId>,
    /// Nothing was said in it: the greeting, and what the service says next by itself (or to a text).
    is_unspoken: bool,
    pub is_started: bool,
    /// What became of it has been counted.
    pub is_settled: bool,
    /// A step has listened to its answer.
    pub is_heard: bool,
    /// The step under whose name its times are recorded; what was measured before it came waits for it.
    listener: Option<OperationId>,
    times: Times,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Awaited,
    Arriving,
    /// It has arrived whole; it may still be playing.
    Over,
    /// Nobody waits for (the rest of) it any more.
    GivenUp,
}

#[derive(Debug, Default)]
struct Times {
    first_audio: Option<Span>,
    from_stopped: Option<Span>,
    length: Option<Span>,
    turn: Option<Span>,
}

impl Turn {
    pub fn new(index: u32, began: Timestamp, speak: Option<OperationId>) -> Self {
        Self {
            index,
            began,
            progress: Progress::Awaited,
            speech_end: None,
            stopped: None,
            speak,
            is_unspoken: index == 0,
            is_started: false,
            is_settled: false,
            is_heard: false,
            listener: None,
            times: Times::default(),
        }
    }

    /// The same turn goes on: a step wants to hear the service once more.
    pub fn go_on(&mut self, now: Timestamp, is_arriving: bool) {
        let again = Self::new(self.index, now, self.speak);
        let progress = if is_arriving { Progress::Arriving } else { Progress::Awaited };
        *self = Self { progress, is_unspoken: true, is_started: true, is_settled: true, ..again };
    }

    /// The service may answer: the user has nothing to say, or has finished.
    pub fn is_complete(&self) -> bool {
        self.is_unspoken || self.speech_end.is_some()
    }

    /// Its answer begins.
    pub fn on_first_audio(&mut self, now: Timestamp) {
        self.progress = Progress::Arriving;
        let end = if self.is_unspoken { Some(self.began) } else { self.speech_end };
        self.times.first_audio = end.map(|end| now.since(end));
        self.times.from_stopped = self.stopped.map(|stopped| now.since(stopped));
    }

    /// Its answer ended while the user was still speaking, whose pause was taken for the end: the answer is still to come.
    pub fn await_again(&mut self) {
        self.progress = Progress::Awaited;
        self.times = Times::default();
    }

    /// The listener's patience is over: what comes now is measured under no name.
    pub fn give_up(&mut self) {
        self.progress = Progress::GivenUp;
        self.listener = None;
        self.is_heard = true;
        self.times = Times::default();
    }

    /// Its answer is over and was heard whole.
    pub fn on_end(&mut self, now: Timestamp, listened: &Listened) {
        self.progress = Progress::Over;
        self.times.length = Some(listened.received);
        self.times.turn = (!self.is_unspoken).then(|| now.since(self.began));
    }

    pub fn listen(&mut self, operation: OperationId) {
        self.listener = Some(operation);
    }

    /// Records what has been measured, once it is known under which name.
    pub fn record(&mut self, ctx: &mut Context<'_>) {
        let (Some(operation), Some(meters)) = (self.listener, &ctx.meters.voice) else { return };
        let meters = *meters.listen(operation);
        let Times { first_audio, from_stopped, length, turn } = std::mem::take(&mut self.times);
        if let Some(first_audio) = first_audio {
            ctx.took(operation, CanaryReply::FirstAudio, first_audio);
        }
        let by_turn = meters.turn(self.index).zip(first_audio);
        let named = [
            (meters.first_audio, first_audio),
            (meters.from_stopped, from_stopped),
            (meters.length, length),
            (meters.turn_time, turn),
        ];
        let named = named.into_iter().filter_map(|(series, value)| Some((series, value?)));
        for (series, value) in named.chain(by_turn) {
            ctx.sample(series, value);
        }
    }
}
