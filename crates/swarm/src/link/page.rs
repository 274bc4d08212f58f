//! What a page and its link say to each other, and what goes through the link's socket.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Offset;
use crate::envelope::Refused;
use crate::peer::SessionId;

/// What the page says to its link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LinkCommand {
    /// To the conductor (`None`) or to one generator; arrives once and in order, or not at all if a page is reloaded.
    Say {
        to: Option<SessionId>,
        #[serde(with = "serde_bytes")]
        message: Vec<u8>,
    },
    /// What the beacon says from now on.
    Card(#[serde(with = "serde_bytes")] Vec<u8>),
    /// This page leaves the swarm: a conductor takes its beacon back, for a broker keeps that for ever.
    Leave,
    /// Shows everybody how the run looks.
    Show(#[serde(with = "serde_bytes")] Vec<u8>),
    /// These play a part: they are not forgotten, however many others come.
    Seated(BTreeSet<SessionId>),
}

#[derive(Debug)]
pub enum LinkInput<'a> {
    /// The socket to the broker is open.
    Opened,
    Bytes(&'a [u8]),
    /// It closed, or could not be opened.
    Closed(&'a str),
    Command(LinkCommand),
    /// Four times a second.
    Tick,
}

#[derive(Debug, PartialEq)]
pub enum LinkOutput {
    /// Open a socket to the broker, with subprotocol `mqtt`.
    Open,
    Send(Vec<u8>),
    Close,
    Tell(LinkEvent),
}

/// What the page hears from its link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LinkEvent {
    Connected,
    /// The broker is gone; it is tried again.
    Lost(String),
    /// The conductor's card, when it is new.
    Card(#[serde(with = "serde_bytes")] Vec<u8>),
    /// Somebody is there for the first time, or its page was loaded anew: what it was told before is lost.
    Arrived(SessionId),
    Message {
        from: SessionId,
        #[serde(with = "serde_bytes")]
        message: Vec<u8>,
    },
    /// Nothing was heard of it for almost three seconds, or the broker says that its connection broke.
    Away(SessionId),
    Back(SessionId),
    /// How the conductor's clock differs from ours.
    Clock(Offset),
    Live(#[serde(with = "serde_bytes")] Vec<u8>),
    /// So many came after it that it is not known any more; it may come again.
    Forgotten(SessionId),
    /// It said more at once than anybody has to say, or than there is room for: that message is lost.
    Unheard(SessionId),
    /// Another page conducts this swarm: the conductor's own link is open twice.
    Rival,
    /// Time has passed; what this link has carried and refused so far.
    Tick(Traffic),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Traffic {
    pub bytes_out: u64,
    pub bytes_in: u64,
    pub refused: Refused,
}
