//! Secrets that a worker has come to know, and where in a text they stand.

use std::collections::BTreeSet;
use std::ops::Bound::{Included, Unbounded};

/// The newest of them: users come and go, and tokens are renewed.
#[derive(Debug, Default)]
pub struct Known {
    young: Generation,
    old: Generation,
}

/// In order: of all that a text may begin with the candidates stand next to it.
#[derive(Debug)]
struct Generation {
    secrets: BTreeSet<Box<[u8]>>,
    /// One bit for each hash of how a secret begins: nearly all places of a text are told by it to hold none.
    beginnings: Box<[u64; BITS / 64]>,
}

impl Default for Generation {
    fn default() -> Self {
        Self { secrets: BTreeSet::new(), beginnings: Box::new([0; BITS / 64]) }
    }
}

impl Known {
    /// Keeps it in mind, if it is one that can be told from an ordinary word.
    pub fn learn(&mut self, secret: &str) {
        let secret = &secret.as_bytes()[..secret.len().min(LONGEST)];
        if secret.len() < SHORTEST || ORDINARY.iter().any(|word| secret.eq_ignore_ascii_case(word.as_bytes())) {
            return;
        }
        if self.young.secrets.contains(secret) {
            return;
        }
        if self.young.secrets.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.add(secret);
    }

    pub fn is_empty(&self) -> bool {
        self.young.secrets.is_empty() && self.old.secrets.is_empty()
    }

    /// Whether it is worth a look: nearly always not.
    pub fn may_stand_in(&self, text: &[u8]) -> bool {
        text.windows(SHORTEST).any(|piece| self.young.may_begin(piece) || self.old.may_begin(piece))
    }

    /// Tells of every secret from where to where it stands. Short ones stand alone, as words do. Where the text was cut, the
    /// beginning of one is enough. `shortest`: shorter ones are not looked for.
    pub fn find(
        &self,
        text: &[u8],
        shortest: usize,
        is_cut: impl Fn(usize) -> bool,
        mut tell: impl FnMut(usize, usize),
    ) {
        let mut from = 0;
        while from + SHORTEST <= text.len() {
            match self.length_at(text, from, shortest, &is_cut) {
                Some(length) => {
                    tell(from, from + length);
                    from += length;
                }
                None => from += 1,
            }
        }
    }

    /// The longest that begins here.
    fn length_at(&self, text: &[u8], from: usize, shortest: usize, is_cut: &impl Fn(usize) -> bool) -> Option<usize> {
        let lengths = [&self.young, &self.old].map(|generation| {
            if !generation.may_begin(&text[from..]) {
                return None;
            }
            let stands = |length: usize| {
                length >= shortest.max(SHORTEST) && (length >= LONG || stands_alone(text, from, from + length))
            };
            generation.whole(&text[from..], stands).max(generation.beginning(&text[from..], |end| is_cut(from + end)))
        });
        lengths.into_iter().flatten().max()
    }
}

impl Generation {
    fn add(&mut self, secret: &[u8]) {
        let bit = bit_of(secret);
        self.beginnings[bit / 64] |= 1 << (bit % 64);
        self.secrets.insert(secret.into());
    }

