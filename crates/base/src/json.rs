//! Finds a value inside JSON text without parsing what stands around it.
//!
//! The scan knows strings, brackets and commas and trusts the rest: text that is not JSON may be accepted, text that
//! is JSON is always read right. It allocates nothing unless a string holds an escape, and it never recurses, so depth
//! is no danger.
//!
//! What a server says is parsed with [`read`], which reads what a browser's `JSON.parse` reads.

use std::borrow::Cow;

use memchr::memchr2;
use serde::de::DeserializeOwned;

mod mend;

pub use mend::mended;

/// Reads a server's JSON. What `JSON.parse` takes and serde_json does not is mended first, see [`mended`]; only text that cannot be
/// read otherwise is looked at twice.
///
/// # Errors
/// serde_json's, for the text as it came.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        let again = mended(text).and_then(|text| serde_json::from_str(&text).ok());
        again.ok_or(error)
    })
}

/// The raw text of `key`'s value in an object, `None` if the text is no object or has no such key. Of several equal
/// keys the first counts.
pub fn member<'a>(object: &'a str, key: &str) -> Option<&'a str> {
    value_at(object, member_start(object, 0, key)?)
}

/// The raw text at an RFC 6901 pointer below the value at `index` of a comma-separated list without its brackets.
/// Nothing behind that text is looked at.
pub fn find<'a>(list: &'a str, index: usize, path: &str) -> Option<&'a str> {
    let start = element_start(list, 0, index)?;
    if path.is_empty() {
        return value_at(list, start);
    }
    let start = path.strip_prefix('/')?.split('/').try_fold(start, |at, token| match list.as_bytes().get(at)? {
        b'{' => member_start(list, at, &unescape_token(token)),
        b'[' => element_start(list, at + 1, array_index(token)?),
        _ => None,
    })?;
    value_at(list, start)
}

/// Where the value of `key` begins in the object at `at`.
fn member_start(text: &str, at: usize, key: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = after(bytes, at, b'{')?;
    loop {
        let (name, end) = string_at(text, skip_whitespace(bytes, at))?;
        let start = skip_whitespace(bytes, after(bytes, end, b':')?);
        if name == key {
            return Some(start);
        }
        at = after(bytes, value_end(bytes, start)?, b',')?;
    }
}

/// Where the value at `index` of the list at `at` begins.
fn element_start(text: &str, at: usize, index: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..index).try_fold(skip_whitespace(bytes, at), |start, _| {
        Some(skip_whitespace(bytes, after(bytes, value_end(bytes, start)?, b',')?))
    })
}

fn value_at(text: &str, at: usize) -> Option<&str> {
    Some(&text[at..value_end(text.as_bytes(), at)?])
}

/// The raw texts of the values of a comma-separated list without its brackets; `None` if it is no such list.
pub fn values(list: &str) -> Option<Vec<&str>> {
    let mut values = Vec::new();
    let mut rest = list.trim_ascii();
    while !rest.is_empty() {
        let end = value_end(rest.as_bytes(), 0)?;
        values.push(&rest[..end]);
        rest = rest[end..].trim_ascii_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',')?.trim_ascii_start();
            // A comma promises one more.
            value_end(rest.as_bytes(), 0)?;
        }
    }
    Some(values)
}

/// The text between the brackets of an array.
pub fn between_brackets(array: &str) -> Option<&str> {
    Some(array.trim_ascii().strip_prefix('[')?.strip_suffix(']')?.trim_ascii())
}

/// The string whose opening quote stands at `at`, and the index behind its closing quote.
pub fn string_at(text: &str, at: usize) -> Option<(Cow<'_, str>, usize)> {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let first = at + 1 + memchr2(b'"', b'\\', &bytes[at + 1..])?;
    if bytes[first] == b'"' {
        return Some((Cow::Borrowed(&text[at + 1..first]), first + 1));
    }
    let end = string_end(bytes, first)? + 1;
    Some((Cow::Owned(read(&text[at..end]).ok()?), end))
}

