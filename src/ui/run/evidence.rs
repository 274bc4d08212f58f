//! Evidence: which users had an error, a close or the slowest sample, what was on their connections then, and how the generator was.

use leptos::prelude::*;

use super::see_frames::FrameList;
use crate::ui::parts::{Card, DataTable, Dialog, Facts};
use crate::ui::store::Store;
use app::run::frames::transcript;
use app::run::view::{Case, Clue, EVIDENCE_COLUMNS, cases, clue_title};
use app::trace::TraceEvent;

#[component]
pub fn Evidence() -> impl IntoView {
    let store = Store::here();
    let rows = store.tables(|tables| tables.evidence.clone());
    let is_empty = move || rows.with(Vec::is_empty);
    let hint = Signal::derive(move || if is_empty() { "None yet." } else { HINT }.to_owned());
    view! {
        <Card title="Evidence" hint>
            <div hidden=is_empty>
                <DataTable label="Evidence" columns=&EVIDENCE_COLUMNS rows on_open=move |(row, _)| investigate(store, Clue::One(row)) />
            </div>
        </Card>
        <Panel />
    }
}

/// Opens the panel on a clue.
pub fn investigate(store: Store, clue: Clue) {
    store.dispatch(TraceEvent::Investigate(store.is_past(), clue));
}

#[component]
fn Panel() -> impl IntoView {
    let store = Store::here();
    let is_past = store.is_past();
    let clue =
        store.select(move |model| model.trace.clue.clone().filter(|(past, _)| *past == is_past).map(|(_, clue)| clue));
    let open = RwSignal::new(false);
    let one = move |case| one(store, case);
    Effect::new(move || open.set(clue.with(Option::is_some)));
    // Closed by Escape or its button.
    Effect::new(move |was: Option<bool>| {
        let is_open = open.get();
        if was == Some(true) && !is_open && clue.with_untracked(Option::is_some) {
            store.dispatch(TraceEvent::CloseCase);
        }
        is_open
    });
    let title = move || clue.with(|clue| clue.as_ref().map(clue_title)).unwrap_or_default();
    // What was known when it was asked for: it does not move while somebody reads.
    let found = Memo::new(move |_| {
        let clue = clue.get()?;
        store.with_result(|run| run.map(|run| cases(run, &clue)))
    });
    let content = move || {
        view! {
            <h3>{title}</h3>
            <p class="hint">"Secrets are ***. Between the frames some may have been left out."</p>
            {move || {
                let found = found.get().unwrap_or_default();
                if found.is_empty() {
                    view! { <p>"Nothing was kept of this: a few of each kind are, and of each metric the slowest sample of its time."</p> }.into_any()
                } else {
                    found.into_iter().map(one).collect_view().into_any()
                }
            }}
        }
    };
    view! { <Dialog title="Evidence" open content /> }
}

fn one(store: Store, case: Case) -> impl IntoView {
    let Case { title, who, user, when, generator, frames, .. } = case;
    let text = format!("{who}, {when}\n{title}\n{}", transcript(&frames));
    let is_over = store.run(|run| !run.status.is_running());
    let watch = user.filter(|_| !store.is_past()).map(|user| {
        let on_click = move |_| store.dispatch(TraceEvent::WatchUser(user));
        view! { <button disabled=is_over on:click=on_click>"Watch this user"</button> }
    });
    let is_bare = frames.is_empty();
    view! {
        <article class="case">
            <div class="case-head">
                <h4>{title}</h4>
                <p class="hint">{format!("{who} at {when}")}</p>
                <div class="row">
                    {watch}
                    <button class="quiet" on:click=move |_| store.dispatch(TraceEvent::CopyCase(text.clone()))>"Copy"</button>
                </div>
            </div>
            <Facts facts=Signal::stored(generator) />
            <p class="hint" hidden=!is_bare>"Nothing was on its connection."</p>
            <div hidden=is_bare><FrameList rows=Signal::stored(frames) label="Frames, oldest first" /></div>
        </article>
    }
}

const HINT: &str = "The first few of each kind of error and close, and the slowest samples: open one for the frames around it. A \
                    point of a chart opens it, too.";
