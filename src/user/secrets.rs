//! What a user knows and must not tell: its passwords and tokens stay out of samples, codes and logs.

use serde_json::Value;

use crate::metrics::{is_secret, without_url_secrets};
use crate::protocol::encode_component;
use crate::scenario::{Op, Program, Save, Source, UserFacts};

use super::User;
use super::context::shorten;
use super::memory::Memory;

/// Where a user's secrets stand.
#[derive(Default)]
pub struct Secrets {
    /// Variables whose names say so, or the name of what is saved in them; columns of the account.
    vars: Vec<usize>,
    columns: Vec<usize>,
    /// What it proved itself with when it last connected.
    auth: Vec<String>,
}

impl Secrets {
    pub fn new(facts: &UserFacts, program: &Program) -> Self {
        let mut vars = places(program.variables.iter().map(|variable| &variable.name));
        let saves = program.ops.iter().flat_map(saves).filter(|save| match &save.from {
            Source::Body(pointer) => pointer.path.rsplit('/').next().is_some_and(is_secret),
            Source::Header(name) => is_secret(name),
            Source::Status => false,
        });
        vars.extend(saves.map(|save| save.var.0 as usize));
        vars.sort_unstable();
        vars.dedup();
        Self { vars, columns: places(facts.account.iter().map(|(name, _)| name)), auth: Vec::new() }
    }

    /// It connects anew, and proves itself again.
    pub fn forget_auth(&mut self) {
        self.auth.clear();
    }

    /// Every text in the auth object is one, whatever its name, unless it is too short to be.
    pub fn add_auth(&mut self, json: &str) {
        each_text(&serde_json::from_str(json).unwrap_or_default(), &mut |text| {
            if text.len() >= SHORTEST_TOKEN {
                self.auth.push(text.to_owned());
            }
        });
    }

    /// A parameter of the connection's URL.
    pub fn add_parameter(&mut self, name: &str, value: &str) {
        if is_secret(name) {
            self.auth.push(value.to_owned());
        }
    }
}

impl Memory {
    /// The text with `***` for every secret of this user, also where it is escaped or was cut off.
    pub fn redacted(&self, text: &str) -> String {
        hide_all(text.to_owned(), &self.spelled())
    }

    /// Every secret of this user in all its spellings, the longest first.
    fn spelled(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        let mut take = |secret: &str| secrets.extend(spellings(secret));
        self.secrets.columns.iter().for_each(|&column| take(&self.facts.account[column].1));
        self.secrets.auth.iter().for_each(|secret| take(secret));
        for &var in &self.secrets.vars {
            each_text(&self.vars[var], &mut take);
        }
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }
}

/// The longest first: one may be a part of another.
fn hide_all(text: String, secrets: &[String]) -> String {
    let mut hidden = text;
    for secret in secrets {
        if hidden.contains(secret) {
            hidden = hidden.replace(secret, MASK);
        }
    }
    if hidden.contains(CUT) {
        hidden = hide_cut_off(&hidden, secrets);
    }
    without_url_secrets(&hidden, MASK).unwrap_or(hidden)
}

impl User {
    /// Frames as they may be shown: without this user's secrets, without any account, and without what a field's name says to
    /// be a secret or a person's; each at most `chars` characters long.
    pub fn redacted(&self, frames: &[&str], chars: usize) -> Vec<String> {
        let memory = &self.memory;
        let mut secrets: Vec<String> = memory.spelled();
        secrets.extend(memory.facts.account.iter().flat_map(|(_, value)| spellings(value)));
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        let hide = |frame: &&str| shorten(&hide_named(&hide_all((*frame).to_owned(), &secrets)), chars);
        frames.iter().map(hide).collect()
    }
}

/// `"token":"..."` shows a secret, whoever's it is.
fn hide_named(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\":").into_iter().chain(rest.find("\" :")).min() {
        let name = rest[..at].rsplit('"').next().unwrap_or_default().trim_end_matches('\\');
        let value_at = at + rest[at..].find(':').unwrap_or(0) + 1;
        let value_at = value_at + rest[value_at..].len() - rest[value_at..].trim_ascii_start().len();
        shown.push_str(&rest[..value_at]);
        rest = &rest[value_at..];
        if is_secret(name) || PERSONAL.iter().any(|word| name.eq_ignore_ascii_case(word)) {
            let length = value_length(rest);
            if length > 0 {
                // A value that is cut off has no end of its own.
                shown.push_str(if rest.starts_with('\\') { "\\\"***\\\"" } else { "\"***\"" });
                rest = &rest[length..];
            }
        }
    }
    shown.push_str(rest);
    shown
}

/// Of a string or a number in JSON, also in JSON that is quoted once more; 0: it is neither.
fn value_length(text: &str) -> usize {
    let quote = if text.starts_with("\\\"") { "\\\"" } else { "\"" };
    let Some(inside) = text.strip_prefix(quote) else {
        return text.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(text.len());
    };
    let mut from = 0;
    while let Some(end) = inside[from..].find(quote) {
        let escapes = inside[..from + end].bytes().rev().take_while(|byte| *byte == b'\\').count();
        from += end + quote.len();
        if escapes % 2 == 0 {
            return quote.len() + from;
        }
    }
    text.len()
}

