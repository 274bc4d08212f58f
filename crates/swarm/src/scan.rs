//! What a message may hold at most, looked at before anything is made of it.
//!
//! A few bytes of MessagePack can ask for gigabytes: an array of a million nils is a million bytes, a thousand when deflated,
//! and thirty million as values. So bytes, values and depth are counted first, in one pass that keeps nothing; only what
//! passes is given to serde.

use super::envelope::Refusal;

/// The most that a message of some kind needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// When inflated.
    pub bytes: usize,
    /// Keys, elements and everything else that is a value of its own.
    pub values: usize,
    pub depth: usize,
}

impl Allowance {
    /// Who somebody is, what is offered, how a run looks.
    pub const TALK: Self = Self { bytes: 256 * 1_024, values: 8_192, depth: 24 };
    /// What a generator's workers have said within a second or so. A message that was sent takes fourteen values, and no browser
    /// sends fifty thousand a second.
    pub const PART: Self = Self { bytes: 16 * 1_024 * 1_024, values: 1_000_000, depth: 64 };
    /// A plan with its accounts and clips.
    pub const ORDER: Self = Self { bytes: 64 * 1_024 * 1_024, values: 4_000_000, depth: 160 };
    /// What this browser has written down for itself.
    pub const NOTES: Self = Self { bytes: 64 * 1_024 * 1_024, values: 16_000_000, depth: 160 };
}

/// # Errors
/// The bytes are no MessagePack, hold more than one value, or more than is allowed.
pub fn scan(bytes: &[u8], most: &Allowance) -> Result<(), Refusal> {
    if bytes.len() > most.bytes {
        return Err(Refusal::Malformed);
    }
    let mut reader = Reader { rest: bytes };
    // Values that each container on the way down still lacks.
    let mut open = vec![1usize];
    let mut values = 0usize;
    while let Some(lacking) = open.last_mut() {
        if *lacking == 0 {
            open.pop();
            continue;
        }
        *lacking -= 1;
        values += 1;
        let inside = reader.value().ok_or(Refusal::Malformed)?;
        // Each of them takes a byte at least: a length that lies is known before anything is counted.
        if inside > reader.rest.len() || values.saturating_add(inside) > most.values || open.len() > most.depth {
            return Err(Refusal::Malformed);
        }
        open.push(inside);
    }
    if reader.rest.is_empty() { Ok(()) } else { Err(Refusal::Malformed) }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// Reads over one value without what it contains; returns how many values that is.
    fn value(&mut self) -> Option<usize> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        match first {
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => Some(0),
            0x80..=0x8f => Some(2 * usize::from(first & 0x0f)),
            0x90..=0x9f => Some(usize::from(first & 0x0f)),
            0xa0..=0xbf => self.skip(usize::from(first & 0x1f)),
            0xc4 | 0xd9 => self.sized(1, 0),
            0xc5 | 0xda => self.sized(2, 0),
            0xc6 | 0xdb => self.sized(4, 0),
            // Extensions: nothing of ours is one, and serde refuses them; here they are bytes with a type.
            0xc7 => self.sized(1, 1),
            0xc8 => self.sized(2, 1),
            0xc9 => self.sized(4, 1),
            0xcc | 0xd0 => self.skip(1),
            0xcd | 0xd1 => self.skip(2),
            0xca | 0xce | 0xd2 => self.skip(4),
            0xcb | 0xcf | 0xd3 => self.skip(8),
            0xd4..=0xd8 => self.skip(1 + (1 << (first - 0xd4))),
            0xdc => self.number(2),
            0xdd => self.number(4),
            0xde => Some(self.number(2)?.saturating_mul(2)),
            0xdf => Some(self.number(4)?.saturating_mul(2)),
            // Never used.
            0xc1 => None,
        }
    }

    fn sized(&mut self, width: usize, more: usize) -> Option<usize> {
        let length = self.number(width)?;
        self.skip(length.checked_add(more)?)
    }

    fn number(&mut self, width: usize) -> Option<usize> {
        let (bytes, rest) = self.rest.split_at_checked(width)?;
        self.rest = rest;
        Some(bytes.iter().fold(0, |number, &byte| (number << 8) | usize::from(byte)))
    }

    fn skip(&mut self, bytes: usize) -> Option<usize> {
        self.rest = self.rest.split_at_checked(bytes)?.1;
        Some(0)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const SMALL: Allowance = Allowance { bytes: 100, values: 10, depth: 3 };

    #[track_caller]
    fn check(bytes: &[u8], is_fine: bool) {
        assert_eq!(scan(bytes, &SMALL).is_ok(), is_fine, "{bytes:02x?}");
    }

    #[test]
    fn values_bytes_and_depth_are_counted() {
        check(&[0xc0], true);
        check(&[0x99, 0, 1, 2, 3, 4, 5, 6, 7, 8], true);
        check(&[0x9a, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], false);
        check(&[0x84, 0, 1, 2, 3, 4, 5, 6, 7], true);
        check(&[0x85, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], false);
        check(&[0x91, 0x91, 0xc0], true);
        check(&[0x91, 0x91, 0x91, 0x91, 0xc0], false);
        check(&[[0xd9, 90].as_slice(), &[b'a'; 90]].concat(), true);
        check(&[[0xd9, 120].as_slice(), &[b'a'; 120]].concat(), false);
        check(&[0xc4, 2, 0, 0], true);
        check(&[0xd4, 0, 0], true);
    }

    #[test]
    fn lengths_that_lie_are_known_at_once() {
        for bytes in [
            [0xdd, 0xff, 0xff, 0xff, 0xff].as_slice(),
            &[0xdf, 0xff, 0xff, 0xff, 0xff],
            &[0xdb, 0xff, 0xff, 0xff, 0xff],
            &[0xc9, 0xff, 0xff, 0xff, 0xff, 0],
            &[0x92, 0],
            &[],
            &[0xc1],
            &[0xc0, 0xc0],
            &[0xcf, 0],
        ] {
            assert_eq!(scan(bytes, &Allowance::ORDER), Err(Refusal::Malformed), "{bytes:02x?}");
        }
    }

    fn documents() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(|number| json!(number)),
            ".{0,300}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 100, 40, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..40).prop_map(Value::from),
                prop::collection::btree_map(".{0,9}", inner, 0..20)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn size(value: &Value) -> usize {
        1 + match value {
            Value::Array(values) => values.iter().map(size).sum(),
            Value::Object(map) => map.values().map(|value| 1 + size(value)).sum(),
            _ => 0,
        }
    }

    proptest! {
        #[test]
        fn it_counts_what_serde_makes_of_it(document in documents()) {
            let bytes = rmp_serde::to_vec_named(&document).expect("a document");
            let values = size(&document);
            let allows = |values| scan(&bytes, &Allowance { values, ..Allowance::NOTES }).is_ok();
            prop_assert!(allows(values) && !allows(values - 1));
            prop_assert!(scan(&bytes[..bytes.len() - 1], &Allowance::NOTES).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = scan(&bytes, &Allowance::TALK);
        }
    }
}
