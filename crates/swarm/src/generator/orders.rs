//! What a conductor orders, and how far a generator obeys.

use super::part::Playing;
use super::{Generator, GeneratorOutput};
use crate::bounds::Share;
use crate::message::{Consent, Order, Said, What};
use engine::wire::ToWorker;
use plan::Action;
use run::trial;

impl Generator {
    pub(super) fn on_order(&mut self, run: String, number: u64, order: Order) {
        let is_new = self.playing.as_ref().is_none_or(|playing| playing.run != run);
        match &mut self.playing {
            None if !matches!(order, Order::Begin { .. }) => return,
            Some(playing) if !is_new && number < playing.obeyed => return,
            Some(playing) if !is_new => playing.obeyed = number + 1,
            _ => {
                // Another run: what is left of the one before is nobody's any more.
                self.out.push_back(GeneratorOutput::Dismiss);
                self.out.push_back(GeneratorOutput::Forget { below: u64::MAX });
                self.playing = Some(Playing { obeyed: number + 1, ..Playing::new(run, 0) });
            }
        }
        if let Err(what) = order.plausible(self.clock.map(|clock| self.now_ms + clock.offset)) {
            return self.distrust(&order, &what.to_string());
        }
        match order {
            Order::Begin { workers } => self.begin(workers),
            Order::Worker { worker, message } => self.obey(worker, *message),
            Order::End => {
                self.end();
                self.say_card();
            }
        }
    }

    /// Nobody in his right mind asks for that: what plays here stops.
    fn distrust(&mut self, order: &Order, what: &str) {
        self.refused += 1;
        let why = format!("its conductor asked for {what}");
        match order {
            Order::Worker { worker, message } if matches!(**message, ToWorker::Load(_)) => {
                self.on_worker_died(*worker, why);
            }
            Order::Begin { .. } => self.on_worker_died(0, why),
            _ => self.stop_because(&why),
        }
    }

    pub(super) fn end(&mut self) {
        self.out.push_back(GeneratorOutput::Dismiss);
        self.out.push_back(GeneratorOutput::Forget { below: u64::MAX });
        self.playing = None;
    }

    /// Starts workers up to this number.
    fn begin(&mut self, workers: u32) {
        let Some(playing) = &mut self.playing else { return };
        let before = std::mem::replace(&mut playing.workers, workers);
        if self.card.consent != Consent::Given || playing.is_over {
            self.refused += 1;
            let why = if playing.is_over { "its operator stopped it" } else { "its operator has not allowed this run" };
            let why = why.to_owned();
            return (before..workers).for_each(|worker| self.on_worker_died(worker, why.clone()));
        }
        self.out.push_back(GeneratorOutput::Spawn { workers });
        self.say_card();
    }

    fn obey(&mut self, worker: u32, message: ToWorker) {
        let Some(playing) = &mut self.playing else { return };
        let message = match message {
            ToWorker::Load(_) if self.card.consent != Consent::Given && playing.shares.is_empty() => return,
            ToWorker::Load(load) => match self.bounds.check(*load, &self.agreements) {
                Ok((mut load, agreed)) => {
                    load.trial = trial(&load.plan, self.places.iter().cloned());
                    playing.samples = agreed.samples;
                    playing.shares.insert(worker, Share::new(&load));
                    ToWorker::Load(Box::new(load))
                }
                Err(why) => {
                    self.refused += 1;
                    return self.on_worker_died(worker, why.to_string());
                }
            },
            ToWorker::Start { epoch_ms, shared } => {
                let Some(clock) = self.clock else {
                    return self
                        .on_worker_died(worker, "its clock could not be compared with the conductor's".to_owned());
                };
                let ours = epoch_ms - clock.offset;
                playing.epoch_ms = Some((epoch_ms, ours));
                playing.silence.expect(worker);
                ToWorker::Start { epoch_ms: ours, shared }
            }
            ToWorker::Act(mut action) => {
                let most = playing.shares.get(&worker).map_or(0, |share| self.bounds.most_of_run(share));
                playing.limits_met.remove(&worker);
                if let Action::Users { users, .. } = &mut action.action
                    && *users > most
                {
                    let text =
                        format!("a part of {users} users would be more than it can hold: it plays that of {most}");
                    playing.limits_met.insert(worker, [text.clone()].into());
                    playing.said.push(Said { worker, what: What::Limited(text) });
                    *users = most;
                }
                if let (Action::Users { users, .. }, Some(share)) = (&action.action, playing.shares.get_mut(&worker)) {
                    share.own = share.own.max(share.of(*users));
                }
                ToWorker::Act(action)
            }
            // Not more than its operator allows in this browser, all workers together.
            ToWorker::TakeIn { guests, most } => {
                let most = most.min(self.bounds.users.saturating_sub(playing.users()));
                if let Some(share) = playing.shares.get_mut(&worker) {
                    share.guests = share.guests.saturating_add(most.min(guests.len() as u32));
                }
                ToWorker::TakeIn { guests, most }
            }
            // It would hand over what servers answered it.
            ToWorker::Prepare { .. } if !playing.samples => {
                self.refused += 1;
                let why = "it prepares nothing for others: its operator sends no samples of answers".to_owned();
                return self.on_worker_died(worker, why);
            }
            other => other,
        };
        self.out.push_back(GeneratorOutput::Tell { worker, message: Box::new(message) });
    }
}
