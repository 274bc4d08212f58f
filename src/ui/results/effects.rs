//! Does in the browser what the results page asks for.

use std::fmt::Display;
use std::rc::Rc;
use std::sync::Arc;

use leptos::task::spawn_local;

use crate::ui::download;
use crate::ui::store::Store;
use app::page::PageEvent;
use app::past::PastRun;
use app::results::{ComparisonView, OpenRun, ResultsEffect, ResultsEvent};
use app::run::RunView;
use results::{Entry, archive};

pub fn run(store: Store, effect: ResultsEffect) {
    let history = store.history();
    match effect {
        ResultsEffect::LookAgain => spawn_local(async move { history.look_again().await }),
        ResultsEffect::Open(entry) => spawn_local(async move {
            match read(store, &entry).await {
                Ok(run) => {
                    let (view, log) = (RunView::of(&run.result), run.result.log.clone().into_owned());
                    store.set_past(Rc::new(run));
                    dispatch(store, ResultsEvent::Opened(Box::new(OpenRun { entry: *entry, view, log })));
                }
                Err(problem) => store.dispatch(PageEvent::Failed(problem)),
            }
        }),
        ResultsEffect::Save(changed) => spawn_local(async move { history.save(changed).await }),
        ResultsEffect::Keep(found) => spawn_local(async move {
            for one in found {
                history.keep(one, None).await;
            }
        }),
        ResultsEffect::Export(entries) => spawn_local(async move { export(store, entries).await }),
        ResultsEffect::Compare(entries) => spawn_local(async move { compare(store, entries).await }),
        ResultsEffect::SaveReport(format) => {
            if let Some(report) = store.with_past(|run| run.map(|run| run.report.clone())) {
                download::save(store, format, PastRun::of(report));
            }
        }
    }
}

fn dispatch(store: Store, event: ResultsEvent) {
    store.dispatch(event);
}

async fn read(store: Store, entry: &Entry) -> Result<PastRun, String> {
    let refused = |problem: &dyn Display| format!("{} cannot be shown: {problem}.", entry.name);
    let report = store.history().report(&entry.id).await.map_err(|problem| refused(&problem))?;
    PastRun::of(report).map_err(|problem| refused(&problem))
}

async fn compare(store: Store, entries: Vec<Entry>) {
    let mut runs = Vec::new();
    for entry in &entries {
        match read(store, entry).await {
            Ok(run) => runs.push(Rc::new(run)),
            Err(problem) => return store.dispatch(PageEvent::Failed(problem)),
        }
    }
    let view = ComparisonView::of(&entries, &runs.iter().map(Rc::as_ref).collect::<Vec<_>>());
    store.set_compared(runs);
    dispatch(store, ResultsEvent::Compared(Arc::new(view)));
}

/// Each run becomes a part of the file by itself, so that only one is in memory at a time.
async fn export(store: Store, entries: Vec<Entry>) {
    let parts = js_sys::Array::of1(&archive::HEAD.into());
    let mut lost = Vec::new();
    for entry in &entries {
        match store.history().report(&entry.id).await {
            Ok(report) => drop(parts.push(&archive::line(entry, &report).into())),
            Err(problem) => lost.push(format!("{}: {problem}", entry.name)),
        }
    }
    let saved = download::file("tabswarm-results.jsonl", "application/jsonl", &parts);
    store.dispatch(match &lost[..] {
        _ if saved.is_err() => PageEvent::Failed("The browser refused the file.".to_owned()),
        [] => PageEvent::Done(format!("{} runs exported.", entries.len())),
        lost => PageEvent::Failed(format!("Not exported: {}.", lost.join(", "))),
    });
}
