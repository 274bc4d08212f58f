//! Test kit: a clock that jumps, a seeded network, a simulated chat server, a simulated voice service. Whole runs in milliseconds.
//!
//! A [`World`] is one browser without the browser: the conductor, its workers' engines, and servers behind a network
//! with latency. The only thing it replaces is the edge (`browser`): frames, HTTP answers and time.

mod broker;
mod chat;
mod narrow;
mod net;
mod pretender;
mod rings;
mod swarm;
mod voice;
mod world;

pub use broker::{SwarmNet, WayFaults};
pub use chat::{Chat, ChatCounts, Faults, spellings};
pub use net::{Endpoint, Net};
pub use pretender::Pretender;
pub use swarm::{CONDUCTOR, SimulatedSwarm};
pub use voice::{AnswerSound, ClosePoint, VoiceConfig, VoiceCounts, VoiceOutput, VoiceServer};
pub use world::World;
