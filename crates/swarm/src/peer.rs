//! Who speaks: a browser's page, and which loading of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One tab in a swarm, by its public key ([`super::signature::PublicKey::session`]). It outlives a reload of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionId(pub u64);

/// One loading of that tab's page. Later ones are larger: it is the time at which the page was loaded, so that it holds also
/// for a conductor whose link is opened in another browser. The low bits are random, for a duplicated tab.
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
    /// `now_ms`: since 1970, by this browser's clock; `before`: the last one of this tab, which it comes after even if the clock
    /// was put back.
    pub fn at(now_ms: f64, random: u32, before: Option<Self>) -> Self {
        let random = u64::from(random) & ((1 << RANDOM_BITS) - 1);
        let fresh = ((now_ms as u64) << RANDOM_BITS) | random;
        let next = before.map_or(0, |before| before.0.saturating_add(1));
        Self(fresh.max(next).min(EXACT - 1))
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
/// The other 42 count milliseconds until the year 2109.
const RANDOM_BITS: u32 = 11;

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: f64 = 1.8e12;

    #[test]
    fn a_later_loading_is_larger() {
        let first = Loading::at(NOW_MS, u32::MAX, None);
        assert!(Loading::at(NOW_MS + 1.0, 0, Some(first)) > first);
        assert!(Loading::at(NOW_MS, 0, Some(first)) > first, "within the same millisecond");
        assert!(Loading::at(NOW_MS - 1e9, 7, Some(first)) > first, "its clock was put back");
        assert!(Loading::at(NOW_MS + 1.0, 0, None) > first, "in another browser");
    }

    #[test]
    fn duplicated_tabs_are_told_apart() {
        let before = Some(Loading::at(NOW_MS, 0, None));
        assert_ne!(Loading::at(NOW_MS + 9.0, 1, before), Loading::at(NOW_MS + 9.0, 2, before));
    }

    #[test]
    fn no_clock_makes_one_that_javascript_cannot_hold() {
        for now_ms in [f64::NAN, -5.0, f64::INFINITY, 1e300] {
            let loading = Loading::at(now_ms, 3, Some(Loading(u64::MAX)));
            assert!(Peer { session: SessionId(0), loading }.is_exact(), "{now_ms}");
        }
    }
}
