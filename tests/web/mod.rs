//! What the tests in a page and in a worker share.

// Each of the two uses a part.
#![expect(dead_code, reason = "a page's tests need no straw sockets, a worker's no page")]

pub mod sound;
pub mod straw;
pub mod tap;
pub mod wire;

use gloo_timers::future::TimeoutFuture;

/// Lets the browser go on until it is so.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if is_so() {
            return;
        }
        TimeoutFuture::new(5).await;
    }
    panic!("waited 10 s for {what}");
}
