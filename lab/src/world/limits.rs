//! Fixed windows of requests: the service's rate limits.

use super::World;
use crate::clock;

#[derive(Debug, Default, Clone, Copy)]
pub struct Window {
    started_ms: i64,
    used: u32,
}

/// What a call of the room list is told about its limit.
pub struct ListLimit {
    pub most: u32,
    pub left: u32,
    pub window_ms: i64,
    /// When the window ends, in seconds since 1970.
    pub reset_s: i64,
    /// Seconds; only when refused.
    pub retry_after: Option<i64>,
}

impl Window {
    /// One more, or the seconds until the window ends.
    pub fn admit(&mut self, now_ms: i64, length_ms: i64, limit: u32) -> Result<(), i64> {
        if now_ms - self.started_ms >= length_ms {
            *self = Self { started_ms: now_ms, used: 0 };
        }
        if self.used >= limit {
            // At least 1, as a `retryAfter` of 0 would be none.
            return Err(((self.started_ms + length_ms - now_ms + 999) / 1000).max(1));
        }
        self.used += 1;
        Ok(())
    }
}

impl World {
    /// `GET /api/rooms` is the one limited call, per client address.
    pub fn admit_list(&mut self, address: &str) -> ListLimit {
        let window = self.list_windows.entry(address.to_owned()).or_default();
        let admitted = window.admit(clock::unix_ms(), LIST_WINDOW_MS, LISTS_PER_WINDOW);
        ListLimit {
            most: LISTS_PER_WINDOW,
            left: LISTS_PER_WINDOW - window.used,
            window_ms: LIST_WINDOW_MS,
            reset_s: (window.started_ms + LIST_WINDOW_MS) / 1000,
            retry_after: admitted.err(),
        }
    }
}

const LISTS_PER_WINDOW: u32 = 10_000;
const LIST_WINDOW_MS: i64 = 30_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_admits_its_limit_and_says_when_it_ends() {
        let mut window = Window::default();
        assert_eq!(window.admit(1_000_000, 60_000, 2), Ok(()));
        assert_eq!(window.admit(1_010_000, 60_000, 2), Ok(()));
        assert_eq!(window.admit(1_010_500, 60_000, 2), Err(50));
        assert_eq!(window.admit(1_059_999, 60_000, 2), Err(1));
        assert_eq!(window.admit(1_060_000, 60_000, 2), Ok(()));
    }
}
