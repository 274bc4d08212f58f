//! What a link lets its holder do: three keys, each derived from the one above, and none from the one below.
//!
//! ```text
//!   seed ──▶ the conductor's signing key, whose public half every other link names          #conduct=
//!    └──▶ join key ──▶ seals what conductor and generators say to each other                 #join=
//!          └──▶ watch key ──▶ seals what everybody may see: the beacon, and how the run looks   #watch=
//!                └──▶ the topics' root
//! ```
//! All of it by HKDF (RFC 5869) with SHA-256. A link's key travels in its fragment only, which no browser sends to a server;
//! who sees a topic, as the broker does, learns nothing about any of them.

use super::peer::SessionId;
use super::secret::Secret;
use super::signature::{PublicKey, Signer};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Conductor,
    Generator,
    Watcher,
}

/// The keys that a link brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    seed: Option<Secret>,
    join: Option<Secret>,
    watch: Secret,
    conductor: PublicKey,
}

impl Keys {
    /// Everything.
    pub fn to_conduct(seed: Secret) -> Self {
        let conductor = conductor_of(&seed).public();
        let join = Secret::new(seed.derive(b"join"));
        Self { seed: Some(seed), ..Self::to_join(join, conductor) }
    }

    /// To play a part, for whoever has the private half of `conductor`.
    pub fn to_join(join: Secret, conductor: PublicKey) -> Self {
        let watch = Secret::new(join.derive(b"watch"));
        Self { join: Some(join), ..Self::to_watch(watch, conductor) }
    }

    /// To see how the run looks.
    pub const fn to_watch(watch: Secret, conductor: PublicKey) -> Self {
        Self { seed: None, join: None, watch, conductor }
    }

    pub const fn role(&self) -> Role {
        match (&self.seed, &self.join) {
            (Some(_), _) => Role::Conductor,
            (None, Some(_)) => Role::Generator,
            (None, None) => Role::Watcher,
        }
    }

    /// Who alone is obeyed in this swarm.
    pub const fn conductor(&self) -> PublicKey {
        self.conductor
    }

    /// The conductor's private half, if this link holds it.
    pub fn signer(&self) -> Option<Signer> {
        self.seed.as_ref().map(conductor_of)
    }

    pub(super) const fn seed(&self) -> Option<&Secret> {
        self.seed.as_ref()
    }

    pub(super) const fn join(&self) -> Option<&Secret> {
        self.join.as_ref()
    }

    pub(super) const fn watch(&self) -> &Secret {
        &self.watch
    }

    /// Seals what conductor and generators say to each other; `None`: this link does not go so far.
    pub(super) fn sealing_between(&self) -> Option<[u8; 32]> {
        self.join.as_ref().map(|join| join.derive(b"seal"))
    }

    /// Seals what everybody with a link may see.
    pub(super) fn sealing_shown(&self) -> [u8; 32] {
        self.watch.derive(b"seal")
    }

    pub fn topics(&self) -> Topics {
        let root: [u8; 16] = self.watch.derive(b"topics");
        Topics { root: format!("tabswarm/{}", hex(&root)) }
    }
}

fn conductor_of(seed: &Secret) -> Signer {
    Signer::new(Secret::new(seed.derive(b"conductor")))
}

/// Where messages of a swarm are published. Nothing in a topic but hexadecimal digits depends on the swarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    root: String,
}

/// Whom a topic's messages are for, and so who can open them and who must have signed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// From the conductor to whoever has a link.
    Everybody,
    /// From any member to the conductor.
    Conductor,
    /// From the conductor to one member.
    Generator,
}

impl Topics {
    /// Retained: who conducts.
    pub fn beacon(&self) -> String {
        format!("{}/b", self.root)
    }

    /// From everybody to the conductor.
    pub fn conductor(&self) -> String {
        format!("{}/c", self.root)
    }

    /// From the conductor to everybody: what the run looks like now.
    pub fn live(&self) -> String {
        format!("{}/l", self.root)
    }

    /// From the conductor to one generator.
    pub fn generator(&self, session: SessionId) -> String {
        format!("{}/g/{}", self.root, session)
    }

    /// Wills are sealed when a connection begins and opened when it ends: as if of a topic of their own, for their number is
    /// an old one by then. They are published to the conductor's.
    pub fn will(&self) -> String {
        format!("{}/will", self.root)
    }

    pub(super) fn audience(&self, topic: &str) -> Option<Audience> {
        match topic.strip_prefix(self.root.as_str())? {
            "/b" | "/l" => Some(Audience::Everybody),
            "/c" | "/will" => Some(Audience::Conductor),
            rest => rest.starts_with("/g/").then_some(Audience::Generator),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::secret::KeyError;
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let key = Secret::new(std::array::from_fn(|index| index as u8));
        assert_eq!(key.to_text().len(), 43);
        assert_eq!(Secret::parse(&key.to_text()), Ok(key));
    }

    #[test]
    fn what_is_no_key_is_named_by_its_length() {
        #[track_caller]
        fn check(text: &str, length: usize) {
            assert_eq!(Secret::parse(text), Err(KeyError(length)));
            assert_eq!(PublicKey::parse(text), Err(KeyError(length)));
        }
        check("", 0);
        check("abc", 3);
        check(&"A".repeat(42), 42);
        check(&"A".repeat(44), 44);
        check(&"ü".repeat(43), 43);
    }

    #[test]
    fn nothing_shows_a_key() {
        let keys = Keys::to_conduct(Secret::new([7; 32]));
        assert_eq!(format!("{:?}", keys.seed), "Some(Secret(…))");
        let topics = keys.topics();
        assert_ne!(topics, Keys::to_conduct(Secret::new([8; 32])).topics());
        assert!(topics.beacon().strip_prefix("tabswarm/").is_some_and(|rest| rest.len() == 34), "{topics:?}");
    }

    /// Each link leads to the same place, and none to what only a higher one opens.
    #[test]
    fn a_link_gives_what_it_names_and_nothing_above() {
        let all = Keys::to_conduct(Secret::new([7; 32]));
        let join = Keys::to_join(all.join().expect("it conducts").clone(), all.conductor());
        let watch = Keys::to_watch(all.watch().clone(), all.conductor());
        assert_eq!([&all, &join, &watch].map(Keys::role), [Role::Conductor, Role::Generator, Role::Watcher]);
        for keys in [&join, &watch] {
            assert_eq!((keys.topics(), keys.sealing_shown()), (all.topics(), all.sealing_shown()));
            assert!(keys.signer().is_none());
        }
        assert_eq!(join.sealing_between(), all.sealing_between());
        assert_eq!(watch.sealing_between(), None);
        assert_eq!(all.signer().map(|signer| signer.public()), Some(all.conductor()));
        assert_ne!(all.sealing_between(), Some(all.sealing_shown()));
    }
}
