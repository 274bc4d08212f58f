//! What this tab writes down about a swarm's run, sealed with a key of its private half: a conductor its journal, a generator the parts
//! that are not safe with the conductor yet.

use std::cell::RefCell;
use std::rc::Rc;

use super::clock::Clock;
use super::identity::{self, RandomError};
use super::vault::{Vault, VaultError};
use app::kept::NOTES;
use swarm::{Safe, Signer};

/// The notes of one tab. Clones share them. Without a database nothing is kept, and nobody is told to forget.
#[derive(Clone)]
pub struct Notes(Rc<Inner>);

struct Inner {
    vault: Option<Vault>,
    /// Why nothing is written down.
    problem: RefCell<Option<VaultError>>,
    safe: RefCell<Safe>,
    /// The day and the session, in front of every name.
    place: String,
}

impl Notes {
    /// # Errors
    /// There is no random source.
    pub async fn open(signer: &Signer) -> Result<Self, RandomError> {
        let (vault, problem) = match Vault::open(NOTES.name).await {
            Ok(vault) => (Some(vault), None),
            Err(problem) => (None, Some(problem)),
        };
        if let Some(vault) = &vault {
            forget_the_old(vault).await;
        }
        let safe = RefCell::new(Safe::new(signer, identity::random()?));
        Ok(Self(Rc::new(Inner { vault, problem: RefCell::new(problem), safe, place: signer.session().to_string() })))
    }

    /// All that was written under names that begin so and that this tab's key opens, in order of their names.
    pub async fn read(&self, beginning: &str) -> Vec<(u64, Vec<u8>)> {
        let Some(vault) = &self.0.vault else { return Vec::new() };
        let mut found = Vec::new();
        for day in days() {
            let records = vault.read(&self.0.name(day, beginning)).await.unwrap_or_default();
            for (name, sealed) in records {
                let number = name.rsplit('/').next().and_then(|number| number.parse().ok());
                let plain = self.0.safe.borrow().unlock(&name, &sealed).ok();
                found.extend(number.zip(plain));
            }
        }
        found.sort_by_key(|(number, _)| *number);
        found
    }

    /// Writes a numbered note. `true`: it is safe.
    pub async fn write(&self, kind: &str, number: u64, plain: &[u8]) -> bool {
        let Some(vault) = &self.0.vault else { return false };
        let name = format!("{}/{number:012}", self.0.name(today(), kind));
        let sealed = self.0.safe.borrow_mut().lock(&name, plain);
        let written = vault.put(&name, &sealed).await;
        let is_safe = written.is_ok();
        *self.0.problem.borrow_mut() = written.err();
        is_safe
    }

    /// What a person should know: a reload would lose the run.
    pub fn problem(&self) -> Option<String> {
        let why = self.0.problem.borrow().clone()?;
        Some(format!("A reload of this page would lose its part of the run, for nothing is written down ({why})."))
    }

    /// Forgets notes of a kind below a number.
    pub async fn forget(&self, kind: &str, below: u64) {
        let Some(vault) = &self.0.vault else { return };
        for day in days() {
            let place = self.0.name(day, kind);
            // What cannot be deleted is old some day.
            let _ = vault.delete_below(&format!("{place}/"), &format!("{place}/{below:012}")).await;
        }
    }
}

impl Inner {
    fn name(&self, day: u32, kind: &str) -> String {
        format!("{day:05}/{}/{kind}", self.place)
    }
}

/// A run that went over midnight has notes of two days.
fn days() -> [u32; 2] {
    [today() - 1, today()]
}

/// Days since 1970.
fn today() -> u32 {
    (Clock::new().now_ms() / 86_400_000.0) as u32
}

/// Tabs that are gone leave their notes behind.
async fn forget_the_old(vault: &Vault) {
    let _ = vault.delete_below("", &format!("{:05}", today() - 1)).await;
}
