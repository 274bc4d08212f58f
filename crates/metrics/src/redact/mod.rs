//! What must not be told, and the one way in which it is left out: every text that leaves a worker, a plan in a report, a link and
//! a script all go through the rules of this module.
//!
//! | what is known of a secret | where |
//! |---|---|
//! | its name: `"token": "…"`, `?sig=…`, a variable, a column, a header | `names`, `urls`, `marks` |
//! | its shape: `Bearer …`, a JSON web token, a long random piece of a path | `marks` |
//! | itself, in any spelling: a password of an account, a token from an answer | `known`, `layers` |
//!
//! [`Redactor`] knows all three and belongs to a worker; [`text_without_secrets`] knows the first two and is for documents.

mod document;
mod known;
mod layers;
mod marks;
mod names;
mod redactor;
mod spans;
mod urls;

pub use document::{protocol_secrets, redacted, sets_secret, shown_action};
pub use marks::{is_protocol_secret, text_without_secrets};
pub use names::{is_rule, is_secret, is_secret_in, is_source};
pub use redactor::{Facts, Redactor};

/// What stands where a secret stood.
pub const MASK: &str = "***";
