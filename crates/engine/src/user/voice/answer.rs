//! An answer on its way: what is gathered while it arrives, and what is recorded of it in the end.

use crate::user::Context;
use base::time::Timestamp;
use metrics::{Listened, Player, UserId};
use protocol::audio::Level;
use scenario::OperationId;

/// An answer that is arriving.
#[derive(Debug)]
pub struct Answer {
    pub user: UserId,
    pub turn: u32,
    pub player: Player,
    pub level: Level,
    /// The user began to speak during it: under which name, and when the first chunk with speech was sent.
    pub interrupted: Option<(OperationId, Option<Timestamp>)>,
    /// The user left, and what is missing of it from then on is no fault of the service.
    pub left: Option<Timestamp>,
}

impl Answer {
    /// It is over; `whole`: because its end came. Records how it was to listen to, and gives that and until when it plays.
    pub(super) fn close(mut self, ctx: &mut Context<'_>, whole: bool) -> (Listened, Option<Timestamp>) {
        let last_underrun = match whole {
            true => self.player.end(ctx.now),
            false => self.player.break_off(self.left.unwrap_or(ctx.now)),
        };
        let (listened, played) = (self.player.listened(), self.player.plays_until());
        let Some(meters) = &ctx.meters.voice else { return (listened, played) };
        ctx.recorder.heard(self.user, &listened);
        let millis = |span: base::time::Span| span.as_micros() / 1_000;
        ctx.recorder.count(meters.received_ms, millis(listened.received));
        if let Some(pace) = &listened.pace {
            ctx.recorder.count(meters.after_first_ms, millis(pace.after_first));
            ctx.recorder.count(meters.wall_ms, millis(pace.wall));
        }
        let slow = listened.pace.and_then(|pace| pace.real_time_factor).is_some_and(|factor| factor < SLOW);
        // What came after the first speech that broke in: nothing, if the service stopped (or was done) before that.
        let broken_into = self.interrupted.and_then(|(speak, voiced)| Some((speak, voiced?)));
        let stop = broken_into.and_then(|(speak, voiced)| {
            let last = self.player.last_arrival().filter(|last| *last > voiced)?;
            Some((speak, last.since(voiced)))
        });
        let counts = [
            (meters.answers.silent, self.level.is_silent()),
            (meters.answers.clipped, self.level.is_clipped()),
            (meters.answers.starved, listened.underruns > 0),
            (meters.answers.slow, slow),
            (meters.answers.cut, !whole),
            (meters.answers.one_chunk, listened.pace.is_none()),
            (meters.answers.broken_into, broken_into.is_some()),
            (meters.answers.stopped_before, broken_into.is_some() && stop.is_none()),
        ];
        for (counter, is_so) in counts {
            ctx.recorder.count(counter, u64::from(is_so));
        }
        let samples = [
            last_underrun.map(|underrun| (meters.underrun, underrun)),
            listened.pace.map(|pace| (meters.jitter, pace.jitter)),
            listened.pace.map(|pace| (meters.behind, pace.behind)),
            stop.map(|(speak, stop)| (meters.speak(speak).barge_in, stop)),
        ];
        for (series, value) in samples.into_iter().flatten() {
            ctx.sample(series, value);
        }
        (listened, played)
    }
}

/// Below real time by more than chunks' own granularity explains.
const SLOW: f64 = 0.95;
