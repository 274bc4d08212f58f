//! What concerns the run as a whole.

use leptos::prelude::*;

use crate::ui::parts::{Card, Documented};
use app::plan::path::Path;

#[component]
pub fn General() -> impl IntoView {
    let field = |name: &'static str, label: &'static str| {
        view! { <Documented path=Path::from(name) label field=plan::PLAN.field(name) /> }
    };
    view! {
        <Card title="Run">
            <div class="grid">
                {field("name", "Name")}
                {field("seed", "Seed")}
                {field("warmup_s", "Warm-up")}
                {field("settle_s", "Settle")}
                {field("contract_every", "Contract check")}
                {field("consistency_users", "Consistency")}
                {field("late_after_s", "Late after")}
                {field("handshakes_in_flight", "Handshakes at a time")}
            </div>
        </Card>
    }
}
