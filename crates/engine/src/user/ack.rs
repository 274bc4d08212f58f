//! What an acknowledgement says: yes, or no and why.
//!
//! A scenario can say what a yes looks like. Where it does not, these are taken for a no, and nothing else is:
//!
//! ```text
//! {"ok":false,…}  {"success":false,…}     whatever else stands there
//! {"error":…}  {"err":…}                  anything but null, false, "" and an empty object
//! {"status":"error"}                      also "fail" and "failed", and a number from 400 on
//! error, null                             Node's way: an error, and nothing behind it
//! ```

use serde_json::Value;

use protocol::Args;
use scenario::{Arguments, AwaitedAck, Match, Pointer};

use super::arguments::HeardArguments;
use super::pending::holds_all;

/// The code of a no. `tests`: those of `rule`, evaluated when the event was sent.
pub fn refusal(rule: &AwaitedAck, tests: &[Match], heard: &HeardArguments<'_>) -> Option<String> {
    let is_no = if tests.is_empty() { is_usual_no(heard.args) } else { !holds_all(tests, heard) };
    is_no.then(|| {
        let code = rule.code.as_ref().and_then(|code| code_of(heard.part(code).as_deref()?));
        code.or_else(|| usual_code(heard.args)).unwrap_or_else(|| REFUSED.to_owned())
    })
}

fn is_usual_no(args: &Args<'_>) -> bool {
    // Most acknowledgements are empty.
    if args.raw.is_empty() {
        return false;
    }
    let Ok(values) = args.values() else { return false };
    match &values[..] {
        [Value::Object(told), rest @ ..] => {
            let says_no = ["ok", "success"].iter().any(|name| told.get(*name) == Some(&Value::Bool(false)));
            let has_error = ["error", "err"].iter().any(|name| told.get(*name).is_some_and(is_something));
            says_no || has_error || told.get("status").is_some_and(is_bad_status) || is_followed_by_nothing(rest)
        }
        [Value::String(_) | Value::Number(_), rest @ ..] => is_followed_by_nothing(rest),
        _ => false,
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

fn is_bad_status(status: &Value) -> bool {
    match status {
        Value::String(text) => ["error", "fail", "failed"].iter().any(|word| text.eq_ignore_ascii_case(word)),
        status => status.as_u64().is_some_and(|status| (400..600).contains(&status)),
    }
}

fn is_followed_by_nothing(rest: &[Value]) -> bool {
    !rest.is_empty() && rest.iter().all(Value::is_null)
}

/// The first of these that is a text or a number.
fn usual_code(args: &Args<'_>) -> Option<String> {
    PLACES.iter().find_map(|place| code_of(&args.value(0, place)?))
}

/// A code is a text or a number, wherever servers have one.
pub fn code_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The part of a refused connection's data that is its code.
pub fn refusal_code(place: Option<&Pointer>, data: &str) -> Option<String> {
    let args = Args::text(data);
    match place {
        Some(place) => code_of(&args.value(0, &place.path)?),
        // Data that is a text may be anything; a number is a code.
        None => ["/data/code", "/code"]
            .iter()
            .find_map(|place| code_of(&args.value(0, place)?))
            .or_else(|| code_of(&args.value(0, "/data").filter(Value::is_number)?)),
    }
}

/// Codes before texts, which are for people.
const PLACES: [&str; 10] =
    ["/code", "/error/code", "/err/code", "/errorCode", "/error", "/err", "/error/message", "/message", "/reason", ""];
/// Of a no that says nothing more.
const REFUSED: &str = "refused";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ways_to_say_no_are_read_and_a_yes_is_none_of_them() {
        #[track_caller]
        fn check(raw: &str, expected: Option<&str>) {
            let args = Args::text(raw);
            let heard = HeardArguments::new(&args);
            assert_eq!(refusal(&AwaitedAck::default(), &[], &heard).as_deref(), expected, "{raw}");
        }
        // A script for k6 reads them the same way.
        let table: Vec<(Vec<Value>, Option<String>)> =
            serde_json::from_str(include_str!("../../../../tests/acks.json")).expect("it is a table");
        for (args, code) in table {
            let args: Vec<String> = args.iter().map(Value::to_string).collect();
            check(&args.join(","), code.as_deref());
        }
        check("not JSON", None);
    }

    #[test]
    fn a_refused_connection_has_its_code_where_servers_put_it() {
        let code = |data| refusal_code(None, data);
        assert_eq!(code(r#"{"message":"no","data":{"code":"AUTH"}}"#).as_deref(), Some("AUTH"));
        assert_eq!(code(r#"{"message":"no","data":4401}"#).as_deref(), Some("4401"));
        assert_eq!(code(r#"{"message":"no","code":17}"#).as_deref(), Some("17"));
        assert_eq!(code(r#"{"message":"no","data":{"type":"x"}}"#), None);
        assert_eq!(code(r#"{"message":"no","data":"who knows"}"#), None);
        assert_eq!(code(r#""no""#), None);
        let place = Pointer { arg: 0, path: "/data/type".to_owned() };
        assert_eq!(refusal_code(Some(&place), r#"{"message":"no","data":{"type":"x"}}"#).as_deref(), Some("x"));
    }
}
