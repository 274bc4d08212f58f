//! What the run says equals what the server counted.

use serde_json::json;
use testkit::{Faults, World};

use crate::support::{chat_plan, counter, errors, held, ledger, played, samples};

fn busy() -> serde_json::Value {
    json!({
        "room_size": 10, "send_min_ms": 2000, "send_max_ms": 4000,
        "read": "seen", "reaction_share": 0.1,
    })
}

#[track_caller]
fn check_against_server(world: &World) {
    let (ledger, counts) = (ledger(world), &world.chat.counts);
    assert_eq!(ledger.sent, counts.messages, "messages sent");
    assert_eq!(ledger.accepted, counts.messages, "messages accepted");
    assert_eq!(ledger.arrived, counts.deliveries, "deliveries, copies not counted");
    assert_eq!(ledger.missing, counts.lost as i64, "lost");
    assert_eq!(ledger.reordered, counts.reordered, "reordered");
    assert_eq!(ledger.due, ledger.delivered + counts.lost, "what is owed either came or is lost");
    assert_eq!(ledger.arrived, ledger.delivered + ledger.extra, "what came was owed, or sent before its member knew");
    for (event, out) in [
        ("chatMessage", "events.out.chatMessage"),
        ("markMessagesAsRead", "events.out.markMessagesAsRead"),
        ("messageReaction", "events.out.messageReaction"),
        ("joinRoom", "events.out.joinRoom"),
        ("leaveRoom", "events.out.leaveRoom"),
    ] {
        assert_eq!(counter(world, out), counts.events.get(event).copied().unwrap_or(0), "{event}");
    }
}

#[test]
fn a_clean_run_equals_the_servers_counts_to_the_last_message() {
    let world = played(chat_plan(held(40, 60), busy()), Faults::default());
    check_against_server(&world);
    assert_eq!(errors(&world), Vec::<String>::new());
    assert_eq!(ledger(&world).duplicated, 0);
    // 40 users, a message every 3 s on average, for about a minute.
    assert!((600..900).contains(&ledger(&world).sent), "{:?}", ledger(&world));
    assert_eq!(samples(&world, "message.round_trip"), ledger(&world).sent);
    assert_eq!(samples(&world, "message.fanout"), ledger(&world).arrived);
    assert_eq!(samples(&world, "join"), 40);
    assert_eq!(counter(&world, "events.in.messagesRead"), world.chat.counts.events["markMessagesAsRead"] * 10);
}

#[test]
fn lost_duplicated_and_reordered_deliveries_are_counted_exactly() {
    let faults = Faults { lose: 0.05, duplicate: 0.03, reorder: 0.02, ..Faults::default() };
    let world = played(chat_plan(held(40, 120), busy()), faults);
    check_against_server(&world);
    let copies = ledger(&world).duplicated + ledger(&world).own_copies;
    assert_eq!(copies, world.chat.counts.duplicated);
    let counts = &world.chat.counts;
    assert!(counts.lost > 500 && counts.duplicated > 300 && counts.reordered > 100, "{counts:?}");
}

#[test]
fn a_second_copy_to_the_sender_is_a_duplicate_and_no_message() {
    let world = played(chat_plan(held(20, 60), busy()), Faults { own_twice: true, ..Faults::default() });
    check_against_server(&world);
    assert_eq!((ledger(&world).duplicated, ledger(&world).own_copies), (0, world.chat.counts.messages));
    assert_eq!(samples(&world, "message.round_trip"), world.chat.counts.messages);
}
