//! How `wire` messages cross between the page and a worker: as the bytes that swarms, notes and journals hold them in as well, so that
//! there is one reader and one writer of these large enums in each program.

use js_sys::Uint8Array;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};

/// # Errors
/// Why the message cannot be written.
pub fn encode(message: &impl Serialize) -> Result<JsValue, String> {
    let bytes = rmp_serde::to_vec_named(message).map_err(|error| format!("cannot pass a message on: {error}"))?;
    Ok(Uint8Array::from(bytes.as_slice()).into())
}

/// # Errors
/// The value is no such message.
pub fn decode<T: DeserializeOwned>(value: JsValue) -> Result<T, String> {
    let bytes = value.dyn_into::<Uint8Array>().map_err(|_| "a message is no bytes".to_owned())?;
    rmp_serde::from_slice(&bytes.to_vec()).map_err(|error| format!("cannot read a message: {error}"))
}
