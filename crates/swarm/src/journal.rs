//! A run written down as it happens: with it a conductor whose page is loaded anew goes on where it was, and a run whose page vanished
//! still has a report.
//!
//! A run is made of its inputs alone, so the notes are these inputs; played again they make the same run, and the same orders
//! with the same numbers, which generators obey once.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::conductor::Conductor;
use super::message::{Patience, pack, unpack};
use super::peer::SessionId;
use engine::wire::{FromWorker, Snapshot};
use metrics::{Baseline, Browser, SentLog, redacted, shown_action};
use plan::Plan;
use run::{Part, Run, RunInput};

/// How a run began. What is absent was unknown to the build that wrote it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Beginning {
    pub at_ms: f64,
    pub run: String,
    /// Without its account rows: whoever plays has his own already.
    pub plan: Value,
    pub parts: Vec<Part>,
    /// In which browser each part's worker lives; `None`: in the one that writes.
    #[serde(default)]
    pub places: Vec<Option<SessionId>>,
    pub start_delay_ms: f64,
    #[serde(default)]
    pub patience: Patience,
    /// Who plays it, as far as that is known by then.
    #[serde(default)]
    pub browsers: Vec<Browser>,
    /// What its thresholds compare with.
    #[serde(default)]
    pub baseline: Option<Baseline>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Note {
    Began(Box<Beginning>),
    Input(f64, Box<RunInput>),
    /// The next worker of the run lives there.
    Seated(SessionId),
    /// Parts of that browser below this number are in the notes before.
    Taken(SessionId, u64),
}

/// What is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redaction {
    /// Nothing that the same orders need: the notes are sealed.
    #[default]
    Nothing,
    /// Whatever a report would not hold: the plan's secrets, and what `once` saved.
    Secrets,
}

/// Notes that are not written down yet.
#[derive(Debug, Default)]
pub struct Journal {
    redaction: Redaction,
    notes: Vec<Note>,
}

impl Beginning {
    /// Of `plan`; what else is known of it is to be added.
    pub fn of(at_ms: f64, run: &str, plan: &Plan, parts: &[Part], start_delay_ms: f64) -> Self {
        let plan = serde_json::to_value(plan).expect("a plan is made of plain JSON values");
        let (run, parts) = (run.to_owned(), parts.to_vec());
        Self { at_ms, run, plan, parts, start_delay_ms, ..Self::default() }
    }
}

impl Journal {
    pub fn begin(beginning: Beginning, redaction: Redaction) -> Self {
        let beginning = match redaction {
            Redaction::Nothing => beginning,
            // Orders are nobody's business then, so neither are those who would get them.
            Redaction::Secrets => {
                let plan = serde_json::from_value(beginning.plan).map_or(Value::Null, |plan: Plan| redacted(&plan));
                Beginning { plan, places: Vec::new(), ..beginning }
            }
        };
        Self { redaction, notes: vec![Note::Began(Box::new(beginning))] }
    }

    pub fn input(&mut self, at_ms: f64, input: &RunInput) {
        let kept = match self.redaction {
            // A tick says nothing that the next input does not say as well.
            Redaction::Nothing => (*input != RunInput::Tick).then(|| input.clone()),
            Redaction::Secrets => without_secrets(input),
        };
        self.notes.extend(kept.map(|input| Note::Input(at_ms, Box::new(input))));
    }

    pub fn seated(&mut self, session: SessionId) {
        self.notes.push(Note::Seated(session));
    }

    /// What is to be written down now; nothing, if nothing has happened.
    pub fn page(&mut self) -> Option<Vec<u8>> {
        (!self.notes.is_empty()).then(|| pack(&std::mem::take(&mut self.notes)))
    }

    /// The same, and with it which parts of others the pages so far hold.
    pub fn page_of(&mut self, conductor: &Conductor) -> Option<Vec<u8>> {
        if !self.notes.is_empty() {
            self.notes.extend(conductor.taken().map(|(session, below)| Note::Taken(session, below)));
        }
        self.page()
    }
}

/// What of an input makes the run's result. Every kind is named, so that whoever adds one decides.
fn without_secrets(input: &RunInput) -> Option<RunInput> {
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
    /// It knows what it has told whom, if nothing was left out.
    pub conductor: Conductor,
    pub beginning: Beginning,
}

/// Plays notes again, page by page. `None`: they hold no beginning. A page that cannot be read ends them.
pub fn replay<'a>(build: &str, pages: impl IntoIterator<Item = &'a [u8]>) -> Option<Replayed> {
    let mut played: Option<Replayed> = None;
    // The browser that was last given a part.
    let mut name: Option<String> = None;
    for page in pages {
        let Ok(notes) = unpack::<Vec<Note>>(page) else { break };
        for note in notes {
            match (note, &mut played) {
                (Note::Began(beginning), _) => played = Replayed::begin(build, *beginning),
                (Note::Input(at_ms, input), Some(Replayed { run, conductor, .. })) => {
                    if let RunInput::Add { part } = &*input {
                        name.clone_from(&part.browser);
                    }
                    run.handle(at_ms, *input);
                    while let Some((worker, message)) = run.poll() {
                        conductor.tell(worker, message);
                    }
                    run.take_put_out().into_iter().for_each(|worker| conductor.put_out(worker));
                }
                (Note::Seated(session), Some(Replayed { conductor, .. })) => {
                    conductor.seat_worker(Some(session));
                    name.take().into_iter().for_each(|name| conductor.bears(session, name));
                    conductor.begin_more(session);
                }
                (Note::Taken(session, below), Some(replayed)) => replayed.conductor.take_up(session, below),
                (_, None) => {}
            }
        }
    }
    played
}

impl Replayed {
    fn begin(build: &str, beginning: Beginning) -> Option<Self> {
        let plan: Plan = serde_json::from_value(beginning.plan.clone()).ok()?;
        let mut conductor = Conductor::new(build);
        conductor.set_patience(beginning.patience);
        conductor.begin(beginning.run.clone(), beginning.places.clone());
        for (place, part) in beginning.places.iter().zip(&beginning.parts) {
            if let (Some(session), Some(name)) = (place, &part.browser) {
                conductor.bears(*session, name.clone());
            }
        }
        let run = Run::new(beginning.at_ms, plan, Vec::new(), beginning.run.clone(), beginning.parts.clone());
        let run = run.starting_after(beginning.start_delay_ms);
        let run = match &beginning.baseline {
            Some(baseline) => run.with_baseline(baseline),
            None => run,
        };
        Some(Self { run, conductor, beginning })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: FromWorker, expected: Option<FromWorker>) {
        let input = |message| RunInput::From { worker: 1, message };
        assert_eq!(without_secrets(&input(message)), expected.map(input));
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
        assert_eq!(without_secrets(&RunInput::Tick), None);
    }
}
