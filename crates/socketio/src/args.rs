//! An event's arguments: raw text, parsed only when somebody looks, and only as far as they look.

use std::borrow::Cow;

use serde_json::{Deserializer, Value};

use super::error::{FrameError, excerpt};
use base::json;

/// Raw JSON arguments, parsed only when somebody looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Args<'a> {
    /// The raw JSON text of the frame behind the event's name, without brackets: `{"a":1},2`. May be empty. It is not
    /// checked to be JSON.
    pub raw: Cow<'a, str>,
    /// Binary attachments, in placeholder order.
    pub attachments: Vec<Vec<u8>>,
}

impl<'a> Args<'a> {
    pub const fn text(raw: &'a str) -> Self {
        Self { raw: Cow::Borrowed(raw), attachments: Vec::new() }
    }

    /// Those of a packet that had to wait.
    pub const fn owned(raw: String, attachments: Vec<Vec<u8>>) -> Self {
        Self { raw: Cow::Owned(raw), attachments }
    }

    pub fn into_owned(self) -> Args<'static> {
        Args { raw: Cow::Owned(self.raw.into_owned()), attachments: self.attachments }
    }

    /// In bytes, about.
    pub fn size(&self) -> usize {
        self.raw.len() + self.attachments.iter().map(Vec::len).sum::<usize>()
    }

    /// Parses all arguments. Attachments stay where they are: their places hold
    /// `{"_placeholder":true,"num":<index into attachments>}`.
    ///
    /// # Errors
    /// [`FrameError::Args`] if the text is not JSON, or nested deeper than 127 levels.
    pub fn values(&self) -> Result<Vec<Value>, FrameError> {
        let list = parse_list(&self.raw).or_else(|| parse_list(&json::mended(&self.raw)?));
        list.ok_or_else(|| FrameError::Args(excerpt(&self.raw)))
    }

    /// The raw JSON text of one value: RFC 6901 `path` below argument `index`. Costs a scan up to that value's end
    /// instead of a parse of everything; `None` if it is not there.
    pub fn find(&self, index: usize, path: &str) -> Option<&str> {
        json::find(&self.raw, index, path)
    }

    /// Parses one value: RFC 6901 `path` below argument `index`. `None` if it is not there or is not JSON.
    pub fn value(&self, index: usize, path: &str) -> Option<Value> {
        json::read(self.find(index, path)?).ok()
    }
}

fn parse_list(raw: &str) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    let mut rest = raw.trim_ascii();
    if rest.is_empty() {
        return Some(values);
    }
    loop {
        let mut stream = Deserializer::from_str(rest).into_iter::<Value>();
        values.push(stream.next()?.ok()?);
        rest = rest[stream.byte_offset()..].trim_ascii_start();
        if rest.is_empty() {
            return Some(values);
        }
        rest = rest.strip_prefix(',')?;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_parsed_in_order() {
        #[track_caller]
        fn check(raw: &str, expected: Option<Value>) {
            assert_eq!(Args::text(raw).values().ok().map(Value::from), expected, "{raw}");
        }
        check("", Some(json!([])));
        check(" ", Some(json!([])));
        check("1", Some(json!([1])));
        check(r#"{"a":[1,2]},"b,c",null,true,-1.5e3"#, Some(json!([{"a": [1, 2]}, "b,c", null, true, -1500.0])));
        check(" 1 , 2 ", Some(json!([1, 2])));
        check("[],{}", Some(json!([[], {}])));
        check(r#""cut \ud83d",{"\udc00":1}"#, Some(json!(["cut \u{fffd}", {"\u{fffd}": 1}])));
        check(",", None);
        check("1,", None);
        check(",1", None);
        check("1 2", None);
        check("[1]]", None);
        check("1],[2", None);
        check("nope", None);
        check(r#""unfinished"#, None);
        check(&"[".repeat(100_000), None);
    }

    #[test]
    fn one_value_is_found_without_parsing_the_others() {
        #[track_caller]
        fn check(index: usize, path: &str, expected: Option<Value>) {
            let args = Args::text(r#"nope, {"room":"r1","sender":{"id":7},"cut":"\ud83d"}, [5]"#);
            assert_eq!(args.value(index, path), expected, "{index} {path}");
        }
        check(0, "", None);
        check(1, "/room", Some(json!("r1")));
        check(1, "/sender/id", Some(json!(7)));
        check(1, "/cut", Some(json!("\u{fffd}")));
        check(1, "/nobody", None);
        check(2, "/0", Some(json!(5)));
        check(3, "", None);
    }
}
