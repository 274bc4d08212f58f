//! The sample server's faults and rules: only a plan for `lab` has them.

use leptos::prelude::*;
use serde_json::json;

use crate::ui::parts::{Card, Field, ProblemsAt, Select};
use crate::ui::store::Store;
use app::Event;
use app::field::FieldKind;
use app::path::Path;

/// Field, label, unit, what holds while it is empty, and explanation.
type Switch = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Field, label, what it is off and on, and explanation.
type Flags = (&'static str, &'static str, &'static str, &'static str, &'static str);

const DELIVERY: &[Switch] = &[
    ("latency_ms", "Added latency", "ms", "off", "Before every event and ack leaves the server."),
    ("jitter_ms", "Jitter", "ms", "off", "Uniformly 0 to this, on top of the latency."),
    ("service_ms", "Service time", "ms", "off", "One worker handles messages one after the other, each for so long."),
    ("lose_share", "Lost deliveries", "0-1", "off", "Share of (message, member) pairs that are left out."),
    ("duplicate_share", "Duplicated", "0-1", "off", "Share of deliveries that are sent twice."),
    ("reorder_share", "Reordered", "0-1", "off", "Share that is sent after the sender's next message."),
    ("error_share", "Errors", "0-1", "off", "Share of messages answered with an error."),
    ("error_code", "Error code", "", "none", "The code of these errors: they need one."),
    ("rate_limit_per_min", "Rate limit", "/min", "off", "Messages of one user. 0: as the real server."),
];

const CONTENTS: &[Switch] = &[
    ("breach_missing_share", "Fields missing", "0-1", "off", "Share of messages that are sent without their room."),
    ("breach_type_share", "Wrong types", "0-1", "off", "Share of messages that are sent with a text for a time."),
    (
        "breach_unknown_share",
        "Unknown events",
        "0-1",
        "off",
        "Share of messages that an event follows which nobody knows.",
    ),
    ("history_lose_share", "Lost in history", "0-1", "off", "Share of messages that a history leaves out."),
    ("history_duplicate_share", "Twice in history", "0-1", "off", "Share of messages that a history lists twice."),
    (
        "history_reorder_share",
        "Disorder in history",
        "0-1",
        "off",
        "Share of messages that a history lists before the one in front.",
    ),
    ("read_stuck_share", "Stuck unread", "0-1", "off", "Share of messages whose reader a history does not name."),
];

const CONNECTIONS: &[Switch] = &[
    ("refuse_share", "Refused handshakes", "0-1", "off", "Share of WebSocket handshakes answered with 503."),
    ("drop_share", "Cut connections", "0-1", "off", "Share of connections that are cut off."),
    ("drop_within_s", "Cut within", "s", "at once", "Each at a random moment within this time."),
    ("restart_at_s", "Restart at", "s", "never", "Everybody is cut off so many seconds after the start."),
    ("restart_down_ms", "Down for", "ms", "not at all", "How long nobody listens then."),
];

const CONNECTION_FLAGS: &[Flags] = &[
    (
        "restart_forget_sessions",
        "Sessions at restart",
        "Stay",
        "Are forgotten",
        "Whether users are still logged in afterwards.",
    ),
    ("stop_reading", "Reading", "Reads", "Stops", "Whether the server still reads from WebSockets."),
];

const RULES: &[Switch] = &[
    ("rules.login_ms", "Log-in time", "ms", "no time", "Each registration and log-in takes so long."),
    ("rules.login_threads", "Log-ins at a time", "", "1", "So many are worked on at a time; the others wait."),
    (
        "rules.join_history",
        "History on join",
        "",
        "none",
        "So many of a room's newest messages come as if they were new.",
    ),
    ("rules.batch_ms", "Batches", "ms", "off", "Messages to one receiver are collected so long and sent as an array."),
    ("rules.frame_limit_bytes", "Frame limit", "B", "65536", "A longer frame ends its connection."),
    (
        "rules.redirect_to",
        "Redirect calls to",
        "",
        "off",
        "An origin like http://127.0.0.1:4281 that REST calls are sent on to.",
    ),
];

const RULE_FLAGS: &[Flags] = &[
    ("rules.unique_names", "Names", "Any", "Unique", "Whether two users or rooms may have one name."),
    ("rules.answering_acks", "Acknowledgements", "Are empty", "Answer", "Whether they say what came of an event."),
    ("rules.no_sender_copy", "Sender", "Gets a copy", "Gets none", "Whether a message comes back to who sent it."),
    ("rules.plain_get_404", "GET without handshake", "An error", "404", "What a WebSocket's address answers to it."),
];

/// Those that are no numbers.
const TEXTS: [&str; 2] = ["error_code", "rules.redirect_to"];

#[component]
pub fn LabFaults() -> impl IntoView {
    let store = Store::here();
    let is_lab = store.plan(|editor| Path::from("lab").find(editor.document()).is_some());
    let set = move |value| store.dispatch(Event::Set { path: Path::from("lab"), value });
    view! {
        <Card title="Faults of the lab" hint="Sent to the sample server before the run. Other servers take none. An empty field means what is shown grey.">
            <Show when=move || is_lab.get() fallback=move || view! { <button class="quiet" on:click=move |_| set(Some(json!({})))>"+ Faults"</button> }>
                <ProblemsAt path=Path::from("lab") />
                {group("Delivery", "", DELIVERY, &[])}
                {group("Contents", "", CONTENTS, &[])}
                {group("Connections", "", CONNECTIONS, CONNECTION_FLAGS)}
                {group("Rules", "No faults: real services have such rules.", RULES, RULE_FLAGS)}
                <button class="quiet" on:click=move |_| set(None)>"The target is no lab"</button>
            </Show>
        </Card>
    }
}

/// Switches that belong together, those with a number or a text first.
fn group(
    title: &'static str,
    hint: &'static str,
    switches: &'static [Switch],
    flags: &'static [Flags],
) -> impl IntoView + use<> {
    let field = |(name, label, unit, empty, hint): &Switch| {
        let kind = if TEXTS.contains(name) { FieldKind::Text } else { FieldKind::Number };
        view! { <Field path=Path::from("lab").join(name) label=*label kind unit=*unit hint=*hint placeholder=*empty /> }
    };
    let flag =
        |(name, label, off, on, hint): &Flags| view! { <Flag name=*name label=*label off=*off on=*on hint=*hint /> };
    view! {
        <fieldset class="switches">
            <legend>{title}</legend>
            <p class="hint" hidden=hint.is_empty()>{hint}</p>
            <div class="grid">
                {switches.iter().map(field).collect_view()}
                {flags.iter().map(flag).collect_view()}
            </div>
        </fieldset>
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
