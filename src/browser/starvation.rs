//! For tests of the verdict: a worker that has no time for its users, as on a machine that does other work.

use gloo_timers::callback::Interval;

use super::clock::Clock;

/// From now on the thread stands still for `starve_ms`, runs for as long, and so on, until what is returned is dropped.
pub fn begin(clock: Clock, starve_ms: u32) -> Interval {
    let stand_still = move || {
        let until_ms = clock.now_ms() + f64::from(starve_ms);
        while clock.now_ms() < until_ms {
            std::hint::spin_loop();
        }
    };
    Interval::new(starve_ms.saturating_mul(2), stand_still)
}
