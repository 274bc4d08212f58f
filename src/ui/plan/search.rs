//! The search for the breaking point, as a part of the plan.

use leptos::prelude::*;

use crate::ui::parts::{Card, Documented, Field, ProblemsAt, Select};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::field::{FieldKind, show_at};
use app::plan::path::Path;
use plan::{Raised, SEARCH};

#[component]
pub fn Search() -> impl IntoView {
    let store = Store::here();
    let has_search = store.plan(|editor| Path::from("search").find(editor.document()).is_some());
    let remove = move |_| store.dispatch(Edit::Set { path: Path::from("search"), value: None });
    let add =
        move || view! { <button class="quiet" on:click=move |_| store.dispatch(Edit::FitSearch)>"+ Search"</button> };
    view! {
        <Card title="Breakpoint search" hint="Finds the largest load at which all thresholds hold.">
            <Show when=move || has_search.get() fallback=add>
                <ProblemsAt path=Path::from("search") />
                <Fields />
                <p>
                    <button class="quiet" on:click=move |_| store.dispatch(Edit::FitSearch)>"Fit the load to it"</button>
                    <button class="quiet" on:click=remove>"No search"</button>
                </p>
            </Show>
        </Card>
    }
}

#[component]
fn Fields() -> impl IntoView {
    let store = Store::here();
    let at = |name: &str| Path::from("search").key(name);
    let raise = at("raise");
    let place = raise.clone();
    let chosen = store.plan(move |editor| show_at(editor.document(), &place));
    let options =
        Raised::ALL.iter().map(|raised| (raised.name().to_owned(), label(*raised).to_owned())).collect::<Vec<_>>();
    let on_choose = move |name: String| store.dispatch(Edit::Set { path: raise.clone(), value: Some(name.into()) });
    let unit = Signal::derive(move || {
        let raised = Raised::ALL.iter().find(|raised| chosen.with(|name| name == raised.name()));
        raised.map_or_else(String::new, |raised| raised.unit().to_owned())
    });
    view! {
        <div class="grid">
            <Select label="Raise" options=Signal::stored(options) value=chosen on_choose />
            <Field path=at("from") label="From" kind=FieldKind::Number unit />
            <Field path=at("to") label="To" kind=FieldKind::Number unit />
            <Field path=at("step") label="Step" kind=FieldKind::Number unit />
            <Documented path=at("settle_s") label="Settle" field=SEARCH.field("settle_s") />
            <Documented path=at("hold_s") label="Hold" field=SEARCH.field("hold_s") />
            <Documented path=at("precision") label="Precision" field=SEARCH.field("precision") unit="0-1" />
            <Field path=at("population") label="Population" kind=FieldKind::Text placeholder="the first" />
        </div>
    }
}

const fn label(raised: Raised) -> &'static str {
    match raised {
        Raised::Users => "Users",
        Raised::Arrivals => "Arrivals per second",
        Raised::Messages => "Messages per second",
    }
}
