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

impl SessionId {
    /// Of random bits, as many as JavaScript's numbers hold exactly.
    pub const fn new(random: u64) -> Self {
        Self(random & (EXACT - 1))
    }
}

impl Loading {
    /// The `count`-th loading of a tab, from 0.
    pub const fn new(count: u32, random: u32) -> Self {
        Self((((count as u64) << 32) | random as u64) & (EXACT - 1))
    }
}

impl Peer {
    /// Both numbers can cross between a page and its workers.
    pub const fn is_exact(self) -> bool {
        self.session.0 < EXACT && self.loading.0 < EXACT
    }
}

/// JavaScript's whole numbers are exact up to here.
const EXACT: u64 = 1 << 53;

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
