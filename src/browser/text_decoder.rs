//! Text files. Every browser decodes the older encodings, so the page carries no tables for them.

use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, TextDecoder, TextDecoderOptions};

use app::text_file::{ReadFile, TextFile};

/// Reads a file as text in whatever encoding it is.
///
/// # Errors
/// It is no text, or in an encoding that is not known.
pub async fn text_of(file: &Blob) -> ReadFile {
    // A file that vanished between choosing and reading reads as an empty one, which is reported as such.
    let buffer = JsFuture::from(file.array_buffer()).await;
    let bytes = buffer.map(|buffer| js_sys::Uint8Array::new(&buffer).to_vec()).unwrap_or_default();
    TextFile::read(&bytes, cp949)
}

/// By the standard's name for it; the browser refuses bytes that are no text in it.
fn cp949(bytes: &[u8]) -> Option<String> {
    let options = TextDecoderOptions::new();
    options.set_fatal(true);
    let decoder = TextDecoder::new_with_label_and_options("euc-kr", &options).ok()?;
    decoder.decode_with_u8_array(bytes).ok()
}
