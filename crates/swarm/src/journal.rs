//! A run written down as it happens: with it a conductor whose page is loaded anew goes on where it was.
//!
//! A run is made of its inputs alone, so the notes are these inputs; played again they make the same run, and the same orders
//! with the same numbers, which generators obey once.

use serde::{Deserialize, Serialize};

use super::conductor::Conductor;
use super::message::{Patience, pack, unpack};
use super::peer::SessionId;
use plan::Plan;
use run::{Part, Run, RunInput};

/// How a run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beginning {
    pub at_ms: f64,
    pub run: String,
    /// Without its account rows: whoever plays has his own already.
    pub plan: Plan,
    pub parts: Vec<Part>,
    /// In which browser each part's worker lives; `None`: in the conductor's.
    pub places: Vec<Option<SessionId>>,
    pub start_delay_ms: f64,
    /// Absent from notes of builds that knew none.
    #[serde(default)]
    pub patience: Patience,
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

/// Notes that are not written down yet.
#[derive(Debug, Default)]
pub struct Journal {
    notes: Vec<Note>,
}

impl Journal {
    pub fn begin(beginning: Beginning) -> Self {
        Self { notes: vec![Note::Began(Box::new(beginning))] }
    }

    pub fn input(&mut self, at_ms: f64, input: &RunInput) {
        // A tick says nothing that the next input does not say as well.
        if *input != RunInput::Tick {
            self.notes.push(Note::Input(at_ms, Box::new(input.clone())));
        }
    }

    pub fn seated(&mut self, session: SessionId) {
        self.notes.push(Note::Seated(session));
    }

    /// What is to be written down now; nothing, if nothing has happened.
    pub fn page(&mut self, conductor: &Conductor) -> Option<Vec<u8>> {
        if self.notes.is_empty() {
            return None;
        }
        self.notes.extend(conductor.taken().map(|(session, below)| Note::Taken(session, below)));
        Some(pack(&std::mem::take(&mut self.notes)))
    }
}

/// Plays notes again, page by page. `None`: they hold no beginning. A page that cannot be read ends them.
pub fn replay<'a>(build: &str, pages: impl IntoIterator<Item = &'a [u8]>) -> Option<(Run, Conductor)> {
    let mut played: Option<(Run, Conductor)> = None;
    // The browser that was last given a part.
    let mut name: Option<String> = None;
    for page in pages {
        let Ok(notes) = unpack::<Vec<Note>>(page) else { break };
        for note in notes {
            match (note, &mut played) {
                (Note::Began(beginning), _) => played = Some(begin(build, *beginning)),
                (Note::Input(at_ms, input), Some((run, conductor))) => {
                    if let RunInput::Add { part } = &*input {
                        name.clone_from(&part.browser);
                    }
                    run.handle(at_ms, *input);
                    while let Some((worker, message)) = run.poll() {
                        conductor.tell(worker, message);
                    }
                    run.take_put_out().into_iter().for_each(|worker| conductor.put_out(worker));
                }
                (Note::Seated(session), Some((_, conductor))) => {
                    conductor.seat_worker(Some(session));
                    name.take().into_iter().for_each(|name| conductor.bears(session, name));
                    conductor.begin_more(session);
                }
                (Note::Taken(session, below), Some((_, conductor))) => conductor.take_up(session, below),
                (_, None) => {}
            }
        }
    }
    played
}

fn begin(build: &str, beginning: Beginning) -> (Run, Conductor) {
    let Beginning { at_ms, run, plan, parts, places, start_delay_ms, patience } = beginning;
    let mut conductor = Conductor::new(build);
    conductor.set_patience(patience);
    let names = parts.iter().map(|part| part.browser.clone());
    let names: Vec<_> = places.iter().copied().zip(names).collect();
    conductor.begin(run.clone(), places);
    for (place, name) in names {
        if let (Some(session), Some(name)) = (place, name) {
            conductor.bears(session, name);
        }
    }
    (Run::new(at_ms, plan, Vec::new(), run, parts).starting_after(start_delay_ms), conductor)
}