/// As it is, in JSON, in a URL, and as our own messages quote each of them.
fn spellings(secret: &str) -> Vec<String> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let json = Value::from(secret).to_string();
    let json = &json[1..json.len() - 1];
    let mut spellings = vec![secret.to_owned(), json.to_owned(), encode_component(secret)];
    spellings.extend([secret, json].map(|text| text.escape_debug().to_string()));
    spellings.sort_unstable();
    spellings.dedup();
    spellings
}

/// Behind the beginning of a secret an ellipsis says that its end was cut off.
fn hide_cut_off(text: &str, secrets: &[String]) -> String {
    let mut parts: Vec<String> = text.split(CUT).map(str::to_owned).collect();
    let cut = parts.len() - 1;
    for part in &mut parts[..cut] {
        let ends = secrets.iter().flat_map(|secret| {
            let ends = secret.char_indices().map(|(at, _)| at).filter(|at| *at >= SHORTEST);
            ends.filter(|&end| part.ends_with(&secret[..end]))
        });
        if let Some(longest) = ends.max() {
            part.truncate(part.len() - longest);
            part.push_str(MASK);
        }
    }
    parts.join(CUT)
}

fn saves(op: &Op) -> &[Save] {
    match op {
        Op::Http(op) => &op.save,
        Op::Emit(op) => op.answer.as_ref().map_or(&[], |answer| &answer.save),
        Op::Wait(op) => &op.answer.save,
        _ => &[],
    }
}

fn places<'a>(names: impl Iterator<Item = &'a String>) -> Vec<usize> {
    names.enumerate().filter(|(_, name)| is_secret(name)).map(|(place, _)| place).collect()
}

fn each_text(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Number(number) => take(&number.to_string()),
        Value::Array(list) => list.iter().for_each(|entry| each_text(entry, take)),
        Value::Object(fields) => fields.values().for_each(|field| each_text(field, take)),
        _ => {}
    }
}

/// Shorter ones are ordinary words, and hiding them would spoil texts that tell nothing.
const SHORTEST: usize = 4;
const SHORTEST_TOKEN: usize = 8;
const MASK: &str = "***";
/// What servers tell of people and sessions besides, in frames that reach somebody else.
const PERSONAL: [&str; 4] = ["email", "phone", "sid", "pid"];
/// What [`shorten`](super::context::shorten) and the excerpts of bad frames put where they cut.
const CUT: &str = "…";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_however_it_is_spelled() {
        #[track_caller]
        fn check(secret: &str, spelled: &str) {
            assert!(spellings(secret).contains(&spelled.to_owned()), "{spelled} of {:?}", spellings(secret));
        }
        check("a/b c", "a/b c");
        check("a/b c", "a%2Fb%20c");
        check("say \"hi\"", r#"say \"hi\""#);
        // A JSON text that is quoted once more.
        check("say \"hi\"", r#"say \\\"hi\\\""#);
        assert_eq!(spellings("abc"), Vec::<String>::new());
        assert_eq!(spellings("eyJhbGciOi"), ["eyJhbGciOi"]);
    }

    #[test]
    fn a_field_whose_name_says_so_is_hidden_whoever_s_it_is() {
        #[track_caller]
        fn check(frame: &str, shown: &str) {
            assert_eq!(hide_named(frame), shown);
        }
        check(r#"42["in",{"token":"abc","room":"r"}]"#, r#"42["in",{"token":"***","room":"r"}]"#);
        check(r#"0{"sid":"s1","pingInterval":25000}"#, r#"0{"sid":"***","pingInterval":25000}"#);
        check(r#"{"accessToken" : "a\"b","email":"k@x.org"}"#, r#"{"accessToken" : "***","email":"***"}"#);
        check(r#"{"sessionId":4711,"a":1}"#, r#"{"sessionId":"***","a":1}"#);
        // JSON within JSON, a value that is cut off, and one that is no value.
        check(r#"{"body":"{\"token\":\"abc\"}"}"#, r#"{"body":"{\"token\":\"***\"}"}"#);
        check(r#"{"password":"abc…"#, r#"{"password":"***""#);
        check(r#"{"token":null,"b":[1]}"#, r#"{"token":"***","b":[1]}"#);
        check(r#"{"token":{"deep":"x"}}"#, r#"{"token":{"deep":"x"}}"#);
        check(r#"{"content":"my token: abc"}"#, r#"{"content":"my token: abc"}"#);
        check("", "");
        check("\":", "\":");
    }

    #[test]
    fn what_is_left_of_a_secret_at_a_cut_is_hidden() {
        let secrets = ["token-4711".to_owned(), "other".to_owned()];
        assert_eq!(hide_cut_off("a token-47… of othe… (9 bytes)", &secrets), "a ***… of ***… (9 bytes)");
        assert_eq!(hide_cut_off("tok… is anybody's word", &secrets), "tok… is anybody's word");
    }
}
