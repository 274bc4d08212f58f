//! Whatever stands in a document, it is compiled or refused: nothing panics.

use scenario::{EvaluationScope, UserFacts, compile, preset, presets};
use serde_json::{Map, Value, json};

#[test]
fn mutilated_presets_never_panic() {
    let mut random = fastrand::Rng::with_seed(2);
    for preset_id in presets().into_iter().map(|preset| preset.id) {
        let good: Value = serde_json::from_str(preset(preset_id).expect("it is listed")).expect("JSON");
        let mut refused = 0;
        for _ in 0..400 {
            let mut document = good.clone();
            for _ in 0..random.usize(1..4) {
                mutilate(&mut document, &mut random);
            }
            if let Err(problems) = compile(&document, &Map::new()) {
                assert!(!problems.is_empty());
                refused += 1;
            }
        }
        assert!(refused > 100, "mutilation is no mutilation: {refused} of 400 refused");
    }
}

/// Replaces, removes or swaps something at a random place.
fn mutilate(document: &mut Value, random: &mut fastrand::Rng) {
    let mut place = document;
    loop {
        let size = place.as_object().map_or_else(|| place.as_array().map_or(0, Vec::len), Map::len);
        if size == 0 || random.u8(..8) == 0 {
            break;
        }
        let index = random.usize(..size);
        place = match place {
            Value::Object(fields) => fields.values_mut().nth(index).expect("it is below the size"),
            Value::Array(list) => &mut list[index],
            _ => break,
        };
    }
    let texts = ["", "${", "${}", "${a.b}", "${tag}", "${user.index // 0}", "/x", "~", "leave", "$${x}", "\u{0}한"];
    *place = match random.u8(..9) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!({}),
        3 => json!(-1),
        4 => json!(1e308),
        5 => json!(true),
        6 => {
            json!([{"if": 1, "then": ["leave"]}, {"choose": [{"weight": 0, "steps": []}]}, {"repeat": 2, "steps": []}])
        }
        _ => json!(texts[random.usize(..texts.len())]),
    };
}

#[test]
#[expect(clippy::too_many_lines, reason = "words to make expressions of")]
fn made_up_expressions_never_panic() {
    let words = [
        "1",
        "0",
        "-",
        "+",
        "*",
        "/",
        "//",
        "%",
        "(",
        ")",
        ",",
        "'x'",
        "\"",
        "x",
        "x./a",
        "rooms",
        "user.index",
        "run.id",
        "event./n",
        "event.1",
        "if(",
        "at(",
        "pick(",
        "random(",
        "len(",
        "filler(",
        "hex(",
        "max(",
        "get(",
        "==",
        "<",
        "&&",
        "||",
        "!",
        "null",
        "true",
        "9223372036854775807",
        "1e400",
        "0.5",
        " ",
        "}",
        "${",
        "counter.c",
        "-9223372036854775807",
        "한",
    ];
    let mut random = fastrand::Rng::with_seed(3);
    let mut evaluated = 0;
    for _ in 0..4_000 {
        let inside: String = (0..random.usize(1..8)).map(|_| words[random.usize(..words.len())]).collect();
        let document = json!({
            "version": 1, "name": "t", "protocol": "socketio", "connect": {"url": "http://h"},
            "variables": {"x": {"default": {"a": 1}}, "rooms": [1, 2], "result": format!("a ${{{inside}}}")},
        });
        let Ok(program) = compile(&document, &Map::new()) else { continue };
        evaluated += 1;
        let user = UserFacts { run: "abc".into(), ..UserFacts::default() };
        for variable in &program.variables {
            let mut scope = EvaluationScope {
                user: &user,
                vars: &[Value::Null, json!([1]), json!({"a": "b"})],
                event: None,
                tag: "",
                wall_ms: f64::NAN,
                counters: &mut [],
                random: &mut fastrand::Rng::with_seed(4),
            };
            variable.default.as_ref().map(|default| default.value(&mut scope));
        }
    }
    assert!(evaluated > 100, "only {evaluated} expressions were well-formed");
}
