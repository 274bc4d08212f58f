//! Thresholds that an editor proposes: whole expressions, one for each name that a plan's scenarios can produce or that the
//! last run has counted. Their limits are there to be changed.

use std::collections::BTreeSet;

use base::time::Timestamp;
use catalogue::{COMPLETIONS, Counter, Definition, Figure, Metric};
use engine::user::Meters;
use metrics::{Outcome, Recorder, Totals};
use plan::Plan;
use run::RunResult;
use scenario::Op;

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
                    names.counters.insert(Counter::EventsOut.of(event));
                }
            }
            if let Some(delivery) = &program.delivery {
                let operation = &program.operations[usize::from(delivery.operation.0)];
                names.has_ledger = true;
                names.counters.insert(Counter::Incomplete.of(operation));
                names.metrics.extend(COMPLETIONS.map(|metric| metric.of(operation)));
            }
            names.operations.extend(program.operations.iter().cloned());
        }
        names.metrics.insert(Metric::WorkerLag.name().to_owned());
        names
    }

    /// With what a run has seen.
    #[must_use]
    pub fn with(mut self, totals: &Totals) -> Self {
        self.metrics.extend(totals.histograms().map(|(name, ..)| name.to_owned()));
        self.counters.extend(totals.counters().map(|(name, ..)| name.to_owned()));
        self.operations.extend(totals.operations().keys().cloned());
        self
    }

    /// One expression for each name, what most people ask for first.
    pub fn proposals(&self) -> Vec<String> {
        let mut all = Vec::new();
        let (first, other): (Vec<_>, Vec<_>) = self.metrics.iter().partition(|name| is_asked_first(name));
        all.extend(first.into_iter().map(|name| format!("{name} p95 < 300 ms")));
        all.push(format!("{} rate < 1%", Figure::Errors.name()));
        if self.has_ledger {
            let bounds = [
                (Figure::Missing, "== 0"),
                (Figure::Duplicated, "== 0"),
                (Figure::Reordered, "== 0"),
                (Figure::Late, "< 1%"),
            ];
            all.extend(bounds.map(|(figure, bound)| format!("{} {bound}", figure.name())));
        }
        if self.has_voice {
            let bounds = [(Figure::Starved, "< 1%"), (Figure::Underruns, "== 0"), (Figure::RealTimeFactor, ">= 1")];
            all.extend(bounds.map(|(figure, bound)| format!("{} {bound}", figure.name())));
        }
        all.push(format!("{} == 0", Figure::Disconnects.name()));
        all.extend(self.operations.iter().map(|name| format!("errors[{name}] rate < 1%")));
        all.extend(other.into_iter().map(|name| format!("{name} p95 < 300 ms")));
        all.extend(self.counters.iter().map(|name| format!("{name} count > 0")));
        all
    }
}

/// How the page's run does by an expression that is being typed: the value with its unit, and whether it holds. `None`: it is no expression.
pub fn value_now(text: &str, run: &RunResult<'_>) -> Option<(String, Outcome)> {
    let result = run.threshold(&text.parse().ok()?);
    Some((measured(&result), result.outcome))
}

/// What a threshold can look like.
pub fn examples() -> [String; 3] {
    let round_trip = Metric::RoundTrip.of("message");
    [
        format!("{round_trip} p95 < 300 ms"),
        format!("{} == 0", Figure::Missing.name()),
        format!("{} rate < 1% for 30 s abort", Figure::Errors.name()),
    ]
}

/// What a threshold on a pinned baseline can look like.
pub fn example_of_baseline() -> String {
    format!("{} p95 <= baseline + 10%", Metric::RoundTrip.of("message"))
}

fn is_asked_first(metric: &str) -> bool {
    Metric::read(metric).definition().rank != Definition::UNRANKED
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn every_proposal_for_every_preset_is_a_threshold() {
        for preset in presets::plans() {
            let plan = Plan::check(&presets::plan(&preset.id).unwrap()).unwrap();
            let proposals = Names::of_plan(&plan).proposals();
            for text in &proposals {
                text.parse::<plan::Threshold>().unwrap_or_else(|error| panic!("{text}: {error}"));
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
