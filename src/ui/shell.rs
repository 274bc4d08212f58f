//! The page's frame: header, notice, the two pages, what screen readers hear.

use leptos::prelude::*;

use super::effects;
use super::parts::{Notice, ThemeToggle};
use super::plan::PlanPage;
use super::results::ResultsPage;
use super::run::{RunPage, StateChip};
use super::safety::{Permission, StopKey};
use super::store::Store;
use super::swarm::{BrokerQuestion, LoadQuestion, SwarmPage};
use crate::browser::{History, RunDriver, SwarmDriver, automation, was_discarded};
use app::kept;
use app::safety::SafetyEvent;
use app::{Event, Page, RunView};

/// Puts the page into the document.
pub fn open() {
    console_error_panic_hook::set_once();
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let swarm = SwarmDriver::default();
    let history = History::default();
    let driver = RunDriver::new(swarm.clone(), history.clone());
    let store = Store::provide(driver.clone(), swarm.clone(), history);
    automation::expose(&driver, &swarm, move |reply| store.reply(reply));
    let page = store.select(|model| model.page);
    let heard = store.run(|run| run.status.announcement());
    let title = store.run(RunView::title);
    Effect::new(move || document().set_title(&title.get()));
    let kept = effects::remembered(kept::SAFETY);
    store.dispatch(Event::Safety(SafetyEvent::Remembered(kept)));
    let location = window().location();
    store.dispatch(Event::Opened {
        fragment: location.hash().unwrap_or_default(),
        origin: location.origin().unwrap_or_default(),
        theme: effects::remembered(kept::THEME),
        draft: effects::remembered(kept::DRAFT),
        broker: effects::remembered(kept::BROKER),
        browser_name: effects::remembered(kept::NAME),
    });
    if was_discarded() {
        store.dispatch(Event::Discarded);
    }
    let follow = window_event_listener(leptos::ev::hashchange, move |_| {
        store.dispatch(Event::Followed { fragment: window().location().hash().unwrap_or_default() });
    });
    on_cleanup(move || follow.remove());
    view! {
        <a class="skip" href="#main" on:click=skip>"Skip to content"</a>
        <Header />
        <Notice />
        <Permission />
        <BrokerQuestion />
        <LoadQuestion />
        <StopKey />
        <main id="main" tabindex="-1">
            <div hidden=move || page.get() != Page::Plan><PlanPage /></div>
            <div hidden=move || page.get() != Page::Run><RunPage /></div>
            <div hidden=move || page.get() != Page::Swarm><SwarmPage /></div>
            <div hidden=move || page.get() != Page::Results><ResultsPage /></div>
        </main>
        <p class="unseen" role="status" aria-live="polite">{heard}</p>
    }
}

#[component]
fn Header() -> impl IntoView {
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
    view! { <button class="tab" aria-current=current on:click=move |_| store.dispatch(Event::Show(page))>{label}</button> }
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

/// The fragment belongs to plans, so the link moves the focus and leaves the address alone.
fn skip(event: leptos::ev::MouseEvent) {
    event.prevent_default();
    effects::enter_page();
}
