//! A table of expressions, good and bad, with their meaning or their exact message.

use super::Threshold;

/// Expression and meaning.
const GOOD: &[(&str, &str)] = &[
    ("message.round_trip p95 < 300 ms", "p95 of message.round_trip after the warm-up < 300 ms"),
    ("  MESSAGE.round_trip P99.9<=0.1s ", "p99.9 of MESSAGE.round_trip after the warm-up <= 100 ms"),
    ("message.round_trip max >= 100000 us", "max of message.round_trip after the warm-up >= 100 ms"),
    ("message.round_trip median < 0.5 min", "p50 of message.round_trip after the warm-up < 30000 ms"),
    ("join mean ≤ 2", "mean of join after the warm-up <= 2 ms"),
    ("join avg ≥ 2 µs", "mean of join after the warm-up >= 0.002 ms"),
    ("join min != 1 s", "min of join after the warm-up != 1000 ms"),
    ("join p97.5 < 1 s", "p97.5 of join after the warm-up < 1000 ms"),
    ("join p999 < 1 s", "p99.9 of join after the warm-up < 1000 ms"),
    ("join p100 < 1 s", "p100 of join after the warm-up < 1000 ms"),
    ("ünïcode p5 < 5", "p5 of ünïcode after the warm-up < 5 ms"),
    ("join count = 3", "number of join == 3"),
    ("join rate >= 1.5 /s", "join per second >= 1.5 /s"),
    ("events.in.message rate > 100 per second", "events.in.message per second > 100 /s"),
    ("reconnects count == 0", "number of reconnects == 0"),
    ("errors == 0", "errors over the whole run == 0"),
    ("errors count < 3", "errors over the whole run < 3"),
    ("errors[join] == 0", "errors of join over the whole run == 0"),
    ("errors[message/RATE_LIMIT] < 3", "errors RATE_LIMIT of message over the whole run < 3"),
    ("errors[ message / echo timeout ] < 3", "errors echo timeout of message over the whole run < 3"),
    ("errors rate < 1%", "errors per attempt over the whole run < 1 %"),
    ("errors[join] rate < 0.25", "errors per attempt of join over the whole run < 25 %"),
    ("delivery.lost == 0", "deliveries missing over the whole run == 0"),
    ("voice.first_audio p90 < 1.5 s", "p90 of answer.first_audio after the warm-up < 1500 ms"),
    ("consistency.missing == 0", "number of consistency.missing == 0"),
    ("disconnects == 1", "disconnects over the whole run == 1"),
    ("disconnects[1006] count == 0", "disconnects with 1006 over the whole run == 0"),
    ("delivery.missing == 0", "deliveries missing over the whole run == 0"),
    ("Delivery.Missing <= 0.1 %", "share of deliveries missing over the whole run <= 0.1 %"),
    ("delivery.sent count > 9", "deliveries sent over the whole run > 9"),
    ("voice.answers >= 10", "answers heard over the whole run >= 10"),
    ("voice.real_time_factor >= 1.05", "real-time factor over the whole run >= 1.05"),
    ("voice.starved < 2 s", "time in underruns over the whole run < 2000 ms"),
    ("voice.starved < 0.5 %", "time in underruns per audio received over the whole run < 0.5 %"),
    ("voice.received > 1 min", "audio received over the whole run > 60000 ms"),
    ("voice.underruns == 0", "underruns over the whole run == 0"),
    // Populations.
    ("join{Talkers} p95 < 1 s", "p95 of join of Talkers after the warm-up < 1000 ms"),
    ("join { the quiet ones } p95 < 1 s", "p95 of join of the quiet ones after the warm-up < 1000 ms"),
    ("errors[join]{Talkers} rate < 1%", "errors per attempt of join of Talkers over the whole run < 1 %"),
    ("disconnects{Talkers} == 0", "disconnects of Talkers over the whole run == 0"),
    ("voice.answers{Guests} > 0", "answers heard of Guests over the whole run > 0"),
    // Scopes.
    ("join p95 < 1 s whole run", "p95 of join over the whole run < 1000 ms"),
    ("join p95 < 1 s after warm-up", "p95 of join after the warm-up < 1000 ms"),
    ("errors rate < 1% after warmup", "errors per attempt after the warm-up < 1 %"),
    ("frames.in count > 5 After Warm-Up", "number of frames.in after the warm-up > 5"),
    // Windows.
    ("join p95 < 1 s for 30 s", "p95 of join after the warm-up in every 30 s < 1000 ms"),
    ("errors rate < 1% for 1min", "errors per attempt over the whole run in every 60 s < 1 %"),
    ("join p95 < 1 s whole run for 5000 ms", "p95 of join over the whole run in every 5 s < 1000 ms"),
    // Stopping.
    ("errors < 9 abort", "errors over the whole run < 9; else the run stops"),
    (
        "errors rate < 50 % for 10 s abort after 1.5 min",
        "errors per attempt over the whole run in every 10 s < 50 %; else the run stops, not before 90 s",
    ),
    (
        "errors rate < 50 % abort after 10 s after warm-up for 5 s",
        "errors per attempt after the warm-up in every 5 s < 50 %; else the run stops, not before 10 s",
    ),
    // Baselines.
    ("join p95 <= baseline", "p95 of join after the warm-up <= the baseline's"),
    ("join p95 <= baseline + 10%", "p95 of join after the warm-up <= 1.1 times the baseline's"),
    ("join p95<=Baseline-10 %", "p95 of join after the warm-up <= 0.9 times the baseline's"),
    ("join p95 <= baseline * 1.1 for 5 s", "p95 of join after the warm-up in every 5 s <= 1.1 times the baseline's"),
    ("errors rate <= baseline + 10 %", "errors per attempt over the whole run <= 1.1 times the baseline's"),
];

