//! A run written down while it goes, so that a page that vanishes takes less than a second of it along.
//!
//! A run is made of its inputs alone, so these are what is written; played again they make the same run. Nothing is in them
//! that a report would not hold: the plan is without its secrets, no account row is there, and neither is what `once` saved. They
//! are less than a swarm's [`swarm::Journal`], which has to make the same orders again and is sealed for that.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use engine::wire::{FromWorker, Snapshot};
use metrics::{Baseline, Browser, Report, SentLog, redacted, shown_action};
use plan::Plan;
use run::{Part, Run, RunInput};
use swarm::{pack, unpack};

/// How a run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    pub at_ms: f64,
    pub run: String,
    /// Without secrets.
    pub plan: Value,
    pub parts: Vec<Part>,
    pub start_delay_ms: f64,
    /// Who plays it, as far as that is known by then.
    pub browsers: Vec<Browser>,
    /// What its thresholds compare with.
    pub baseline: Option<Baseline>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Note {
    Began(Box<Start>),
    Input(f64, Box<RunInput>),
}

/// Notes that are not written down yet.
#[derive(Debug, Default)]
pub struct Recording {
    notes: Vec<Note>,
}

impl Start {
    pub fn new(
        at_ms: f64,
        run: &str,
        plan: &Plan,
        parts: &[Part],
        start_delay_ms: f64,
        browsers: Vec<Browser>,
    ) -> Self {
        let (run, plan, parts) = (run.to_owned(), redacted(plan), parts.to_vec());
        Self { at_ms, run, plan, parts, start_delay_ms, browsers, baseline: None }
    }

    /// Who plays parts of this name; `None`: who wrote this down, whom parts do not name and a swarm does.
    fn browser(&self, name: Option<&str>) -> Browser {
        let is_named = |name: &str| self.parts.iter().any(|part| part.browser.as_deref() == Some(name));
        let own = self.browsers.iter().find(|browser| browser.name.as_deref().is_none_or(|name| !is_named(name)));
        let own = own.cloned().unwrap_or_default();
        let Some(name) = name else { return own };
        let known = self.browsers.iter().find(|browser| browser.name.as_deref() == Some(name));
        known.cloned().unwrap_or_else(|| Browser {
            name: Some(name.to_owned()),
            // It came later. Everybody in a swarm runs the same build.
            version: own.version,
            build: own.build,
            ..Browser::default()
        })
    }

    #[must_use]
    pub fn with_baseline(self, baseline: Option<Baseline>) -> Self {
        Self { baseline, ..self }
    }
}

impl Recording {
    pub fn begin(start: Start) -> Self {
        Self { notes: vec![Note::Began(Box::new(start))] }
    }

    pub fn input(&mut self, at_ms: f64, input: &RunInput) {
        self.notes.extend(kept(input).map(|input| Note::Input(at_ms, Box::new(input))));
    }

    /// What is to be written down now; nothing, if nothing has happened.
    pub fn page(&mut self) -> Option<Vec<u8>> {
        (!self.notes.is_empty()).then(|| pack(&std::mem::take(&mut self.notes)))
    }
}

/// What of an input makes the run's result. Every kind is named, so that whoever adds one decides.
fn kept(input: &RunInput) -> Option<RunInput> {
    match input {
        // It says nothing that the next input does not say as well.
        RunInput::Tick => None,
        // What a person looks at, and has one user do: what comes of it is in the snapshots.
        RunInput::Watch(_) | RunInput::Canary { .. } => None,
        RunInput::From { worker, message } => {
            let message = match message {
                FromWorker::Snapshot(snapshot) => {
                    // Who is owed what was sent is the other workers' business; they have handed over what came of it.
                    FromWorker::Snapshot(Box::new(Snapshot { sent: SentLog::default(), ..(**snapshot).clone() }))
                }
                // What `once` saved may be a token.
                FromWorker::Prepared { population, .. } => {
                    FromWorker::Prepared { population: *population, shared: serde_json::Map::new() }
                }
                FromWorker::Heard(_) | FromWorker::Seen(_) => return None,
                FromWorker::Ready { .. }
                | FromWorker::Loaded
                | FromWorker::Failed { .. }
                | FromWorker::Done
                | FromWorker::Finished => message.clone(),
            };
            Some(RunInput::From { worker: *worker, message })
        }
        RunInput::Act(timed) => Some(RunInput::Act(shown_action(timed))),
        RunInput::WorkerDied { .. }
        | RunInput::Add { .. }
        | RunInput::Away { .. }
        | RunInput::Back { .. }
        | RunInput::Stopped { .. }
        | RunInput::Alone { .. }
        | RunInput::Silent { .. }
        | RunInput::Lost { .. }
        | RunInput::PutOut { .. }
        | RunInput::Limited { .. }
        | RunInput::ClockBound { .. }
        | RunInput::Note { .. }
        | RunInput::Stop
        | RunInput::Abort
        | RunInput::Hidden(_)
        | RunInput::Frozen(_) => Some(input.clone()),
    }
}

