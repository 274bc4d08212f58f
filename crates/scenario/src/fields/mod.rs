//! What a scenario document may say: every field once, with its range and its meaning.

mod handlers;
mod parts;
mod steps;
mod voice;

pub use handlers::{BACKOFF, CONNECT, SCENARIO};
pub(crate) use handlers::{
    CONSISTENCY, CONTRACT, DELIVERY, ERROR_RULE, MARKS, PAUSE, PLAIN, PLAIN_WEBSOCKET, REACTION, READ, TIMER, TimeUnit,
    VARIABLE, WhenLost,
};
pub(crate) use parts::{BODY_SAVE, DELAY, EVENT_SAVE, MILLISECONDS, TESTS};
pub(crate) use steps::{ANSWER, BRANCH, FAIL, FILE, PUSH, step_of};
pub use steps::{EMIT, HTTP, WAIT, step_kinds};
pub use voice::{AUDIO, LISTEN, SPEAK};
pub(crate) use voice::{BARGE_IN, INBOUND, OUTBOUND};
