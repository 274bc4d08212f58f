//! A small chat service and a small voice service, pure: connections, frames and requests go in, frames and answers come out, time is a
//! value. They do what the presets need, with faults to order and exact counts of what they did. The simulation's servers; the lab, on an
//! implementation of its own, stays the referee.

mod chat;
mod net;
mod rest;
mod voice;

pub use chat::{Chat, ChatCounts, Faults, spellings};
pub use net::{Net, Peer};
pub use rest::{Body, Reply, Request};
pub use voice::{AnswerSound, ClosePoint, VoiceConfig, VoiceCounts, VoiceOutput, VoiceServer};
