//! Thresholds that an editor proposes: whole expressions, one for each name that a plan's scenarios can produce or that the
//! last run has counted. Their limits are there to be changed.

mod fit;

use std::collections::BTreeSet;

use base::time::Timestamp;
use catalogue::{Better, COMPLETIONS, Counter, Definition, Figure, Metric};
use engine::user::Meters;
use metrics::{Outcome, Recorder, Totals};
use plan::{Plan, Population};
use run::RunResult;
use scenario::Op;

use crate::run::view::measured;

/// What can be measured and counted, by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Names {
    /// Whose they are.
    populations: Vec<Population>,
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
        let mut names = Self { populations: plan.populations.clone(), ..Self::default() };
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
        // What should not happen is not to be asked for.
        let is_bad = |name: &str| Counter::definition_of(name).is_some_and(|it| it.better == Better::Lower);
        let bound = |name: &str| if is_bad(name) { "== 0" } else { "> 0" };
        all.extend(self.counters.iter().map(|name| format!("{name} count {}", bound(name))));
        all
    }

    /// The same after a run: what holds on it. What it has no number for is proposed only if it was a run of another plan.
    pub fn proposals_after(self, run: &RunResult<'_>) -> Vec<String> {
        let is_its_plan = self.populations == run.plan.populations;
        let totals = &*run.totals;
        let fits = |text: String| match fit::is_measured(&text, totals) {
            true => fit::fitted(&text, totals),
            false => (!is_its_plan).then_some(text),
        };
        self.with(totals).proposals().into_iter().filter_map(fits).collect()
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
    use std::borrow::Cow;

    use crate::presets;
    use base::time::Span;
    use metrics::{
        Aggregator, ClosedBy, DisconnectKey, ErrorKey, LedgerDelta, Phase, PopulationConfig, SnapshotPart,
        TotalsConfig, UsersByState,
    };
    use proptest::prelude::*;

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
            "message.incomplete count == 0",
        ] {
            assert!(chat.iter().any(|text| text == expected), "{expected} is not in {chat:?}");
        }
        assert!(!chat.iter().any(|text| text.starts_with("voice.") || text.starts_with("audio.")));
        let voice = proposals("voice-guest");
        for expected in ["answer.first_audio p95 < 300 ms", "voice.starved < 1%", "audio.answers.starved count == 0"] {
            assert!(voice.iter().any(|text| text == expected), "{expected} is not in {voice:?}");
        }
    }

    /// What a run of these times, counts and deliveries adds up to.
    fn totals(samples_ms: &[u64], errors: u64, count: u64, ledger: LedgerDelta) -> Totals {
        let mut recorder = Recorder::new(Timestamp::ZERO);
        for name in ["connect", "message.round_trip", "join"] {
            let series = recorder.series(name, "p");
            samples_ms.iter().for_each(|millis| recorder.sample(Timestamp::ZERO, series, Span::from_millis(*millis)));
        }
        for counter in
            [Counter::Reconnects, Counter::FramesIn, Counter::ConsistencyMissing, Counter::ContractViolations]
        {
            let counter = recorder.counter(counter.name(), "p");
            recorder.count(counter, count);
        }
        for _ in 0..errors {
            let operation = "join".to_owned();
            let key = ErrorKey { population: "p".into(), operation, code: "c".into(), phase: Phase::Flow };
            recorder.error(Timestamp::ZERO, key, String::new);
            let (by, reason) = (ClosedBy::Server, String::new());
            let key = DisconnectKey { population: "p".into(), code: 1006, reason, by, phase: Phase::Flow };
            recorder.disconnect(Timestamp::ZERO, key);
        }
        let population =
            PopulationConfig { name: "p".into(), delivery: Some("message".into()), ..PopulationConfig::default() };
        let config = TotalsConfig { workers: 1, populations: vec![population], ..TotalsConfig::default() };
        let mut adding = Aggregator::new(config);
        let part = SnapshotPart {
            at: Timestamp::ZERO + Span::from_secs(2),
            metrics: &recorder.drain(),
            users: &[UsersByState::default()],
            ledger: &ledger,
            completions: &[],
            health: &Default::default(),
        };
        adding.absorb(0, part);
        adding.into()
    }

    /// What is proposed after a run of the plan that has come to these totals, with how it does by each.
    fn judged(totals: &Totals) -> Vec<(String, Outcome)> {
        let plan = Plan::check(&presets::plan("lab").expect("it is there")).expect("it is a plan");
        let run = RunResult {
            id: "k3f".into(),
            totals: Cow::Borrowed(totals),
            log: Cow::Owned(run::Log::default()),
            status: run::Status::default(),
            finished: true,
            clock_bound: None,
            told: None,
            thresholds: Cow::Owned(Vec::new()),
            search: None,
            search_level: None,
            plan: Cow::Owned(plan.clone()),
        };
        let proposals = Names::of_plan(&plan).proposals_after(&run);
        let outcome = |text: String| (text.clone(), run.threshold(&text.parse().expect(&text)).outcome);
        proposals.into_iter().map(outcome).collect()
    }

    #[test]
    fn a_server_that_sends_own_copies_is_healthy() {
        let ledger = LedgerDelta { sent: 400, due: 400, delivered: 400, own_copies: 400, ..LedgerDelta::default() };
        let judged = judged(&totals(&[10, 20], 0, 0, ledger));
        for expected in ["delivery.duplicated == 0", "delivery.missing == 0", "reconnects count == 0"] {
            assert!(judged.iter().any(|(text, _)| text == expected), "{expected} is not in {judged:?}");
        }
    }

    #[test]
    fn limits_give_way_to_what_the_run_has_shown() {
        let ledger =
            LedgerDelta { sent: 400, due: 400, delivered: 395, missing: 5, duplicated: 31, ..LedgerDelta::default() };
        let judged = judged(&totals(&[600; 9], 4, 3, ledger));
        for expected in
            ["delivery.duplicated <= 50", "delivery.missing <= 5", "disconnects <= 5", "reconnects count <= 3"]
        {
            assert!(judged.iter().any(|(text, _)| text == expected), "{expected} is not in {judged:?}");
        }
        assert!(judged.iter().any(|(text, _)| text == "connect p95 <= 700 ms"), "{judged:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn whatever_the_run_each_proposal_holds_on_it(
            samples in prop::collection::vec(0u64..5_000_000, 0..20),
            (errors, count) in (0u64..40, 0u64..1 << 40),
            (due, missing, duplicated, late) in (0u64..100_000, 0u64..100_000, 0u64..1 << 30, 0u64..1 << 20),
        ) {
            let missing = missing.min(due);
            let ledger = LedgerDelta {
                sent: due, due, delivered: due - missing, missing: missing as i64, duplicated, late, reordered: late, ..LedgerDelta::default()
            };
            let judged = judged(&totals(&samples, errors, count, ledger));
            let broken: Vec<_> = judged.iter().filter(|(_, outcome)| *outcome != Outcome::Pass).collect();
            prop_assert!(broken.is_empty(), "{broken:?}");
            prop_assert!(judged.len() > 3, "{judged:?}");
        }
    }
}