/// The string that a raw value is, if it is one.
pub fn as_string(value: &str) -> Option<Cow<'_, str>> {
    string_at(value, 0).and_then(|(text, end)| (end == value.len()).then_some(text))
}

/// A string as JSON text, quotes included.
pub fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("a string can always be written as JSON")
}

fn skip_whitespace(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The index behind the value that starts at `at`.
pub fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string_end(bytes, at + 1).map(|quote| quote + 1),
        b'{' | b'[' => container_end(bytes, at),
        _ => {
            let rest = &bytes[at..];
            let length = rest.iter().position(|byte| ends_scalar(*byte)).unwrap_or(rest.len());
            (length > 0).then_some(at + length)
        }
    }
}

const fn ends_scalar(byte: u8) -> bool {
    matches!(byte, b',' | b':' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'{' | b'[')
}

fn container_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at + 1)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// The index of the quote that ends a string, searched from within it.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// The index behind `expected`, which must be the next character.
fn after(bytes: &[u8], at: usize, expected: u8) -> Option<usize> {
    let at = skip_whitespace(bytes, at);
    (bytes.get(at) == Some(&expected)).then_some(at + 1)
}

/// The names that an RFC 6901 pointer goes through, outermost first.
pub fn names(pointer: &str) -> impl Iterator<Item = Cow<'_, str>> {
    pointer.split('/').skip(1).map(unescape_token)
}

