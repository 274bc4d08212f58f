//! The end of a run: users leave one after the other, and who cannot is the generator's own count.

use base::time::Span;
use plan::Plan;
use serde_json::json;
use testkit::Faults;

use crate::support::{chat_plan, counter, errors, held, played, world};

fn plan(users: u32) -> Plan {
    chat_plan(held(users, 10), json!({ "room_size": 20, "send_min_ms": 5_000, "send_max_ms": 5_000 }))
}

/// Users that are connected, second by second.
fn connected(world: &testkit::World) -> Vec<f32> {
    world.run.totals().timeline().value("users.active").map(<[f32]>::to_vec).unwrap_or_default()
}

#[test]
fn a_crowd_leaves_at_a_pace_and_nobody_is_cut_off() {
    let world = played(plan(300), Faults::default());
    let gone: Vec<f32> = connected(&world).windows(2).map(|pair| pair[0] - pair[1]).collect();
    let most = gone.iter().copied().fold(0.0, f32::max);
    assert!(most <= 130.0, "{most} within a second");
    assert_eq!(counter(&world, "generator.not_left"), 0);
    assert_eq!(errors(&world), [""; 0]);
    // A hundred a second, and no longer than that needs.
    assert!(world.now().as_secs_f64() < 10.0 + 3.0 + 3.0 + 5.0, "{:?}", world.now());
}

#[test]
fn what_the_time_does_not_allow_is_the_generator_s_own() {
    // The server answers nobody any more when they leave.
    let mut world = world(Plan { graceful_stop_s: 2.0, ..plan(300) }, Faults::default());
    world.play(Span::from_secs(9));
    world.hang();
    let now = world.now();
    world.play_until(now + Span::from_secs(100));
    assert!(world.run.is_done());
    let finishing: Vec<String> = errors(&world).into_iter().filter(|error| error.contains("\"finish\"")).collect();
    assert_eq!(finishing, [""; 0], "no error of the target's");
    assert_eq!(counter(&world, "generator.not_left"), 300);
}
