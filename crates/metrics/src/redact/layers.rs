//! What a text says beneath its spelling: without percent signs, without backslashes, out of base64 and hex, each with the place in
//! the text where it stands.

/// Bytes, and from where to where in the text each of them stands.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    pub bytes: Vec<u8>,
    starts: Vec<u32>,
    ends: Vec<u32>,
    /// Its end is where the text was cut.
    ends_in_cut: bool,
}

/// What texts that are cut end with.
pub const CUT: &[u8] = "…".as_bytes();
/// How others write it.
const DOTS: &[u8] = b"...";

impl Layer {
    pub fn of(text: &str) -> Self {
        let length = text.len() as u32;
        Self {
            bytes: text.as_bytes().to_vec(),
            starts: (0..length).collect(),
            ends: (1..=length).collect(),
            ends_in_cut: false,
        }
    }

    /// `%2F` as what it stands for; `None`: there is nothing of the kind.
    pub fn percent_decoded(&self) -> Option<Self> {
        memchr::memchr(b'%', &self.bytes)?;
        self.decoded(|rest| match rest {
            [b'%', high, low, ..] => Some((Piece::Byte((hex(*high)? << 4) | hex(*low)?), 3)),
            _ => None,
        })
    }

    /// `\"`, `\/` and `\u00fc` as what they stand for; what else is escaped stays as it is.
    pub fn unescaped(&self) -> Option<Self> {
        memchr::memchr(b'\\', &self.bytes)?;
        self.decoded(|rest| match rest {
            [b'\\', b'n', ..] => Some((Piece::Byte(b'\n'), 2)),
            [b'\\', b'r', ..] => Some((Piece::Byte(b'\r'), 2)),
            [b'\\', b't', ..] => Some((Piece::Byte(b'\t'), 2)),
            [b'\\', b'u', ..] => unicode(rest).map(|(c, length)| (Piece::Char(c), length)),
            [b'\\', byte @ (b'"' | b'\'' | b'\\' | b'/'), ..] => Some((Piece::Byte(*byte), 2)),
            _ => None,
        })
    }

    fn decoded(&self, take: impl Fn(&[u8]) -> Option<(Piece, usize)>) -> Option<Self> {
        let mut decoded = Self { ends_in_cut: self.ends_in_cut, ..Self::default() };
        let mut from = 0;
        while from < self.bytes.len() {
            let (piece, length) = take(&self.bytes[from..]).unwrap_or((Piece::Byte(self.bytes[from]), 1));
            match piece {
                Piece::Byte(byte) => decoded.add(byte, self, from, from + length - 1),
                Piece::Char(c) => {
                    let mut buffer = [0; 4];
                    let bytes = c.encode_utf8(&mut buffer).bytes();
                    bytes.for_each(|byte| decoded.add(byte, self, from, from + length - 1));
                }
            }
            from += length;
        }
        (decoded.bytes != self.bytes).then_some(decoded)
    }

    /// A byte that stands from one place of another layer to another.
    fn add(&mut self, byte: u8, below: &Self, first: usize, last: usize) {
        self.bytes.push(byte);
        self.starts.push(below.starts[first]);
        self.ends.push(below.ends[last]);
    }

    /// All that runs of base64 and of hex may hold, wherever their groups begin, as far as it is worth a look.
    pub fn encoded(&self, is_worth_it: impl Fn(&[u8]) -> bool) -> Vec<Self> {
        let mut found = Vec::new();
        for (from, to) in self.runs(is_base64, SHORTEST_BASE64) {
            for from in from..from + 4 {
                let bytes = base64(&self.bytes[from..to]);
                found.extend(is_worth_it(&bytes).then(|| self.base64_of(from, to, &bytes)));
            }
        }
        for (from, to) in self.runs(|byte| hex(byte).is_some(), SHORTEST_HEX) {
            for from in from..from + 2 {
                let bytes = of_hex(&self.bytes[from..to]);
                found.extend(is_worth_it(&bytes).then(|| self.hex_of(from, to, &bytes)));
            }
        }
        found
    }

    fn runs(&self, is_inside: impl Fn(u8) -> bool + Copy, shortest: usize) -> Vec<(usize, usize)> {
        let mut runs = Vec::new();
        let mut from = 0;
        while from < self.bytes.len() {
            let length = run(&self.bytes[from..], is_inside);
            if length >= shortest {
                runs.push((from, from + length));
            }
            from += length + 1;
        }
        runs
    }

    fn base64_of(&self, from: usize, to: usize, bytes: &[u8]) -> Self {
        let mut layer = Self { ends_in_cut: self.is_cut(to), ..Self::default() };
        for (place, byte) in bytes.iter().enumerate() {
            // It begins in one digit and ends in another, which it may share with its neighbours.
            layer.add(*byte, self, from + place * 8 / 6, from + (place * 8 + 7) / 6);
        }
        layer
    }

    fn hex_of(&self, from: usize, to: usize, bytes: &[u8]) -> Self {
        let mut layer = Self { ends_in_cut: self.is_cut(to), ..Self::default() };
        for (place, byte) in bytes.iter().enumerate() {
            layer.add(*byte, self, from + 2 * place, from + 2 * place + 1);
        }
        layer
    }

    /// Where in the text these bytes stand; there is at least one.
    pub fn place(&self, from: usize, to: usize) -> (usize, usize) {
        (self.starts[from] as usize, self.ends[to - 1] as usize)
    }

    /// The text was cut here.
    pub fn is_cut(&self, at: usize) -> bool {
        let rest = &self.bytes[at..];
        rest.starts_with(CUT) || rest.starts_with(DOTS) || rest.is_empty() && self.ends_in_cut
    }
}

/// What an escape stands for.
enum Piece {
    Byte(u8),
    Char(char),
}

/// `\u00fc`, or two of them for a character beyond their range.
fn unicode(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6).filter(|escape| escape.starts_with(b"\\u"))?;
        digits[2..].iter().try_fold(0u16, |sum, digit| Some((sum << 4) | u16::from(hex(*digit)?)))
    };
    let first = unit(0)?;
    if let Some(c) = char::from_u32(first.into()) {
        return Some((c, 6));
    }
    let c = char::decode_utf16([first, unit(6)?]).next()?.ok()?;
    Some((c, 12))
}

/// Whole bytes of base64 in either alphabet; what is none of its digits ends it.
pub fn base64(digits: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for digit in digits.iter().map_while(|digit| base64_digit(*digit)) {
        bits = (bits << 6) | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

/// Bytes of a run of hex digits.
fn of_hex(digits: &[u8]) -> Vec<u8> {
    let pairs = digits.chunks_exact(2);
    pairs.filter_map(|pair| hex(pair[0]).zip(hex(pair[1]))).map(|(high, low)| (high << 4) | low).collect()
}

/// How many bytes from the start are of a kind.
pub fn run(text: &[u8], is_inside: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|byte| !is_inside(*byte)).unwrap_or(text.len())
}

fn is_base64(byte: u8) -> bool {
    base64_digit(byte).is_some()
}

fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// Of six bytes, the shortest secret that is looked for there.
const SHORTEST_BASE64: usize = 8;
const SHORTEST_HEX: usize = 12;
