//! The sample server's faults: only a plan for `lab` has them.

use leptos::prelude::*;
use serde_json::json;

use crate::ui::parts::{Card, Field, ProblemsAt, Select};
use crate::ui::store::Store;
use app::Event;
use app::field::FieldKind;
use app::path::Path;

/// Field, label, unit and explanation of each switch.
const SWITCHES: [(&str, &str, &str, &str); 21] = [
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
    ("restart_at_s", "Restart at", "s", "Everybody is cut off so many seconds after the start."),
    ("restart_down_ms", "Down for", "ms", "How long nobody listens then."),
];

#[component]
pub fn LabFaults() -> impl IntoView {
    let store = Store::here();
    let is_lab = store.plan(|editor| Path::from("lab").find(editor.document()).is_some());
    let set = move |value| store.dispatch(Event::Set { path: Path::from("lab"), value });
    let fields = || {
        let field = |(name, label, unit, hint): (&'static str, &'static str, &'static str, &'static str)| {
            let kind = if name == "error_code" { FieldKind::Text } else { FieldKind::Number };
            view! { <Field path=Path::from("lab").key(name) label kind unit hint placeholder="off" /> }
        };
        SWITCHES.map(field).collect_view()
    };
    view! {
        <Card title="Faults of the lab" hint="Sent to the sample server before the run. For other servers there are none.">
            <Show when=move || is_lab.get() fallback=move || view! { <button class="quiet" on:click=move |_| set(Some(json!({})))>"+ Faults"</button> }>
                <ProblemsAt path=Path::from("lab") />
                <div class="grid">{fields()}<StopReading /></div>
                <button class="quiet" on:click=move |_| set(None)>"The target is no lab"</button>
            </Show>
        </Card>
    }
}

#[component]
fn StopReading() -> impl IntoView {
    let store = Store::here();
    let path = Path::from("lab.stop_reading");
    let place = path.clone();
    let value = store.plan(move |editor| place.find(editor.document()) == Some(&true.into()));
    let options =
        Signal::stored(vec![("false".to_owned(), "Reads".to_owned()), ("true".to_owned(), "Stops".to_owned())]);
    let on_choose = move |choice: String| {
        let value = (choice == "true").then(|| true.into());
        store.dispatch(Event::Set { path: path.clone(), value });
    };
    let value = Signal::derive(move || value.get().to_string());
    let hint = "Whether the server still reads from WebSockets.";
    view! { <Select label="Reading" options value on_choose hint /> }
}
