//! The page as a whole in its browser: address, clipboard, focus, look.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, HtmlTextAreaElement};

use super::storage::remember;
use super::store::Store;
use app::kept::THEME;
use app::page::{PageEffect, PageEvent, Theme};

/// The JSON editor's id; a problem is shown there.
pub const EDITOR_ID: &str = "plan-json";

pub fn run(store: Store, effect: PageEffect) {
    match effect {
        PageEffect::ApplyTheme(theme) => apply_theme(theme),
        PageEffect::Enter => enter(),
        PageEffect::RevealLine(line) => reveal_line(line),
        PageEffect::CopyLink { fragment, done } => copy_link(store, &fragment, done),
        PageEffect::CopyText { text, done } => copy_text(store, &text, done),
    }
}

fn apply_theme(theme: Theme) {
    let Some(root) = document().document_element() else { return };
    let _ = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.name()),
    };
    remember(THEME, theme.name());
}

/// Begins at the top, for eyes and for keyboards: the button that was pressed may be gone.
pub fn enter() {
    focus();
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// The keyboard goes on in the page, not in nothing.
pub fn focus() {
    if let Ok(Some(main)) = document().query_selector("main") {
        // Focusing an element that is there cannot fail.
        let _ = main.unchecked_into::<HtmlElement>().focus();
    }
}

/// Opens the editor, puts the cursor on the line and scrolls it into view.
fn reveal_line(line: usize) {
    let Some(editor) = document().get_element_by_id(EDITOR_ID) else { return };
    if let Ok(Some(details)) = editor.closest("details") {
        // Setting an attribute of an element that is there cannot fail.
        let _ = details.set_attribute("open", "");
    }
    let editor: HtmlTextAreaElement = editor.unchecked_into();
    let text = editor.value();
    let lengths = text.split('\n').map(|line| line.encode_utf16().count() as u32 + 1);
    let start: u32 = lengths.clone().take(line - 1).sum();
    let end = start + lengths.clone().nth(line - 1).unwrap_or(1) - 1;
    let _ = editor.focus();
    let _ = editor.set_selection_range(start, end);
    let height = f64::from(editor.scroll_height()) / lengths.count().max(1) as f64;
    editor.set_scroll_top(((line as f64 - 4.0) * height).max(0.0) as i32);
    editor.scroll_into_view();
}

fn copy_link(store: Store, fragment: &str, done: String) {
    let location = window().location();
    let address = location.href().unwrap_or_default();
    let page = address.split('#').next().unwrap_or_default();
    let link = format!("{page}{fragment}");
    // The address bar shows the link too, for browsers that refuse the clipboard; but for a page in a swarm, which finds its way back
    // there by its address. Setting `location.hash` instead would count as following the link.
    let in_swarm = store.swarm_driver().with(|swarm| swarm.is_some());
    if !in_swarm {
        let history = window().history();
        report(store, history.and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(fragment))));
    }
    let copied = window().navigator().clipboard().write_text(&link);
    leptos::task::spawn_local(async move {
        store.dispatch(match wasm_bindgen_futures::JsFuture::from(copied).await {
            Ok(_) => PageEvent::Done(done),
            Err(_) if in_swarm => PageEvent::Done(format!("The browser refused the clipboard. The link is {link}")),
            Err(_) => PageEvent::Done(format!(
                "{done} The browser refused the clipboard: take the link from the address bar."
            )),
        });
    });
}

fn copy_text(store: Store, text: &str, done: String) {
    let copied = window().navigator().clipboard().write_text(text);
    leptos::task::spawn_local(async move {
        store.dispatch(match wasm_bindgen_futures::JsFuture::from(copied).await {
            Ok(_) => PageEvent::Done(done),
            Err(_) => PageEvent::Failed("The browser refused the clipboard.".to_owned()),
        });
    });
}

pub fn set_fragment(fragment: &str) {
    let path = window().location().pathname().unwrap_or_default();
    if let Ok(history) = window().history() {
        // It fails only for an address of another origin.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("{path}{fragment}")));
    }
}

/// Says what the browser refused.
pub fn report(store: Store, outcome: Result<(), JsValue>) {
    if let Err(error) = outcome {
        store.dispatch(PageEvent::Failed(format!("The browser refused: {error:?}.")));
    }
}
