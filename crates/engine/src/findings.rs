//! What only the ledger of a worker finds, by name.

use crate::user::message_of;
use catalogue::Figure;
use metrics::{Completion, FindingKey};

use super::Engine;

impl Engine {
    /// Messages that did not reach everybody are told by name.
    pub(super) fn tell_missing(&mut self, completions: &[Completion]) {
        for Completion { sender, sequence, missing, .. } in completions.iter().filter(|message| message.missing > 0) {
            let Some(population) = self.populations.get(sender.population()) else { continue };
            let finding = Figure::Missing.name().to_owned();
            let key = FindingKey { population: population.name.clone(), finding };
            let about = || format!("{}, not at {missing} of its members", message_of(*sender, *sequence));
            self.recorder.findings(key, u64::from(*missing), std::iter::once_with(about));
        }
    }
}
