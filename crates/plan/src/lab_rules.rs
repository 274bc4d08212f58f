//! Rules of real services that a `lab` can keep, as a plan has them.

use serde::{Deserialize, Serialize};

/// The rules of `lab`: the field `rules` of `POST /lab/faults` takes exactly this JSON. They are no faults: a service that keeps
/// them is in order. 0, empty and false are off.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabRules {
    /// No user and no room has a name that another one ever had.
    pub unique_names: bool,
    /// A GET of a WebSocket's address that is no handshake is answered with 404.
    pub plain_get_404: bool,
    /// An event that asks for an acknowledgement hears in it whether it was accepted, and gets no `error` event.
    pub answering_acks: bool,
    /// A message goes to the room without its sender.
    pub no_sender_copy: bool,
    /// Messages to one receiver are collected so long and sent as one array, milliseconds.
    pub batch_ms: f64,
    /// Who joins is sent so many of the room's newest messages, each as the event of a new one.
    pub join_history: u32,
    /// A registration or log-in takes so long, milliseconds, and so many are worked on at a time (0: one).
    pub login_ms: f64,
    pub login_threads: u32,
    /// The longest chat frame that is read; a longer one ends its connection. 0: 64 KiB.
    pub frame_limit_bytes: u32,
    /// Chat's REST calls are sent on to this origin, by 307.
    pub redirect_to: String,
}

impl LabRules {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
