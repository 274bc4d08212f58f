//! What is done with the user that is seen, and with panels of evidence.

use crate::run::view::Clue;
use engine::wire::{Canary, Seen};
use metrics::UserId;

/// What somebody wants to see, or have done.
#[derive(Debug, Clone, PartialEq)]
pub enum TraceEvent {
    ChoosePopulation(String),
    TypeNumber(String),
    /// The one that is chosen.
    Watch,
    WatchAny,
    WatchUser(UserId),
    Stop,
    Search(String),
    CopyFrames,
    Seen(Box<Seen>),
    Take,
    Release,
    Draft(String),
    Say,
    ChooseClip(String),
    Speak,
    Tick(usize),
    React {
        reaction: usize,
        frame: u64,
    },
    FeltSlow,
    /// What is known of a moment or a kind of error, of the run that goes on or was last, or (`true`) of the one that was opened.
    Investigate(bool, Clue),
    CloseCase,
    CopyCase(String),
}

#[derive(Debug, Clone, PartialEq)]
pub enum TraceEffect {
    /// Have the workers tell of this user, or of nobody any more.
    Watch(Option<UserId>),
    Canary {
        user: UserId,
        order: Canary,
    },
    /// Bring the watched user into view.
    RevealUser,
    /// A mark on the charts, now.
    NoteDown(String),
}