    fn may_begin(&self, text: &[u8]) -> bool {
        let bit = bit_of(text);
        self.beginnings[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// The length of the longest secret that the text begins with. Of all that are not behind the text, the last one shares more
    /// of its beginning than any other: each step looks at a shorter piece.
    fn whole(&self, text: &[u8], stands: impl Fn(usize) -> bool) -> Option<usize> {
        let mut piece = &text[..text.len().min(LONGEST)];
        loop {
            let candidate = self.secrets.range::<[u8], _>((Unbounded, Included(piece))).next_back()?;
            if piece.starts_with(candidate) && stands(candidate.len()) {
                return Some(candidate.len());
            }
            let common = candidate.iter().zip(piece).take_while(|(a, b)| a == b).count();
            let shorter = common.min(candidate.len().saturating_sub(usize::from(piece.starts_with(candidate))));
            if shorter < SHORTEST {
                return None;
            }
            piece = &piece[..shorter];
        }
    }

    /// The first that does not stand before this one.
    fn from(&self, beginning: &[u8]) -> Option<&[u8]> {
        self.secrets.range::<[u8], _>((Included(beginning), Unbounded)).next().map(|secret| &**secret)
    }

    /// The length of the text up to a cut, if a secret begins with all of it.
    fn beginning(&self, text: &[u8], is_cut: impl Fn(usize) -> bool) -> Option<usize> {
        let longest = text.len().min(LONGEST);
        let next = self.from(&text[..SHORTEST])?;
        if !next.starts_with(&text[..SHORTEST]) {
            return None;
        }
        (SHORTEST..=longest)
            .rev()
            .filter(|end| is_cut(*end))
            .find(|&end| self.from(&text[..end]).is_some_and(|secret| secret.starts_with(&text[..end])))
    }
}

fn stands_alone(text: &[u8], from: usize, to: usize) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    !is_word(from.checked_sub(1).and_then(|at| text.get(at))) && !is_word(text.get(to))
}

fn bit_of(text: &[u8]) -> usize {
    let beginning = text.iter().take(SHORTEST).fold(0u32, |sum, byte| sum << 8 | u32::from(*byte));
    (beginning.wrapping_mul(0x9e37_79b1) >> 16) as usize % BITS
}

/// Shorter ones are ordinary words, and hiding them would spoil texts that tell nothing.
pub const SHORTEST: usize = 4;
/// So long a text is nothing else by chance, whatever stands around it.
const LONG: usize = 8;
/// No text that leaves a worker is longer.
const LONGEST: usize = 4_096;
/// Of each of two generations.
const MOST: usize = 20_000;
const BITS: usize = 1 << 16;
/// What servers and plans put where a secret is not there.
const ORDINARY: [&str; 12] = [
    "null",
    "true",
    "false",
    "none",
    "undefined",
    "anonymous",
    "guest",
    "default",
    "empty",
    "missing",
    "invalid",
    "expired",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(secrets: &[&str], text: &str, expected: &[&str]) {
        let mut known = Known::default();
        secrets.iter().for_each(|secret| known.learn(secret));
        let mut found = Vec::new();
        known.find(
            text.as_bytes(),
            0,
            |at| text.as_bytes()[at..].starts_with("…".as_bytes()),
            |from, to| found.push(&text[from..to]),
        );
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn the_longest_that_stands_there_is_found() {
        check(&["token-4711", "token-47"], "a token-4711 token-47x", &["token-4711", "token-47"]);
        check(&["abcd", "abcdefgh", "abcdefzz"], "abcdefghi abcd abcde", &["abcdefgh", "abcd"]);
        check(&["aaaaaaaa", "aaaaaaaaab"], "aaaaaaaaaa", &["aaaaaaaa"]);
        check(&["pass"], "password: pass, compass", &["pass"]);
        check(&[], "anything", &[]);
        check(&["null", "abc"], "null and abc", &[]);
    }

    #[test]
    fn at_a_cut_the_beginning_is_enough() {
        check(&["token-4711", "other"], "a token-47… of othe… (9 bytes)", &["token-47", "othe"]);
        check(&["token-4711"], "tok… is anybody's word", &[]);
    }

    #[test]
    fn what_is_old_is_forgotten_and_what_is_renewed_is_not() {
        let mut known = Known::default();
        for number in 0..=2 * MOST {
            known.learn("stays-here");
            known.learn(&format!("secret-{number}"));
        }
        let mut found = 0;
        let text = format!("stays-here secret-0; secret-{}", 2 * MOST);
        known.find(text.as_bytes(), 0, |_| false, |_, _| found += 1);
        assert_eq!(found, 2);
        assert!(known.young.secrets.len() + known.old.secrets.len() <= 2 * MOST);
    }
}
