//! What did not come within its limit. Its attempt has failed and nobody waits for it any more, but it may still come: a late answer is a
//! time like any other, and what a server does with a late message decides what is owed.

use std::collections::VecDeque;

use base::time::{Span, Timestamp};
use metrics::SeriesId;
use scenario::OperationId;

use super::pending::Pending;
use super::{Context, User};

/// Something that is, or was, waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingPlace {
    pub is_overdue: bool,
    index: usize,
}

#[derive(Default)]
pub struct Overdue {
    /// Oldest first. The deadline of one is when the server has passed it by.
    list: VecDeque<Pending>,
    /// The server has taken a message that was sent then, and none that was sent later.
    taken: Timestamp,
}

impl Overdue {
    pub fn next_timeout(&self) -> Timestamp {
        self.list.iter().map(|pending| pending.deadline).min().unwrap_or(Timestamp::NEVER)
    }
}

impl User {
    /// What is in time comes first: where an answer does not say to which of several it belongs, one that was lost must not make all
    /// that follow late.
    pub(super) fn all_waiting(&self) -> impl Iterator<Item = (WaitingPlace, &Pending)> {
        let place = |is_overdue| move |(index, pending)| (WaitingPlace { is_overdue, index }, pending);
        self.pendings.iter().enumerate().map(place(false)).chain(self.overdue.list.iter().enumerate().map(place(true)))
    }

    pub(super) fn find_waiting(&self, mut is_it: impl FnMut(&Pending) -> bool) -> Option<WaitingPlace> {
        self.all_waiting().find(|(_, pending)| is_it(pending)).map(|(place, _)| place)
    }

    /// Errors carry no id: the oldest of the operation that may still fail is the one. A message that the server has passed by is not.
    pub(super) fn find_refused(&self, operation: OperationId) -> Option<WaitingPlace> {
        let may_fail = |pending: &Pending| pending.operation == operation && pending.is_open();
        let waits =
            |pending: &Pending| may_fail(pending) && pending.message.is_some() && pending.deadline == Timestamp::NEVER;
        let message = self.overdue.list.iter().position(waits).map(|index| WaitingPlace { is_overdue: true, index });
        message.or_else(|| self.find_waiting(may_fail))
    }

    pub(super) fn waiting(&mut self, place: WaitingPlace) -> &mut Pending {
        if place.is_overdue { &mut self.overdue.list[place.index] } else { &mut self.pendings[place.index] }
    }

    pub(super) fn take_waiting(&mut self, place: WaitingPlace) -> Option<Pending> {
        if place.is_overdue { self.overdue.list.remove(place.index) } else { self.pendings.remove(place.index) }
    }

    /// Its limit has passed.
    pub(super) fn set_overdue(&mut self, ctx: &mut Context<'_>, pending: Pending) {
        if let Some(message) = pending.message.as_ref().filter(|message| !message.accepted) {
            ctx.ledger.overdue(ctx.now, self.id, message.sequence);
        }
        if self.overdue.list.len() >= MOST_OVERDUE
            && let Some(oldest) = self.overdue.list.pop_front()
        {
            self.never_came(ctx, &oldest);
        }
        parts(ctx, &pending).for_each(|(series, _)| ctx.recorder.wait(series, pending.limit, 1));
        self.overdue.list.push_back(Pending { deadline: Timestamp::NEVER, ..pending });
        self.pass_by(ctx.now);
    }

    /// The server has taken a message that was sent then.
    pub(super) fn note_taken(&mut self, ctx: &Context<'_>, sent_at: Timestamp) {
        self.overdue.taken = self.overdue.taken.max(sent_at);
        self.pass_by(ctx.now);
    }

    /// Those that were sent before one that it took are behind it, unless it says so within a moment.
    fn pass_by(&mut self, now: Timestamp) {
        let Overdue { list, taken } = &mut self.overdue;
        for pending in list.iter_mut().filter(|pending| pending.message.is_some() && pending.sent_at < *taken) {
            if pending.is_open() && pending.deadline == Timestamp::NEVER {
                pending.deadline = now + OUT_OF_ORDER;
            }
        }
    }

    /// Messages that were passed by and of which nothing was heard since.
    pub(super) fn expire_overdue(&mut self, ctx: &mut Context<'_>) {
        for pending in self.overdue.list.iter_mut().filter(|pending| pending.deadline <= ctx.now) {
            pending.deadline = Timestamp::NEVER;
            if let Some(message) = pending.message.as_mut().filter(|message| !message.accepted) {
                message.accepted = true;
                ctx.ledger.passed_by(ctx.now, self.id, message.sequence);
            }
        }
    }

    /// Nothing of all this can come any more.
    pub(super) fn drop_overdue(&mut self, ctx: &mut Context<'_>) {
        for pending in std::mem::take(&mut self.overdue.list) {
            self.never_came(ctx, &pending);
        }
    }

    fn never_came(&self, ctx: &mut Context<'_>, pending: &Pending) {
        for (series, since) in parts(ctx, pending) {
            ctx.recorder.wait(series, pending.limit, -1);
            ctx.censored(series, pending.limit, ctx.now.since(since));
        }
        if let Some(sent) = pending.message.as_ref().filter(|sent| !sent.accepted) {
            ctx.ledger.abandoned(self.id, sent.sequence);
        }
    }
}

/// The server said no to it: nothing more of it will come, and that is known.
pub(super) fn is_refused(ctx: &mut Context<'_>, pending: &Pending) {
    parts(ctx, pending).for_each(|(series, _)| ctx.recorder.wait(series, pending.limit, -1));
}

/// What has not come of it, and since when that is waited for.
fn parts(ctx: &Context<'_>, pending: &Pending) -> impl Iterator<Item = (SeriesId, Timestamp)> + use<> {
    let meters = ctx.meters.operation(pending.operation);
    let echo = meters.message.filter(|_| pending.message.as_ref().is_some_and(|message| !message.echoed));
    let sent_at = pending.sent_at;
    let answer = pending.answer.as_ref().map(|_| (meters.answer, sent_at));
    let ack = pending.ack.map(|_| (meters.ack, sent_at));
    let round_trip = echo.map(|meters| (meters.round_trip, sent_at));
    let intended = echo.map(|meters| (meters.intended, pending.intended));
    [answer, ack, round_trip, intended].into_iter().flatten()
}

/// Of one user; with one message a second those of four minutes.
const MOST_OVERDUE: usize = 256;
/// A server that works on several messages of one sender at a time answers them within this of each other.
const OUT_OF_ORDER: Span = Span::from_secs(2);
