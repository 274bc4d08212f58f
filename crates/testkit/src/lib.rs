//! Test kit: a clock that jumps, a seeded network, whole runs in milliseconds. The servers are `demo-service`'s.
//!
//! A [`World`] is one browser without the browser: the conductor, its workers' engines, and servers behind a network
//! with latency. The only thing it replaces is the edge (`browser`): frames, HTTP answers and time.

mod broker;
mod pretender;
mod rehearsal;
mod rings;
mod swarm;
mod world;

pub use broker::{SwarmNet, WayFaults};
pub use demo_service::{
    AnswerSound, Chat, ChatCounts, ClosePoint, Faults, Net, VoiceConfig, VoiceCounts, VoiceServer, spellings,
};
pub use pretender::Pretender;
pub use rehearsal::SimulatedRehearsal;
pub use swarm::{CONDUCTOR, SimulatedSwarm};
pub use world::{Endpoint, World};
