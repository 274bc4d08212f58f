//! This tab's notes about a swarm's run, in the browser's database: see [`swarm::Notes`].

use std::rc::Rc;

use super::clock::Clock;
use super::identity::{self, RandomError};
use super::vault::Vault;
use app::kept::NOTES;
use swarm::{NoteKind, Remembered, Signer};

/// Clones share them.
#[derive(Clone)]
pub struct TabNotes(Rc<swarm::Notes<Vault>>);

impl TabNotes {
    /// # Errors
    /// There is no random source.
    pub async fn open(signer: &Signer) -> Result<Self, RandomError> {
        let (vault, random) = (Vault::open(NOTES.name).await, identity::random()?);
        Ok(Self(Rc::new(swarm::Notes::open(vault, signer, random, Clock::new().now_ms()).await)))
    }

    pub async fn remembered(&self) -> Remembered {
        self.0.remembered(Clock::new().now_ms()).await
    }

    pub async fn write(&self, kind: NoteKind, number: u64, plain: &[u8]) -> bool {
        self.0.write(kind, number, plain, Clock::new().now_ms()).await
    }

    pub fn problem(&self) -> Option<String> {
        self.0.problem()
    }

    pub async fn forget(&self, kind: NoteKind, below: u64) {
        self.0.forget(kind, below, Clock::new().now_ms()).await;
    }
}
