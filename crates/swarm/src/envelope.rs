//! Sealing and opening: what leaves a browser is signed, encrypted and authenticated, and what comes in is refused unless it
//! is of this swarm, of this version, new, meant for the topic it came by, and said by who may say it there.
//!
//! ```text
//!   byte  0        1           33       41      49     73                                          end
//!         version  public key  loading  number  nonce  ciphertext of signature and packet, its tag
//! ```
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) around an Ed25519 signature (RFC 8032). Numbers are little-endian. What is
//! signed names version, loading, number and topic, and the topic's root is made of the swarm's key: a message cannot be moved to
//! another topic, number, loading or swarm, not even by a member, who could seal it anew.
//!
//! Which key opens a topic, and whose signature it needs, is [`Audience`]'s: a watcher opens what everybody may see, and what the
//! conductor alone may say is refused from everybody else.
//!
//! No nonce is used twice under one key for two messages: it is a hash of the message's own signature, which is different for
//! every key, loading, number, topic and packet. Neither a duplicated tab nor a link's worker that is started anew, a reload within
//! one millisecond or a random source that repeats itself can break this; the same message again is the same bytes. Nobody but who
//! can open the message knows the signature, so the nonce tells nothing about it.

use std::collections::HashMap;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::key::{Audience, Keys, Topics};
use super::peer::{Loading, Peer, SessionId};
use super::signature::{PublicKey, SIGNATURE, Signer};

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
    #[error("it comes from somebody who has not introduced himself")]
    Foreign,
    #[error("it is not signed by whoever may say it")]
    Forged,
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
    pub forged: u64,
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
            Refusal::Forged => &mut self.forged,
            Refusal::Crowded => &mut self.crowded,
        } += 1;
    }

    pub fn total(&self) -> u64 {
        let Self { version, malformed, key, replay, stale, foreign, forged, crowded } = self;
        version + malformed + key + replay + stale + foreign + forged + crowded
    }
}

/// What a link's keys open and close.
struct Ciphers {
    topics: Topics,
    conductor: PublicKey,
    /// What conductor and generators say to each other; a watcher has none.
    between: Option<XChaCha20Poly1305>,
    shown: XChaCha20Poly1305,
}

impl Ciphers {
    fn new(keys: &Keys) -> Self {
        let cipher = |key: [u8; 32]| XChaCha20Poly1305::new(&key.into());
        Self {
            topics: keys.topics(),
            conductor: keys.conductor(),
            between: keys.sealing_between().map(cipher),
            shown: cipher(keys.sealing_shown()),
        }
    }

    fn of(&self, topic: &str) -> Option<&XChaCha20Poly1305> {
        match self.topics.audience(topic)? {
            Audience::Everybody => Some(&self.shown),
            Audience::Conductor | Audience::Generator => self.between.as_ref(),
        }
    }

    /// Any member speaks to the conductor, and nobody but the conductor to anybody else.
    fn may_say(&self, who: PublicKey, topic: &str) -> bool {
        self.topics.audience(topic) == Some(Audience::Conductor) || who == self.conductor
    }
}

/// Signs and seals what one loading of a page says.
pub struct Sealer {
    ciphers: Ciphers,
    signer: Signer,
    public: PublicKey,
    peer: Peer,
    next: u64,
}

impl Sealer {
    pub fn new(keys: &Keys, signer: Signer, loading: Loading) -> Self {
        let public = signer.public();
        let peer = Peer { session: public.session(), loading };
        Self { ciphers: Ciphers::new(keys), signer, public, peer, next: 0 }
    }

    pub fn peer(&self) -> Peer {
        self.peer
    }

    /// The number of the message that is sealed next.
    pub fn next_number(&self) -> u64 {
        self.next
    }

    /// As a member would who wants to be taken for somebody else: for tests of who is believed.
    #[must_use]
    pub fn posing_as(self, public: Option<PublicKey>) -> Self {
        Self { public: public.unwrap_or(self.public), ..self }
    }

    /// `None`: this link's keys do not go so far.
    pub fn seal(&mut self, topic: &str, packet: &[u8]) -> Option<Vec<u8>> {
        let cipher = self.ciphers.of(topic)?;
        let number = self.next;
        self.next += 1;
        let signature = self.signer.sign(&signed(self.peer.loading, number, topic, packet));
        let mut nonce = XNonce::default();
        nonce.copy_from_slice(&Sha256::digest(signature)[..NONCE]);
        let numbers = [self.peer.loading.0, number].map(u64::to_le_bytes);
        let head = [&[VERSION], self.public.bytes().as_slice(), numbers.as_flattened()].concat();
        let payload = Payload { msg: &[&signature, packet].concat(), aad: &[&head, topic.as_bytes()].concat() };
        let sealed = cipher.encrypt(&nonce, payload).expect("a packet is far below the cipher's limit of 256 GiB");
        Some([head.as_slice(), &nonce, &sealed].concat())
    }
}

/// Opens what others say. Of those who were admitted, each message once.
pub struct Opener {
    ciphers: Ciphers,
    admitted: HashMap<SessionId, Heard>,
}

/// What was heard of one session.
struct Heard {
    public: PublicKey,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub from: Peer,
    pub number: u64,
    pub packet: Vec<u8>,
    /// This loading of it has not been admitted: the same message can come again.
    pub is_new: bool,
    public: PublicKey,
}

impl Opener {
    pub fn new(keys: &Keys) -> Self {
        Self { ciphers: Ciphers::new(keys), admitted: HashMap::new() }
    }

