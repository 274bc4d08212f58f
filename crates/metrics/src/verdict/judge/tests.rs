use super::*;
use crate::totals::{EndedBy, LoadEnd};
use crate::{
    Completion, HealthDelta, LedgerDelta, PopulationConfig, Recorder, SnapshotPart, TotalsConfig, UserId, UsersByState,
};
use base::time::Span;
use catalogue::Counter;
use plan::{Expectation, VerdictRules};

/// What the workers of a run do in one second: two load workers (here and at Kim's), then the probes of both browsers.
#[derive(Clone, Copy)]
struct Second {
    /// How late the timers of the first load worker fired, and its users' steps began, ms.
    lag: u64,
    pacing: u64,
    /// What the load sees here and at Kim's, and the probes here and at Kim's, ms.
    fanout: [u64; 4],
    hidden: bool,
    held: u32,
    buffered: u64,
}

const CALM: Second = Second { lag: 2, pacing: 1, fanout: [10; 4], hidden: false, held: 0, buffered: 0 };

/// So many seconds of each kind, in order.
fn totals(story: &[(u64, Second)], warmup_s: u64, clock_bound_ms: u64) -> Totals {
    added_up(story, warmup_s, clock_bound_ms, &[]).into()
}

/// The same with these thresholds, as a run follows them.
fn added_up(story: &[(u64, Second)], warmup_s: u64, clock_bound_ms: u64, thresholds: &[&str]) -> crate::Aggregator {
    let population = PopulationConfig { name: "p".into(), delivery: Some("message".into()), ..<_>::default() };
    let kim = || Some("Kim".to_owned());
    let warmup_end = Timestamp::ZERO + Span::from_secs(warmup_s);
    let mut adding = crate::Aggregator::new(TotalsConfig {
        workers: 4,
        probes: vec![2, 3],
        browsers: vec![None, kim(), None, kim()],
        sockets: vec![254; 4],
        populations: vec![population],
        warmup_end,
        thresholds: thresholds.iter().map(|text| text.parse().expect("an expression")).collect(),
        ..<_>::default()
    });
    adding.set_clock_bound(Span::from_millis(clock_bound_ms));
    let mut at = Timestamp::ZERO;
    let mut sequence = 0_u32;
    let seconds = story.iter().flat_map(|(times, second)| std::iter::repeat_n(second, *times as usize));
    for second in seconds {
        adding.hidden(at, second.hidden);
        let sent_at = at;
        at += Span::from_secs(1);
        for worker in 0..4 {
            let is_first = worker == 0;
            let mut recorder = Recorder::new(warmup_end);
            let fanout = recorder.series("message.fanout", "p");
            let pacing = recorder.series("pacing.error", "p");
            if is_first && second.lag > 50 {
                recorder.stood_still(Timestamp::from_micros(at.as_micros() - 1_000 * second.lag), at);
            }
            for _ in 0..10 {
                recorder.sample(at, fanout, Span::from_millis(second.fanout[worker]));
                recorder.sample(at, pacing, Span::from_millis(if is_first { second.pacing } else { 1 }));
            }
            let health = HealthDelta {
                lag: vec![Span::from_millis(if is_first { second.lag } else { 2 })],
                sockets_open: 127,
                held: if is_first { second.held } else { 0 },
                buffered_max: second.buffered,
                ..HealthDelta::default()
            };
            let latencies = (1_000 * second.fanout[worker] as u32).to_le_bytes().to_vec();
            let completion = |number| Completion {
                sender: UserId::new(0, 0),
                sequence: sequence + number,
                sent_at,
                missing: 0,
                latencies: latencies.clone(),
            };
            let completions: Vec<_> = (0..10).map(completion).collect();
            let (metrics, users, ledger) = (&recorder.drain(), &[UsersByState::default()], &LedgerDelta::default());
            adding.absorb(
                worker,
                SnapshotPart { at, metrics, users, ledger, completions: &completions, health: &health },
            );
        }
        sequence += 10;
    }
    adding.finish();
    adding
}

fn verdict(totals: &Totals, thresholds: &[&str], problem: Option<&str>, so_far: bool) -> Verdict {
    let of = |text: &&str| ThresholdResult::at_a_glance(&text.parse().expect("an expression"), totals);
    let thresholds: Vec<_> = thresholds.iter().map(of).collect();
    let rules = &VerdictRules::default();
    RunJudgement::of(JudgedRun { rules, totals, thresholds: Some(&thresholds), problem, so_far }).verdict
}

