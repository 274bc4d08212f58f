//! Where bytes outlive a reload: a list of named records. A browser's database is one; a folder or an address could be another.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;

/// Records are ordered by their names, which are ASCII. What is secret in them is sealed before it gets here.
pub trait Records {
    /// Writes a record; it is safe when this is over.
    fn put(&self, name: &str, bytes: &[u8]) -> impl Future<Output = Result<(), RecordsError>>;

    /// All records whose names begin so, in order.
    fn read(&self, beginning: &str) -> impl Future<Output = Result<Vec<(String, Vec<u8>)>, RecordsError>>;

    /// The names of all records that begin so, in order.
    fn names(&self, beginning: &str) -> impl Future<Output = Result<Vec<String>, RecordsError>>;

    /// Deletes all records whose names begin so and writes others, all of it or nothing.
    fn replace(
        &self,
        beginnings: &[String],
        records: &[(String, Vec<u8>)],
    ) -> impl Future<Output = Result<(), RecordsError>>;

    /// Deletes records from one name up to another, which stays.
    fn delete_below(&self, from: &str, below: &str) -> impl Future<Output = Result<(), RecordsError>>;
}

/// A store that several share.
impl<S: Records> Records for Rc<S> {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), RecordsError> {
        self.as_ref().put(name, bytes).await
    }

    async fn read(&self, beginning: &str) -> Result<Vec<(String, Vec<u8>)>, RecordsError> {
        self.as_ref().read(beginning).await
    }

    async fn names(&self, beginning: &str) -> Result<Vec<String>, RecordsError> {
        self.as_ref().names(beginning).await
    }

    async fn replace(&self, beginnings: &[String], records: &[(String, Vec<u8>)]) -> Result<(), RecordsError> {
        self.as_ref().replace(beginnings, records).await
    }

    async fn delete_below(&self, from: &str, below: &str) -> Result<(), RecordsError> {
        self.as_ref().delete_below(from, below).await
    }
}

/// What a store refused, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RecordsError(pub String);

/// In memory, for tests of what is kept: it can be told to refuse.
#[derive(Debug, Default)]
pub struct MemoryRecords {
    records: RefCell<BTreeMap<String, Vec<u8>>>,
    /// It is full: what is written is refused.
    is_full: Cell<bool>,
}

impl MemoryRecords {
    pub fn fill(&self, is_full: bool) {
        self.is_full.set(is_full);
    }

    fn write(&self, change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Result<(), RecordsError> {
        if self.is_full.get() {
            return Err(RecordsError("the disk is full".to_owned()));
        }
        change(&mut self.records.borrow_mut());
        Ok(())
    }
}

impl Records for MemoryRecords {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), RecordsError> {
        self.write(|records| drop(records.insert(name.to_owned(), bytes.to_vec())))
    }

    async fn read(&self, beginning: &str) -> Result<Vec<(String, Vec<u8>)>, RecordsError> {
        let records = self.records.borrow();
        let found = records.iter().filter(|(name, _)| name.starts_with(beginning));
        Ok(found.map(|(name, bytes)| (name.clone(), bytes.clone())).collect())
    }

    async fn names(&self, beginning: &str) -> Result<Vec<String>, RecordsError> {
        Ok(self.read(beginning).await?.into_iter().map(|(name, _)| name).collect())
    }

    async fn replace(&self, beginnings: &[String], records: &[(String, Vec<u8>)]) -> Result<(), RecordsError> {
        self.write(|known| {
            known.retain(|name, _| !beginnings.iter().any(|beginning| name.starts_with(beginning)));
            known.extend(records.iter().cloned());
        })
    }

    async fn delete_below(&self, from: &str, below: &str) -> Result<(), RecordsError> {
        self.write(|known| known.retain(|name, _| name.as_str() < from || name.as_str() >= below))
    }
}
