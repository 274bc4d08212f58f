//! A run that is written down while it goes, and whose page vanishes.

use base::time::{Span, Timestamp};
use metrics::Report;
use plan::{Accounts, Plan};
use results::{ROOM_UNDER_WAY, report_of_notes};
use run::{Capacity, layout};
use serde_json::{Value, json};
use swarm::{Beginning, Journal, Redaction};
use testkit::{Faults, World};

use crate::support::{chat_plan, held, world};

/// How often the page writes.
const PAGE: Span = Span::from_millis(500);

/// A world whose run is written down from its first input on.
fn written(plan: Plan, faults: Faults) -> World {
    let parts = layout(&[Capacity::own(4, 250)], plan.handshakes_in_flight);
    let beginning = Beginning::of(0.0, "k3f", &plan, &parts, 250.0);
    let mut world = world(plan, faults);
    world.recording = Some(Journal::begin(beginning, Redaction::Secrets));
    world
}

/// Plays until then, or to the end, and returns what was written by then.
fn pages(world: &mut World, until: Span) -> Vec<Vec<u8>> {
    let mut pages = Vec::new();
    world.play(Span::ZERO);
    while !world.run.is_done() && world.now() < Timestamp::ZERO + until {
        world.play_until(world.now() + PAGE);
        pages.extend(world.recording.as_mut().and_then(Journal::page));
    }
    pages
}

fn report(pages: &[Vec<u8>]) -> Report {
    report_of_notes(pages.iter().map(Vec::as_slice), |_| String::new()).expect("it begins")
}

/// As JSON, for a report's own comparison takes two values that are not there for different.
fn text(report: &Report) -> Value {
    serde_json::to_value(report).expect("a report is JSON")
}

#[test]
fn what_was_written_of_a_whole_run_is_its_report() {
    let faults = Faults { lose: 0.05, ..Faults::default() };
    let mut world = written(chat_plan(held(20, 20), json!({})), faults);
    let pages = pages(&mut world, Span::from_secs(200));
    assert!(world.run.is_done());
    let own = world.run.report(report(&pages).browsers, String::new());
    assert!(own.delivery.sent > 10 && own.delivery.missing > 0, "{:?}", own.delivery);
    assert_eq!(text(&report(&pages)), text(&own));
}

#[test]
fn a_page_that_vanishes_takes_less_than_a_second_along() {
    for millis in (3_000..15_000).step_by(1_370) {
        let mut world = written(chat_plan(held(20, 20), json!({})), Faults::default());
        let pages = pages(&mut world, Span::from_millis(millis));
        // It vanishes just before it would have written again.
        let vanished = world.now() + PAGE - Span::from_millis(1);
        world.play_until(vanished);
        let truth = world.run.totals().delivery().sent;
        let elapsed = world.run.status().elapsed_s;
        let kept = report(&pages);
        assert!(elapsed - kept.duration_s < 1.0, "{} s of {elapsed} s are kept", kept.duration_s);
        assert!(kept.delivery.sent <= truth);
        let problem = kept.problem.unwrap_or_default();
        assert!(problem.starts_with("cut off at "), "{problem}");
    }
}

#[test]
fn a_damaged_page_ends_what_is_read_and_loses_nothing_before() {
    let mut world = written(chat_plan(held(5, 20), json!({})), Faults::default());
    let mut pages = pages(&mut world, Span::from_secs(12));
    let whole = report(&pages).duration_s;
    let middle = pages.len() / 2;
    pages[middle].truncate(20);
    let kept = report(&pages).duration_s;
    assert!(kept > 4.0 && kept < whole, "{kept} of {whole}");
    pages[0] = b"?".to_vec();
    assert!(report_of_notes(pages.iter().map(Vec::as_slice), |_| String::new()).is_none());
}

#[test]
fn no_secret_is_written() {
    let mut plan = chat_plan(held(5, 5), json!({}));
    let Accounts::Pattern { columns } = &mut plan.populations[0].accounts else { panic!("a pattern is the default") };
    columns.insert("password".into(), "hunter2-{n}".into());
    let mut world = written(plan, Faults::default());
    let written: Vec<_> = pages(&mut world, Span::from_secs(60)).iter().map(|page| plain(page)).collect();
    let text = written.concat();
    assert!(text.contains("Snapshot") && text.contains("simulated"), "the pages are read");
    assert!(!text.contains("hunter2"));
}

/// What stands in a page: MessagePack holds texts as they are.
fn plain(page: &[u8]) -> String {
    let bytes = match page {
        [1, deflated @ ..] => miniz_oxide::inflate::decompress_to_vec(deflated).expect("it is deflated"),
        _ => page.to_vec(),
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn an_hour_of_250_users_fits_into_its_room() {
    let mut world = written(chat_plan(held(250, 10), json!({})), Faults::default());
    let pages = pages(&mut world, Span::from_secs(11));
    let bytes: usize = pages.iter().map(Vec::len).sum();
    let hour = bytes as u64 * 3_600 / 11;
    assert!(hour < ROOM_UNDER_WAY, "{} kB a second", bytes / 11_000);
}
