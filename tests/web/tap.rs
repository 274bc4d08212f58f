//! The JavaScript classifier against the table that the host's classifier is tested with.

use js_sys::Uint8Array;
use metrics::Way;
use serde::Deserialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/browser/tap.js")]
extern "C" {
    type Ring;
    #[wasm_bindgen(constructor, js_class = "Ring")]
    fn new(slots: u32) -> Ring;
    #[wasm_bindgen(method)]
    fn keep(this: &Ring, way: u8, data: &JsValue);
    #[wasm_bindgen(method)]
    fn resize(this: &Ring, slots: u32);
    #[wasm_bindgen(method)]
    fn recent(this: &Ring, most: u32, sent: u32) -> Vec<JsValue>;
    #[wasm_bindgen(method)]
    fn since(this: &Ring, number: u32, most: u32) -> Vec<JsValue>;

    type Classifier;
    #[wasm_bindgen(constructor)]
    fn new(population: usize, field: Option<&str>, names: Vec<String>, events: Vec<u32>, every: Vec<u32>)
    -> Classifier;
    #[wasm_bindgen(method)]
    fn counts(this: &Classifier, frame: &str) -> bool;
    #[wasm_bindgen(method)]
    fn drain(this: &Classifier) -> Vec<f64>;
}

/// What passes by, and what is kept of it: see the host's test.
#[derive(Deserialize)]
struct Kept {
    frames: Vec<String>,
    kept: Vec<String>,
}

/// The rings of `tap.js` against the table that the host's rings are tested with.
pub fn check_rings() {
    let cases: Vec<Kept> =
        serde_json::from_str(include_str!("../../crates/testkit/src/rings.json")).expect("it is a table");
    for (number, case) in cases.iter().enumerate() {
        let number = number as u32;
        let ring = Ring::new(64);
        for frame in &case.frames {
            let (way, text) = frame.split_once(' ').expect("a way and a frame");
            let way = serde_json::from_value::<Way>(way.into()).expect("a way") as u8;
            match text.split_once('*').map(|(text, times)| (text, times.parse::<usize>())) {
                Some(("bytes", Ok(length))) => ring.keep(way, &Uint8Array::new_with_length(length as u32)),
                Some((text, Ok(times))) => ring.keep(way, &text.repeat(times).into()),
                _ => ring.keep(way, &text.into()),
            }
        }
        assert_eq!(in_short(&ring.since(0, u32::MAX)), case.kept, "case {number}");
    }
    check_bounds();
}

/// A ring is bounded by the number of its frames and of their characters, and keeps the newest when it is made smaller.
fn check_bounds() {
    let ring = Ring::new(4);
    for number in 0..10 {
        ring.keep(u8::from(number % 3 == 0), &number.to_string().into());
    }
    assert_eq!(
        in_short(&ring.since(0, u32::MAX)),
        ["6 out 6 (1) +0", "7 in 7 (1) +0", "8 in 8 (1) +0", "9 out 9 (1) +0"]
    );
    assert_eq!(in_short(&ring.since(8, u32::MAX)), ["8 in 8 (1) +0", "9 out 9 (1) +0"]);
    ring.resize(8);
    ring.keep(0, &"10".into());
    assert_eq!(in_short(&ring.recent(2, 1)), ["6 out 6 (1) +0", "9 out 9 (1) +0", "10 in 10 (2) +0"]);
    ring.resize(2);
    assert_eq!(in_short(&ring.since(0, u32::MAX)), ["9 out 9 (1) +0", "10 in 10 (2) +0"]);
    let ring = Ring::new(64);
    for _ in 0..100 {
        ring.keep(0, &"y".repeat(2_048).into());
    }
    assert_eq!(in_short(&ring.since(0, u32::MAX)).len(), 16);
}

fn in_short(values: &[JsValue]) -> Vec<String> {
    let (frames, _) = values.as_chunks();
    frames.iter().map(frame_in_short).collect()
}

fn frame_in_short([number, _, way, length, more, text]: &[JsValue; 6]) -> String {
    let count = |value: &JsValue| value.as_f64().expect("a number");
    let way = serde_json::to_value(Way::of_number(count(way) as usize)).expect("a way");
    let way = way.as_str().expect("it has a name");
    let text = text.as_string().unwrap_or_else(|| "bytes".to_owned());
    let head: String = text.chars().take(8).collect();
    format!("{} {way} {head} ({}) +{}", count(number), count(length), count(more))
}

#[derive(Deserialize)]
struct Table {
    socketio: Vec<(String, Option<String>)>,
    r#type: Vec<(String, Option<String>)>,
}

pub fn check_table() {
    let table: Table =
        serde_json::from_str(include_str!("../../crates/protocol/src/classify.json")).expect("it is a table");
    check_rows(None, &table.socketio);
    check_rows(Some("type"), &table.r#type);
}

/// Of an event with a contract the first and every third one after it is wasm's to look at.
pub fn check_sampling() {
    let classifier = Classifier::new(3, None, vec!["seen".into(), "counted".into()], vec![1, 2], vec![3, 0]);
    let counted: Vec<bool> = (0..7).map(|_| classifier.counts(r#"42["seen",{}]"#)).collect();
    assert_eq!(counted, [false, true, true, false, true, true, false]);
    assert!(classifier.counts(r#"42["counted"]"#));
}

/// Bytes are those on the wire, however long the frame is and whatever is in it.
pub fn check_bytes() {
    let classifier = Classifier::new(3, None, vec!["said".into()], vec![1], vec![0]);
    for text in ["", "Kim", "Süß", "말", "🎉"] {
        for times in [1, 5_000, 30_000] {
            let frame = format!(r#"42["said","{}"]"#, text.repeat(times));
            assert!(classifier.counts(&frame));
            assert_eq!(classifier.drain(), [3.0, 1.0, 1.0, frame.len() as f64], "{times} times {text}");
        }
    }
}

/// Every name of the table is only counted, and some that its nameless frames could be mistaken for.
fn check_rows(field: Option<&str>, rows: &[(String, Option<String>)]) {
    let mistakes =
        ["with \\", "with \"escape\"", "\\u0061", "a\\", "a\"b", "cut", "space", "message", "wants an acknowledgement"];
    let mut names: Vec<String> = rows.iter().filter_map(|(_, name)| name.clone()).collect();
    names.extend(mistakes.map(str::to_owned));
    names.sort();
    names.dedup();
    let classifier =
        Classifier::new(3, field, names.clone(), (100..).take(names.len()).collect(), vec![0; names.len()]);
    for (frame, name) in rows {
        assert_eq!(classifier.counts(frame), name.is_some(), "{frame}");
        let expected = name.as_ref().and_then(|name| names.iter().position(|known| known == name));
        let expected = expected.map(|event| vec![3.0, 100.0 + event as f64, 1.0, frame.len() as f64]);
        assert_eq!(classifier.drain(), expected.unwrap_or_default(), "{frame}");
    }
}
