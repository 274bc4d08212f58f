//! What JavaScript throws.

use wasm_bindgen::JsValue;

/// What the browser has thrown, as a text: an error that holds it can be kept and compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Exception(String);

impl From<JsValue> for Exception {
    fn from(thrown: JsValue) -> Self {
        Self(format!("{thrown:?}"))
    }
}
