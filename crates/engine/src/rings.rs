//! The newest frames of every user, kept by whoever holds its socket: there they cost a reference each, and nothing comes in
//! here until somebody asks.

use metrics::{UserId, Way};

/// Bounded in number and in length for each user. A user keeps its frames over a lost connection.
pub trait Rings {
    /// The newest `most` frames, and before them the newest `sent` of those that the user itself has sent; the oldest first.
    fn recent(&self, user: UserId, most: usize, sent: usize) -> Vec<Caught>;

    /// Frames from this number on, the newest `most` of them, the oldest first.
    fn since(&self, user: UserId, number: u64, most: usize) -> Vec<Caught>;

    /// Puts a line about an HTTP exchange among the user's frames. Whoever is gone begins no new ring with an answer that comes late.
    fn note(&self, user: UserId, at_ms: f64, way: Way, line: &str);

    /// Keeps more of this user, and of no other.
    fn widen(&self, user: Option<UserId>);

    /// The user is gone.
    fn forget(&self, user: UserId);
}

/// A frame as it was kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Caught {
    /// Counts all frames of the user.
    pub number: u64,
    /// By the clock of `wall_ms`.
    pub at_ms: f64,
    pub way: Way,
    /// Characters of a text, bytes of a binary frame.
    pub length: u32,
    /// Long frames like this one that followed without a place of their own, within [`SHARED_MS`].
    pub more: u32,
    /// Ends in `…` where it was cut; `None`: it is binary.
    pub text: Option<String>,
}

impl Caught {
    /// Others may share its place.
    pub fn is_long(&self) -> bool {
        self.text.as_ref().is_none_or(|text| text.ends_with('…'))
    }
}

/// How long a place is shared: each answer of a voice service has a line of its own, and a long one several.
pub const SHARED_MS: f64 = 2_000.0;

/// Keeps nothing.
#[derive(Debug)]
pub struct NoRings;

impl Rings for NoRings {
    fn recent(&self, _: UserId, _: usize, _: usize) -> Vec<Caught> {
        Vec::new()
    }

    fn since(&self, _: UserId, _: u64, _: usize) -> Vec<Caught> {
        Vec::new()
    }

    fn note(&self, _: UserId, _: f64, _: Way, _: &str) {}

    fn widen(&self, _: Option<UserId>) {}

    fn forget(&self, _: UserId) {}
}
