//! The fields of each kind of load.

use leptos::prelude::*;

use super::stages::Stages;
use crate::ui::parts::{Documented, Select};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::field::show_at;
use app::plan::load_form::SHAPES;
use plan::{BATCH, CLOSED, OPEN, SHAPE};

#[component]
pub fn ShapeFields() -> impl IntoView {
    let store = Store::here();
    let name = store.in_population("load.name");
    let chosen = store.plan(move |editor| show_at(editor.document(), &name.get()));
    let what = move || SHAPES.iter().find(|(name, ..)| *name == chosen.get()).map(|(.., what)| *what);
    let options = Signal::stored(SHAPES.map(|(name, label, _)| (name.to_owned(), label.to_owned())).to_vec());
    view! {
        <div class="grid">
            <Select
                label="Shape"
                options
                value=chosen
                on_choose=move |shape| store.dispatch(Edit::Set { path: name.get_untracked(), value: Some(shape.into()) })
            />
            <Documented path=store.in_population("load.users") label="Users" field=SHAPE.field("users") />
            <Documented path=store.in_population("load.duration_s") label="Length" field=SHAPE.field("duration_s") />
        </div>
        <p class="hint">
            {what} " "
            <button class="link" on:click=move |_| store.dispatch(Edit::ExpandShape)>"Edit its stages"</button>
        </p>
    }
}

#[component]
pub fn BatchFields() -> impl IntoView {
    let store = Store::here();
    view! {
        <div class="grid">
            <Documented path=store.in_population("load.users") label="Users" field=BATCH.field("users") />
            <Documented path=store.in_population("load.size") label="At a time" field=BATCH.field("size") unit="users" />
            <Documented path=store.in_population("load.every_s") label="Every" field=BATCH.field("every_s") />
            <Documented path=store.in_population("load.hold_s") label="Then hold" field=BATCH.field("hold_s") />
        </div>
    }
}

#[component]
pub fn ClosedFields() -> impl IntoView {
    let store = Store::here();
    view! {
        <div class="grid">
            <Documented path=store.in_population("load.start") label="Users at the start" field=CLOSED.field("start") />
        </div>
        <Stages unit="users" />
    }
}

#[component]
pub fn OpenFields() -> impl IntoView {
    let store = Store::here();
    view! {
        <div class="grid">
            <Documented path=store.in_population("load.start_rate") label="Rate at the start" field=OPEN.field("start_rate") unit="/s" />
            <Documented path=store.in_population("load.max_users") label="At most" field=OPEN.field("max_users") unit="users" />
        </div>
        <Stages unit="arrivals/s" />
    }
}
