//! Plans to start from.

use leptos::prelude::*;

use crate::ui::parts::Card;
use crate::ui::store::Store;
use app::plan::Edit;
use app::presets::{self, PlanPreset};

#[component]
pub fn PresetPicker() -> impl IntoView {
    view! {
        <Card title="Start from" hint="A preset fills everything in. Change what you like.">
            <div class="presets" role="group" aria-label="Preset plans">
                {presets::plans().into_iter().map(|preset| view! { <PresetButton preset /> }).collect_view()}
            </div>
        </Card>
    }
}

#[component]
fn PresetButton(preset: PlanPreset) -> impl IntoView {
    let store = Store::here();
    let PlanPreset { id, title, description } = preset;
    let chosen = store.select({
        let id = id.clone();
        move |model| model.plan.preset.as_deref() == Some(&id)
    });
    view! {
        <button
            class="preset"
            aria-pressed=move || chosen.get().to_string()
            on:click=move |_| store.dispatch(Edit::ChoosePreset(id.clone()))
        >
            <strong>{title}</strong>
            <span>{description}</span>
        </button>
    }
}
