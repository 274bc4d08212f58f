//! The page's frame: header, notice, the two pages, what screen readers hear.

use leptos::prelude::*;

use super::header::Header;
use super::page;
use super::plan::PlanPage;
use super::results::ResultsPage;
use super::run::RunPage;
use super::safety::{Permission, StopKey};
use super::storage::remembered;
use super::store::Store;
use super::swarm::{BrokerQuestion, LoadQuestion, SwarmPage};
use crate::browser::{KeptRuns, RunDriver, SwarmDriver, automation, was_discarded};
use app::NoticeKind;
use app::kept;
use app::page::{Page, PageEvent};
use app::run::RunView;
use app::safety::SafetyEvent;

/// Puts the page into the document.
pub fn open() {
    console_error_panic_hook::set_once();
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let swarm = SwarmDriver::default();
    let history = KeptRuns::default();
    let driver = RunDriver::new(swarm.clone(), history.clone());
    let store = Store::provide(driver.clone(), swarm.clone(), history);
    automation::expose(&driver, &swarm, move |reply| store.reply(reply));
    let shown = store.select(|model| model.page);
    let heard = store.run(|run| run.status.announcement());
    let title = store.run(RunView::title);
    Effect::new(move || document().set_title(&title.get()));
    let kept = remembered(kept::SAFETY);
    store.dispatch(SafetyEvent::Remembered(kept));
    let location = window().location();
    store.dispatch(PageEvent::Opened {
        fragment: location.hash().unwrap_or_default(),
        origin: location.origin().unwrap_or_default(),
        theme: remembered(kept::THEME),
        draft: remembered(kept::DRAFT),
        broker: remembered(kept::BROKER),
        browser_name: remembered(kept::NAME),
    });
    if was_discarded() {
        store.dispatch(PageEvent::Discarded);
    }
    let follow = window_event_listener(leptos::ev::hashchange, move |_| {
        store.dispatch(PageEvent::Followed { fragment: window().location().hash().unwrap_or_default() });
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
            <div hidden=move || shown.get() != Page::Plan><PlanPage /></div>
            <div hidden=move || shown.get() != Page::Run><RunPage /></div>
            <div hidden=move || shown.get() != Page::Swarm><SwarmPage /></div>
            <div hidden=move || shown.get() != Page::Results><ResultsPage /></div>
        </main>
        <p class="unseen" role="status" aria-live="polite">{heard}</p>
    }
}

/// What just happened, in one sentence.
#[component]
fn Notice() -> impl IntoView {
    let store = Store::here();
    let notice = store.select(|model| model.notice.clone());
    let class = move || match notice.get().map(|notice| notice.kind) {
        None => "notice empty",
        Some(NoticeKind::Done) => "notice good",
        Some(NoticeKind::Warning) => "notice warn",
        Some(NoticeKind::Problem) => "notice bad",
    };
    view! {
        <div class=class role="status" aria-live="polite">
            <span>{move || notice.get().map(|notice| notice.text)}</span>
            <button class="quiet" hidden=move || notice.get().is_none() on:click=move |_| store.dispatch(PageEvent::DismissNotice)>
                "Dismiss"
            </button>
        </div>
    }
}

/// The fragment belongs to plans, so the link moves the focus and leaves the address alone.
fn skip(event: leptos::ev::MouseEvent) {
    event.prevent_default();
    page::enter();
}
