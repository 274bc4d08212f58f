//! What a person at a page asks of the observer, and what the observer needs of the crowd to answer.

use super::look::arguments;
use super::{Audience, Clerk, Watched};
use crate::Engine;
use crate::population::LocalPopulation;
use crate::ports::Output;
use crate::wire::{Canary, HeardMoment, Seen, Told};
use base::time::Timestamp;
use metrics::{Evidence, UserId};

impl Engine {
    pub(crate) fn hand_over_evidence(&mut self, now: Timestamp) -> Vec<Evidence> {
        let Self { crowd, names, recorder, redactor, .. } = self;
        let find = |id| crowd.get(crowd.find(id)?);
        self.observer.hand_over(now, find, Clerk { names, recorder, redactor })
    }

    /// Listens to this user instead of the one before, or to nobody any more.
    pub(crate) fn hear(&mut self, now: Timestamp, user: Option<UserId>) {
        self.observer.listen(user);
        let found = user.and_then(|user| self.crowd.get(self.crowd.find(user)?));
        if let Some(user) = found {
            self.observer.tell(user.id(), now, Audience::Listener, || Told::Met(user.phase()));
        }
        self.pass_on_heard();
    }

    /// At once: a person waits for it.
    pub(crate) fn pass_on_heard(&mut self) {
        let Some((user, notes)) = self.observer.take_heard() else { return };
        let audio = self.populations.get(user.population()).and_then(|population| population.program.audio.as_ref());
        let rate = audio.map_or(0, |audio| audio.rate);
        self.out.push_back(Output::Heard(HeardMoment { user, rate, notes }));
    }

    /// What there is to see of the watched user since the last look; `None`: nobody is watched, or not here.
    pub fn look(&mut self, now: Timestamp, wall_ms: f64) -> Option<Seen> {
        let id = self.observer.watched()?;
        let user = self.crowd.find(id).and_then(|slot| self.crowd.get(slot));
        let watched = user.map(|user| {
            let LocalPopulation { program, utterances, .. } = &self.populations[id.population()];
            let clips = utterances.as_ref().map(|utterances| utterances.names()).unwrap_or_default();
            Watched { user, program, sight: user.sight(program, self.ledger.rooms_of(id), clips) }
        });
        let mut seen = self.observer.look(now, wall_ms, &self.redactor, watched)?;
        self.border().seen(&mut seen);
        Some(seen)
    }

    /// A person acts for this user. Other workers' users are not found here, and that is all.
    pub(crate) fn obey_canary(&mut self, now: Timestamp, wall_ms: f64, user: UserId, order: &Canary) {
        let Some(slot) = self.crowd.find(user) else { return };
        let event = match order {
            Canary::React { frame, .. } => {
                let caught = self.observer.rings().since(user, *frame, usize::MAX).into_iter().next();
                let text = caught.filter(|caught| caught.number == *frame).and_then(|caught| caught.text);
                let program = &self.populations[user.population()].program;
                text.and_then(|text| arguments(program, &text).map(|(_, raw)| raw.to_owned()))
            }
            _ => None,
        };
        self.with_user(now, wall_ms, slot, |user, ctx| user.obey(ctx, order, event));
    }
}