/// A run that was played again from its notes.
#[derive(Debug)]
pub struct Replayed {
    pub run: Run,
    pub start: Start,
}

/// Plays pages again, in their order. `None`: they hold no beginning. A page that cannot be read ends them.
pub fn replay<'a>(pages: impl IntoIterator<Item = &'a [u8]>) -> Option<Replayed> {
    let mut replayed: Option<Replayed> = None;
    for page in pages {
        let Ok(notes) = unpack::<Vec<Note>>(page) else { break };
        for note in notes {
            match (note, &mut replayed) {
                (Note::Began(start), _) => replayed = Replayed::begin(*start),
                (Note::Input(at_ms, input), Some(Replayed { run, .. })) => {
                    run.handle(at_ms, *input);
                    // Nobody is there to be told.
                    while run.poll().is_some() {}
                }
                (Note::Input(..), None) => {}
            }
        }
    }
    replayed
}

impl Replayed {
    fn begin(start: Start) -> Option<Self> {
        let plan: Plan = serde_json::from_value(start.plan.clone()).ok()?;
        let run = Run::new(start.at_ms, plan, Vec::new(), start.run.clone(), start.parts.clone());
        let run = run.starting_after(start.start_delay_ms);
        let run = match &start.baseline {
            Some(baseline) => run.with_baseline(baseline),
            None => run,
        };
        Some(Self { run, start })
    }

    /// The report of what was written down. `date` makes RFC 3339 of milliseconds since 1970.
    pub fn report(mut self, date: impl Fn(f64) -> String) -> Report {
        self.run.cut_off();
        let browsers = self.run.browsers().into_iter().map(|(name, workers)| {
            let counts = self.run.share_of(&workers).1;
            Browser {
                workers: workers.len() as u32,
                sent: counts.sent,
                received: counts.received,
                errors: counts.errors,
                ..self.start.browser(name)
            }
        });
        self.run.report(browsers.collect(), self.run.epoch_ms().map(date).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use run::{Capacity, layout};

    #[track_caller]
    fn check(message: FromWorker, expected: Option<FromWorker>) {
        let input = |message| RunInput::From { worker: 1, message };
        assert_eq!(kept(&input(message)), expected.map(input));
    }

    #[test]
    fn a_conductor_that_was_cut_off_is_still_known() {
        let browser = |name: Option<&str>, user_agent: &str| Browser {
            name: name.map(str::to_owned),
            user_agent: user_agent.to_owned(),
            build: "b".to_owned(),
            ..Browser::default()
        };
        let parts =
            layout(&[Capacity::own(2, 250), Capacity { browser: Some("Kim".into()), ..Capacity::own(2, 250) }], 4);
        let start = |browsers: &[Browser]| Start {
            at_ms: 0.0,
            run: "k3f".into(),
            plan: Value::Null,
            parts: parts.clone(),
            start_delay_ms: 0.0,
            browsers: browsers.to_vec(),
            baseline: None,
        };
        let (own, kim) = (browser(Some("Robin"), "Chromium"), browser(Some("Kim"), "Firefox"));
        let swarm = start(&[own.clone(), kim.clone()]);
        assert_eq!((swarm.browser(None), swarm.browser(Some("Kim"))), (own, kim));
        assert_eq!(swarm.browser(Some("Ash")), browser(Some("Ash"), ""), "it came later");
        let alone = browser(None, "Chromium");
        assert_eq!(start(std::slice::from_ref(&alone)).browser(None), alone);
    }

    #[test]
    fn what_once_saved_and_what_was_heard_is_not_written() {
        let shared = serde_json::Map::from_iter([("token".to_owned(), "s3cret".into())]);
        let nothing = serde_json::Map::new();
        check(
            FromWorker::Prepared { population: 0, shared },
            Some(FromWorker::Prepared { population: 0, shared: nothing }),
        );
        let heard = engine::wire::HeardMoment { user: metrics::UserId::new(0, 1), rate: 0, notes: Vec::new() };
        check(FromWorker::Heard(heard), None);
        check(FromWorker::Done, Some(FromWorker::Done));
        assert_eq!(kept(&RunInput::Tick), None);
    }
}