/// Expression and message.
const BAD: &[(&str, &str)] = &[
    ("", "expected a metric like `message.round_trip` (column 1)"),
    ("  < 5", "expected a metric like `message.round_trip` (column 3)"),
    ("join", "expected one of < <= > >= == !=, found the end (column 5)"),
    ("join p95", "expected one of < <= > >= == !=, found the end (column 9)"),
    ("join < 5", "expected min, mean, p50, p95 or another percentile, max, count or rate, found none (column 6)"),
    ("join pp < 5", "expected min, mean, p50, p95 or another percentile, max, count or rate, found `pp` (column 6)"),
    ("join p0 < 5", "expected min, mean, p50, p95 or another percentile, max, count or rate, found `p0` (column 6)"),
    (
        "join p101 < 5",
        "expected min, mean, p50, p95 or another percentile, max, count or rate, found `p101` (column 6)",
    ),
    ("ünïcode pü < 5", "expected min, mean, p50, p95 or another percentile, max, count or rate, found `pü` (column 9)"),
    ("join p95 ~ 5", "expected one of < <= > >= == !=, found `~ 5` (column 10)"),
    ("join p95 < fast", "expected a number, found `fast` (column 12)"),
    ("join p95 < -5", "expected a number, found `-5` (column 12)"),
    ("join p95 <", "expected a number, found the end (column 11)"),
    ("join p95 < 5 %", "expected us, ms, s or min, found `%` (column 14)"),
    (
        "join p95 < 5 sec",
        "did not expect `sec` here, only `for 30 s`, `whole run`, `after warm-up` or `abort` (column 14)",
    ),
    ("join count < 5 ms", "a count has no unit, found `ms` (column 16)"),
    ("join rate < 5 %", "expected /s, found `%` (column 15)"),
    ("join[x] p95 < 5", "`join` takes no filter (column 1)"),
    ("errors[join == 0", "`[` without `]` (column 7)"),
    ("errors[ ] == 0", "expected something between `[` and `]` (column 7)"),
    ("errors p95 < 5", "expected `count` or `rate`, found `p95` (column 8)"),
    ("errors < 5 %", "expected `rate` for a share, found none (column 8)"),
    ("errors rate < 5", "a share is from 0 to 1, or 0 % to 100 % (column 15)"),
    ("errors[join/timeout] rate < 5 %", "a rate is of an operation, not of one of its codes (column 1)"),
    ("disconnects[abnormal] == 0", "expected a close code like `[1006]` (column 1)"),
    ("disconnects p95 < 1", "expected `count`, found `p95` (column 13)"),
    (
        "delivery.vanished == 0",
        "the ledger has no `vanished`, it has sent, accepted, rejected, unconfirmed, abandoned, due, delivered, missing, \
         duplicated, own_copies, reordered, late, arrived, extra (column 1)",
    ),
    ("delivery.missing p95 < 1", "expected no statistic, or `count`, found `p95` (column 18)"),
    ("delivery.missing{a} == 0", "the ledger is kept for the whole run, not by population (column 17)"),
    ("voice.starved p95 < 1 s", "expected no statistic, found `p95` (column 15)"),
    ("voice.real_time_factor > 1 s", "a ratio has no unit, found `s` (column 28)"),
    ("voice.answers[x] > 1", "`voice.answers` takes no filter (column 1)"),
    ("join{a p95 < 1", "`{` without `}` (column 5)"),
    ("join{} p95 < 1", "expected something between `{` and `}` (column 5)"),
    ("join p95 < 5 ms for", "expected a number, found the end (column 20)"),
    ("join p95 < 5 ms for 30", "expected a time like `30 s`, found the end behind the number (column 23)"),
    ("join p95 < 5 ms for 30 %", "expected a time like `30 s`, found `%` behind the number (column 24)"),
    ("join p95 < 5 ms for 1.5 s", "a window is from 1 s to 10 min long, in whole seconds (column 21)"),
    ("join p95 < 5 ms for 0 s", "a window is from 1 s to 10 min long, in whole seconds (column 21)"),
    ("join p95 < 5 ms for 11 min", "a window is from 1 s to 10 min long, in whole seconds (column 21)"),
    ("join p95 < 5 ms for 5 s for 6 s", "it has been said already (column 25)"),
    ("join p95 < 5 ms whole run after warm-up", "it has been said already (column 27)"),
    ("join p95 < 5 ms whole day", "expected `whole run` (column 23)"),
    ("join p95 < 5 ms after lunch", "expected `after warm-up` (column 23)"),
    ("join p95 < 5 ms abort after", "expected a number, found the end (column 28)"),
    ("join p95 < 5 ms abort abort", "it has been said already (column 23)"),
    (
        "join p95 < 5 ms abort 10 s",
        "did not expect `10 s` here, only `for 30 s`, `whole run`, `after warm-up` or `abort` (column 23)",
    ),
    ("join p95 < baseline +", "expected a number, found the end (column 22)"),
    (
        "join p95 < baseline + 10 ms",
        "expected `%`: a baseline is raised or lowered in percent of its own value (column 26)",
    ),
    ("join p95 < baseline - 110 %", "at most 100 % can be taken off (column 23)"),
    ("join p95 < baseline * fast", "expected a number, found `fast` (column 23)"),
    ("join p95 < baselines", "expected a number, found `baselines` (column 12)"),
    (
        "join p95 < baseline / 2",
        "did not expect `/ 2` here, only `for 30 s`, `whole run`, `after warm-up` or `abort` (column 21)",
    ),
];

