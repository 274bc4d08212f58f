//! How a user finds out at the end what the server keeps: the steps that ask, and where in the answers messages stand.

use crate::ids::{EventId, OperationId, Pc, Pointer};
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
    /// Where the server's own id of a message stands in an entry, and in the event that delivers it; `None`: it has none.
    pub id: Option<String>,
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
    /// What a user sends to mark messages; `None`: nobody knows what it has marked, so nothing is held against the server.
    pub marks: Option<Marks>,
}

/// The event with which a user marks messages as read.
#[derive(Debug, Clone)]
pub struct Marks {
    /// The operation that sends it.
    pub operation: OperationId,
    /// The id, or the list of them, in its arguments.
    pub ids: Pointer,
}
