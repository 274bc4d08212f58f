//! An answer's body, read as far as it may be: a server can send one without end.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

/// What was read of a body.
pub enum AnswerBody {
    Whole(Vec<u8>),
    /// There is more; this is its beginning.
    Beginning(Vec<u8>),
}

/// Reads at most so many bytes. Whoever wants no more of it has to abort the request.
///
/// # Errors
/// It broke off.
pub async fn read(response: &Response, most_bytes: u64) -> Result<AnswerBody, JsValue> {
    let Some(stream) = response.body() else { return Ok(AnswerBody::Whole(Vec::new())) };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let chunk = JsFuture::from(reader.read()).await?;
        if js_sys::Reflect::get(&chunk, &"done".into())?.is_truthy() {
            return Ok(AnswerBody::Whole(bytes));
        }
        let chunk: Uint8Array = js_sys::Reflect::get(&chunk, &"value".into())?.dyn_into()?;
        let room = (most_bytes as usize).saturating_sub(bytes.len());
        let is_too_long = chunk.length() as usize > room;
        let taken = chunk.subarray(0, chunk.length().min(u32::try_from(room).unwrap_or(u32::MAX)));
        bytes.extend(taken.to_vec());
        if is_too_long {
            return Ok(AnswerBody::Beginning(bytes));
        }
    }
}

/// As `Response.text` gives it.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned()
}
