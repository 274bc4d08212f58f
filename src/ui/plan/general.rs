//! What concerns the run as a whole.

use leptos::prelude::*;

use crate::ui::parts::{Card, Field};
use app::plan::field::FieldKind;
use app::plan::path::Path;

#[component]
pub fn General() -> impl IntoView {
    let number =
        |path: &str, label: &'static str, unit: &'static str, placeholder: &'static str, hint: &'static str| {
            view! { <Field path=Path::from(path) label kind=FieldKind::Number unit placeholder hint /> }
        };
    view! {
        <Card title="Run">
            <div class="grid">
                <Field path=Path::from("name") label="Name" kind=FieldKind::Text hint="Names the report and the saved file." />
                {number("seed", "Seed", "", "", "The same seed makes the same choices.")}
                {number("warmup_s", "Warm-up", "s", "0", "Latencies of the first seconds stay out of results.")}
                {number("settle_s", "Settle", "s", "3", "How long a stopping run waits for messages in flight.")}
                {number("contract_every", "Contract check", "every n-th", "50", "Of events with an expected shape every n-th is looked at. 0: none.")}
                {number("consistency_users", "Consistency", "users", "5", "So many users compare the server's history with what came, at the end. 0: none.")}
                {number("late_after_s", "Late after", "s", "5", "A message that takes longer counts as late.")}
                {number("handshakes_in_flight", "Handshakes at a time", "", "4", "More than 4 makes a browser slower, not faster.")}
            </div>
        </Card>
    }
}
