//! The banned words: like the real list, 10,000 random `[a-z0-9]` tokens of 4 to 10 characters, and a text is rejected
//! when one of them is anywhere inside it. The list is the same in every run.

use std::collections::HashMap;

pub struct BannedWords {
    /// By their first four bytes, so that a text costs one lookup per position and not 10,000 scans.
    by_start: HashMap<[u8; 4], Vec<String>>,
}

impl BannedWords {
    pub fn new() -> Self {
        let mut by_start = HashMap::<_, Vec<_>>::new();
        for word in Self::list() {
            let start = word.as_bytes()[..4].try_into().expect("no word is shorter than four");
            by_start.entry(start).or_default().push(word);
        }
        Self { by_start }
    }

    pub fn list() -> impl Iterator<Item = String> {
        let mut rng = fastrand::Rng::with_seed(LIST_SEED);
        (0..COUNT).map(move |_| {
            let length = rng.usize(4..=10);
            (0..length).map(|_| char::from(ALPHABET[rng.usize(..ALPHABET.len())])).collect()
        })
    }

    /// The first banned word inside `text`, whatever its case.
    pub fn find(&self, text: &str) -> Option<&str> {
        let text = text.to_lowercase();
        let bytes = text.as_bytes();
        bytes.windows(4).enumerate().find_map(|(at, window)| {
            let words = self.by_start.get(window)?;
            words.iter().map(String::as_str).find(|word| bytes[at..].starts_with(word.as_bytes()))
        })
    }
}

const COUNT: usize = 10_000;
const LIST_SEED: u64 = 0x6b74_6263_6861_7401;
const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_the_shape_of_the_real_one() {
        let words: Vec<_> = BannedWords::list().collect();
        assert_eq!(words.len(), COUNT);
        assert!(words.iter().all(|word| (4..=10).contains(&word.len())));
        let of_four = words.iter().filter(|word| word.len() == 4).count();
        assert!((1300..1560).contains(&of_four), "{of_four} words of four characters");
    }

    #[test]
    fn a_word_is_found_anywhere_and_in_any_case() {
        let words = BannedWords::new();
        let word = BannedWords::list().nth(4321).expect("the list is longer");
        for text in [word.clone(), format!("é {word}"), format!("..{}..", word.to_uppercase()), format!("xx{word}")] {
            assert!(words.find(&text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_has_no_four_alphanumerics_in_a_row_always_passes() {
        let words = BannedWords::new();
        for text in ["", "abc", "1.7.3.2", "~a1b-c3d.e5f-g7h~", "안녕하세요, 여러분"] {
            assert_eq!(words.find(text), None, "{text}");
        }
    }
}
