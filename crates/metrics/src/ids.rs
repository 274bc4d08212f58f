//! Hash maps over small integers that we gave out ourselves, looked up once or twice per received message.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Keys are user numbers and pairs of them; a remote can make up some, but a worker holds few enough for that not to matter.
pub type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// One multiplication instead of SipHash: a few nanoseconds per look-up, and it is the hot one.
#[derive(Debug, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(u64::from(byte)));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    /// The map takes its position from the low bits and its fingerprint from the high ones: both must depend on all.
    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0.rotate_left(5) ^ value).wrapping_mul(ODD);
        self.0 = mixed ^ (mixed >> 32);
    }
}

/// 2^64 divided by the golden ratio.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