#[test]
fn good_expressions_mean_what_they_say() {
    for (text, expected) in GOOD {
        let meaning = text.parse::<Threshold>().map(|threshold| threshold.meaning());
        assert_eq!(meaning.as_deref(), Ok(*expected), "{text}");
    }
}

#[test]
fn mistakes_are_named_with_their_column() {
    for (text, expected) in BAD {
        assert_eq!(text.parse::<Threshold>().unwrap_err().to_string(), *expected, "{text}");
    }
    assert!(GOOD.len() + BAD.len() >= 100);
}

#[test]
fn any_text_is_read_without_a_panic() {
    let pieces = ["join", "{", "}", "[", "]", "p95", "<", "5", "ü", "for", "abort", "after", "baseline", "%", " ", "+"];
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..20_000 {
        let text: String = (0..random.usize(0..9)).map(|_| pieces[random.usize(0..pieces.len())]).collect();
        let _ = text.parse::<Threshold>().map(|threshold| threshold.meaning());
    }
}

#[test]
fn a_threshold_is_falsified_by_what_falsifies_its_number() {
    use catalogue::Falsifier::{Clocks, Lateness, Queue, Sockets};
    #[track_caller]
    fn check(text: &str, expected: &[catalogue::Falsifier]) {
        assert_eq!(text.parse::<Threshold>().expect("it is a threshold").falsified_by(), expected, "{text}");
    }
    check("Message.Round_Trip p95 < 300 ms", &[Lateness]);
    check("message.FANOUT p95 < 300 ms", &[Lateness, Clocks]);
    check("connect p95 < 300 ms", &[Lateness, Sockets]);
    check("worker.lag p99 < 50 ms", &[]);
    check("answer.audio_length mean > 1 s", &[]);
    check("events.in.message.fanout rate > 100 /s", &[Lateness]);
    check("message.incomplete count == 0", &[Queue]);
    check("contract.violations count == 0", &[]);
    // Its time-outs: a generator that stands still has those of every server.
    check("errors[join] == 0", &[Lateness]);
    check("users.failed == 0", &[]);
    check("users.unreached == 0", &[Sockets]);
    check("disconnects == 0", &[]);
    check("delivery.lost == 0", &[Queue]);
    check("delivery.late < 1 %", &[Lateness, Clocks]);
    check("voice.starved < 1 %", &[Lateness]);
    check("voice.answers > 3", &[]);
}

#[test]
fn what_only_rises_may_still_be_reached_or_stays_broken() {
    #[track_caller]
    fn check(text: &str, actual: f64, may_still_hold: bool, stays_broken: bool) {
        let threshold = text.parse::<Threshold>().expect("it is a threshold");
        assert_eq!(
            (threshold.may_still_hold(actual), threshold.stays_broken(actual)),
            (may_still_hold, stays_broken),
            "{text}"
        );
    }
    check("join count >= 100", 40.0, true, false);
    check("join count >= 100", 100.0, false, false);
    check("join count == 100", 40.0, true, false);
    check("join count == 100", 140.0, false, true);
    check("join count < 100", 140.0, false, true);
    check("voice.answers > 3", 3.0, true, false);
    check("delivery.delivered >= 100", 40.0, true, false);
    // What may rise and fall says nothing yet, but it is broken now; and a window that is over stays as it is.
    check("join rate >= 100 /s", 40.0, false, false);
    check("join p95 > 1 s", 40.0, false, false);
    check("join count >= 100 for 10 s", 40.0, false, false);
}
