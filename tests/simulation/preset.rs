//! The preset `ktb-chat` with everything it can do switched on.

use serde_json::json;
use testkit::Faults;

use crate::support::{chat_plan, counter, errors, held, ledger, played, samples};

#[track_caller]
fn check_everything(faults: Faults) {
    let variables = json!({
        "room_size": 5, "rest_join": true, "history_pages": 3, "history_limit": 10, "file_share": 0.2,
        "read": "all", "read_batch": 4, "reaction_share": 0.5, "reaction_remove_share": 0.5,
    });
    let world = played(chat_plan(held(10, 60), variables), faults);
    assert_eq!(errors(&world), Vec::<String>::new());
    assert_eq!(metrics::insights(world.run.totals()), []);
    let counts = &world.chat.counts;
    let received = |event: &str| counts.events.get(event).copied().unwrap_or(0);
    for (operation, event, least) in [
        ("join", "joinRoom", 10),
        ("history", "fetchPreviousMessages", 10),
        ("message.round_trip", "chatMessage", 200),
        ("read", "markMessagesAsRead", 300),
        ("reaction", "messageReaction", 100),
        ("leave.ack", "leaveRoom", 10),
    ] {
        assert!(received(event) >= least, "{event}: {}", received(event));
        // Who compares its history at the end asks under a name of its own.
        let probes = if operation == "history" { samples(&world, "probe") } else { 0 };
        assert_eq!(samples(&world, operation) + probes, received(event), "{operation}");
    }
    for (operation, call) in [("rest.login", "POST auth/login"), ("rest.upload", "POST files/upload")] {
        assert!(counts.rest[call] > 10);
        assert_eq!(samples(&world, operation), counts.rest[call], "{operation}");
    }
    assert_eq!(samples(&world, "rest.rooms.join"), 10);
    assert_eq!(counter(&world, "events.in.messagesRead"), received("markMessagesAsRead") * 5);
    assert_eq!(ledger(&world).delivered, ledger(&world).due);
}

#[test]
fn everything_at_once_passes_without_an_error() {
    check_everything(Faults::default());
}

#[test]
fn so_it_does_where_senders_get_their_messages_twice() {
    check_everything(Faults { own_twice: true, ..Faults::default() });
}
