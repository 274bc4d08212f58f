//! What is answered, allowed and taken back.

use crate::safety::Cap;
use plan::Limits;

#[derive(Debug, Clone, PartialEq)]
pub enum SafetyEvent {
    /// What the browser had written down; empty: nothing.
    Remembered(String),
    FairUseRead,
    /// The answer to what was asked.
    Allow,
    Refuse,
    /// A host is allowed by name, as settings do it.
    AddHost(String),
    RemoveHost(String),
    /// A link may lead to it.
    AllowBroker(String),
    RemoveBroker(String),
    RemovePlace(String),
    /// A number, or nothing for no cap.
    SetCap {
        cap: Cap,
        text: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum SafetyEffect {
    /// Write down what was allowed, and obey it.
    Keep { text: String, limits: Limits },
}
