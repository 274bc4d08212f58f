//! What did not come within its limit. Its attempt has failed and nobody waits for it any more, but it may still come: a late answer is a
//! time like any other, and what a server does with a late message decides what is owed.

use std::collections::VecDeque;

use base::time::{Span, Timestamp};
use metrics::SeriesId;
use scenario::OperationId;

use super::pending::{Outstanding, Pending};
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

    /// Those that were sent before one that it took are behind it, unless it says so within a moment.
    fn pass_by(&mut self, now: Timestamp) {
        let Overdue { list, taken } = self;
        for pending in list.iter_mut().filter(|pending| pending.message.is_some() && pending.sent_at < *taken) {
            if pending.is_open() && pending.deadline == Timestamp::NEVER {
                pending.deadline = now + OUT_OF_ORDER;
            }
        }
    }
}

impl Outstanding {
    /// What is in time comes first: where an answer does not say to which of several it belongs, one that was lost must not make all
    /// that follow late.
    pub fn all(&self) -> impl Iterator<Item = (WaitingPlace, &Pending)> {
        let place = |is_overdue| move |(index, pending)| (WaitingPlace { is_overdue, index }, pending);
        self.pendings.iter().enumerate().map(place(false)).chain(self.overdue.list.iter().enumerate().map(place(true)))
    }

    pub fn find(&self, mut is_it: impl FnMut(&Pending) -> bool) -> Option<WaitingPlace> {
        self.all().find(|(_, pending)| is_it(pending)).map(|(place, _)| place)
    }

    /// Errors carry no id: the oldest of the operation that may still fail is the one. A message that the server has passed by is not.
    pub fn find_refused(&self, operation: OperationId) -> Option<WaitingPlace> {
        let may_fail = |pending: &Pending| pending.operation == operation && pending.is_open();
        let waits =
            |pending: &Pending| may_fail(pending) && pending.message.is_some() && pending.deadline == Timestamp::NEVER;
        let message = self.overdue.list.iter().position(waits).map(|index| WaitingPlace { is_overdue: true, index });
        message.or_else(|| self.find(may_fail))
    }

    pub fn get(&mut self, place: WaitingPlace) -> &mut Pending {
        if place.is_overdue { &mut self.overdue.list[place.index] } else { &mut self.pendings[place.index] }
    }

    pub fn take(&mut self, place: WaitingPlace) -> Option<Pending> {
        if place.is_overdue { self.overdue.list.remove(place.index) } else { self.pendings.remove(place.index) }
    }

    /// The server has taken a message that was sent then.
    pub fn note_taken(&mut self, now: Timestamp, sent_at: Timestamp) {
        self.overdue.taken = self.overdue.taken.max(sent_at);
        self.overdue.pass_by(now);
    }
}

impl User {
    /// Its limit has passed.
    pub(super) fn set_overdue(&mut self, ctx: &mut Context<'_>, pending: Pending) {
        if let Some(message) = pending.message.as_ref().filter(|message| !message.accepted) {
            ctx.ledger.overdue(ctx.now, self.id, message.sequence);
        }
        if self.in_flight.overdue.list.len() >= MOST_OVERDUE
            && let Some(oldest) = self.in_flight.overdue.list.pop_front()
        {
            self.never_came(ctx, &oldest);
        }
        parts(ctx, &pending).for_each(|(series, _)| ctx.recorder.wait(series, pending.limit, 1));
        self.in_flight.overdue.list.push_back(Pending { deadline: Timestamp::NEVER, ..pending });
        self.in_flight.overdue.pass_by(ctx.now);
    }

    /// Messages that were passed by and of which nothing was heard since.
    pub(super) fn expire_overdue(&mut self, ctx: &mut Context<'_>) {
        for pending in self.in_flight.overdue.list.iter_mut().filter(|pending| pending.deadline <= ctx.now) {
            pending.deadline = Timestamp::NEVER;
            if let Some(message) = pending.message.as_mut().filter(|message| !message.accepted) {
                message.accepted = true;
                ctx.ledger.passed_by(ctx.now, self.id, message.sequence);
            }
        }
    }

    /// Nothing of all this can come any more.
    pub(super) fn drop_overdue(&mut self, ctx: &mut Context<'_>) {
        for pending in std::mem::take(&mut self.in_flight.overdue.list) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::pending::Sent;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO + Span::from_secs(seconds)
    }

    fn message(sequence: u32, sent_s: u64) -> Pending {
        Pending {
            operation: OperationId(1),
            at: 0,
            sent_at: at(sent_s),
            intended: at(sent_s),
            deadline: at(sent_s + 5),
            limit: Span::from_secs(5),
            ack: None,
            ack_tests: Vec::new(),
            answer: None,
            by_answer: false,
            message: Some(Sent { sequence, echoed: false, accepted: false }),
            enters: None,
            task: None,
            required: false,
        }
    }

    fn sequence(in_flight: &mut Outstanding, place: Option<WaitingPlace>) -> Option<u32> {
        Some(in_flight.get(place?).message.as_ref()?.sequence)
    }

    /// Two that are late, sent at 1 s and 2 s, and one that is in time.
    fn three() -> Outstanding {
        let mut in_flight = Outstanding { pendings: [message(3, 9)].into(), ..Outstanding::default() };
        let late = [message(1, 1), message(2, 2)].map(|it| Pending { deadline: Timestamp::NEVER, ..it });
        in_flight.overdue.list = late.into();
        in_flight
    }

    #[test]
    fn what_is_in_time_is_found_first_and_an_error_is_of_the_oldest_that_may_fail() {
        let mut in_flight = three();
        assert!(!in_flight.is_quiet());
        assert_eq!(in_flight.next_limit(), at(14));
        let any = in_flight.find(|_| true);
        assert_eq!(sequence(&mut in_flight, any), Some(3));
        let refused = in_flight.find_refused(OperationId(1));
        assert_eq!(sequence(&mut in_flight, refused), Some(1));
        assert_eq!(in_flight.find_refused(OperationId(2)), None);
        in_flight.take(refused.expect("one may fail"));
        let refused = in_flight.find_refused(OperationId(1));
        assert_eq!(sequence(&mut in_flight, refused), Some(2));
    }

    #[test]
    fn a_server_that_takes_a_later_message_has_passed_the_earlier_by() {
        let mut in_flight = three();
        assert_eq!(in_flight.overdue.next_timeout(), Timestamp::NEVER);
        in_flight.note_taken(at(10), at(2));
        assert_eq!(in_flight.overdue.next_timeout(), at(12));
        let refused = in_flight.find_refused(OperationId(1));
        assert_eq!(sequence(&mut in_flight, refused), Some(2), "the first is on its way to be given up");
    }
}
