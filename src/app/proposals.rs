//! Thresholds that an editor proposes: whole expressions, one for each name that a plan's scenarios can produce or that the
//! last run has counted. Their limits are there to be changed.

use std::collections::BTreeSet;

use crate::metrics::{Outcome, Recorder, Totals};
use crate::plan::{Plan, Threshold};
use crate::scenario::Op;
use crate::time::Timestamp;
use crate::user::Meters;

use super::run_view::measured;

/// What can be measured and counted, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    metrics: BTreeSet<String>,
    counters: BTreeSet<String>,
    operations: BTreeSet<String>,
    /// Somebody speaks.
    has_voice: bool,
    /// Messages are followed by the ledger.
    has_ledger: bool,
}

impl Names {
    /// What the plan's scenarios can produce: the very names that its users register.
    pub fn of_plan(plan: &Plan) -> Self {
        let mut names = Self::default();
        for population in &plan.populations {
            let Ok(program) = population.program() else { continue };
            let mut recorder = Recorder::new(Timestamp::ZERO);
            let _ = Meters::new(&program, &population.name, 0, &mut recorder);
            names.metrics.extend(recorder.metric_names().map(str::to_owned));
            names.counters.extend(recorder.counter_names().map(str::to_owned));
            names.has_voice |= program.audio.is_some();
            for op in &program.ops {
                if let Op::Emit(emit) = op
                    && let Some(event) = emit.event.as_constant().and_then(serde_json::Value::as_str)
                {
                    names.counters.insert(format!("events.out.{event}"));
                }
            }
            if let Some(delivery) = &program.delivery {
                let operation = &program.operations[usize::from(delivery.operation.0)];
                names.has_ledger = true;
                names.counters.insert(format!("{operation}.incomplete"));
                names.metrics.extend(["first", "median", "last"].map(|part| format!("{operation}.completion.{part}")));
            }
            names.operations.extend(program.operations.iter().cloned());
        }
        names.metrics.insert("worker.lag".to_owned());
        names
    }

    /// With what a run has seen.
    #[must_use]
    pub fn with(mut self, totals: &Totals) -> Self {
        self.metrics.extend(totals.histograms().map(|(name, ..)| name.to_owned()));
        self.counters.extend(totals.counters().map(|(name, ..)| name.to_owned()));
        self.operations.extend(totals.operations().into_keys());
        self
    }

    /// One expression for each name, what most people ask for first.
    pub fn proposals(&self) -> Vec<String> {
        let mut all = Vec::new();
        let (first, other): (Vec<_>, Vec<_>) = self.metrics.iter().partition(|name| is_asked_first(name));
        all.extend(first.into_iter().map(|name| format!("{name} p95 < 300 ms")));
        all.push("errors rate < 1%".to_owned());
        if self.has_ledger {
            all.extend(
                ["delivery.missing == 0", "delivery.duplicated == 0", "delivery.reordered == 0", "delivery.late < 1%"]
                    .map(str::to_owned),
            );
        }
        if self.has_voice {
            all.extend(
                ["voice.starved < 1%", "voice.underruns == 0", "voice.real_time_factor >= 1"].map(str::to_owned),
            );
        }
        all.push("disconnects == 0".to_owned());
        all.extend(self.operations.iter().map(|name| format!("errors[{name}] rate < 1%")));
        all.extend(other.into_iter().map(|name| format!("{name} p95 < 300 ms")));
        all.extend(self.counters.iter().map(|name| format!("{name} count > 0")));
        all
    }
}

/// How the page's run does by an expression that is being typed: the value with its unit, and whether it holds. `None`: it is no expression.
pub fn value_now(text: &str, totals: &Totals) -> Option<(String, Outcome)> {
    let result = text.parse::<Threshold>().ok()?.evaluate(totals);
    Some((measured(&result), result.outcome))
}

fn is_asked_first(metric: &str) -> bool {
    [".round_trip", ".first_audio", ".fanout"].iter().any(|ending| metric.ends_with(ending)) || metric == "connect"
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::app::presets;

    #[test]
    fn every_proposal_for_every_preset_is_a_threshold() {
        for preset in presets::plans() {
            let plan = Plan::check(&presets::plan(&preset.id).unwrap()).unwrap();
            let proposals = Names::of_plan(&plan).proposals();
            for text in &proposals {
                text.parse::<Threshold>().unwrap_or_else(|error| panic!("{text}: {error}"));
            }
            let unique: BTreeSet<_> = proposals.iter().collect();
            assert_eq!(unique.len(), proposals.len(), "{}", preset.id);
        }
    }

    #[test]
    fn names_are_those_of_the_plan_s_scenarios() {
        let proposals = |id| Names::of_plan(&Plan::check(&presets::plan(id).unwrap()).unwrap()).proposals();
        let chat = proposals("lab");
        assert_eq!(chat[0], "connect p95 < 300 ms");
        for expected in [
            "message.round_trip p95 < 300 ms",
            "message.completion.last p95 < 300 ms",
            "delivery.missing == 0",
            "errors[join] rate < 1%",
            "events.out.chatMessage count > 0",
            "message.incomplete count > 0",
        ] {
            assert!(chat.iter().any(|text| text == expected), "{expected} is not in {chat:?}");
        }
        assert!(!chat.iter().any(|text| text.starts_with("voice.") || text.starts_with("audio.")));
        let voice = proposals("voice-guest");
        for expected in ["answer.first_audio p95 < 300 ms", "voice.starved < 1%", "audio.answers.starved count > 0"] {
            assert!(voice.iter().any(|text| text == expected), "{expected} is not in {voice:?}");
        }
    }
}
