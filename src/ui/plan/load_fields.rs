//! The fields of each kind of load.

use leptos::prelude::*;

use super::stages::Stages;
use crate::ui::parts::{Field, Select};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::field::{FieldKind, show_at};
use app::plan::load_form::SHAPES;

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
            <Field path=store.in_population("load.users") label="Users" kind=FieldKind::Number />
            <Field path=store.in_population("load.duration_s") label="Length" kind=FieldKind::Number unit="s" />
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
            <Field path=store.in_population("load.users") label="Users" kind=FieldKind::Number />
            <Field path=store.in_population("load.size") label="At a time" kind=FieldKind::Number unit="users" />
            <Field path=store.in_population("load.every_s") label="Every" kind=FieldKind::Number unit="s" />
            <Field path=store.in_population("load.hold_s") label="Then hold" kind=FieldKind::Number unit="s" />
        </div>
    }
}

#[component]
pub fn ClosedFields() -> impl IntoView {
    let store = Store::here();
    view! {
        <div class="grid">
            <Field path=store.in_population("load.start") label="Users at the start" kind=FieldKind::Number placeholder="0" />
        </div>
        <Stages unit="users" />
    }
}

#[component]
pub fn OpenFields() -> impl IntoView {
    let store = Store::here();
    view! {
        <div class="grid">
            <Field path=store.in_population("load.start_rate") label="Rate at the start" kind=FieldKind::Number unit="/s" placeholder="0" />
            <Field path=store.in_population("load.max_users") label="At most" kind=FieldKind::Number unit="users" />
        </div>
        <Stages unit="arrivals/s" />
    }
}
