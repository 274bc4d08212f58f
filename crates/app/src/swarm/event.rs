//! What a person does with the swarm, and what becomes of it.

use crate::swarm::SwarmView;
use swarm::{Credentials, Decision, Invite, Offer, Patience};

#[derive(Debug, Clone, PartialEq)]
pub enum SwarmEvent {
    /// Opens a swarm that this page conducts, at the broker whose address is typed.
    Open,
    Leave,
    TypedBroker(String),
    /// Where this page came from offers a broker, or none.
    BrokerOffered(Option<String>),
    NameBrowser(String),
    /// Whether the conductor's own browser plays no load.
    WatchOnly(bool),
    /// Whether the users of a browser that vanishes move to the others.
    MoveParts(bool),
    /// How long browsers play on without the conductor.
    SetPatience(Patience),
    /// The broker asks for these. They are kept in memory only.
    GiveCredentials(Credentials),
    /// The operator's answer to what a dialog asks: whether a link's broker may be talked to, whether a conductor may play here.
    Reply(Reply),
    /// The conductor may not play here any more.
    TakeBack,
    /// What was refused is to be asked again.
    AskAgain,
    /// The operator's STOP of this browser's part.
    StopPart,
    CopyInvite,
    CopyWatchLink,
    Changed(Box<SwarmView>),
}

/// What a person says to what this page asks about a swarm just now: its broker, or its load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reply {
    pub allows: bool,
    /// Samples of what servers answer may go to the conductor.
    pub samples: bool,
    /// The statement of fair use was shown.
    pub fair_use: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SwarmEffect {
    /// Ask where this page came from whether there is a broker, too.
    AskForBroker,
    Enter {
        invite: Box<Invite>,
        credentials: Option<Credentials>,
        name: String,
    },
    /// A new swarm: its key is drawn by the browser.
    Open {
        broker: String,
        name: String,
    },
    Leave,
    /// Tells the swarm which plan is next.
    OfferPlan(Box<Offer>),
    Decide(Decision),
    AskAgain,
    /// Take the link out of the address.
    ForgetLink,
    StopPart,
    WatchOnly(bool),
    MoveParts(bool),
    SetPatience(Patience),
    NameBrowser(String),
}
