//! The only reader of a clock. All contexts of a browser share it: `performance.timeOrigin + performance.now()` is
//! monotonic within a context and comparable between a page and its workers.

use wasm_bindgen::prelude::wasm_bindgen;

use base::time::Timestamp;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = performance)]
    static PERFORMANCE: web_sys::Performance;
}

/// This context's clock: a page's or a worker's.
#[derive(Debug, Clone)]
pub struct Clock {
    performance: web_sys::Performance,
    origin_ms: f64,
}

impl Clock {
    pub fn new() -> Self {
        let performance = PERFORMANCE.with(Clone::clone);
        Self { origin_ms: performance.time_origin(), performance }
    }

    /// Milliseconds since 1970, in steps of 0.1 ms (0.005 ms when the page is cross-origin isolated).
    pub fn now_ms(&self) -> f64 {
        self.origin_ms + self.performance.now()
    }

    /// The smallest step that it is seen to make, milliseconds.
    pub fn step_ms(&self) -> f64 {
        let step = || {
            let before = self.now_ms();
            // A clock that stands still is no reason to hang.
            let later = (0..LOOKS).map(|_| self.now_ms()).find(|now| *now > before);
            later.map_or(f64::INFINITY, |now| now - before)
        };
        (0..STEPS).map(|_| step()).fold(WORST_STEP_MS, f64::min)
    }

    /// Now on the time line that starts at `epoch_ms`.
    pub fn since(&self, epoch_ms: f64) -> Timestamp {
        Timestamp::from_millis_f64(self.now_ms() - epoch_ms)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

const LOOKS: u32 = 1_000_000;
const STEPS: u32 = 20;
const WORST_STEP_MS: f64 = 1_000.0;