/// The pointer to a field of the outermost object.
pub fn pointer_to(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn unescape_token(token: &str) -> Cow<'_, str> {
    if token.contains('~') { Cow::Owned(token.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(token) }
}

/// An array index as RFC 6901 writes it: digits, without leading zeros.
fn array_index(token: &str) -> Option<usize> {
    let plain = token == "0" || !token.starts_with(['0', '+']);
    plain.then(|| token.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_list_is_all_of_its_values_or_none() {
        #[track_caller]
        fn check(list: &str, expected: Option<&[&str]>) {
            assert_eq!(values(list).as_deref(), expected, "{list}");
        }
        check("", Some(&[]));
        check(" ", Some(&[]));
        check(r#"{"a":"]},"}, 2 ,"x,y",[3,4]"#, Some(&[r#"{"a":"]},"}"#, "2", r#""x,y""#, "[3,4]"]));
        check("1 2", None);
        check("1,", None);
        check(",1", None);
        check(r#"{"a":1"#, None);
    }

    #[test]
    fn member_finds_only_top_level_keys() {
        #[track_caller]
        fn check(object: &str, expected: Option<&str>) {
            assert_eq!(member(object, "type"), expected, "{object}");
        }
        check(r#"{"type":"x"}"#, Some(r#""x""#));
        check(r#" { "a" : [1, {"type":2}] , "type" : 3 } "#, Some("3"));
        check(r#"{"a":{"type":"inner"},"type":"outer"}"#, Some(r#""outer""#));
        check(r#"{"a":"\"type\":\"no\"","type":true}"#, Some("true"));
        check(r#"{"a":"}\\","type":[]}"#, Some("[]"));
        check(r#"{"\u0074ype":1}"#, Some("1"));
        check(r#"{"type":1,"type":2}"#, Some("1"));
        check(r#"{"types":1}"#, None);
        check("{}", None);
        check("[]", None);
        check("", None);
        check(r#"{"type""#, None);
        check(r#"{"type":"#, None);
        check(r#"{"type":"unfinished"#, None);
        check(r#"{"a":[[[["#, None);
        check(r#"{"a":1;"type":2}"#, None);
    }

    #[test]
    fn paths_follow_rfc_6901() {
        #[track_caller]
        fn check(path: &str, expected: Option<&str>) {
            let value = r#"{"a":[10,{"b/c":"x","m~n":null}],"":0,"e":[]}"#;
            assert_eq!(find(value, 0, path), expected, "{path}");
        }
        check("/a", Some(r#"[10,{"b/c":"x","m~n":null}]"#));
        check("/a/0", Some("10"));
        check("/a/1/b~1c", Some(r#""x""#));
        check("/a/1/m~0n", Some("null"));
        check("/", Some("0"));
        check("/a/2", None);
        check("/a/00", None);
        check("/a/+1", None);
        check("/a/-", None);
        check("/e/0", None);
        check("/a/0/deeper", None);
        check("/e/", None);
        check("no slash", None);
    }

    #[test]
    fn what_json_parse_reads_is_read() {
        #[track_caller]
        fn check(text: &str, expected: Option<Value>) {
            assert_eq!(read::<Value>(text).ok(), expected, "{text}");
        }
        let text = |text: &str| Some(Value::from(text));
        check(r#""\ud83d""#, text("\u{fffd}"));
        check(r#""a\uD83D b""#, text("a\u{fffd} b"));
        check(r#""\ude00""#, text("\u{fffd}"));
        check(r#""\ud83d\ude00""#, text("😀"));
        check(r#""\ud83d\ud83d\ude00\ude00""#, text("\u{fffd}😀\u{fffd}"));
        check(r#""\ud83d\n\\ud83d\"""#, text("\u{fffd}\n\\ud83d\""));
        check(r#""\ud83d\u0041\ud83d\\""#, text("\u{fffd}A\u{fffd}\\"));
        check(r#""이름 \ud83d""#, text("이름 \u{fffd}"));
        check(r#"{"\ud83d":["\udfff"],"b":1}"#, Some(serde_json::json!({"\u{fffd}": ["\u{fffd}"], "b": 1})));
        check("[1e999, -1E+999, 1e-999]", Some(serde_json::json!([null, null, 0.0])));
        check(r#"["1e999 \ud83d", 1e308]"#, Some(serde_json::json!(["1e999 \u{fffd}", 1e308])));
        for broken in
            [r#""\ud83""#, r#""\ud83d"#, r#""\ud83d\u""#, r#""\ud83d\x""#, r#"{"\ud83d"}"#, "1e999x", "", "\\ud83d"]
        {
            check(broken, None);
        }
    }

    #[test]
    fn names_and_values_with_half_an_emoji_are_found() {
        let object = r#"{"a\ud83d":1,"type":"b\ud83d"}"#;
        assert_eq!(member(object, "type").and_then(as_string), Some("b\u{fffd}".into()));
        assert_eq!(member(object, "a\u{fffd}"), Some("1"));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map("[a-c\"\\\\/~é]{0,3}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn scan_agrees_with_serde_json(value in json(), key in "[a-c\"\\\\/~é]{0,3}", pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let path = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
            let found = find(&text, 0, &path).map(|raw| serde_json::from_str::<Value>(raw).unwrap());
            prop_assert_eq!(found.as_ref(), value.pointer(&path));
            let second = format!("{text} , {text}");
            let found = find(&second, 1, "").map(|raw| serde_json::from_str::<Value>(raw).unwrap());
            prop_assert_eq!(found.as_ref(), Some(&value));
            for index in 0..3 {
                let path = format!("/{index}{path}");
                let found = find(&text, 0, &path).map(|raw| serde_json::from_str::<Value>(raw).unwrap());
                prop_assert_eq!(found.as_ref(), value.pointer(&path));
            }
        }

        #[test]
        fn no_text_panics(text in "[\\[\\]{}\",:\\\\a1é \\PC]{0,40}", path in "(/[a-c01~é]{0,2}){0,3}") {
            find(&text, 0, &path);
            find(&text, 1, &path);
            member(&text, "a");
            as_string(&text);
            between_brackets(&text);
        }

        #[test]
        fn any_units_are_read_as_a_browser_reads_them(units in prop::collection::vec(prop_oneof![any::<u16>(), 0xd7ff..0xe001_u16], 0..8)) {
            let text: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let read: Option<String> = read(&format!("\"{text}\"")).ok();
            prop_assert_eq!(read, Some(String::from_utf16_lossy(&units)));
        }
    }
}
