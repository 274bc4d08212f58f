//! The only reader of clocks in `lab`.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Monotonic time, for everything that has to be due.
#[expect(clippy::disallowed_methods, reason = "lab is a real server, and this is its one clock")]
pub fn now() -> Instant {
    Instant::now()
}

/// Milliseconds since 1970, for everything that has a date.
#[expect(clippy::disallowed_methods, reason = "lab is a real server, and this is its one clock")]
pub fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("this machine's clock is past 1970");
    i64::try_from(since.as_millis()).expect("fits for the next 292 million years")
}