/// What becomes of a run that follows these thresholds.
fn followed(story: &[(u64, Second)], thresholds: &[&str], problem: Option<&str>, so_far: bool) -> RunJudgement {
    let (rules, run) = (&VerdictRules::default(), added_up(story, 0, 0, thresholds));
    let thresholds = run.thresholds();
    RunJudgement::of(JudgedRun { rules, totals: run.totals(), thresholds: Some(&thresholds), problem, so_far })
}

#[track_caller]
fn check(story: &[(u64, Second)], thresholds: &[&str], outcome: VerdictOutcome, reasons: &[ReasonKind]) -> Verdict {
    let verdict = followed(story, thresholds, None, false).verdict;
    let found: Vec<_> = verdict.reasons.iter().map(|reason| reason.what).collect();
    assert_eq!((verdict.outcome, found.as_slice()), (outcome, reasons), "{verdict:#?}");
    verdict
}

const KEPT: &[&str] = &["message.fanout p95 < 300 ms"];
const BROKEN: &[&str] = &["message.fanout p95 < 1 ms"];

#[test]
fn a_search_s_thresholds_are_not_the_run_s() {
    let totals = totals(&[(10, CALM)], 0, 0);
    let rules = VerdictRules::default();
    let case = JudgedRun { rules: &rules, totals: &totals, thresholds: None, problem: None, so_far: false };
    let verdict = RunJudgement::of(case).verdict;
    let found: Vec<_> = verdict.reasons.iter().map(|reason| reason.what).collect();
    assert_eq!((verdict.outcome, found), (VerdictOutcome::Pass, vec![ReasonKind::Search]));
}

#[test]
fn a_healthy_run_is_judged_by_its_thresholds() {
    use ReasonKind::{NoThresholds, ThresholdFailed, ThresholdNotMeasured};
    check(&[(10, CALM)], KEPT, VerdictOutcome::Pass, &[]);
    check(&[(10, CALM)], &[], VerdictOutcome::Pass, &[NoThresholds]);
    let failed = check(&[(10, CALM)], BROKEN, VerdictOutcome::Fail, &[ThresholdFailed]);
    assert_eq!(failed.reasons[0].text, "message.fanout p95 < 1 ms: 10 ms.");
    check(&[(10, CALM)], &["history p95 < 1 s"], VerdictOutcome::Invalid, &[ThresholdNotMeasured]);
    // A slow server is slow for the probes as well.
    let slow = Second { fanout: [900; 4], ..CALM };
    check(&[(20, slow)], KEPT, VerdictOutcome::Fail, &[ThresholdFailed]);
}

