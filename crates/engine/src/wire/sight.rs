//! One user as a person sees it, and what a person may have it do.

use serde::{Deserialize, Serialize};

use super::Note;
use metrics::{Frame, Phase, UserId};

/// What a worker tells of the user that is watched: with each hand-over, and never by the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    pub user: UserId,
    /// `None`: it is not there any more.
    pub sight: Option<Sight>,
    /// Since the last time, the oldest first; among them those told before that stand for more by now.
    pub frames: Vec<SeenFrame>,
    /// Frames that were gone before anybody could look at them.
    pub missed: u64,
    /// Errors, and what else happened to it.
    pub notes: Vec<Note>,
}

/// Where it is now.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sight {
    pub phase: Option<Phase>,
    pub connected: bool,
    pub rooms: Vec<String>,
    /// Operations whose answer, acknowledgement or echo it waits for.
    pub waits_for: Vec<String>,
    /// From 0.
    pub iteration: u32,
    /// A person acts for it, and its script does not.
    pub taken: bool,
    pub failure: Option<String>,
    /// What it can be told to do.
    pub offers: Vec<Choice>,
}

/// Something that its scenario has users do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub act: Act,
    /// The operations in it.
    pub label: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Act {
    /// Send a message, with a text of one's own.
    Say,
    /// Say the clip that the label names.
    Speak,
    /// Run the steps of this timer.
    Tick(usize),
    /// Run the steps of this reaction, for a message that has come.
    React(usize),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenFrame {
    /// Counts all frames of the user.
    pub number: u64,
    pub frame: Frame,
    /// The event's name, where it carries one.
    pub event: Option<String>,
    /// It carries a message of the conversation.
    pub said: Option<SeenMessage>,
}

/// A message of the conversation, without its tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenMessage {
    /// Who sent it, and as which of its messages; `None`: no user of this run.
    pub by: Option<(UserId, u32)>,
    pub text: String,
}

/// A person's order to the user that it takes over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Canary {
    /// Its script stops where it is: no timer ticks, nothing is answered by itself.
    Take,
    Say(String),
    /// Says this clip, and listens to the answer.
    Speak(String),
    Tick(usize),
    React {
        reaction: usize,
        /// The number of the frame that brought the message.
        frame: u64,
    },
    /// Its script goes on.
    Release,
}
