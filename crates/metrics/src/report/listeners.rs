//! The part of a report about who listened to a voice service.

use serde::{Deserialize, Serialize};

use crate::{HeardSums, Totals, UserId};
use base::time::Span;
use plan::Plan;

/// How it was to listen, over all answers and for those users who had it worst.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListenersEntry {
    /// Users that heard at least one answer (or greeting); those beyond 10,000 are only in `all`.
    pub users: usize,
    pub all: HeardEntry,
    /// At most 50: by the time in underruns, then by how slowly audio came.
    pub worst: Vec<ListenerEntry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListenerEntry {
    pub population: String,
    /// Its number in the population, from 0.
    pub user: u32,
    #[serde(flatten)]
    pub heard: HeardEntry,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeardEntry {
    pub answers: u32,
    pub received_ms: f64,
    pub underruns: u32,
    pub starved_ms: f64,
    /// 1 is real time; null: no answer had a second chunk.
    pub real_time_factor: Option<f64>,
    /// What the factor is made of: audio behind each answer's first chunk, and the time that it took to arrive.
    #[serde(default)]
    pub after_first_ms: f64,
    #[serde(default)]
    pub wall_ms: f64,
}

impl ListenersEntry {
    /// `None`: nobody heard anything.
    pub(super) fn of(plan: &Plan, totals: &Totals) -> Option<Self> {
        let listeners = totals.listeners();
        let entry = |(user, heard): (UserId, &HeardSums)| ListenerEntry {
            population: plan.populations.get(user.population()).map(|found| found.name.clone()).unwrap_or_default(),
            user: user.index(),
            heard: heard.into(),
        };
        let worst = listeners.worst(WORST).into_iter().map(entry).collect();
        (!listeners.is_empty()).then(|| Self { users: listeners.len(), all: listeners.all().into(), worst })
    }
}

impl From<&HeardSums> for HeardEntry {
    fn from(heard: &HeardSums) -> Self {
        Self {
            answers: heard.answers,
            received_ms: heard.received.as_millis_f64(),
            underruns: heard.underruns,
            starved_ms: heard.starved.as_millis_f64(),
            real_time_factor: heard.real_time_factor(),
            after_first_ms: heard.after_first.as_millis_f64(),
            wall_ms: heard.wall.as_millis_f64(),
        }
    }
}

impl From<&HeardEntry> for HeardSums {
    fn from(heard: &HeardEntry) -> Self {
        Self {
            answers: heard.answers,
            received: Span::from_millis_f64(heard.received_ms),
            after_first: Span::from_millis_f64(heard.after_first_ms),
            wall: Span::from_millis_f64(heard.wall_ms),
            underruns: heard.underruns,
            starved: Span::from_millis_f64(heard.starved_ms),
        }
    }
}

const WORST: usize = 50;
