//! How `wire` messages cross between the page and a worker: as plain JavaScript objects, bytes as typed arrays.
//!
//! Whole numbers travel as JavaScript numbers, exact up to 2^53: microseconds for 285 years. A larger one is refused
//! when it is sent.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

/// # Errors
/// A whole number beyond 2^53.
pub fn encode(message: &impl Serialize) -> Result<JsValue, String> {
    message.serialize(&SERIALIZER).map_err(|error| format!("cannot pass a message on: {error}"))
}

/// # Errors
/// The value is no such message.
pub fn decode<T: DeserializeOwned>(value: JsValue) -> Result<T, String> {
    serde_wasm_bindgen::from_value(value).map_err(|error| format!("cannot read a message: {error}"))
}

/// Maps become objects, because scenario documents and variables are JSON; null stays null for the same reason.
const SERIALIZER: Serializer = Serializer::new().serialize_maps_as_objects(true).serialize_missing_as_null(true);
