//! Page <-> link messages: the link lives in a worker of its own.

use serde::{Deserialize, Serialize};

use super::link::{LinkCommand, LinkEvent};
use super::mqtt::Credentials;
use super::peer::Loading;
use super::secret::Secret;
use engine::wire::OfBuild;

/// From the page to its link, the worker that keeps the connection to a swarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToLink {
    Open(Box<OpenLink>),
    Command(LinkCommand),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenLink {
    /// The fragment that brought this page into the swarm.
    pub invite: String,
    /// This tab's private half.
    pub seed: Secret,
    pub loading: Loading,
    pub credentials: Option<Credentials>,
}

/// From a link to its page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromLink {
    /// Its code runs; see [`engine::wire::FromWorker::Ready`].
    Ready {
        build: String,
    },
    Event(LinkEvent),
    Failed {
        message: String,
    },
}

impl OfBuild for FromLink {
    fn build(&self) -> Option<&str> {
        match self {
            Self::Ready { build } => Some(build),
            _ => None,
        }
    }
}
