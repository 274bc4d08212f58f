//! One worker's redactor: everything that leaves it as a text has gone through here.

use serde_json::Value;

use super::MASK;
use super::known::Known;
use super::layers::Layer;
use super::marks;
use super::spans::{SecretKind, SecretSpan, apply};
use super::urls::looks_random;

/// What one user's account says: its own business, though it may be ordinary words elsewhere.
#[derive(Debug, Default)]
pub struct Facts(Known);

impl Facts {
    pub fn of<'a>(facts: impl Iterator<Item = &'a str>) -> Self {
        let mut known = Known::default();
        facts.for_each(|fact| known.learn(fact));
        Self(known)
    }
}

/// Knows the secrets of all users of a worker; what a server tells one of them of another is hidden as well.
#[derive(Debug, Default)]
pub struct Redactor {
    known: Known,
}

impl Redactor {
    /// This is one, however it may be spelled later.
    pub fn learn(&mut self, secret: &str) {
        self.known.learn(secret);
        // In a form a space is a plus.
        if secret.contains(' ') {
            self.known.learn(&secret.replace(' ', "+"));
        }
        // Of a text within an encoded document.
        let json = Value::from(secret).to_string();
        if json.len() != secret.len() + 2 {
            self.known.learn(&json[1..json.len() - 1]);
        }
    }

    /// The text without secrets, and at most so many characters of it.
    pub fn shown(&self, text: &str, most: usize) -> String {
        self.shown_without(text, None, most)
    }

    /// The same of what is on one user's connection: without its own facts, too.
    pub fn shown_to_others(&self, text: &str, facts: &Facts, most: usize) -> String {
        self.shown_without(text, Some(&facts.0), most)
    }

    /// The name of an event that a server has made up, without secrets.
    pub fn shown_name(&self, name: &str, most: usize) -> String {
        let shown = self.shown(name, most);
        let is_random = |part: &&str| looks_random(part.as_bytes());
        match shown.split(SEPARATORS).find(is_random) {
            None => shown,
            Some(_) => shown.split_inclusive(SEPARATORS).map(hide_random).collect(),
        }
    }

    fn shown_without(&self, text: &str, own: Option<&Known>, most: usize) -> String {
        // Nobody is shown more of it, so nobody looks at more.
        let text = shortened(text, most.saturating_mul(2).saturating_add(200));
        let mut found = Vec::new();
        self.look(&Layer::of(&text), own, DEPTH, &mut found);
        let hidden = apply(&text, found, MASK).unwrap_or(text);
        shortened(&hidden, most)
    }

    fn look(&self, layer: &Layer, own: Option<&Known>, depth: usize, found: &mut Vec<SecretSpan>) {
        let mut here = Vec::new();
        marks::find(&layer.bytes, &mut here);
        if depth < DEPTH {
            // Beneath the surface it is not known what may stand there.
            here.iter_mut().filter(|mark| mark.what != SecretKind::User).for_each(|mark| mark.what = SecretKind::Value);
        }
        found.extend(here.into_iter().map(|mark| {
            let (from, to) = layer.place(mark.from, mark.to);
            SecretSpan { from, to, what: mark.what }
        }));
        let all = || own.into_iter().chain([&self.known]).filter(|known| !known.is_empty());
        let encoded = layer.encoded(|bytes| all().any(|known| known.may_stand_in(bytes)));
        for known in all() {
            find(known, layer, 0, found);
            encoded.iter().for_each(|encoded| find(known, encoded, SHORTEST_ENCODED, found));
        }
        if depth > 0 {
            for deeper in [layer.percent_decoded(), layer.unescaped()].into_iter().flatten() {
                self.look(&deeper, own, depth - 1, found);
            }
        }
    }
}

fn find(known: &Known, layer: &Layer, shortest: usize, found: &mut Vec<SecretSpan>) {
    known.find(
        &layer.bytes,
        shortest,
        |at| layer.is_cut(at),
        |from, to| {
            let (from, to) = layer.place(from, to);
            found.push(SecretSpan::value(from, to));
        },
    );
}

/// A part of a name with what separates it from the next one.
fn hide_random(part: &str) -> String {
    let name = part.trim_end_matches(SEPARATORS);
    if looks_random(name.as_bytes()) { format!("{MASK}{}", &part[name.len()..]) } else { part.to_owned() }
}

/// At most `most` characters, with an ellipsis where something was cut.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

