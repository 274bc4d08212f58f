//! The sample server's faults: only a plan for `lab` has them.

use leptos::prelude::*;
use serde_json::json;

use crate::ui::parts::{Card, Field, ProblemsAt, Select};
use crate::ui::store::Store;
use app::Event;
use app::field::FieldKind;
use app::path::Path;

/// Field, label, unit and explanation of each switch.
const SWITCHES: [(&str, &str, &str, &str); 27] = [
    ("latency_ms", "Added latency", "ms", "Before every event and ack leaves the server."),
    ("jitter_ms", "Jitter", "ms", "Uniformly 0 to this, on top of the latency."),
    ("lose_share", "Lost deliveries", "0-1", "Share of (message, member) pairs that are left out."),
    ("duplicate_share", "Duplicated", "0-1", "Share of deliveries that are sent twice."),
    ("reorder_share", "Reordered", "0-1", "Share that is sent after the sender's next message."),
    ("refuse_share", "Refused handshakes", "0-1", "Share of WebSocket handshakes answered with 503."),
    ("drop_share", "Cut connections", "0-1", "Share of connections that are cut off."),
    ("drop_within_s", "Cut within", "s", "Each at a random moment within this time."),
    ("error_share", "Errors", "0-1", "Share of messages answered with an error."),
    ("error_code", "Error code", "", "The code of these errors."),
    ("rate_limit_per_min", "Rate limit", "/min", "Messages of one user. 0: as the real server."),
    ("service_ms", "Service time", "ms", "One worker handles messages one after the other, each for so long."),
    ("breach_missing_share", "Fields missing", "0-1", "Share of messages that are sent without their room."),
    ("breach_type_share", "Wrong types", "0-1", "Share of messages that are sent with a text for a time."),
    ("breach_unknown_share", "Unknown events", "0-1", "Share of messages that an event follows which nobody knows."),
    ("history_lose_share", "Lost in history", "0-1", "Share of messages that a history leaves out."),
    ("history_duplicate_share", "Twice in history", "0-1", "Share of messages that a history lists twice."),
    (
        "history_reorder_share",
        "Disorder in history",
        "0-1",
        "Share of messages that a history lists before the one in front.",
    ),
    ("read_stuck_share", "Stuck unread", "0-1", "Share of messages whose reader a history does not name."),
    ("rules.batch_ms", "Batches", "ms", "Messages to one receiver are collected so long and sent as an array."),
    ("rules.join_history", "History on join", "", "So many of a room's newest messages come as if they were new."),
    ("rules.login_ms", "Slow log-ins", "ms", "Each registration and log-in takes so long."),
    ("rules.login_threads", "Log-ins at a time", "", "The others wait."),
    ("rules.frame_limit_bytes", "Frame limit", "B", "A longer frame ends its connection."),
    ("rules.redirect_to", "Redirect calls to", "", "An origin like http://127.0.0.1:4281."),
    ("restart_at_s", "Restart at", "s", "Everybody is cut off so many seconds after the start."),
    ("restart_down_ms", "Down for", "ms", "How long nobody listens then."),
];

/// Those that are no numbers.
const TEXTS: [&str; 2] = ["error_code", "rules.redirect_to"];

/// Field, label, what it is off and on, and explanation.
const FLAGS: [(&str, &str, &str, &str, &str); 6] = [
    ("stop_reading", "Reading", "Reads", "Stops", "Whether the server still reads from WebSockets."),
    (
        "restart_forget_sessions",
        "Sessions at restart",
        "Stay",
        "Are forgotten",
        "Whether users are still logged in afterwards.",
    ),
    ("rules.unique_names", "Names", "Any", "Unique", "Whether two users or rooms may have one name."),
    ("rules.plain_get_404", "GET without handshake", "An error", "404", "What a WebSocket's address answers to it."),
    ("rules.answering_acks", "Acknowledgements", "Are empty", "Answer", "Whether they say what came of an event."),
    ("rules.no_sender_copy", "Sender", "Gets a copy", "Gets none", "Whether a message comes back to who sent it."),
];

#[component]
pub fn LabFaults() -> impl IntoView {
    let store = Store::here();
    let is_lab = store.plan(|editor| Path::from("lab").find(editor.document()).is_some());
    let set = move |value| store.dispatch(Event::Set { path: Path::from("lab"), value });
    let fields = || {
        let field = |(name, label, unit, hint): (&'static str, &'static str, &'static str, &'static str)| {
            let kind = if TEXTS.contains(&name) { FieldKind::Text } else { FieldKind::Number };
            view! { <Field path=Path::from("lab").join(name) label kind unit hint placeholder="off" /> }
        };
        SWITCHES.map(field).collect_view()
    };
    let flags = || FLAGS.map(|(name, label, off, on, hint)| view! { <Flag name label off on hint /> }).collect_view();
    view! {
        <Card title="Faults of the lab" hint="Sent to the sample server before the run. For other servers there are none.">
            <Show when=move || is_lab.get() fallback=move || view! { <button class="quiet" on:click=move |_| set(Some(json!({})))>"+ Faults"</button> }>
                <ProblemsAt path=Path::from("lab") />
                <div class="grid">{fields()}{flags()}</div>
                <button class="quiet" on:click=move |_| set(None)>"The target is no lab"</button>
            </Show>
        </Card>
    }
}

#[component]
fn Flag(
    name: &'static str,
    label: &'static str,
    off: &'static str,
    on: &'static str,
    hint: &'static str,
) -> impl IntoView {
    let store = Store::here();
    let path = Path::from("lab").join(name);
    let place = path.clone();
    let value = store.plan(move |editor| place.find(editor.document()) == Some(&true.into()));
    let options = Signal::stored(vec![("false".to_owned(), off.to_owned()), ("true".to_owned(), on.to_owned())]);
    let on_choose = move |choice: String| {
        let value = (choice == "true").then(|| true.into());
        store.dispatch(Event::Set { path: path.clone(), value });
    };
    let value = Signal::derive(move || value.get().to_string());
    view! { <Select label options value on_choose hint /> }
}
