//! Rules that real services keep and this one does not unless it is told to. They are no faults: a service that keeps them is in
//! order, and clients have to cope.

use serde::{Deserialize, Serialize};

use crate::switches::{SwitchError, refuse};

/// `rules` of `POST /lab/faults`. 0, empty and false are off.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
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
    /// The longest chat frame that is read, bytes; a longer one ends its connection. 0: 64 KiB.
    pub frame_limit_bytes: u32,
    /// REST calls are sent on to this origin, by 307.
    pub redirect_to: String,
}

impl Rules {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// A frame of so many bytes ends its connection.
    pub fn is_too_large(&self, bytes: usize) -> bool {
        self.frame_limit_bytes > 0 && bytes > self.frame_limit_bytes as usize
    }

    pub(crate) fn check(&self, longest_ms: f64) -> Result<(), SwitchError> {
        let times = [("rules.batch_ms", self.batch_ms), ("rules.login_ms", self.login_ms)];
        if let Some((field, time)) = times.into_iter().find(|(_, time)| !(0.0..=longest_ms).contains(time)) {
            return Err(refuse(field, format!("{time} is not between 0 and {longest_ms}")));
        }
        let rest = ["http://", "https://"].into_iter().find_map(|scheme| self.redirect_to.strip_prefix(scheme));
        let is_origin = rest
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/'));
        if !self.redirect_to.is_empty() && !is_origin {
            let message = format!("{} is no origin like http://127.0.0.1:4281", self.redirect_to);
            return Err(refuse("rules.redirect_to", message));
        }
        Ok(())
    }
}
