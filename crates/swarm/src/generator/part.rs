//! A generator's part of a run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::silence::Silence;
use crate::bounds::Share;
use crate::message::Said;
use run::Halt;

/// Why a generator's users left although the run goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum PartEnd {
    /// Nobody conducted them at that second of the run: they come back with the conductor.
    Alone { at_s: f64 },
    /// Somebody at this browser, or its page, for that reason.
    Stopped(String),
}

#[derive(Debug)]
pub(super) struct Playing {
    pub run: String,
    pub workers: u32,
    /// The order that comes next.
    pub obeyed: u64,
    pub next_part: u64,
    pub said: Vec<Said>,
    pub said_ms: f64,
    /// Its operator lets samples of what servers answer go to the conductor.
    pub samples: bool,
    /// Not safe with the conductor yet.
    pub unkept: VecDeque<(u64, Vec<u8>)>,
    /// The run's epoch on the conductor's clock, once it is known, and as our workers were last told on ours.
    pub epoch_ms: Option<(f64, f64)>,
    /// The users of workers below this were told to leave, by us; of those in `has_left` nobody has anything left to wait for.
    pub stopped_below: u32,
    /// Its operator wants no more of this run.
    pub is_over: bool,
    /// Why its users left before the run was over, as long as nobody plays it again.
    pub ended: Option<PartEnd>,
    /// What the conductor told everybody, and we have done.
    pub halt: Option<Halt>,
    pub has_left: BTreeSet<u32>,
    /// Of a page that was loaded anew since: nobody plays it, it is only delivered.
    pub is_left_over: bool,
    /// By worker that has its load.
    pub shares: BTreeMap<u32, Share>,
    pub silence: Silence,
    /// By worker: what the limits have kept it from since the tester's last action.
    pub limits_met: BTreeMap<u32, BTreeSet<String>>,
}

impl Playing {
    /// The most users that play here at a time.
    pub fn users(&self) -> u32 {
        self.shares.values().map(|share| share.own.saturating_add(share.guests)).fold(0, u32::saturating_add)
    }

    pub fn new(run: String, workers: u32) -> Self {
        Self {
            run,
            workers,
            obeyed: 0,
            next_part: 0,
            said: Vec::new(),
            said_ms: f64::NEG_INFINITY,
            samples: false,
            unkept: VecDeque::new(),
            epoch_ms: None,
            stopped_below: 0,
            is_over: false,
            ended: None,
            halt: None,
            has_left: BTreeSet::new(),
            is_left_over: false,
            shares: BTreeMap::new(),
            silence: Silence::default(),
            limits_met: BTreeMap::new(),
        }
    }
}
