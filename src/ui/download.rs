//! Hands runs to the person as files.

use js_sys::Array;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use super::store::Store;
use crate::browser::chart_parts;
use app::page::PageEvent;
use app::past::PastRun;
use app::run::save::Format;
use run::ReportProblem;

/// This page's run as it is now.
pub fn save_current(store: Store, format: Format) {
    if let Some(past) = store.driver().past() {
        save(store, format, past);
    }
}

/// Any run.
pub fn save(store: Store, format: Format, past: Result<PastRun, ReportProblem>) {
    leptos::task::spawn_local(async move {
        let saved = match past {
            Ok(past) => {
                let parts = if format == Format::Html { chart_parts().await } else { None };
                let text = format.write(&past, parts.as_ref());
                text_file(&format.file_name(&past.report.run), format.mime(), &text)
                    .map_err(|error| format!("The browser refused: {error:?}."))
            }
            Err(error) => Err(format!("The report cannot be written: {error}.")),
        };
        if let Err(error) = saved {
            store.dispatch(PageEvent::Failed(error));
        }
    });
}

pub fn text_file(name: &str, mime: &str, text: &str) -> Result<(), JsValue> {
    file(name, mime, &Array::of1(&text.into()))
}

/// A file made of several texts.
pub fn file(name: &str, mime: &str, parts: &Array) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(mime);
    let blob = Blob::new_with_str_sequence_and_options(parts, &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&url)
}
