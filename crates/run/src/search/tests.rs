use super::*;
use plan::Raised;

fn search(raise: Raised, from: f64, to: f64, step: f64, precision: f64) -> Search {
    Search { raise, from, to, step, precision, hold_s: 10.0, settle_s: 2.0, ..Search::usual() }
}

/// A server that serves so much and keeps what is beyond in a queue; a threshold breaks while there is one.
struct Server {
    capacity: f64,
    level: f64,
    queue: f64,
    worst: f64,
    invalid_above: f64,
}

/// Plays in quarters of a second. Everything that was ordered, as text.
fn play(search: Search, capacity: f64, invalid_above: f64) -> (Breakpoint, Vec<String>, f64) {
    let mut server = Server { capacity, level: 0.0, queue: 0.0, worst: 0.0, invalid_above };
    let (mut found, mut orders) = (Breakpoint::new(search), Vec::new());
    for quarter in 0..100_000u64 {
        let now = Timestamp::from_micros(quarter * 250_000);
        server.queue = (server.queue + (server.level - server.capacity) / 4.0).max(0.0);
        server.worst = server.worst.max(server.queue);
        let invalid = (server.level > server.invalid_above).then(|| "worker lag".to_owned());
        let broken = if server.worst > 1.0 { vec!["p95 < 1".to_owned()] } else { Vec::new() };
        let measured = LevelMeasured { kept: 1, broken, invalid, ..LevelMeasured::default() };
        // Hand-overs come a little later.
        let heard = now - Span::from_millis(300);
        match found.advance(now, heard, || measured) {
            Some(SearchOrder::Level { level, .. }) => {
                server.level = level;
                orders.push(level.to_string());
            }
            Some(SearchOrder::Measure) => server.worst = server.queue,
            Some(SearchOrder::Stop) => return (found, orders, now.as_secs_f64()),
            None => {}
        }
    }
    panic!("it never ends: {found:?}");
}

/// What held and what broke, how it ended, and every level asked for.
#[track_caller]
fn check(search: Search, capacity: f64, held: Option<f64>, broke: Option<f64>, ended: Ended, levels: &str) {
    let limit = search.longest_s();
    let (found, orders, seconds) = play(search, capacity, f64::INFINITY);
    assert_eq!((found.held, found.broke, found.ended), (held, broke, Some(ended)), "{orders:?}");
    assert_eq!(orders.join(" "), levels);
    assert!(seconds <= limit, "it took {seconds} s, and promised {limit}");
}

#[test]
fn levels_rise_and_then_close_in() {
    let users = |from, to, step| search(Raised::Users, from, to, step, 0.05);
    check(users(10.0, 100.0, 20.0), 47.0, Some(47.0), Some(48.0), Ended::Found, "10 30 50 5 40 45 48 5 47");
    check(users(10.0, 100.0, 50.0), 1000.0, Some(100.0), None, Ended::NotReached, "10 60 100");
    check(users(10.0, 100.0, 50.0), 5.0, None, Some(10.0), Ended::BrokenAtStart, "10");
    // Users are whole: nothing lies between 3 and 4.
    check(users(1.0, 9.0, 4.0), 3.5, Some(3.0), Some(4.0), Ended::Found, "1 5 1 1 1 3 4");
    let rate = search(Raised::Arrivals, 0.5, 8.0, 2.0, 0.05);
    check(rate, 1.3, Some(1.3), Some(1.4), Ended::Found, "0.5 2.5 0.3 0.1 0.1 0.1 1.5 0.3 1 1.3 1.4");
}

#[test]
fn any_capacity_is_found_within_ten_percent() {
    for tenths in 105..2_000 {
        let capacity = f64::from(tenths) / 10.0;
        let (found, orders, _) = play(search(Raised::Users, 10.0, 250.0, 40.0, 0.05), capacity, f64::INFINITY);
        let held = found.held.expect("the first level holds");
        assert!((held - capacity).abs() <= (capacity * 0.1).max(1.0), "{capacity}: {held} after {orders:?}");
    }
}

#[test]
fn generators_that_are_the_bottleneck_end_it() {
    let (found, orders, _) = play(search(Raised::Users, 10.0, 250.0, 40.0, 0.05), 1e9, 100.0);
    assert_eq!((found.held, found.broke, found.ended), (Some(90.0), None, Some(Ended::Invalid)), "{orders:?}");
    let last = found.steps.last().unwrap();
    assert_eq!((last.outcome, last.measured.invalid.as_deref()), (StepOutcome::Invalid, Some("worker lag")));
}

#[test]
fn a_server_that_does_not_get_well_again_ends_it() {
    let mut found = Breakpoint::new(search(Raised::Users, 10.0, 250.0, 40.0, 0.05));
    let mut tried = 0;
    for second in 0..10_000 {
        let now = Timestamp::ZERO + Span::from_secs(second);
        let broken = if tried > 0 { vec!["errors == 0".to_owned()] } else { Vec::new() };
        let measured = LevelMeasured { kept: 1, broken, ..LevelMeasured::default() };
        if let Some(SearchOrder::Measure) = found.advance(now, now, || measured) {
            tried += usize::from(found.level() > Some(10.0));
        }
    }
    assert_eq!(found.ended, Some(Ended::NotRecovered));
}

#[test]
fn nothing_measured_is_nothing_that_held() {
    assert_eq!(LevelMeasured::default().outcome(), StepOutcome::Broke);
}

#[test]
fn a_run_that_ends_leaves_what_was_found() {
    let mut found = Breakpoint::new(search(Raised::Users, 10.0, 250.0, 40.0, 0.05));
    assert_eq!(
        found.advance(Timestamp::ZERO, Timestamp::ZERO, LevelMeasured::default),
        Some(SearchOrder::Level { level: 10.0, over_s: 1.0 })
    );
    assert_eq!(found.level(), Some(10.0));
    found.end();
    assert_eq!((found.report("m").ended, found.is_over()), (Some(Ended::Unfinished), true));
}
