//! Sealing and opening: what leaves a browser is encrypted and authenticated, and what comes in is refused unless it is
//! of this swarm, of this version, new, and meant for the topic it came by.
//!
//! ```text
//!   byte  0        1        9        17       25                      end
//!         version  session  loading  number   ciphertext of the packet and its tag
//! ```
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03). The nonce is session, loading and number: the loading's random half
//! makes it unique even if a tab is duplicated, and the number never repeats within a loading. Numbers are little-endian.
//! The topic and the version are authenticated with it, so that a message cannot be moved to another topic.

use std::collections::HashMap;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};

use super::key::Key;
use super::peer::{Loading, Peer, SessionId};

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it is of another version of this program")]
    Version,
    #[error("it is too short or holds something else")]
    Malformed,
    #[error("it was not sealed with this swarm's key for this topic")]
    Key,
    #[error("it was seen before, or is older than what was seen")]
    Replay,
    #[error("it is meant for an earlier loading of this page")]
    Stale,
    #[error("it comes from somebody who does not conduct this swarm")]
    Foreign,
    #[error("too many browsers speak in this swarm")]
    Crowded,
}

/// How many messages were not taken, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Refused {
    pub version: u64,
    pub malformed: u64,
    pub key: u64,
    pub replay: u64,
    pub stale: u64,
    pub foreign: u64,
    pub crowded: u64,
}

impl Refused {
    pub fn count(&mut self, refusal: Refusal) {
        *match refusal {
            Refusal::Version => &mut self.version,
            Refusal::Malformed => &mut self.malformed,
            Refusal::Key => &mut self.key,
            Refusal::Replay => &mut self.replay,
            Refusal::Stale => &mut self.stale,
            Refusal::Foreign => &mut self.foreign,
            Refusal::Crowded => &mut self.crowded,
        } += 1;
    }

    pub fn total(&self) -> u64 {
        let Self { version, malformed, key, replay, stale, foreign, crowded } = self;
        version + malformed + key + replay + stale + foreign + crowded
    }
}

/// Seals what one loading of a page says.
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    peer: Peer,
    next: u64,
}

impl Sealer {
    pub fn new(key: &Key, peer: Peer) -> Self {
        Self { cipher: cipher(key), peer, next: 0 }
    }

    pub fn peer(&self) -> Peer {
        self.peer
    }

    pub fn seal(&mut self, topic: &str, packet: &[u8]) -> Vec<u8> {
        let number = self.next;
        self.next += 1;
        let payload = Payload { msg: packet, aad: &bound_to(topic) };
        let sealed = self.cipher.encrypt(&nonce(self.peer, number), payload);
        let sealed = sealed.expect("a packet is far below the cipher's limit of 256 GiB");
        let Peer { session, loading } = self.peer;
        let numbers = [session.0, loading.0, number].map(u64::to_le_bytes);
        [&[VERSION], numbers.as_flattened(), &sealed].concat()
    }
}

/// Opens what others say, each message once.
pub struct Opener {
    cipher: XChaCha20Poly1305,
    sessions: HashMap<SessionId, Heard>,
}

/// What was heard of one session.
struct Heard {
    loading: Loading,
    window: Window,
}

/// What has come of the latest numbers (as in RFC 6479): the highest, and which of the 64 up to it.
#[derive(Default)]
struct Window {
    next: u64,
    seen: u64,
}

/// What was inside.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    pub from: Peer,
    pub packet: Vec<u8>,
}

impl Opener {
    pub fn new(key: &Key) -> Self {
        Self { cipher: cipher(key), sessions: HashMap::new() }
    }

    /// # Errors
    /// Why the message is not to be taken. It is then as if it had never come.
    pub fn open(&mut self, topic: &str, sealed: &[u8]) -> Result<Opened, Refusal> {
        let (from, number, packet) = self.decrypt(topic, sealed)?;
        if !self.sessions.contains_key(&from.session) && self.sessions.len() >= MOST_SESSIONS {
            return Err(Refusal::Crowded);
        }
        let fresh = || Heard { loading: from.loading, window: Window::default() };
        let heard = self.sessions.entry(from.session).or_insert_with(fresh);
        if from.loading > heard.loading {
            *heard = fresh();
        }
        if from.loading < heard.loading || !heard.window.take(number) {
            return Err(Refusal::Replay);
        }
        Ok(Opened { from, packet })
    }

