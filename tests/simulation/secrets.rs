//! A server that tells every secret it knows, everywhere and in every spelling: none of them is in anything that is shown or kept.

use app::k6;
use app::past::PastRun;
use app::run::save::Format;
use base::time::{Span, Timestamp};
use metrics::{Outcome, UserId};
use plan::{Accounts, Plan};
use run::{Capacity, RunInput, layout};
use serde_json::json;
use swarm::{Beginning, Journal, Redaction};
use testkit::{Faults, World, spellings};

use crate::support::{chat_plan, held, world};

fn plan() -> Plan {
    let mut plan = chat_plan(held(4, 8), json!({}));
    let Accounts::Pattern { columns } = &mut plan.populations[0].accounts else { panic!("a pattern is the default") };
    columns.insert("password".into(), "hunter-{n}-\"2/ü".into());
    plan
}

/// A run that is watched, listened to and written down, all the while.
fn played() -> (World, Vec<Vec<u8>>) {
    let plan = plan();
    let parts = layout(&[Capacity::own(4, 250)], plan.handshakes_in_flight);
    let beginning = Beginning::of(0.0, "k3f", &plan, &parts, 250.0);
    let mut world = world(plan, Faults { tells: true, ..Faults::default() });
    world.recording = Some(Journal::begin(beginning, Redaction::Secrets));
    world.play(Span::ZERO);
    let mut pages = Vec::new();
    for step in 1..30 {
        world.play_until(Timestamp::ZERO + Span::from_millis(500 * step));
        world.command(RunInput::Watch(Some(UserId::new(0, (step % 4) as u32))));
        world.hear(Some(UserId::new(0, (step % 3) as u32)));
        if step % 12 == 0 {
            world.cut_connections_telling(step as usize / 3);
        }
        pages.extend(world.recording.as_mut().and_then(Journal::page));
    }
    world.play(Span::from_secs(400));
    pages.extend(world.recording.as_mut().and_then(Journal::page));
    (world, pages)
}

/// What stands in a page: MessagePack holds texts as they are.
fn plain(page: &[u8]) -> String {
    let bytes = match page {
        [1, deflated @ ..] => miniz_oxide::inflate::decompress_to_vec(deflated).expect("it is deflated"),
        _ => page.to_vec(),
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The pieces by which a spelling is recognised: of base64 the beginning and the end belong to their neighbours, too.
fn traces(secret: &str) -> Vec<String> {
    let mut traces = spellings(secret);
    for encoded in &mut traces[2..6] {
        *encoded = encoded.trim_end_matches('=')[2..encoded.trim_end_matches('=').len() - 2].to_owned();
    }
    let json = json!(secret).to_string();
    traces.push(json[1..json.len() - 1].to_owned());
    traces
}

#[test]
fn a_server_that_tells_every_secret_everywhere_is_not_believed_a_word() {
    let (world, pages) = played();
    assert!(world.run.is_done());
    let report = world.run.report(Vec::new(), "2026-11-25T12:00:00.000Z".to_owned());
    let past = PastRun::of(report).expect("it is a report");
    let mut outputs: Vec<(String, String)> =
        Format::ALL.iter().map(|format| (format!("{format:?}"), format.write(&past, None))).collect();
    outputs.push(("written down".into(), pages.iter().map(|page| plain(page)).collect()));
    outputs.push(("heard".into(), format!("{:?}", world.heard)));
    outputs.push(("seen".into(), serde_json::to_string(&world.seen).expect("it is data")));
    outputs.push(("script".into(), k6::script(world.run.plan()).expect("the plan is a script")));
    let told = &outputs[1].1;
    for sign in ["hello 0:***", "no ***", "events.in.hello"] {
        assert!(told.contains(sign), "the server told nothing of {sign}");
    }
    assert!(outputs[7].1.contains("***") && outputs[8].1.contains("***"), "nobody was listened to or watched");
    let mut left = Vec::new();
    // More accounts than users: the probe and the one that plays `once` have theirs.
    for user in 0..16 {
        let password = |n: u32| format!("hunter-{n}-\"2/ü");
        for secret in [password(user), format!("token.of.user-{user}"), format!("session/of user-{user}")] {
            for trace in traces(&secret) {
                for (name, text) in &outputs {
                    if let Some(at) = text.find(&trace) {
                        let from = (0..=at.saturating_sub(60)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                        left.push(format!("{trace} in {name}: {}", text[from..].chars().take(200).collect::<String>()));
                    }
                }
            }
        }
    }
    assert!(left.is_empty(), "{} left, like {:#?}", left.len(), &left[..left.len().min(8)]);
}

#[test]
fn what_is_no_secret_stays_readable() {
    let (world, _) = played();
    let report = world.run.report(Vec::new(), String::new());
    let text = serde_json::to_string(&report).expect("it is data");
    for word in ["rest.login", "joinRoom", "message.round_trip", "events.in.participantsUpdate", "http://127.0.0.1"] {
        assert!(text.contains(word), "{word} is gone");
    }
    assert!(report.errors.iter().all(|error| !error.operation.contains("***")));
}

/// A run whose page is gone is no result: nothing passes, and of what was broken nobody knows what the rest would have made of it.
#[test]
fn a_run_that_was_cut_off_passes_nothing() {
    let mut plan = chat_plan(held(5, 20), json!({}));
    plan.thresholds = ["message.round_trip p95 < 10 s", "message.round_trip p95 < 1 ms", "delivery.missing == 0"]
        .map(String::from)
        .to_vec();
    let mut world = world(plan, Faults::default());
    world.play_until(Timestamp::ZERO);
    world.play(Span::from_secs(9));
    assert!(!world.run.is_done());
    world.run.cut_off();
    let report = world.run.report(Vec::new(), String::new());
    assert!(
        report.problem.as_deref().is_some_and(|problem| problem.starts_with("cut off at ")),
        "{:?}",
        report.problem
    );
    assert!(!report.finished);
    assert_eq!(report.verdict.as_ref().map(|verdict| verdict.outcome.word()), Some("INVALID"));
    let outcomes: Vec<_> = report.thresholds.iter().map(|entry| entry.outcome).collect();
    assert!(outcomes.iter().all(|outcome| *outcome != Outcome::Pass), "{outcomes:?}");
    assert_eq!(outcomes[1], Outcome::Invalid);
    let past = PastRun::of(report).expect("it is a report");
    let junit = Format::Junit.write(&past, None);
    assert!(junit.contains(r#"<property name="verdict" value="INVALID">"#) && junit.contains("<error"), "{junit}");
}
