//! Does in the browser what the plan page asks for.

use leptos::prelude::*;

use crate::ui::download;
use crate::ui::page::report;
use crate::ui::storage::remember;
use crate::ui::store::Store;
use app::kept::DRAFT;
use app::plan::PlanEffect;
use app::preflight::PreflightEffect;
use wasm_bindgen::JsValue;

pub fn run(store: Store, effect: PlanEffect) {
    match effect {
        PlanEffect::Download { name, text } => report(store, download::text_file(&name, "application/json", &text)),
        PlanEffect::KeepDraft(text) => keep_draft(&text),
    }
}

pub fn preflight(store: Store, effect: PreflightEffect) {
    match effect {
        PreflightEffect::Start(order) => store.rehearse(*order),
        PreflightEffect::Cancel => store.cancel_rehearsal(),
    }
}

/// An address that holds a plan holds another one from now on.
fn keep_draft(text: &str) {
    remember(DRAFT, text);
    let location = window().location();
    if location.hash().is_ok_and(|hash| hash.starts_with("#plan"))
        && let (Ok(path), Ok(history)) = (location.pathname(), window().history())
    {
        // It fails only for an address of another origin.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
}
