//! How a user finds out at the end what the server keeps: the steps that ask, and where in the answers messages stand.

use super::{EventId, Pc, Pointer};
use crate::template::Template;

/// The probe that compares a room's history with what its members received.
#[derive(Debug, Clone)]
pub struct Consistency {
    /// Asks for history, page by page.
    pub block: Pc,
    /// The answer that brings a page.
    pub event: EventId,
    /// Its list of messages, oldest first; where the text with the tag stands in an entry.
    pub messages: Pointer,
    pub text: String,
    pub read: Option<ReadState>,
}

/// Who has read a message, as a history says it.
#[derive(Debug, Clone)]
pub struct ReadState {
    /// The list of readers in an entry, and where in one of them the reader stands (empty: it is the entry itself).
    pub readers: String,
    pub reader: String,
    /// The asking user, as readers name it.
    pub me: Template,
}
