//! Does in the browser what the run page asks for.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::SEE_ID;
use crate::ui::download;
use crate::ui::store::Store;
use app::page::{Page, PageEvent};
use app::plan::Edit;
use app::run::{RunEffect, RunEvent};
use app::text_file::TextFile;
use app::trace::TraceEffect;
use plan::Plan;
use protocol::audio::Clip;
use swarm::Role;

pub fn run(store: Store, effect: RunEffect) {
    match effect {
        RunEffect::Start { plan, csv, clips } => start(store, *plan, csv, clips),
        RunEffect::Stop => store.driver().stop(),
        RunEffect::Abort => store.driver().abort(),
        RunEffect::Act(action) => store.driver().act(*action),
        RunEffect::NoteAt { at_s, text } => store.driver().note_at(at_s, text),
        RunEffect::RecordSession => record_session(store),
        RunEffect::Save(format) => download::save_current(store, format),
        RunEffect::Refresh => store.refresh(),
    }
}

pub fn trace(store: Store, effect: TraceEffect) {
    match effect {
        TraceEffect::Watch(user) => store.driver().watch(user),
        TraceEffect::Canary { user, order } => store.driver().canary(user, order),
        TraceEffect::RevealUser => reveal_user(),
        TraceEffect::NoteDown(text) => store.driver().note_down(text),
    }
}

/// The run's plan has become what was done to it; it is opened like any other plan.
fn record_session(store: Store) {
    let plan = store.driver().with_run(|run| run.and_then(|run| serde_json::to_string_pretty(run.plan()).ok()));
    if let Some(text) = plan {
        store.dispatch(Edit::FileRead { name: "this session".to_owned(), file: Ok(TextFile::utf8(text)) });
        store.dispatch(PageEvent::Show(Page::Plan));
    }
}

fn start(store: Store, plan: Plan, csv: Vec<Vec<Vec<String>>>, clips: Vec<Clip>) {
    let driver = store.driver();
    // Its own row is always there.
    if store.peek(|model| model.swarm.view.role == Some(Role::Conductor) && model.swarm.view.roster.len() > 1) {
        let text = "Start waits until the other browsers have answered, a minute at the most; Ctrl + . calls it off.";
        store.dispatch(PageEvent::Done(text.to_owned()));
    }
    leptos::task::spawn_local(async move {
        if let Err(error) = driver.start(plan, csv, clips).await {
            store.dispatch(RunEvent::Refused(error.to_string()));
        }
    });
}

/// The panel that led there closes first and would take the focus back.
fn reveal_user() {
    request_animation_frame(|| {
        if let Some(card) = document().get_element_by_id(SEE_ID) {
            card.scroll_into_view();
            // Focusing an element that is there cannot fail.
            let _ = card.unchecked_into::<HtmlElement>().focus();
        }
    });
}