#[test]
fn a_generator_that_was_late_by_itself_makes_a_run_invalid() {
    use ReasonKind::{PacingError, SuspectSamples, ThresholdFailed, ThresholdNotJudged, WorkerLag};
    let lagging = Second { lag: 300, fanout: [40, 10, 10, 10], ..CALM };
    let late = check(
        &[(10, lagging)],
        &["message.fanout p95 < 30 ms"],
        VerdictOutcome::Invalid,
        &[WorkerLag, ThresholdNotJudged],
    );
    let reason = &late.reasons[0];
    assert_eq!((reason.worker, reason.since_s, reason.limit), (Some(0), Some(1.0), Some(10.0)));
    assert_eq!(
        reason.text,
        "In 50 % of the run timers fired more than 50 ms late in the conductor's browser: what it measured is its own delay."
    );
    // What nobody was late for is broken all the same.
    let broken = check(&[(10, lagging)], BROKEN, VerdictOutcome::Fail, &[ThresholdFailed, WorkerLag]);
    let text = "`message.fanout p95 < 1 ms` is broken: 40 ms. The generators were the bottleneck: the generator was late in 50 % of the run.";
    assert_eq!(broken.sentence, text);
    check(&[(6, lagging)], BROKEN, VerdictOutcome::Fail, &[ThresholdFailed, WorkerLag]);
    let p95_of_a_time = ["message.fanout p95 < 1 ms for 3 s"];
    check(&[(10, lagging)], &p95_of_a_time, VerdictOutcome::Invalid, &[WorkerLag, ThresholdNotJudged]);
    check(&[(10, lagging)], &["message.fanout rate > 500"], VerdictOutcome::Invalid, &[WorkerLag, ThresholdNotJudged]);
    let paced = Second { pacing: 80, ..CALM };
    check(&[(10, paced)], KEPT, VerdictOutcome::Invalid, &[PacingError, ThresholdNotJudged]);
    // Two seconds by its timers and two by its users' steps are four seconds that it was late.
    let lagging = Second { lag: 300, ..CALM };
    let both = [WorkerLag, PacingError, ThresholdNotJudged];
    check(&[(6, CALM), (2, lagging), (2, paced)], KEPT, VerdictOutcome::Invalid, &both);
    // A tenth of the run at most, or less than three seconds: worth a remark.
    check(&[(20, CALM), (4, lagging)], KEPT, VerdictOutcome::Pass, &[SuspectSamples]);
    check(&[(4, CALM), (2, lagging)], KEPT, VerdictOutcome::Pass, &[SuspectSamples]);
    check(&[(40, CALM), (6, lagging)], BROKEN, VerdictOutcome::Fail, &[ThresholdFailed, SuspectSamples]);
    let hidden = Second { hidden: true, ..lagging };
    let hidden = check(&[(10, hidden)], KEPT, VerdictOutcome::Invalid, &[WorkerLag, ThresholdNotJudged]);
    assert!(hidden.reasons[0].text.contains("whose page was hidden meanwhile"), "{hidden:?}");
    check(&[(10, Second { hidden: true, ..CALM })], KEPT, VerdictOutcome::Pass, &[]);
    // The server may have stopped to read: that alone blames nobody.
    let full_buffers = Second { buffered: 2_000_000, ..CALM };
    check(&[(10, full_buffers)], BROKEN, VerdictOutcome::Fail, &[ThresholdFailed, SuspectSamples]);
}

/// Times of 900 ms, of each of which the worker stood still for 300 ms (and caught up for 75 ms).
#[test]
fn what_is_left_without_standing_still_breaks_a_threshold() {
    #[track_caller]
    fn check(threshold: &str, causes: HealthDelta, broken: bool) {
        let at = |millis: u64| Timestamp::ZERO + Span::from_millis(millis);
        let mut adding = crate::Aggregator::new(TotalsConfig {
            workers: 1,
            populations: vec![PopulationConfig { name: "p".into(), ..<_>::default() }],
            thresholds: vec![threshold.parse().expect("an expression")],
            ..<_>::default()
        });
        let mut recorder = Recorder::new(Timestamp::ZERO);
        let series = recorder.series("message.round_trip", "p");
        recorder.stood_still(at(200), at(500));
        (0..1_000).for_each(|_| recorder.sample(at(1_000), series, Span::from_millis(900)));
        let (metrics, users, ledger) = (&recorder.drain(), &[UsersByState::default()], &LedgerDelta::default());
        adding.absorb(0, SnapshotPart { at: at(1_000), metrics, users, ledger, completions: &[], health: &causes });
        adding.finish();
        let [result] = &adding.thresholds()[..] else { panic!("there is one") };
        assert_eq!(result.outcome, Outcome::Fail, "{threshold}: it is what was measured");
        assert_eq!(result.is_broken_for_certain(&threshold.parse().expect("an expression")), broken, "{threshold}");
    }
    let calm = HealthDelta::default;
    check("message.round_trip p95 < 500 ms", calm(), true);
    check("message.round_trip mean <= 500 ms", calm(), true);
    check("message.round_trip p95 < 800 ms", calm(), false);
    // That it took at most so long says nothing about a time that ought to be long.
    check("message.round_trip p50 > 1 s", calm(), false);
    // How long its frames waited in a socket, nobody knows.
    check("message.round_trip p95 < 500 ms", HealthDelta { buffered_max: 2_000_000, ..calm() }, false);
}

#[test]
fn the_warm_up_is_not_judged() {
    let totals = totals(&[(8, Second { lag: 300, fanout: [900, 10, 10, 10], ..CALM }), (8, CALM)], 8, 0);
    // The window still sees the end of the warm-up for a while.
    let kinds: Vec<_> = verdict(&totals, KEPT, None, false).reasons.iter().map(|reason| reason.what).collect();
    assert!(!kinds.contains(&ReasonKind::WorkerLag), "{kinds:?}");
}

