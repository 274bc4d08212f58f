//! What a scenario document may say: every field once, with its range and its meaning.

mod handlers;
mod parts;
mod steps;
mod voice;

pub use handlers::{BACKOFF, CONNECT, DELIVERY, SCENARIO};
pub(crate) use handlers::{
    CONSISTENCY, CONTRACT, ERROR_RULE, MARKS, PAUSE, PLAIN, PLAIN_WEBSOCKET, REACTION, READ, TIMER, TimeUnit, VARIABLE,
    WhenLost,
};
pub(crate) use parts::{BODY_SAVE, DELAY, EVENT_SAVE, MILLISECONDS, TESTS};
pub use steps::{ACK, EMIT, HTTP, LISTEN, SPEAK, WAIT, step_kinds};
pub(crate) use steps::{ANSWER, BARGE_IN, BRANCH, FAIL, FILE, PUSH, step_of};
pub use voice::AUDIO;
pub(crate) use voice::{INBOUND, OUTBOUND};
