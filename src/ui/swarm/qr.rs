//! A link as a picture that phones read.

use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode as Code};

#[component]
pub fn QrCode(#[prop(into)] text: Signal<String>) -> impl IntoView {
    let drawn = Memo::new(move |_| text.with(|text| draw(text)));
    // Four light modules around it, as readers expect.
    let frame = move || drawn.with(|(width, _)| format!("-4 -4 {0} {0}", width + 8));
    view! {
        <svg class="qr" viewBox=frame role="img" aria-label="QR code of the link to join">
            <rect x="-4" y="-4" width="100%" height="100%" class="light" />
            <path d=move || drawn.with(|(_, path)| path.clone()) />
        </svg>
    }
}

/// The width in modules, and the dark ones as a path. A text that is too long for any code gives an empty one.
fn draw(text: &str) -> (usize, String) {
    let Ok(code) = Code::with_error_correction_level(text, EcLevel::L) else { return (0, String::new()) };
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    (width, dark.map(|(place, _)| format!("M{} {}h1v1h-1z", place % width, place / width)).collect())
}