#[test]
fn a_load_that_sees_less_than_a_probe_is_the_bottleneck() {
    use ReasonKind::{BehindProbe, ThresholdNotJudged};
    // Its worker is behind its own probe.
    let flooded = Second { fanout: [900, 10, 10, 10], ..CALM };
    let behind = check(&[(20, flooded)], KEPT, VerdictOutcome::Invalid, &[BehindProbe, ThresholdNotJudged]);
    let text = "The conductor's browser saw messages up to 890 ms later than its own probe, which has a worker to itself \
                (900 ms beside 10 ms).";
    assert_eq!((behind.reasons[0].text.as_str(), behind.reasons[0].browser.as_deref()), (text, None));
    // A whole browser is behind: its own probe cannot tell, but the other one's can.
    let drowned = Second { fanout: [10, 900, 10, 890], ..CALM };
    let behind = check(&[(20, drowned)], KEPT, VerdictOutcome::Invalid, &[BehindProbe, ThresholdNotJudged]);
    let text = "Kim saw messages up to 890 ms later than the probe of the conductor's browser (900 ms beside 10 ms).";
    assert_eq!((behind.reasons[0].text.as_str(), behind.reasons[0].browser.as_deref()), (text, Some("Kim")));
    // A little later is no bottleneck.
    check(&[(20, Second { fanout: [55, 10, 10, 10], ..CALM })], KEPT, VerdictOutcome::Pass, &[]);
    check(&[(20, Second { fanout: [290, 280, 200, 200], ..CALM })], KEPT, VerdictOutcome::Pass, &[]);
}

#[test]
fn a_full_browser_makes_a_run_invalid() {
    let held = Second { held: 6, ..CALM };
    let full = check(&[(3, CALM), (5, held)], KEPT, VerdictOutcome::Invalid, &[ReasonKind::BrowserFull]);
    let text = "The conductor's browser is full at 254 sockets: 6 users could not connect. \
                That is the browser's limit, not the server's.";
    assert_eq!((full.reasons[0].text.as_str(), full.reasons[0].since_s), (text, Some(4.0)));
}

#[test]
fn what_two_clocks_cannot_decide_is_not_decided() {
    #[track_caller]
    fn check(clock_bound_ms: u64, threshold: &str, outcome: VerdictOutcome) {
        let verdict = verdict(&totals(&[(10, CALM)], 0, clock_bound_ms), &[threshold], None, false);
        assert_eq!(verdict.outcome, outcome, "{verdict:#?}");
    }
    check(4, "message.fanout p95 < 15 ms", VerdictOutcome::Pass);
    check(6, "message.fanout p95 < 15 ms", VerdictOutcome::Invalid);
    check(6, "message.fanout p95 < 5 ms", VerdictOutcome::Invalid);
    check(6, "message.fanout count > 1", VerdictOutcome::Pass);
}

#[test]
fn a_run_that_is_not_what_was_planned_is_worth_nothing() {
    let broken = verdict(&totals(&[(10, CALM)], 0, 0), KEPT, Some("worker 1 of 2 broke"), false);
    assert_eq!((broken.outcome, broken.reasons[0].what), (VerdictOutcome::Invalid, ReasonKind::Incomplete));
    assert_eq!(broken.reasons[0].text, "The run is not what was planned: worker 1 of 2 broke.");
    let nothing = verdict(&Totals::default(), KEPT, Some("nothing listens"), false);
    assert_eq!(nothing.outcome, VerdictOutcome::Invalid);
}

#[test]
fn what_is_not_measured_yet_is_no_failure_yet() {
    let not_yet = ["history p95 < 1 s"];
    let totals = totals(&[(1, CALM)], 0, 0);
    assert_eq!(verdict(&totals, &not_yet, None, true).outcome, VerdictOutcome::Pass);
    assert_eq!(verdict(&totals, &not_yet, None, false).outcome, VerdictOutcome::Invalid);
    assert_eq!(verdict(&totals, BROKEN, None, true).outcome, VerdictOutcome::Fail);
}

