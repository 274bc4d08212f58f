//! What the page knows of the swarm that it is in, or is asked into.

use crate::safety::Safety;
use crate::swarm::{SwarmEffect, SwarmView};
use plan::Plan;
use swarm::{Credentials, Invite, Offer, Role};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct SwarmModel {
    /// The last picture of it.
    pub view: SwarmView,
    /// A link to a swarm that waits for an answer.
    pub joining: Option<Joining>,
    /// The broker's address as it is typed, and this browser's name in swarms.
    pub broker: String,
    pub browser_name: String,
}

/// What a swarm needs to know of the rest of the page.
pub struct SwarmContext<'a> {
    pub safety: &'a Safety,
    /// That can run.
    pub plan: Option<&'a Plan>,
    /// This page is in a swarm or plays a run, which joining another one ends.
    pub leaves_something: bool,
}

/// A link that was followed and leads nowhere yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Joining {
    pub invite: Invite,
    pub asks: Asks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Where this page came from, whether that broker is its own.
    Server,
    Person,
}

impl SwarmModel {
    /// Something is asked by a dialog.
    pub fn is_asking(&self) -> bool {
        self.joining.as_ref().is_some_and(|joining| joining.asks == Asks::Person) || self.view.is_asking()
    }

    /// The plan that everybody's operator is asked about, while this page conducts.
    pub fn offer(&self, plan: Option<&Plan>) -> Option<SwarmEffect> {
        let plan = plan.filter(|_| self.view.role == Some(Role::Conductor))?;
        Some(SwarmEffect::OfferPlan(Box::new(Offer::of(plan))))
    }

    pub(super) fn enter(&self, invite: Invite, credentials: Option<Credentials>) -> SwarmEffect {
        SwarmEffect::Enter { invite: Box::new(invite), credentials, name: self.browser_name.clone() }
    }
}