const SEPARATORS: [char; 5] = [':', '.', '/', '|', ' '];
/// A URL in a JSON text in a JSON text, and one more.
const DEPTH: usize = 3;
/// Shorter ones turn up in whatever is decoded.
const SHORTEST_ENCODED: usize = 6;

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        let mut redactor = Redactor::default();
        secrets.iter().for_each(|secret| redactor.learn(secret));
        redactor
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let redactor = redactor(&["tok-4711/äß", "hunter2!", "say \"hi\" now", "correct horse"]);
        assert_eq!(redactor.shown(text, 300), expected);
    }

    #[test]
    fn a_known_secret_is_hidden_in_every_spelling() {
        check("a tok-4711/äß b", "a *** b");
        check("a tok-4711%2F%C3%A4%C3%9F b", "a *** b");
        check("a tok%2d4711%2f%c3%a4%c3%9f b", "a *** b");
        check("a tok-4711%252F%25C3%25A4%25C3%259F b", "a *** b");
        check(r#"{"x":"tok-4711\/äß"}"#, r#"{"x":"***"}"#);
        check(r#"{"x":"\u0074ok-4711\/äß"}"#, r#"{"x":"***"}"#);
        check(r#"{"x":"tok-4711/\u00e4\u00DF"}"#, r#"{"x":"***"}"#);
        check(r#"{"x":"say \"hi\" now"}"#, r#"{"x":"***"}"#);
        check(r#"{"x":"{\"y\":\"say \\\"hi\\\" now\"}"}"#, r#"{"x":"{\"y\":\"***\"}"}"#);
        check("q=correct+horse&r=1, correct%20horse", "q=***&r=1, ***");
        check("hex 68756E74657232 and 68756e7465723221", "hex 68756E74657232 and ***");
        check("at the end tok-4711/… and hunt…", "at the end ***… and ***…");
    }

    /// Wherever the secret begins in the encoded bytes, in either alphabet.
    #[test]
    fn base64_hides_nothing() {
        let redactor = redactor(&["hunter2!"]);
        for before in ["", "u:", "u: ", "user:", "ÿÿ>?"] {
            for after in ["", "!", "?!", "ÿÿÿ"] {
                let plain = format!("{before}hunter2!{after}");
                for encoded in [BASE64_STANDARD.encode(&plain), BASE64_URL_SAFE_NO_PAD.encode(&plain)] {
                    for text in [
                        format!("x {encoded} y"),
                        format!("a/b/{encoded}"),
                        encoded.replace('/', "\\/").replace('=', "%3D"),
                    ] {
                        let shown = redactor.shown(&text, 300);
                        assert!(shown.contains(MASK), "{text}: {shown}");
                        let rest = shown.replace(MASK, "!").replace("\\/", "/");
                        let left = rest.split(['!', ' ']).any(|part| {
                            (0..4).any(|at| {
                                super::super::layers::base64(part.get(at..).unwrap_or_default().as_bytes())
                                    .windows(6)
                                    .any(|six| "hunter2!".as_bytes().windows(6).any(|of| of == six))
                            })
                        });
                        assert!(!left, "{text}: {shown}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_short_secret_hides_no_word_that_it_is_a_part_of() {
        let redactor = redactor(&["room", "chat1"]);
        assert_eq!(redactor.shown("room rooms ROOM_FULL chat1, chat12", 300), "*** rooms ROOM_FULL ***, chat12");
    }

    #[test]
    fn rules_reach_beneath_the_surface() {
        check(r#"{"body":"{\"token\":\"abc\"}"}"#, r#"{"body":"{\"token\":\"***\"}"}"#);
        check("next=https%3A%2F%2Fh%2F%3Ftoken%3Dabc%26a%3D1", "next=https%3A%2F%2Fh%2F%3Ftoken%3D***%26a%3D1");
    }

    #[test]
    fn a_text_is_cut_after_it_was_hidden() {
        assert_eq!(redactor(&["tok-4711"]).shown("tok-4711 tok-4711", 5), "*** *…");
        assert_eq!(redactor(&[]).shown(&"말".repeat(400), 3), "말말말…");
    }

    #[test]
    fn a_name_that_carries_a_token_is_told_without_it() {
        let redactor = redactor(&["tok-4711"]);
        for (name, shown) in [
            ("message", "message"),
            ("joined:tok-4711", "joined:***"),
            ("user.aZ3kQ9xT1bV7mN5pL2sD.left", "user.***.left"),
            ("room:550e8400-e29b-41d4-a716-446655440000", "room:550e8400-e29b-41d4-a716-446655440000"),
        ] {
            assert_eq!(redactor.shown_name(name, 80), shown);
        }
    }
}