#[test]
fn thresholds_that_the_clocks_cannot_judge_are_named_before_the_start() {
    #[track_caller]
    fn check(threshold: &str, bound_ms: f64, expected: bool) {
        let plan = serde_json::json!({
            "version": 1, "name": "t", "thresholds": [threshold],
            "populations": [{ "name": "p", "scenario": "ktb-chat", "load": {
                "model": "closed", "start": 1, "stages": [{ "duration_s": 9, "target": 1 }],
            }}],
        });
        let plan = Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let doubts = clock_doubts(&plan, bound_ms);
        assert_eq!(!doubts.is_empty(), expected, "{threshold} within {bound_ms} ms: {doubts:?}");
    }
    check("message.fanout p95 < 100 ms", 106.0, true);
    check("message.fanout p95 < 200 ms", 106.0, true);
    check("message.completion.last p95 < 100 ms", 106.0, true);
    check("message.fanout p95 < 100 ms", 2.0, false);
    check("message.fanout p95 < 100 ms", 0.0, false);
    // Within one browser clocks play no part.
    check("message.round_trip p95 < 100 ms", 106.0, false);
    check("delivery.missing == 0", 106.0, false);
}

#[test]
fn of_a_run_that_lost_a_worker_only_a_certain_failure_stands() {
    #[track_caller]
    fn check(threshold: &str, problem: Option<&str>, late: bool, expected: VerdictOutcome) {
        let second = if late { Second { lag: 500, fanout: [40, 10, 10, 10], ..CALM } } else { CALM };
        let verdict = followed(&[(30, second)], &[threshold], problem, true).verdict;
        assert_eq!(verdict.outcome, expected, "{verdict:#?}");
    }
    use VerdictOutcome::{Fail, Invalid, Pass};
    let lost = Some("worker 1 of 3 is silent since 12.3 s");
    check("message.fanout max < 1 ms", None, false, Fail);
    // Nothing that is still to come makes the slowest message faster, or a count smaller.
    check("message.fanout max < 1 ms", lost, false, Fail);
    check("message.fanout count < 5", lost, false, Fail);
    check("message.fanout p95 < 1 ms", lost, false, Invalid);
    check("message.fanout count > 1000000", lost, false, Invalid);
    check("message.fanout max < 300 ms", lost, false, Invalid);
    check("message.fanout max < 300 ms", None, false, Pass);
    // A generator that was late has measured itself.
    check("message.fanout max < 30 ms", lost, true, Invalid);
    check("message.fanout max < 1 ms", lost, true, Fail);
}

/// A run whose users ended like this, judged by what is expected of every run.
fn expected_of(users: UsersByState, ending: Option<LoadEnd>) -> RunJudgement {
    let thresholds = Expectation::ALL.iter().map(|one| one.expression().parse().expect("an expression")).collect();
    let populations = vec![PopulationConfig { name: "p".into(), ..<_>::default() }];
    let mut adding = crate::Aggregator::new(TotalsConfig { workers: 1, populations, thresholds, ..<_>::default() });
    let mut recorder = Recorder::new(Timestamp::ZERO);
    for _ in 0..users.failed {
        let (operation, code) = ("connect".to_owned(), "Invalid session".to_owned());
        let key = crate::ErrorKey { population: "p".into(), operation, code, phase: crate::Phase::Connecting };
        recorder.error(Timestamp::ZERO, key, String::new);
    }
    let (metrics, ledger, health) = (&recorder.drain(), &LedgerDelta::default(), &HealthDelta::default());
    let at = Timestamp::ZERO + Span::from_secs(44);
    adding.absorb(0, SnapshotPart { at, metrics, users: &[users], ledger, completions: &[], health });
    let so_far = ending.is_none();
    ending.into_iter().for_each(|ending| adding.stopping(ending));
    let (rules, thresholds) = (&VerdictRules::default(), adding.thresholds());
    RunJudgement::of(JudgedRun { rules, totals: adding.totals(), thresholds: Some(&thresholds), problem: None, so_far })
}

