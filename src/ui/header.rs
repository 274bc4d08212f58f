//! The page's header: the way to its pages, the run's state, the colours.

use leptos::prelude::*;

use super::store::Store;
use app::page::{Page, PageEvent, Theme};

#[component]
pub fn Header() -> impl IntoView {
    view! {
        <header class="top">
            <span class="brand"><Mark />"Tabswarm"</span>
            <nav aria-label="Pages">
                <PageLink page=Page::Plan label="Plan" />
                <PageLink page=Page::Run label="Run" />
                <PageLink page=Page::Swarm label="Swarm" />
                <PageLink page=Page::Results label="Results" />
            </nav>
            <StateChip />
            <ThemeToggle />
        </header>
    }
}

#[component]
fn PageLink(page: Page, label: &'static str) -> impl IntoView {
    let store = Store::here();
    let current = store.select(move |model| (model.page == page).then_some("page"));
    view! { <button class="tab" aria-current=current on:click=move |_| store.dispatch(PageEvent::Show(page))>{label}</button> }
}

/// Seven dots around one: a swarm.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <rect x="2" y="2" width="20" height="20" rx="6" />
            <g>
                <circle cx="12" cy="12" r="2.4" /><circle cx="12" cy="6.6" r="1.4" /><circle cx="16.7" cy="9.3" r="1.4" />
                <circle cx="16.7" cy="14.7" r="1.4" /><circle cx="12" cy="17.4" r="1.4" /><circle cx="7.3" cy="14.7" r="1.4" />
                <circle cx="7.3" cy="9.3" r="1.4" />
            </g>
        </svg>
    }
}

/// The run's state, visible from all pages: of this page's run, or of the one it plays a part of.
#[component]
fn StateChip() -> impl IntoView {
    let store = Store::here();
    let own = store.run(|run| run.status.clone());
    let part = store.swarm(|swarm| swarm.part.as_ref().and_then(|part| part.status.clone()));
    let status = Memo::new(move |_| part.get().unwrap_or_else(|| own.get()));
    let chip = Memo::new(move |_| status.with(|status| status.chip()));
    let class = move || format!("chip {}", chip.with(|(_, mood)| mood.class()));
    view! { <span class=class>{move || chip.with(|(text, _)| text.clone())}</span> }
}

/// Light, dark, or as the system says.
#[component]
fn ThemeToggle() -> impl IntoView {
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
            on:click=move |_| store.dispatch(PageEvent::ChooseTheme(theme.get().next()))
        >
            <svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.2" /><path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z" /></svg>
            {text}
        </button>
    }
}
