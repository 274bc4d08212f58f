//! How `wire` messages cross between the page and a worker: as plain JavaScript objects, bytes as typed arrays.
//!
//! Whole numbers travel as JavaScript numbers, exact up to 2^53: microseconds for 285 years. Documents and servers know larger ones
//! (ids, above all): a message that holds one travels with all its 64-bit numbers as `BigInt`, which is slower and just as exact.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

/// Why a message did not cross.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    #[error("cannot pass a message on: {0}")]
    Encode(String),
    #[error("cannot read a message: {0}")]
    Decode(String),
}

/// # Errors
/// The message holds what no JavaScript value can be, like a map whose keys are no texts.
pub fn encode(message: &impl Serialize) -> Result<JsValue, TransportError> {
    let sent = message.serialize(&SERIALIZER).or_else(|_| message.serialize(&EXACT));
    sent.map_err(|error| TransportError::Encode(error.to_string()))
}

/// # Errors
/// The value is no such message.
pub fn decode<T: DeserializeOwned>(value: JsValue) -> Result<T, TransportError> {
    serde_wasm_bindgen::from_value(value).map_err(|error| TransportError::Decode(error.to_string()))
}

/// Maps become objects, because scenario documents and variables are JSON; null stays null for the same reason.
const SERIALIZER: Serializer = Serializer::new().serialize_maps_as_objects(true).serialize_missing_as_null(true);
/// For numbers beyond 2^53.
const EXACT: Serializer = SERIALIZER.serialize_large_number_types_as_bigints(true);