#[test]
fn what_is_expected_of_every_run_is_judged() {
    #[track_caller]
    fn check(users: UsersByState, ending: Option<LoadEnd>, outcome: VerdictOutcome, sentence: &str) {
        let found = expected_of(users, ending).verdict;
        assert_eq!((found.outcome, found.sentence.as_str()), (outcome, sentence), "{found:#?}");
    }
    use VerdictOutcome::{Fail, Invalid, Pass};
    let seconds = |seconds: u64| Timestamp::ZERO + Span::from_secs(seconds);
    let ended = |by| Some(LoadEnd { by, at: seconds(44), planned: seconds(95) });
    let (done, holds) =
        (UsersByState { done: 200, ..<_>::default() }, "Every threshold holds, and the generators kept up.");
    check(done, ended(EndedBy::Plan), Pass, holds);
    check(UsersByState { active: 200, ..<_>::default() }, None, Pass, holds);
    let failed = UsersByState { done: 199, failed: 1, ..<_>::default() };
    let text = "1 of 200 users failed; the most frequent error is connect Invalid session (1).";
    check(failed, ended(EndedBy::Plan), Fail, text);
    // Who went with a worker has not failed: nobody knows.
    let lost_with_a_worker = UsersByState { done: 190, failed: 10, lost: 10, ..<_>::default() };
    let text = format!("{holds} 10 of 10 attempts failed: no threshold is about that.");
    check(lost_with_a_worker, ended(EndedBy::Plan), Pass, &text);
    let reasons = expected_of(lost_with_a_worker, ended(EndedBy::Plan)).verdict.reasons;
    let told: Vec<_> = reasons.iter().filter(|reason| reason.what == ReasonKind::NotAsked).collect();
    assert_eq!(told[0].text, "10 of 10 attempts failed: no threshold is about that.");
    let all = UsersByState { failed: 40, ..<_>::default() };
    let text = "Ended at 0:44 of 1:35: 40 of 40 users failed; the most frequent error is connect Invalid session (40). \
                One more is broken.";
    check(all, ended(EndedBy::Nobody), Fail, text);
    let text = "`run.played == 100 %` cannot be judged: it was stopped by hand at 0:44 of 1:35.";
    check(done, ended(EndedBy::Tester), Invalid, text);
    let lost = UsersByState { unprepared: 100, unconnected: 40, unjoined: 7, ..done };
    let text = "147 of 200 users never got to their work: 100 were still logging in, 40 were still connecting, 7 were still joining at \
                the end.";
    check(lost, ended(EndedBy::Plan), Fail, text);
    // Whoever waited for the browser says nothing about the server.
    let text = "`users.unreached == 0` cannot be judged: 147 of 200 users never got to their work: 100 were still logging in, 40 were \
                still connecting, 7 were still joining at the end; they all waited too long for the browser, which has 6 \
                connections per host. Spread the start, let users log in before the run, or use more \
                browsers if the server can take more.";
    check(UsersByState { held_up: 147, ..lost }, ended(EndedBy::Plan), Invalid, text);
    let one = expected_of(UsersByState { held_up: 146, ..lost }, ended(EndedBy::Plan)).verdict;
    assert_eq!(one.outcome, Fail);
    assert!(one.sentence.contains("at the end; 146 of them waited too long for the browser"), "{one:?}");
}

#[test]
fn lost_connections_are_told_with_who_had_none_in_the_end() {
    #[track_caller]
    fn check(text: &str, users: UsersByState, ended: bool, sentence: &str) {
        let populations = vec![PopulationConfig { name: "p".into(), ..<_>::default() }];
        let thresholds = vec![text.parse().expect("an expression")];
        let mut adding = crate::Aggregator::new(TotalsConfig { workers: 1, populations, thresholds, ..<_>::default() });
        let mut recorder = Recorder::new(Timestamp::ZERO);
        let lost = |phase| {
            let (population, reason, by) = ("p".into(), String::new(), crate::ClosedBy::Server);
            crate::DisconnectKey { population, code: 1006, reason, by, phase }
        };
        [crate::Phase::Active; 2].into_iter().for_each(|phase| recorder.disconnect(Timestamp::ZERO, lost(phase)));
        [crate::Phase::Connecting; 9].into_iter().for_each(|phase| recorder.disconnect(Timestamp::ZERO, lost(phase)));
        let (metrics, ledger, health) = (&recorder.drain(), &LedgerDelta::default(), &HealthDelta::default());
        let absorb = |adding: &mut crate::Aggregator, metrics, seconds, users: UsersByState| {
            let at = Timestamp::ZERO + Span::from_secs(seconds);
            adding.absorb(0, SnapshotPart { at, metrics, users: &[users], ledger, completions: &[], health });
        };
        absorb(&mut adding, metrics, 9, users);
        if ended {
            let at = Timestamp::ZERO + Span::from_secs(9);
            adding.stopping(LoadEnd { by: EndedBy::Plan, at, planned: at });
            // Afterwards everybody is gone.
            let nothing = &Recorder::new(Timestamp::ZERO).drain();
            absorb(&mut adding, nothing, 10, UsersByState { done: users.all(), ..<_>::default() });
        }
        let (rules, thresholds) = (&VerdictRules::default(), adding.thresholds());
        let (totals, thresholds) = (adding.totals(), Some(&thresholds[..]));
        let verdict = RunJudgement::of(JudgedRun { rules, totals, thresholds, problem: None, so_far: !ended }).verdict;
        assert_eq!((verdict.outcome, verdict.sentence.as_str()), (VerdictOutcome::Fail, sentence));
    }
    let back = UsersByState { active: 3, ..<_>::default() };
    let gone = UsersByState { active: 1, reconnecting: 2, ..<_>::default() };
    let lost = "2 connections lost that nobody planned";
    check("disconnects == 0", gone, true, &format!("{lost}; 2 of 3 users had none when the load ended."));
    check("disconnects == 0", back, true, &format!("{lost}; all of 3 users had one when the load ended."));
    check("disconnects == 0", gone, false, &format!("{lost}."));
    // Whose users had none is not known by population.
    check("disconnects{p} == 0", gone, true, &format!("{lost}."));
    check("disconnects[1006] == 0", back, false, "2 connections lost with 1006 that nobody planned.");
}

