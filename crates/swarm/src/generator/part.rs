//! A generator's part of a run: its workers, what they say, and how it ends.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use super::GeneratorOutput;
use super::silence::Silence;
use crate::bounds::Share;
use crate::clock::Offset;
use crate::disclosure::withhold;
use crate::link::LinkCommand;
use crate::message::{Said, ToConductor, What, pack};
use engine::wire::{FromWorker, ToWorker};
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

    /// What a page that was loaded anew still has of its part.
    pub fn left_over(run: String, workers: u32, parts: Vec<(u64, Vec<u8>)>, next_part: u64) -> Self {
        let died = |worker| Said { worker, what: What::Died("its page was loaded anew or closed".to_owned()) };
        Self {
            said: (0..workers).map(died).collect(),
            unkept: parts.into(),
            next_part,
            stopped_below: workers,
            is_over: true,
            is_left_over: true,
            ended: Some(PartEnd::Stopped("its page was loaded anew".to_owned())),
            obeyed: u64::MAX,
            ..Self::new(run, workers)
        }
    }

    /// The most users that play here at a time.
    pub fn users(&self) -> u32 {
        self.shares.values().map(|share| share.own.saturating_add(share.guests)).fold(0, u32::saturating_add)
    }

    /// Why its users left, once they have been told to.
    pub fn ended(&self) -> Option<&PartEnd> {
        self.ended.as_ref().filter(|_| self.is_over || self.stopped_below == self.workers)
    }

    /// Somebody wants no more of it: users leave; the second time they are cut off.
    pub fn stop(&mut self, why: &str, now_ms: f64, out: &mut VecDeque<GeneratorOutput>) {
        let is_again = self.stopped_below == self.workers && self.is_over;
        let is_news = !std::mem::replace(&mut self.is_over, true);
        self.tell(0..self.workers, &if is_again { ToWorker::Abort } else { ToWorker::Stop }, out);
        self.stopped_below = self.workers;
        if is_news {
            let stopped = |worker| Said { worker, what: What::Stopped(why.to_owned()) };
            self.said.extend((0..self.workers).map(stopped));
            self.ended = Some(PartEnd::Stopped(why.to_owned()));
        }
        self.flush(now_ms, out);
    }

    /// Nobody conducts: users leave, and what they did is kept. The conductor will hear when that was.
    pub fn stop_alone(&mut self, at_s: f64, now_ms: f64, out: &mut VecDeque<GeneratorOutput>) {
        let left = self.stopped_below..self.workers;
        self.tell(left.clone(), &ToWorker::Stop, out);
        self.said.extend(left.map(|worker| Said { worker, what: What::Alone(at_s) }));
        self.stopped_below = self.workers;
        self.ended = Some(PartEnd::Alone { at_s });
        self.flush(now_ms, out);
    }

    /// What the conductor tells everybody is done once.
    pub fn heed(&mut self, halt: Option<Halt>, out: &mut VecDeque<GeneratorOutput>) {
        if halt > self.halt {
            self.halt = halt;
            let message = if halt == Some(Halt::Abort) { ToWorker::Abort } else { ToWorker::Stop };
            self.tell(0..self.workers, &message, out);
        }
    }

    /// Workers hear when the run's epoch has moved on our clock.
    pub fn set_clock(&mut self, offset: Offset, out: &mut VecDeque<GeneratorOutput>) {
        let Some((theirs, told)) = &mut self.epoch_ms else { return };
        let ours = *theirs - offset.offset;
        // Smaller steps than a browser's clock can show say nothing.
        if (ours - *told).abs() >= CLOCK_STEP_MS {
            *told = ours;
            self.tell(0..self.workers, &ToWorker::Epoch { epoch_ms: ours }, out);
        }
    }

    /// A worker spoke.
    pub fn hear(&mut self, worker: u32, message: FromWorker, now_ms: f64, out: &mut VecDeque<GeneratorOutput>) {
        // The others go on: nobody tells this one that all have settled.
        let has_settled = matches!(&message, FromWorker::Snapshot(snapshot) if snapshot.settled);
        if worker < self.stopped_below && has_settled && self.has_left.insert(worker) {
            out.push_back(GeneratorOutput::Tell { worker, message: Box::new(ToWorker::Leave) });
        }
        self.silence.hear(worker, &message);
        if let FromWorker::Snapshot(snapshot) = &message {
            let met = self.limits_met.entry(worker).or_default();
            met.extend(snapshot.log.iter().filter(|line| line.is_of_limits()).map(|line| line.text.clone()));
            // Guests that it had no room for.
            if let Some(share) = self.shares.get_mut(&worker).filter(|_| !snapshot.moved.was_asked) {
                share.guests = share.guests.saturating_sub(snapshot.moved.given_up.len() as u32);
            }
        }
        let is_urgent = !matches!(message, FromWorker::Snapshot(_));
        if let Some(message) = if self.samples { Some(message) } else { withhold(message) } {
            self.note(Said { worker, what: What::Message(Box::new(message)) }, is_urgent, now_ms, out);
        }
    }

    /// A worker broke, or could not be started.
    pub fn lose(&mut self, worker: u32, why: String, now_ms: f64, out: &mut VecDeque<GeneratorOutput>) {
        self.silence.forget(worker);
        self.note(Said { worker, what: What::Died(why) }, true, now_ms, out);
    }

    /// Time has passed: whoever is silent by now is named at once, and what was said is handed over when that is due.
    pub fn tick(&mut self, now_ms: f64, out: &mut VecDeque<GeneratorOutput>) {
        let has_begun = self.epoch_ms.is_some_and(|(_, ours)| now_ms >= ours);
        let found = self.silence.look(now_ms, has_begun);
        let is_news = !found.is_empty();
        self.said.extend(found);
        if is_news || now_ms - self.said_ms >= PART_MS {
            self.flush(now_ms, out);
        }
    }

    fn note(&mut self, said: Said, is_urgent: bool, now_ms: f64, out: &mut VecDeque<GeneratorOutput>) {
        self.said.push(said);
        if is_urgent || self.said.len() >= MOST_SAID || now_ms - self.said_ms >= PART_MS {
            self.flush(now_ms, out);
        }
    }

    /// Hands over what was said.
    pub fn flush(&mut self, now_ms: f64, out: &mut VecDeque<GeneratorOutput>) {
        if self.said.is_empty() {
            return;
        }
        let (number, said) = (self.next_part, std::mem::take(&mut self.said));
        self.next_part += 1;
        self.said_ms = now_ms;
        let part = pack(&ToConductor::Part { run: self.run.clone(), number, obeyed: self.obeyed, said });
        self.unkept.push_back((number, part.clone()));
        out.push_back(GeneratorOutput::Keep { number, part: part.clone() });
        out.push_back(GeneratorOutput::Link(LinkCommand::Say { to: None, message: part }));
    }

    fn tell(&self, workers: Range<u32>, message: &ToWorker, out: &mut VecDeque<GeneratorOutput>) {
        let told = |worker| GeneratorOutput::Tell { worker, message: Box::new(message.clone()) };
        out.extend(workers.map(told));
    }
}

/// More than a second's: nobody has ticked for a while, and a part is not to grow beyond what a conductor takes.
const MOST_SAID: usize = 64;
/// Snapshots are handed over once a second.
const PART_MS: f64 = 950.0;
const CLOCK_STEP_MS: f64 = 0.2;
