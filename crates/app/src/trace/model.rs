//! Who is seen, and what was seen of it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::run::view::{Clue, NoSuchUser, SpeakerRow};
use crate::run::{MarkKind, RunView};
use crate::trace::TraceEffect;
use engine::wire::{Note, Seen, SeenFrame, Sight};
use metrics::{UserId, user_name};

#[derive(Debug, Clone, PartialEq)]
pub struct TraceModel {
    /// The population that is chosen, by its name; empty: the first.
    pub population: String,
    /// The user's number in it, from 1, as it was typed.
    pub number: String,
    pub state: SeeState,
    draws: u32,
    pub words: String,
    /// What is typed for it to say.
    pub draft: String,
    /// The clip that was chosen for it to say.
    pub chosen_clip: String,
    pub sight: Arc<Sight>,
    pub seen: Arc<SeenHistory>,
    /// The last answers to what was done by hand.
    pub replies: VecDeque<ReplyRow>,
    /// A panel of evidence is open.
    pub clue: Option<(bool, Clue)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeeState {
    #[default]
    Off,
    /// Nothing has come from that user yet: it may not be there.
    Waiting(UserId),
    On(UserId),
    /// It was there.
    Gone(UserId),
}

/// One line about what was done by hand.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReplyRow {
    /// Counts all there ever were.
    pub id: u64,
    pub kind: MarkKind,
    pub text: String,
}

/// Compared by how often it was changed: its frames are never held against each other.
#[derive(Debug, Clone, Default)]
pub struct SeenHistory {
    revision: u64,
    pub frames: VecDeque<SeenFrame>,
    pub notes: VecDeque<Note>,
    /// Frames that nobody saw.
    pub missed: u64,
}

impl PartialEq for SeenHistory {
    fn eq(&self, other: &Self) -> bool {
        self.revision == other.revision
    }
}

impl Default for TraceModel {
    fn default() -> Self {
        Self {
            population: String::new(),
            number: "1".to_owned(),
            state: SeeState::Off,
            draws: 0,
            words: String::new(),
            draft: String::new(),
            chosen_clip: String::new(),
            sight: Arc::default(),
            seen: Arc::default(),
            replies: VecDeque::new(),
            clue: None,
        }
    }
}

impl TraceModel {
    /// The population that is chosen.
    pub fn chosen<'a>(&self, run: &'a RunView) -> Option<&'a SpeakerRow> {
        let all = &run.tables.populations;
        all.iter().find(|population| population.name == self.population).or(all.first())
    }

    /// The one whose number is typed.
    pub fn watch(&mut self, run: &RunView) -> Result<Vec<TraceEffect>, NoSuchUser> {
        let user = self.chosen(run).ok_or(NoSuchUser::Nobody)?.user(&self.number)?;
        Ok(self.watch_user(user))
    }

    /// One of those that are likely to be there, each time another one: see [`ListenModel`](crate::listen::ListenModel).
    pub fn watch_any(&mut self, run: &RunView) -> Vec<TraceEffect> {
        let Some(population) = self.chosen(run) else { return Vec::new() };
        let count = population.present.len().max(1) as u32;
        self.draws += 1;
        let roll = (f64::from(self.draws) * GOLDEN).fract();
        let number = population.present.start + ((roll * f64::from(count)) as u32).min(count - 1);
        let user = UserId::new(population.population, number);
        self.show(run, user)
    }

    /// Somebody chose the user elsewhere on the page.
    pub fn show(&mut self, run: &RunView, user: UserId) -> Vec<TraceEffect> {
        self.number = (user.index() + 1).to_string();
        let population = run.tables.populations.iter().find(|known| known.population == user.population());
        self.population = population.map(|known| known.name.clone()).unwrap_or_default();
        self.watch_user(user)
    }

    fn watch_user(&mut self, user: UserId) -> Vec<TraceEffect> {
        // A user that was taken over gets its script back when nobody looks any more.
        let mut effects = Vec::from_iter(self.release());
        self.forget();
        self.state = SeeState::Waiting(user);
        effects.push(TraceEffect::Watch(Some(user)));
        effects
    }

    pub fn stop(&mut self) -> Vec<TraceEffect> {
        if self.state == SeeState::Off {
            return Vec::new();
        }
        let mut effects = Vec::from_iter(self.release());
        self.state = SeeState::Off;
        effects.push(TraceEffect::Watch(None));
        effects
    }

    /// The run is over: what was seen stays to be read.
    pub fn end(&mut self) {
        if let SeeState::Waiting(user) | SeeState::On(user) = self.state {
            self.state = SeeState::Gone(user);
            self.sight = Arc::default();
        }
    }

    fn forget(&mut self) {
        self.sight = Arc::default();
        self.seen = Arc::default();
        self.replies.clear();
    }

    pub fn user(&self) -> Option<UserId> {
        match self.state {
            SeeState::Off => None,
            SeeState::Waiting(user) | SeeState::On(user) | SeeState::Gone(user) => Some(user),
        }
    }

    /// What came of the user.
    pub fn take_in(&mut self, seen: Seen) {
        // The last of the one before may still come.
        if self.state == SeeState::Off || self.user() != Some(seen.user) {
            return;
        }
        self.state = if seen.sight.is_some() { SeeState::On(seen.user) } else { SeeState::Gone(seen.user) };
        self.note_replies(&seen.notes);
        let sight = seen.sight.unwrap_or_default();
        if *self.sight != sight {
            self.sight = Arc::new(sight);
        }
        if seen.frames.is_empty() && seen.notes.is_empty() {
            return;
        }
        let history = Arc::make_mut(&mut self.seen);
        history.revision += 1;
        history.missed += seen.missed;
        for frame in seen.frames {
            let is_known = history.frames.back().is_some_and(|last| frame.number <= last.number);
            match history.frames.binary_search_by_key(&frame.number, |known| known.number) {
                Ok(place) => history.frames[place] = frame,
                Err(_) if is_known => {}
                Err(_) => history.frames.push_back(frame),
            }
        }
        history.notes.extend(seen.notes);
        let excess = history.frames.len().saturating_sub(MOST_FRAMES);
        history.frames.drain(..excess);
        let excess = history.notes.len().saturating_sub(MOST_NOTES);
        history.notes.drain(..excess);
    }

    /// Who is watched, in words.
    pub fn status(&self, run: &RunView) -> String {
        let name = |user: UserId| name(run, user);
        match self.state {
            SeeState::Off => String::new(),
            SeeState::Waiting(user) => format!("Waiting for {}: it is not there now.", name(user)),
            SeeState::On(user) if self.sight.taken => format!("{} does what you say.", name(user)),
            SeeState::On(user) => format!("Watching {}.", name(user)),
            SeeState::Gone(user) => format!("{} is gone. This is what was seen of it.", name(user)),
        }
    }
}

/// A user by its population and its number from 1.
pub fn name(run: &RunView, user: UserId) -> String {
    let population = run.tables.populations.iter().find(|known| known.population == user.population());
    user_name(population.map_or("user", |known| known.name.as_str()), user.index())
}

const GOLDEN: f64 = 0.618_033_988_75;
/// Of the user that is watched.
const MOST_FRAMES: usize = 1_000;
const MOST_NOTES: usize = 300;

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