#[test]
fn a_count_is_broken_however_late_the_timers_were() {
    let ledger = LedgerDelta { due: 1_498, delivered: 1_413, missing: 85, ..<_>::default() };
    let thresholds = ["delivery.missing == 0", "message.fanout p95 < 300 ms"];
    let mut run = added_up(&[(10, Second { lag: 300, ..CALM })], 0, 0, &thresholds);
    let (metrics, health) = (&Recorder::new(Timestamp::ZERO).drain(), &HealthDelta::default());
    let at = Timestamp::ZERO + Span::from_secs(11);
    run.absorb(
        0,
        SnapshotPart { at, metrics, users: &[UsersByState::default()], ledger: &ledger, completions: &[], health },
    );
    let (rules, thresholds) = (&VerdictRules::default(), run.thresholds());
    let case = JudgedRun { rules, totals: run.totals(), thresholds: Some(&thresholds), problem: None, so_far: false };
    let RunJudgement { verdict, thresholds } = RunJudgement::of(case);
    assert_eq!(verdict.outcome, VerdictOutcome::Fail);
    assert_eq!(thresholds.iter().map(|result| result.outcome).collect::<Vec<_>>(), [Outcome::Fail, Outcome::Invalid]);
    assert!(
        verdict.sentence.starts_with(
            "85 of 1,498 deliveries missing. The generators were the bottleneck: the generator was late in"
        )
    );
}

/// While the run goes on, and when it is over.
#[test]
fn a_count_that_is_to_be_reached_is_open_until_the_end() {
    let run = added_up(&[(3, CALM)], 0, 0, &["message.fanout count >= 1000000"]);
    let (rules, thresholds) = (&VerdictRules::default(), run.thresholds());
    let judged = |so_far| {
        let case = JudgedRun { rules, totals: run.totals(), thresholds: Some(&thresholds), problem: None, so_far };
        let RunJudgement { verdict, thresholds } = RunJudgement::of(case);
        (verdict.outcome, thresholds[0].outcome)
    };
    assert_eq!(judged(true), (VerdictOutcome::Pass, Outcome::NotMeasured));
    assert_eq!(judged(false).1, Outcome::Fail);
}

