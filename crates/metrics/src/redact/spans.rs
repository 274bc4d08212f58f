//! Parts of a text that are not to be told, and the text with a mask in the place of each.

/// A part of a text that is not to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretSpan {
    pub from: usize,
    pub to: usize,
    pub what: SecretKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    Value,
    /// `user:password@`, with its `@`.
    User,
    /// A value in JSON without quotes.
    Bare,
    /// A value in quotes whose end was cut off.
    Open,
}

impl SecretSpan {
    pub fn value(from: usize, to: usize) -> Self {
        Self { from, to, what: SecretKind::Value }
    }
}

/// The text with a mask in the place of each mark, or `None` if there is none.
pub fn apply(text: &str, mut marks: Vec<SecretSpan>, mask: &str) -> Option<String> {
    if marks.is_empty() {
        return None;
    }
    marks.sort_unstable_by_key(|mark| (mark.from, std::cmp::Reverse(mark.to)));
    let mut clean = String::with_capacity(text.len());
    let mut end = 0;
    let mut marks = marks.into_iter().peekable();
    while let Some(mark) = marks.next() {
        let mut to = mark.to;
        while let Some(next) = marks.next_if(|next| next.from < to) {
            to = to.max(next.to);
        }
        // A mark that was found in another spelling may begin or end within a character.
        let (from, to) = (floor(text, mark.from.max(end)), ceil(text, to));
        clean.push_str(&text[end..from]);
        match mark.what {
            _ if mask.is_empty() => {}
            SecretKind::Value => clean.push_str(mask),
            SecretKind::User => clean.extend([mask, "@"]),
            SecretKind::Bare => clean.extend(["\"", mask, "\""]),
            SecretKind::Open => clean.extend([mask, "\""]),
        }
        end = to;
    }
    clean.push_str(&text[end..]);
    Some(clean)
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
