//! Does in the browser what the model asks for: each feature has its own hands.

use super::store::Store;
use super::{page, plan, results, run, safety, sound, swarm};
use app::Effect;

pub fn run(store: Store, effect: Effect) {
    match effect {
        Effect::Page(effect) => page::run(store, effect),
        Effect::Plan(effect) => plan::effects::run(store, effect),
        Effect::Clips(effect) => sound::run(store, effect),
        Effect::Safety(effect) => safety::run(store, effect),
        Effect::Preflight(effect) => plan::effects::preflight(store, effect),
        Effect::Run(effect) => run::effects::run(store, effect),
        Effect::Listen(effect) => sound::listen(store, effect),
        Effect::Trace(effect) => run::effects::trace(store, effect),
        Effect::Swarm(effect) => swarm::effects::run(store, effect),
        Effect::Results(effect) => results::effects::run(store, effect),
    }
}