#[test]
fn what_went_wrong_and_nobody_asked_about_is_told() {
    #[track_caller]
    fn check(threshold: &str, told: &[&str]) {
        let mut run = added_up(&[(3, CALM)], 0, 0, &[threshold]);
        let mut recorder = Recorder::new(Timestamp::ZERO);
        let key = |operation: &str| crate::ErrorKey {
            population: "p".into(),
            operation: operation.into(),
            code: "no".into(),
            phase: crate::Phase::Flow,
        };
        recorder.error(Timestamp::ZERO, key("join"), String::new);
        recorder.error(Timestamp::ZERO, key("leave"), String::new);
        let ledger = LedgerDelta { due: 9, delivered: 6, missing: 3, ..<_>::default() };
        let (metrics, health, users) = (&recorder.drain(), &HealthDelta::default(), &[UsersByState::default()]);
        let at = Timestamp::ZERO + Span::from_secs(4);
        run.absorb(0, SnapshotPart { at, metrics, users, ledger: &ledger, completions: &[], health });
        run.finish();
        let (rules, thresholds) = (&VerdictRules::default(), run.thresholds());
        let case =
            JudgedRun { rules, totals: run.totals(), thresholds: Some(&thresholds), problem: None, so_far: false };
        let reasons = RunJudgement::of(case).verdict.reasons;
        let found = reasons.iter().filter(|reason| reason.what == ReasonKind::NotAsked);
        assert_eq!(found.map(|reason| reason.text.as_str()).collect::<Vec<_>>(), told, "{threshold}");
    }
    let missing = "3 of 9 deliveries are missing: no threshold is about that.";
    check("message.fanout p95 < 9 s", &[missing, "2 of 2 attempts failed: no threshold is about that."]);
    check("errors[join] < 9", &[missing, "1 of 1 attempts failed: no threshold is about that."]);
    check("errors rate < 100 %", &[missing]);
    check("delivery.delivered > 50 %", &["2 of 2 attempts failed: no threshold is about that."]);
}

#[test]
fn a_server_that_says_nothing_any_more_is_told() {
    #[track_caller]
    fn check(heard: std::ops::Range<u64>, sent: std::ops::Range<u64>, so_far: bool, told: Option<&str>) {
        let mut run = added_up(&[], 0, 0, &[]);
        let mut recorder = Recorder::new(Timestamp::ZERO);
        let [came, went] = [Counter::FramesIn, Counter::FramesOut].map(|counter| recorder.counter(counter.name(), "p"));
        for second in 1..=12 {
            recorder.count(came, u64::from(heard.contains(&second)));
            recorder.count(went, u64::from(sent.contains(&second)));
            let at = Timestamp::ZERO + Span::from_secs(second);
            let (metrics, users) = (recorder.drain(), [UsersByState::default()]);
            for worker in 0..4 {
                let metrics = if worker == 0 { &metrics } else { &crate::MetricsDelta::default() };
                let (ledger, health) = (&LedgerDelta::default(), &HealthDelta::default());
                run.absorb(worker, SnapshotPart { at, metrics, users: &users, ledger, completions: &[], health });
            }
        }
        if !so_far {
            let at = Timestamp::ZERO + Span::from_secs(12);
            run.stopping(LoadEnd { by: EndedBy::Plan, at, planned: at });
        }
        let rules = &VerdictRules::default();
        let case = JudgedRun { rules, totals: run.totals(), thresholds: Some(&[]), problem: None, so_far };
        let verdict = RunJudgement::of(case).verdict;
        let found = verdict.reasons.iter().find(|reason| reason.what == ReasonKind::Silence);
        assert_eq!(found.map(|reason| reason.text.as_str()), told, "{verdict:#?}");
        assert!(told.is_none_or(|told| verdict.sentence.contains(told)), "{}", verdict.sentence);
    }
    check(1..6, 1..13, true, Some("Nothing has come from the server since 0:05."));
    check(1..6, 1..13, false, Some("Nothing came from the server after 0:05, and the load went on."));
    check(1..9, 1..13, true, None);
    // Nobody said anything either.
    check(1..6, 1..6, true, None);
    check(1..1, 1..13, true, None);
}

#[test]
fn what_was_stopped_by_hand_had_no_time_to_be_reached() {
    let mut run = added_up(&[(3, CALM)], 0, 0, &["message.fanout count >= 1000000", "message.fanout count < 1"]);
    let at = Timestamp::ZERO + Span::from_secs(3);
    run.stopping(LoadEnd { by: EndedBy::Tester, at, planned: at + Span::from_secs(9) });
    let (rules, thresholds) = (&VerdictRules::default(), run.thresholds());
    let case = JudgedRun { rules, totals: run.totals(), thresholds: Some(&thresholds), problem: None, so_far: false };
    let outcomes: Vec<_> = RunJudgement::of(case).thresholds.iter().map(|result| result.outcome).collect();
    assert_eq!(outcomes, [Outcome::Invalid, Outcome::Fail]);
}
