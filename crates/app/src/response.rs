//! What a feature answers to an event: what it wants done, in order, in the browser or by the rest of the page. A feature
//! changes nobody's model but its own, and knows no feature that may come to know it.

use crate::notice::{About, Notice, NoticeEffect, NoticeKind};
use crate::page::{Page, PageEffect};
use plan::Plan;

pub type Responses<E> = Vec<Response<E>>;

/// The root update carries it out.
#[derive(Debug, Clone, PartialEq)]
pub enum Response<E> {
    /// In the browser: the feature's own effect, or one of the whole page.
    Do(E),
    Page(PageEffect),
    Notice(NoticeEffect),
    Show(Page),
    /// All that was asked before is allowed.
    Begin(Undertaking),
    /// Its own operator opens a swarm there, or says yes to it: it is not asked about again.
    AllowBroker(String),
    FairUseRead,
    /// The plan is another one: it is kept for a reload, and a swarm's members have to know.
    PlanChanged,
    /// A run begins, whoever asked for it; it obeys this plan.
    RunStarted(Box<Plan>),
    /// Who listens or looks has to know.
    RunChanged,
    /// The log of an opened run passes the same filter.
    LogFiltered,
}

/// What puts load on a host, and what hosts and fair use are asked about for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undertaking {
    Run,
    Preflight,
}

impl<E> Response<E> {
    pub fn say(kind: NoticeKind, about: About, text: impl Into<String>) -> Self {
        Self::Notice(NoticeEffect::Say(Notice::new(kind, about, text)))
    }

    pub const fn over(about: About) -> Self {
        Self::Notice(NoticeEffect::Over(about))
    }
}

/// The feature's own effects.
pub fn wants<E>(effects: impl IntoIterator<Item = E>) -> Responses<E> {
    effects.into_iter().map(Response::Do).collect()
}
