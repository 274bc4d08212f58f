//! Deletes what this page keeps in the browser: its items in both storages, and its databases.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Storage;

use super::vault::Vault;
use app::kept::{ALL, Place, is_ours};
use base::records::RecordsError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForgetError {
    #[error("only a page keeps something")]
    NoPage,
    #[error(transparent)]
    Records(#[from] RecordsError),
}

/// Everything of ours; gives what there was, by its place and name.
///
/// # Errors
/// The browser refuses to delete a database's records.
pub async fn forget_everything() -> Result<Vec<(Place, String)>, ForgetError> {
    let window = web_sys::window().ok_or(ForgetError::NoPage)?;
    let mut found = Vec::new();
    let storages = [(Place::Browser, window.local_storage()), (Place::Tab, window.session_storage())];
    for (place, storage) in storages {
        if let Ok(Some(storage)) = storage {
            found.extend(clear(&storage).into_iter().map(|name| (place, name)));
        }
    }
    for name in databases().await {
        let vault = Vault::open(&name).await?;
        // An empty database stays: to delete it would wait for every tab that has it open, and whoever opens it next for that.
        if vault.clear().await? > 0 {
            found.push((Place::Database, name.clone()));
        }
        vault.close();
    }
    Ok(found)
}

fn clear(storage: &Storage) -> Vec<String> {
    let names = (0..storage.length().unwrap_or(0)).filter_map(|at| storage.key(at).ok().flatten());
    let ours: Vec<String> = names.filter(|name| is_ours(name)).collect();
    // An item that is there can be removed.
    ours.iter().for_each(|name| drop(storage.remove_item(name)));
    ours
}

/// Our databases that there are. A browser that does not list them is asked for those that we know of.
async fn databases() -> Vec<String> {
    let known = || {
        let databases = ALL.iter().filter(|kept| kept.place == Place::Database);
        databases.map(|kept| kept.name.to_owned()).collect()
    };
    let Some(factory) = factory() else { return Vec::new() };
    let Some(listed) = call(&factory, "databases") else { return known() };
    let Ok(listed) = JsFuture::from(listed.unchecked_into::<Promise>()).await else { return known() };
    let name = |database: JsValue| Reflect::get(&database, &"name".into()).ok()?.as_string();
    Array::from(&listed).iter().filter_map(name).filter(|name| is_ours(name)).collect()
}

fn factory() -> Option<JsValue> {
    let factory = Reflect::get(&js_sys::global(), &"indexedDB".into()).ok()?;
    factory.is_object().then_some(factory)
}

fn call(object: &JsValue, name: &str) -> Option<JsValue> {
    let function: Function = Reflect::get(object, &name.into()).ok()?.dyn_into().ok()?;
    function.call0(object).ok()
}