    /// # Errors
    /// Why the message is not to be taken. It is then as if it had never come.
    pub fn open(&mut self, topic: &str, sealed: &[u8]) -> Result<Opened, Refusal> {
        let opened = self.decrypt(topic, sealed, |heard, number| heard.window.has(number))?;
        if let Some(heard) = self.admitted.get_mut(&opened.from.session).filter(|_| !opened.is_new) {
            heard.window.take(opened.number);
        }
        Ok(opened)
    }

    /// Opens a retained message, which a broker hands out again with every subscription: coming again is no replay.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_retained(&self, topic: &str, sealed: &[u8]) -> Result<Opened, Refusal> {
        self.decrypt(topic, sealed, |_, _| false)
    }

    /// From now on each message of this loading is taken once, and none of an earlier one.
    pub fn admit(&mut self, opened: &Opened) {
        let mut window = Window::default();
        window.take(opened.number);
        let heard = Heard { public: opened.public, loading: opened.from.loading, window };
        self.admitted.insert(opened.from.session, heard);
    }

    /// What it said can come again as if it were new: whoever admits it anew has to know better.
    pub fn forget(&mut self, session: SessionId) {
        self.admitted.remove(&session);
    }

    /// `was_heard` saves the work of looking at a signature again.
    fn decrypt(&self, topic: &str, message: &[u8], was_heard: impl Fn(&Heard, u64) -> bool) -> Result<Opened, Refusal> {
        let (&version, rest) = message.split_first().ok_or(Refusal::Malformed)?;
        if version != VERSION {
            return Err(Refusal::Version);
        }
        let (public, rest) = rest.split_first_chunk().ok_or(Refusal::Malformed)?;
        let (loading, rest) = rest.split_first_chunk().ok_or(Refusal::Malformed)?;
        let (number, rest) = rest.split_first_chunk().ok_or(Refusal::Malformed)?;
        let head = &message[..message.len() - rest.len()];
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Refusal::Malformed)?;
        let (public, number) = (PublicKey::new(*public), u64::from_le_bytes(*number));
        let from = Peer { session: public.session(), loading: Loading(u64::from_le_bytes(*loading)) };
        if !from.is_exact() {
            return Err(Refusal::Malformed);
        }
        // An outsider who changes a number is not taken for a member who lies.
        let payload = Payload { msg: sealed, aad: &[head, topic.as_bytes()].concat() };
        let cipher = self.ciphers.of(topic).ok_or(Refusal::Key)?;
        let plain = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| Refusal::Key)?;
        let (signature, packet) = plain.split_first_chunk::<SIGNATURE>().ok_or(Refusal::Malformed)?;
        let heard = self.admitted.get(&from.session);
        if heard.is_some_and(|heard| heard.public != public) || !self.ciphers.may_say(public, topic) {
            return Err(Refusal::Forged);
        }
        let is_new = heard.is_none_or(|heard| heard.loading < from.loading);
        if heard.is_some_and(|heard| from.loading < heard.loading || (!is_new && was_heard(heard, number))) {
            return Err(Refusal::Replay);
        }
        if !public.has_signed(&signed(from.loading, number, topic, packet), signature) {
            return Err(Refusal::Forged);
        }
        Ok(Opened { from, number, packet: packet.to_vec(), is_new, public })
    }
}

/// Seals what a browser writes down about a run, which may hold tokens: nobody reads it who has not this tab's private half,
/// and so no other member of the swarm that gets at the storage of their common origin.
pub struct Safe {
    cipher: XChaCha20Poly1305,
    nonce: XNonce,
}

impl Safe {
    /// `random` makes its nonces differ from those of every other loading.
    pub fn new(signer: &Signer, random: [u8; 16]) -> Self {
        let mut nonce = XNonce::default();
        nonce[..16].copy_from_slice(&random);
        Self { cipher: XChaCha20Poly1305::new(&signer.storing().into()), nonce }
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
    /// It was not sealed by this tab for this place.
    pub fn unlock(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
        let (head, sealed) = sealed.split_at_checked(24).ok_or(Refusal::Malformed)?;
        let mut nonce = XNonce::default();
        nonce.copy_from_slice(head);
        self.cipher.decrypt(&nonce, Payload { msg: sealed, aad: place.as_bytes() }).map_err(|_| Refusal::Key)
    }
}

impl Window {
    /// It came before, or is too old to tell.
    fn has(&self, number: u64) -> bool {
        if number >= self.next {
            return false;
        }
        let bit = self.bit_of(number);
        bit == 0 || self.seen & bit != 0
    }

    fn take(&mut self, number: u64) {
        if number >= self.next {
            let steps = number - self.next + 1;
            self.seen = if steps >= 64 { 0 } else { self.seen << steps };
            self.seen |= 1;
            self.next = number.saturating_add(1);
        } else {
            self.seen |= self.bit_of(number);
        }
    }

    fn bit_of(&self, number: u64) -> u64 {
        let age = self.next - 1 - number;
        1u64.checked_shl(u32::try_from(age).unwrap_or(u32::MAX)).unwrap_or(0)
    }
}

/// What the signature is for.
fn signed(loading: Loading, number: u64, topic: &str, packet: &[u8]) -> Vec<u8> {
    let numbers = [loading.0, number, topic.len() as u64].map(u64::to_le_bytes);
    [PURPOSE, &[VERSION], numbers.as_flattened(), topic.as_bytes(), packet].concat()
}

/// So that a signature of ours is good for nothing else.
const PURPOSE: &[u8] = b"tabswarm message";

/// Of everything that browsers of a swarm say to each other. One number, so that an old page is told apart at once.
pub const VERSION: u8 = 2;

const NONCE: usize = 24;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
