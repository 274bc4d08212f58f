//! Who may be put under load from here, and how much: what is asked once per browser, and remembered.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::response::Undertaking;
use crate::safety::SafetyEffect;
use base::url;
use plan::{HostLoad, Limits, Plan};

/// What this browser remembers, and what it asks just now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Safety {
    pub limits: Limits,
    /// The statement of fair use has been read.
    pub fair_use: bool,
    /// Brokers that links may lead to, by their addresses.
    pub brokers: BTreeSet<String>,
    /// Places on this machine that somebody else's plan may go to.
    pub here: BTreeSet<String>,
    pub asks: Option<Asked>,
}

/// What a person is asked before a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The statement of fair use is shown, too.
    pub fair_use: bool,
    /// What each host gets that was not allowed before.
    pub hosts: Vec<HostLoad>,
    /// Places on this machine, where the plan is somebody else's.
    pub here: Vec<String>,
    /// What goes on when all is allowed.
    pub then: Undertaking,
}

/// As it is written down.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Kept {
    fair_use: bool,
    limits: Limits,
    brokers: BTreeSet<String>,
    here: BTreeSet<String>,
}

impl Safety {
    /// What the browser had written down. What cannot be read is as good as nothing: it is asked again.
    pub fn remembered(text: &str) -> Self {
        let Kept { fair_use, limits, brokers, here } = serde_json::from_str(text).unwrap_or_default();
        // What an agreement with a conductor says is never this browser's own limit.
        let limits = Limits { only: None, ..limits };
        Self { limits, fair_use, brokers, here, asks: None }
    }

    pub fn keep(&self) -> SafetyEffect {
        let Self { limits, fair_use, brokers, here, .. } = self.clone();
        let kept = Kept { fair_use, limits: limits.clone(), brokers, here };
        SafetyEffect::Keep { text: serde_json::to_string(&kept).expect("plain data"), limits }
    }

    /// What has to be asked before this plan may go on: nothing, if all of it was allowed before. `foreign_to`: where this page
    /// came from, if the plan is somebody else's.
    pub fn asked_before(&self, plan: &Plan, foreign_to: Option<&str>, then: Undertaking) -> Option<Asked> {
        let strange = |load: &HostLoad| !self.limits.allows(&load.host);
        let hosts: Vec<HostLoad> = plan.far_loads().into_iter().filter(strange).collect();
        let here = foreign_to.map(|origin| self.strange_places(plan, origin)).unwrap_or_default();
        let fair_use = !self.fair_use;
        (fair_use || !hosts.is_empty() || !here.is_empty()).then_some(Asked { fair_use, hosts, here, then })
    }

    /// To somebody else's plan this machine is as strange as any other, but for the server that this page came from.
    fn strange_places(&self, plan: &Plan, origin: &str) -> Vec<String> {
        let own = url::place(origin);
        let is_strange = |place: &String| {
            url::is_loopback(url::host_of_place(place)) && own.as_ref() != Some(place) && !self.here.contains(place)
        };
        plan.places().into_iter().filter(is_strange).collect()
    }
}