    /// Opens a retained message, which a broker hands out again with every subscription: coming again is no replay.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_retained(&mut self, topic: &str, sealed: &[u8]) -> Result<Opened, Refusal> {
        let (from, _, packet) = self.decrypt(topic, sealed)?;
        match self.sessions.get(&from.session) {
            Some(heard) if from.loading < heard.loading => Err(Refusal::Replay),
            _ => Ok(Opened { from, packet }),
        }
    }

    fn decrypt(&self, topic: &str, sealed: &[u8]) -> Result<(Peer, u64, Vec<u8>), Refusal> {
        let (&version, rest) = sealed.split_first().ok_or(Refusal::Malformed)?;
        if version != VERSION {
            return Err(Refusal::Version);
        }
        let (head, sealed) = rest.split_at_checked(HEAD).ok_or(Refusal::Malformed)?;
        let (numbers, _) = head.as_chunks::<8>();
        let [session, loading, number] = [0, 1, 2].map(|at| u64::from_le_bytes(numbers[at]));
        let from = Peer { session: SessionId(session), loading: Loading(loading) };
        if !from.is_exact() {
            return Err(Refusal::Malformed);
        }
        let payload = Payload { msg: sealed, aad: &bound_to(topic) };
        let packet = self.cipher.decrypt(&nonce(from, number), payload).map_err(|_| Refusal::Key)?;
        Ok((from, number, packet))
    }
}

/// Seals what a browser writes down about a run, which may hold tokens: without the swarm's link nobody can read it.
pub struct Safe {
    cipher: XChaCha20Poly1305,
    nonce: XNonce,
}

impl Safe {
    /// `random` makes its nonces differ from those of every other loading.
    pub fn new(key: &Key, random: [u8; 16]) -> Self {
        let mut nonce = XNonce::default();
        nonce[..16].copy_from_slice(&random);
        Self { cipher: XChaCha20Poly1305::new(&key.storing().into()), nonce }
    }

    /// `place`: where it is kept; there alone it can be opened.
    pub fn lock(&mut self, place: &str, plain: &[u8]) -> Vec<u8> {
        let counter = u64::from_le_bytes(self.nonce[16..].try_into().expect("a nonce has 24 bytes"));
        self.nonce[16..].copy_from_slice(&(counter + 1).to_le_bytes());
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&self.nonce, payload).expect("notes are far below the cipher's limit");
        [self.nonce.as_slice(), &sealed].concat()
    }

    /// # Errors
    /// It was not sealed with this swarm's key for this place.
    pub fn unlock(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
        let (head, sealed) = sealed.split_at_checked(24).ok_or(Refusal::Malformed)?;
        let mut nonce = XNonce::default();
        nonce.copy_from_slice(head);
        self.cipher.decrypt(&nonce, Payload { msg: sealed, aad: place.as_bytes() }).map_err(|_| Refusal::Key)
    }
}

impl Window {
    /// `true` once for every number that is not too old to tell.
    fn take(&mut self, number: u64) -> bool {
        if number >= self.next {
            let steps = number - self.next + 1;
            self.seen = if steps >= 64 { 0 } else { self.seen << steps };
            self.seen |= 1;
            self.next = number.saturating_add(1);
            return true;
        }
        let age = self.next - 1 - number;
        let bit = 1u64.checked_shl(u32::try_from(age).unwrap_or(u32::MAX)).unwrap_or(0);
        let is_new = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        is_new
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&key.sealing().into())
}

fn nonce(peer: Peer, number: u64) -> XNonce {
    let mut nonce = XNonce::default();
    let numbers = [peer.session.0, peer.loading.0, number].map(u64::to_le_bytes);
    nonce.copy_from_slice(numbers.as_flattened());
    nonce
}

fn bound_to(topic: &str) -> Vec<u8> {
    [&[VERSION], topic.as_bytes()].concat()
}

/// Of everything that browsers of a swarm say to each other. One number, so that an old page is told apart at once.
pub const VERSION: u8 = 1;

const HEAD: usize = 24;

