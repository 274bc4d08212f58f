//! One exchange: what the user said and the service's answer to it. Turn 0 is the greeting.

use crate::user::Context;
use crate::wire::CanaryReply;
use base::time::{Span, Timestamp};
use metrics::{Listened, SeriesId};
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
    /// The listener has given up, and it may still come.
    missed: Option<Missed>,
}

/// An answer that did not begin in time.
#[derive(Debug, Clone, Copy)]
struct Missed {
    operation: OperationId,
    limit: Span,
    /// When it could have begun at the earliest.
    since: Timestamp,
    stopped: Option<Timestamp>,
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
            missed: None,
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

    /// From when on its answer is waited for.
    fn asked_at(&self) -> Option<Timestamp> {
        if self.is_unspoken { Some(self.began) } else { self.speech_end }
    }

    /// Something was said, and what became of it has not been counted.
    pub fn is_open(&self) -> bool {
        self.index > 0 && !self.is_settled
    }

    /// From when on its answer is waited for, which has not begun.
    pub fn awaited_since(&self) -> Option<Timestamp> {
        self.asked_at().filter(|_| self.progress == Progress::Awaited)
    }

    /// Its answer begins.
    pub fn on_first_audio(&mut self, now: Timestamp) {
        self.progress = Progress::Arriving;
        self.times.first_audio = self.asked_at().map(|end| now.since(end));
        self.times.from_stopped = self.stopped.map(|stopped| now.since(stopped));
    }

    /// Its answer ended while the user was still speaking, whose pause was taken for the end: the answer is still to come.
    pub fn await_again(&mut self) {
        self.progress = Progress::Awaited;
        self.times = Times::default();
    }

    /// The listener's patience is over. An answer that has not begun in its `limit` may still do so; nothing else of it is measured.
    pub fn give_up(&mut self, ctx: &mut Context<'_>, limit: Span) {
        if self.progress == Progress::Awaited
            && let (Some(operation), Some(since)) = (self.listener, self.asked_at())
        {
            self.missed = Some(Missed { operation, limit, since, stopped: self.stopped });
            self.of_missed(ctx, |ctx, series, _, limit| ctx.recorder.wait(series, limit, 1));
        }
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

    /// What was given up begins after all.
    pub fn begins_late(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.of_missed(ctx, |ctx, series, since, limit| ctx.arrived(series, now.since(since), since, Some(limit)));
        self.missed = None;
    }

    /// Nobody would know any more what a sound is the answer to.
    pub fn forget_missed(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.of_missed(ctx, |ctx, series, since, limit| {
            ctx.recorder.wait(series, limit, -1);
            ctx.censored(series, limit, now.since(since));
        });
        self.missed = None;
    }

    fn of_missed(&self, ctx: &mut Context<'_>, record: impl Fn(&mut Context<'_>, SeriesId, Timestamp, Span)) {
        let Some(Missed { operation, limit, since, stopped }) = self.missed else { return };
        let Some(meters) = &ctx.meters.voice else { return };
        let meters = *meters.listen(operation);
        let by_turn = meters.turn(self.index).map(|series| (series, since));
        let from_stopped = stopped.map(|stopped| (meters.from_stopped, stopped));
        for (series, since) in [(meters.first_audio, since)].into_iter().chain(by_turn).chain(from_stopped) {
            record(ctx, series, since, limit);
        }
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
