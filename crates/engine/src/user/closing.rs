//! How a connection ends: whose doing that is, and what the table of disconnects says of it.

use super::link::{CUT_OFF, UserLink};
use super::{Context, User, Wish};
use crate::wire::{LogLevel, Told};
use metrics::{CloseKind, ClosedBy, DisconnectKey, Phase};
use scenario::EventId;

/// A close of our own, as it was decided.
pub struct Closing {
    pub by: ClosedBy,
    /// Where the user was then; when the browser confirms the close, it is somewhere else.
    pub phase: Phase,
    /// What the table of disconnects says, where we know more than the close's code.
    pub reason: Option<String>,
}

/// The service has said, within its own protocol, that it is over. Whoever closes the socket then, the service has ended it.
pub struct ServiceEnd {
    /// With what event.
    pub event: String,
    /// The scenario takes it for what was to come.
    pub is_planned: bool,
}

impl ServiceEnd {
    fn by(&self) -> ClosedBy {
        if self.is_planned { ClosedBy::Service } else { ClosedBy::Server }
    }

    fn reason(&self) -> String {
        format!("ended by {}", self.event)
    }
}

impl User {
    /// An event has ended its session. `is_planned`: nothing is wrong with that so far.
    pub(super) fn note_end(&mut self, ctx: &Context<'_>, event: EventId, is_planned: bool) {
        if !self.life.stage.is_leaving() {
            let event = ctx.program.events[event.0 as usize].name.clone();
            self.contact.ended = Some(ServiceEnd { event, is_planned });
        }
    }

    /// The scenario counts an error: a service that has ended the session just now was not to do that.
    pub(super) fn blame_end(&mut self) {
        if let Some(end) = &mut self.contact.ended {
            end.is_planned = false;
        }
    }

    /// Hangs up, in this phase, by itself or because the service has ended the session.
    pub(super) fn close_own(&mut self, ctx: &mut Context<'_>, phase: Phase) {
        let (by, reason) =
            self.contact.ended.as_ref().map_or((ClosedBy::User, None), |end| (end.by(), Some(end.reason())));
        self.close_as(ctx, Closing { by, phase, reason });
    }

    /// Whose doing it is that the other side has closed.
    fn closed_by_other(&self, link: &UserLink, code: u16) -> Closing {
        let phase = self.phase();
        if let Some(why) = link.provoked {
            return Closing { by: ClosedBy::User, phase, reason: Some(why.to_owned()) };
        }
        if let Some(end) = &self.contact.ended {
            return Closing { by: end.by(), phase, reason: Some(end.reason()) };
        }
        // It was asked for its farewell and hangs up behind it, a little sooner than the user.
        let is_farewell = self.life.stage.is_leaving() && phase == Phase::AfterReport && matches!(code, 1000 | 1005);
        Closing { by: if is_farewell { ClosedBy::User } else { ClosedBy::Server }, phase, reason: None }
    }

    pub(super) fn count_disconnect(&self, ctx: &mut Context<'_>, mut link: UserLink, code: u16, reason: &str) {
        let closing = link.closing.take();
        // A planned close of our own that nobody confirms is no connection that broke.
        let is_unanswered = code == CUT_OFF && closing.as_ref().is_some_and(|closing| closing.by.is_planned());
        let (code, reason) = match is_unanswered {
            true if reason.is_empty() => (OUR_CODE, NO_ANSWER),
            true => (OUR_CODE, reason),
            false => (code, reason),
        };
        let Closing { by, phase, reason: known } = closing.unwrap_or_else(|| self.closed_by_other(&link, code));
        let reason = known.unwrap_or_else(|| ctx.redactor.shown(reason, 120));
        ctx.show(|| Told::Saw(format!("closed {code} {reason}").trim_end().to_owned()));
        let key = DisconnectKey { population: ctx.population.to_owned(), code, reason, by, phase };
        let what = match key.kind() {
            CloseKind::Lost => Some("disconnected"),
            CloseKind::NeverConnected => Some("not connected"),
            CloseKind::Planned => None,
        };
        if let Some(what) = what {
            ctx.log(LogLevel::Warning, self.id.index(), format!("{what}: code {code} {}", key.reason));
        }
        ctx.disconnect(key);
    }

    /// Closes from our side; the browser's `Closed` is counted when it comes.
    pub(super) fn close(&mut self, ctx: &mut Context<'_>, by: ClosedBy, reason: Option<&str>) {
        self.close_as(ctx, Closing { by, phase: self.phase(), reason: reason.map(str::to_owned) });
    }

    fn close_as(&mut self, ctx: &mut Context<'_>, closing: Closing) {
        let Some(link) = self.contact.link.as_mut().filter(|link| link.closing.is_none()) else { return };
        let by = closing.by;
        link.closing = Some(closing);
        ctx.wishes.push(Wish::Close { socket: link.socket, opened: link.opened });
        // Of a socket that never opened nothing more is heard. One that we did not want any more is no disconnect.
        if !link.opened
            && let Some(link) = self.contact.link.take()
            && !by.is_planned()
        {
            self.count_disconnect(ctx, *link, CUT_OFF, "");
        }
    }
}

/// With what the edge closes.
const OUR_CODE: u16 = 1000;
const NO_ANSWER: &str = "no answer to our close";
