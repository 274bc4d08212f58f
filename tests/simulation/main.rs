//! Whole runs on the host: conductor, engines, ledger and report against a simulated server, minutes in milliseconds.

mod asleep;
mod compare;
mod consistency;
mod control;
mod counts;
mod failures;
mod hearing;
mod leaving;
mod load;
mod outage;
mod pacing;
mod plausible;
mod preflight;
mod preset;
mod recording;
mod report;
mod search;
mod secrets;
mod seeing;
mod support;
mod swarm;
mod thresholds;
mod verdict;
mod voice;
mod voice_access;
mod voice_turns;
