use super::*;
use results::compare::{Interval, Scale};

fn row(subject: ComparedSubject, values: [f64; 2], judgement: Judgement) -> CompareRow {
    let scale = match subject {
        ComparedSubject::Quantile { .. } | ComparedSubject::Rate { .. } => Scale::Relative,
        _ => Scale::Points,
    };
    let by = if scale == Scale::Relative { values[1] / values[0] - 1.0 } else { values[1] - values[0] };
    let interval = Interval { value: by, low: by * 0.5, high: by * 1.5 };
    let change = Some(Change { interval, scale, judgement });
    CompareRow { subject, values: values.map(Some).to_vec(), changes: vec![change] }
}

fn trip(share: f64, values: [f64; 2], judgement: Judgement) -> CompareRow {
    row(ComparedSubject::Quantile { metric: "message.round_trip".into(), share }, values, judgement)
}

fn of(metric: &str, values: [f64; 2], judgement: Judgement) -> CompareRow {
    row(ComparedSubject::Quantile { metric: metric.into(), share: 0.95 }, values, judgement)
}

fn errors(values: [f64; 2], judgement: Judgement) -> CompareRow {
    row(ComparedSubject::Errors { operation: None }, values, judgement)
}

fn rate(series: Figure, values: [f64; 2], judgement: Judgement) -> CompareRow {
    row(ComparedSubject::Rate { series }, values, judgement)
}

fn compared(rows: Vec<CompareRow>) -> Comparison {
    Comparison { rows, comparisons: 1, loads: vec![Vec::new()], lengths_s: vec![60, 60], common_s: 60 }
}

#[track_caller]
fn check(found: &Comparison, invalid: [bool; 2], expected: &str) {
    let metrics = ["message.round_trip".to_owned(), "join".to_owned()];
    assert_eq!(headline(found, 0, &metrics, invalid).replace('\u{a0}', " "), expected);
}

#[test]
fn a_sentence_says_what_came_out() {
    use Judgement::{Better, NoneShown, Unsure, Worse};
    let slower = || vec![trip(0.5, [90.0, 91.0], NoneShown), trip(0.95, [180.0, 212.4], Worse)];
    check(
        &compared(slower()),
        [false, false],
        "Run 2 is slower: message.round_trip p95 212 ms, it was 180 ms (+9 to +27 %); nothing else differs.",
    );
    let many = [slower(), vec![of("join", [10.0, 20.0], Worse), trip(0.99, [300.0, 400.0], Worse)]].concat();
    check(
        &compared(many),
        [false, false],
        "Run 2 is slower: message.round_trip p95 212 ms, it was 180 ms (+9 to +27 %); 2 more numbers are worse.",
    );
    let failing = [slower(), vec![errors([0.0, 0.04], Worse), of("join", [20.0, 10.0], Unsure)]].concat();
    check(
        &compared(failing),
        [false, false],
        "Run 2 is slower and fails more: errors per attempt 4 %, it was 0 % (+2 to +6 points); 1 more number is worse, 1 number is not sure to differ.",
    );
    let mixed = [slower(), vec![of("join", [20.0, 10.0], Better)]].concat();
    check(
        &compared(mixed),
        [false, false],
        "Run 2 is worse in 1 of 3 numbers and better in 1: message.round_trip p95 212 ms, it was 180 ms (+9 to +27 %), and join p95 10 ms, it was 20 ms (−25 to −75 %).",
    );
    check(
        &compared(vec![rate(Figure::Arrived, [40.0, 20.0], Worse)]),
        [false, false],
        "Run 2 gets fewer messages through: messages received 20 /s, it was 40 /s (−25 to −75 %); nothing else differs.",
    );
    check(
        &compared(vec![errors([0.0, 0.0], NoneShown)]),
        [false, false],
        "Between run 1 and run 2 no difference is shown.",
    );
    check(&compared(Vec::new()), [false, false], "Run 2 has too few samples in common with run 1 to compare anything.");
}

#[test]
fn a_sentence_says_what_makes_it_doubtful() {
    use Judgement::{NoneShown, Worse};
    let load = vec![LoadDifference::Users(40, 15)];
    check(
        &Comparison { loads: vec![load], ..compared(vec![trip(0.95, [10.0, 10.0], NoneShown)]) },
        [false, false],
        "Between run 1 and run 2 no difference is shown; the plans differ in load (40 and 15 users): counts are not compared.",
    );
    check(
        &Comparison { lengths_s: vec![60, 30], common_s: 30, ..compared(vec![errors([0.1, 0.1], NoneShown)]) },
        [false, false],
        "Between run 1 and run 2 no difference is shown; it lasted 30 s, run 1 1 min.",
    );
    check(
        &compared(vec![trip(0.95, [10.0, 20.0], Worse), of("worker.lag", [1.0, 9.0], Worse)]),
        [false, true],
        "Run 2 is slower: message.round_trip p95 20 ms, it was 10 ms (+50 to +150 %); 1 number is worse of the generator itself; take it with care, run 2 is INVALID or cut off.",
    );
}

#[test]
fn loads_are_told_apart_in_words() {
    let cases = [
        (
            vec![LoadDifference::Users(40, 15), LoadDifference::Duration(60.0, 30.0)],
            Some("40 and 15 users, 1 min and 30 s"),
        ),
        (vec![LoadDifference::Arrivals(2.0, 4.5)], Some("2 and 4.5 arrivals a second")),
        (
            vec![LoadDifference::Variable { name: "send_min_ms".into(), values: [Some("1000".into()), None] }],
            Some("send_min_ms 1000 and not given"),
        ),
        (
            vec![
                LoadDifference::Course,
                LoadDifference::Actions,
                LoadDifference::Scenario,
                LoadDifference::Populations(1, 2),
            ],
            Some("another course, other actions, other scenarios, 1 more"),
        ),
        (vec![], None),
    ];
    for (differences, expected) in cases {
        assert_eq!(load(&differences).map(|text| text.replace('\u{a0}', " ")).as_deref(), expected);
    }
}
