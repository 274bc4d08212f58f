//! Light, dark, or as the system says.

use leptos::prelude::*;

use crate::ui::store::Store;
use app::{Event, Theme};

#[component]
pub fn ThemeToggle() -> impl IntoView {
    let store = Store::here();
    let theme = store.select(|model| model.theme);
    let text = move || match theme.get() {
        Theme::System => "Auto",
        Theme::Light => "Light",
        Theme::Dark => "Dark",
    };
    view! {
        <button
            class="quiet theme"
            title="Colours: as the system, light, dark"
            aria-label=move || format!("Colours: {}", text())
            on:click=move |_| store.dispatch(Event::ChooseTheme(theme.get().next()))
        >
            <svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.2" /><path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z" /></svg>
            {text}
        </button>
    }
}
