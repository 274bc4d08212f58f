//! The whole plan as text.

use leptos::html::Textarea;
use leptos::prelude::*;

use crate::ui::page::EDITOR_ID;
use crate::ui::parts::{Dialog, Document};
use crate::ui::store::Store;
use app::plan::Edit;

#[component]
pub fn JsonEditor() -> impl IntoView {
    let store = Store::here();
    let text = store.plan(|editor| editor.text().to_owned());
    let lines = store.plan(|editor| editor.marked_lines());
    let area = NodeRef::<Textarea>::new();
    let scrolled = RwSignal::new(0);
    let help = RwSignal::new(false);
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
                    on:input=move |event| store.dispatch(Edit::TypedJson(event_target_value(&event)))
                    on:scroll=move |_| if let Some(area) = area.get_untracked() { scrolled.set(area.scroll_top()) }
                />
            </div>
        </details>
        <Dialog title="The scenario language" open=help content=|| view! { <Document html=app::documents::SCENARIO /> } />
    }
}
