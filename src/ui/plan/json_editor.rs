//! The whole plan as text.

use leptos::html::Textarea;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use crate::ui::page::EDITOR_ID;
use crate::ui::parts::{Dialog, Document};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::completion::{Proposal, proposals};

#[component]
pub fn JsonEditor() -> impl IntoView {
    let store = Store::here();
    let text = store.plan(|editor| editor.text().to_owned());
    let lines = store.plan(|editor| editor.marked_lines());
    let area = NodeRef::<Textarea>::new();
    let scrolled = RwSignal::new(0);
    let help = RwSignal::new(false);
    let fitting = RwSignal::new(Vec::new());
    let look = move || fitting.set(area.get_untracked().map(|area| at_cursor(&area)).unwrap_or_default());
    // Setting the same text again would move the cursor.
    Effect::new(move || {
        let shown = text.get();
        if let Some(area) = area.get().filter(|area| area.value() != shown) {
            area.set_value(&shown);
        }
    });
    let number = |(at, bad): (usize, bool)| view! { <span class:bad=bad>{at + 1}</span> };
    let gutter = move || lines.get().into_iter().enumerate().map(number).collect_view();
    view! {
        <details class="card json">
            <summary><h2>"Advanced: the plan as JSON"</h2></summary>
            <p class="hint">
                "Form and text are the same plan. What has no field above can be set here: in place of a scenario's name, "
                <code>"scenario"</code> " takes a whole scenario. "
                <button class="link" on:click=move |_| help.set(true)>"The scenario language"</button>
            </p>
            <div class="code">
                <div class="gutter" aria-hidden="true"><div style:transform=move || format!("translateY(-{}px)", scrolled.get())>{gutter}</div></div>
                <textarea
                    id=EDITOR_ID
                    node_ref=area
                    aria-label="The plan as JSON"
                    wrap="off"
                    spellcheck="false"
                    autocomplete="off"
                    on:input=move |event| {
                        store.dispatch(Edit::TypedJson(event_target_value(&event)));
                        look();
                    }
                    on:keyup=move |_| look()
                    on:click=move |_| look()
                    on:scroll=move |_| if let Some(area) = area.get_untracked() { scrolled.set(area.scroll_top()) }
                />
            </div>
            <Completion area fitting />
        </details>
        <Dialog title="The scenario language" open=help content=|| view! { <Document html=app::documents::SCENARIO /> } />
    }
}

/// What fits at the cursor; a click puts it there.
#[component]
fn Completion(area: NodeRef<Textarea>, fitting: RwSignal<Vec<Proposal>>) -> impl IntoView {
    let store = Store::here();
    let take = move |name: &str| {
        let Some(area) = area.get_untracked() else { return };
        // The text may have changed since the list was made.
        if let Some(proposal) = at_cursor(&area).iter().find(|proposal| proposal.name == name) {
            area.focus().ok();
            let text = area.value();
            let units = |end: usize| text[..end].encode_utf16().count() as u32;
            let place = &proposal.instead_of;
            area.set_selection_range(units(place.start), units(place.end)).ok();
            // As if it had been typed, so that it can be undone.
            let page = document().dyn_into::<HtmlDocument>().ok();
            let typed = page
                .and_then(|page| page.exec_command_with_show_ui_and_value("insertText", false, &proposal.insert).ok());
            if typed != Some(true) {
                area.set_range_text(&proposal.insert).ok();
                store.dispatch(Edit::TypedJson(area.value()));
            }
        }
        fitting.set(at_cursor(&area));
    };
    let row = move |proposal: Proposal| {
        let needed = proposal.is_required.then_some(" (required)");
        view! {
            <button class="quiet" on:click=move |_| take(proposal.name)>
                <code>{proposal.name}</code> {needed} <span class="hint">{proposal.meaning.replace('`', "")}</span>
            </button>
        }
    };
    view! {
        <div class="proposals" role="group" aria-label="What may stand at the cursor" hidden=move || fitting.with(Vec::is_empty)>
            {move || fitting.get().into_iter().map(row).collect_view()}
        </div>
    }
}

fn at_cursor(area: &HtmlTextAreaElement) -> Vec<Proposal> {
    let (text, cursor) = (area.value(), area.selection_start().ok().flatten().unwrap_or_default());
    proposals(&text, bytes_before(&text, cursor))
}

/// Browsers count a text's halves of 16 bits.
fn bytes_before(text: &str, cursor: u32) -> usize {
    let mut units = 0;
    let before = text.chars().take_while(|c| {
        units += c.len_utf16() as u32;
        units <= cursor
    });
    before.map(char::len_utf8).sum()
}