/// A swarm has some hundred browsers; who knows the key and invents more than this gains no memory of ours.
const MOST_SESSIONS: usize = 1_024;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, version in 0..3u8) {
            let bytes = [&[version], bytes.as_slice()].concat();
            let mut opener = Opener::new(&key(1));
            prop_assert!(opener.open("t", &bytes).is_err());
            prop_assert!(opener.open_retained("t", &bytes).is_err());
            prop_assert!(Safe::new(&key(1), [0; 16]).unlock("t", &bytes).is_err());
        }
    }

    fn key(byte: u8) -> Key {
        Key::new([byte; 32])
    }

    fn sealer(loading: u32) -> Sealer {
        Sealer::new(&key(1), Peer { session: SessionId(5), loading: Loading::new(loading, 7) })
    }

    #[track_caller]
    fn check(opener: &mut Opener, sealed: &[u8], expected: Result<&[u8], Refusal>) {
        let opened = opener.open("t", sealed).map(|opened| opened.packet);
        assert_eq!(opened.as_deref().map_err(|refusal| *refusal), expected);
    }

    #[test]
    fn what_is_sealed_is_opened_once() {
        let (mut sealer, mut opener) = (sealer(0), Opener::new(&key(1)));
        let [a, b, c] = ["a", "b", "c"].map(|text| sealer.seal("t", text.as_bytes()));
        check(&mut opener, &a, Ok(b"a"));
        check(&mut opener, &a, Err(Refusal::Replay));
        check(&mut opener, &c, Ok(b"c"));
        check(&mut opener, &b, Ok(b"b"));
        check(&mut opener, &b, Err(Refusal::Replay));
        for _ in 0..100 {
            check(&mut opener, &sealer.seal("t", b"more"), Ok(b"more"));
        }
        check(&mut opener, &c, Err(Refusal::Replay));
    }

    #[test]
    fn what_is_not_of_this_swarm_is_refused() {
        let sealed = sealer(0).seal("t", b"a");
        check(&mut Opener::new(&key(2)), &sealed, Err(Refusal::Key));
        let mut opener = Opener::new(&key(1));
        assert_eq!(opener.open("elsewhere", &sealed), Err(Refusal::Key));
        for at in 1..sealed.len() {
            let mut tampered = sealed.clone();
            tampered[at] ^= 1;
            let refusal = opener.open("t", &tampered).expect_err("it was tampered with");
            assert!(matches!(refusal, Refusal::Key | Refusal::Malformed), "byte {at}: {refusal}");
        }
        let mut old = sealed.clone();
        old[0] = 0;
        check(&mut opener, &old, Err(Refusal::Version));
        check(&mut opener, &[], Err(Refusal::Malformed));
        check(&mut opener, &sealed[..HEAD], Err(Refusal::Malformed));
        check(&mut opener, &sealed[..HEAD + 9], Err(Refusal::Key));
        check(&mut opener, &sealed, Ok(b"a"));
    }

    #[test]
    fn an_earlier_loading_has_nothing_to_say_any_more() {
        let (mut before, mut after) = (sealer(0), sealer(1));
        let (first, late) = (before.seal("t", b"first"), before.seal("t", b"late"));
        let mut opener = Opener::new(&key(1));
        check(&mut opener, &first, Ok(b"first"));
        check(&mut opener, &after.seal("t", b"again"), Ok(b"again"));
        check(&mut opener, &late, Err(Refusal::Replay));
        assert_eq!(opener.open_retained("t", &late), Err(Refusal::Replay));
        let retained = after.seal("t", b"beacon");
        for _ in 0..2 {
            assert_eq!(opener.open_retained("t", &retained).map(|opened| opened.packet), Ok(b"beacon".to_vec()));
        }
    }

    #[test]
    fn notes_are_opened_with_their_swarm_s_key_and_in_their_place() {
        let mut safe = Safe::new(&key(1), [3; 16]);
        let (a, b) = (safe.lock("a", b"note"), safe.lock("a", b"note"));
        assert_ne!(a, b);
        let another = Safe::new(&key(1), [4; 16]);
        assert_eq!(another.unlock("a", &a), Ok(b"note".to_vec()));
        assert_eq!(another.unlock("b", &a), Err(Refusal::Key));
        assert_eq!(Safe::new(&key(2), [3; 16]).unlock("a", &a), Err(Refusal::Key));
        assert_eq!(another.unlock("a", &a[..20]), Err(Refusal::Malformed));
    }

    #[test]
    fn inventing_sessions_takes_no_memory_without_end() {
        let mut opener = Opener::new(&key(1));
        for session in 0..2_000 {
            let peer = Peer { session: SessionId(session), loading: Loading::new(0, 0) };
            let opened = opener.open("t", &Sealer::new(&key(1), peer).seal("t", b"x"));
            assert_eq!(opened.is_ok(), session < MOST_SESSIONS as u64);
        }
    }
}
