//! What only the ledger of a worker finds, by name.

use catalogue::Figure;
use metrics::{Completion, FindingKey};

use super::Engine;

impl Engine {
    /// Messages that did not reach everybody are told by name, and so are the first who missed them.
    pub(super) fn tell_missing(&mut self, completions: &[Completion]) {
        let missed = self.ledger.take_missed();
        for Completion { sender, sequence, missing, .. } in completions.iter().filter(|message| message.missing > 0) {
            let Some(population) = self.populations.get(sender.population()) else { continue };
            let finding = Figure::Missing.name().to_owned();
            let key = FindingKey { population: population.name.clone(), finding };
            let of_it = missed.iter().find(|it| (it.sender, it.sequence) == (*sender, *sequence));
            let about = || {
                let message = self.names.message(*sender, *sequence);
                match of_it {
                    Some(it) => format!("{message}, missed by {}", self.names.some(&it.by, *missing)),
                    None => format!("{message}, missed by {missing} members"),
                }
            };
            self.recorder.findings(key, u64::from(*missing), std::iter::once_with(about));
        }
    }
}
