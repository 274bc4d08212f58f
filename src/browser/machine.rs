//! What the browser says about itself and its machine.

/// Its own description, see `navigator.userAgent`; empty in a worker.
pub fn user_agent() -> String {
    web_sys::window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default()
}

pub fn cores() -> u32 {
    web_sys::window().map_or(1.0, |window| window.navigator().hardware_concurrency()) as u32
}

/// WebSockets that it is known to hold at the same time.
pub fn known_sockets() -> u32 {
    run::sockets(&user_agent())
}
