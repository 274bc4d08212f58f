//! Who speaks: a browser's page, and which loading of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One tab in a swarm. It outlives a reload of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionId(pub u64);

/// One loading of that tab's page. Later ones are larger; the low half is random, because a duplicated tab takes the
/// count of loadings with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Loading(pub u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Peer {
    pub session: SessionId,
    pub loading: Loading,
}

impl Loading {
    /// The `count`-th loading of a tab, from 0.
    pub const fn new(count: u32, random: u32) -> Self {
        Self(((count as u64) << 32) | random as u64)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
