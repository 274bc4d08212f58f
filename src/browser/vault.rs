//! Bytes that outlive a reload: a browser's database as a list of named records. What is
//! secret in them is sealed before it gets here.

use rexie::{KeyRange, ObjectStore, Rexie, TransactionMode};
use wasm_bindgen::{JsCast, JsValue};

/// An open database. Records are ordered by their names.
pub struct Vault(Rexie);

/// What the browser's database refused, in the browser's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error("the browser's database: {0}")]
    Refused(String),
    #[error("{0}")]
    Range(String),
}

impl From<rexie::Error> for VaultError {
    fn from(error: rexie::Error) -> Self {
        // The library says "idb error", and what it was stands behind it.
        let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        Self::Refused(cause)
    }
}

impl Vault {
    /// # Errors
    /// The browser keeps nothing, as in some private windows.
    pub async fn open(database: &str) -> Result<Self, VaultError> {
        let builder = Rexie::builder(database).version(1).add_object_store(ObjectStore::new(RECORDS));
        Ok(Self(builder.build().await?))
    }

    /// Writes a record; it is safe when this is over.
    ///
    /// # Errors
    /// The disk is full, or the browser refuses.
    pub async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), VaultError> {
        let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadWrite)?;
        let store = transaction.store(RECORDS)?;
        store.put(&js_sys::Uint8Array::from(bytes).into(), Some(&name.into())).await?;
        transaction.done().await?;
        Ok(())
    }

    /// All records whose name begins so, in order.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn read(&self, beginning: &str) -> Result<Vec<(String, Vec<u8>)>, VaultError> {
        let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadOnly)?;
        let store = transaction.store(RECORDS)?;
        let all = store.scan(Some(range(beginning)?), None, None, None).await?;
        let record = |(name, bytes): (JsValue, JsValue)| {
            Some((name.as_string()?, bytes.dyn_into::<js_sys::Uint8Array>().ok()?.to_vec()))
        };
        Ok(all.into_iter().filter_map(record).collect())
    }

    /// The names of all records that begin so, in order.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn names(&self, beginning: &str) -> Result<Vec<String>, VaultError> {
        let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadOnly)?;
        let store = transaction.store(RECORDS)?;
        let all = store.get_all_keys(Some(range(beginning)?), None).await?;
        Ok(all.into_iter().filter_map(|name| name.as_string()).collect())
    }

    /// Deletes all records whose names begin so and writes others, all of it or nothing.
    ///
    /// # Errors
    /// The disk is full, or the browser refuses.
    pub async fn replace(&self, beginnings: &[String], records: &[(String, Vec<u8>)]) -> Result<(), VaultError> {
        let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadWrite)?;
        let store = transaction.store(RECORDS)?;
        for beginning in beginnings {
            store.delete(range(beginning)?.into()).await?;
        }
        for (name, bytes) in records {
            let bytes = js_sys::Uint8Array::from(bytes.as_slice());
            store.put(&bytes.into(), Some(&name.as_str().into())).await?;
        }
        transaction.done().await?;
        Ok(())
    }

    /// Deletes records from one name up to another, which stays.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn delete_below(&self, from: &str, below: &str) -> Result<(), VaultError> {
        let range = KeyRange::bound(&from.into(), &below.into(), Some(false), Some(true));
        let range = range.map_err(|error| VaultError::Range(format!("{error:?}")))?;
        let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadWrite)?;
        let store = transaction.store(RECORDS)?;
        store.delete(range.into()).await?;
        transaction.done().await?;
        Ok(())
    }
}

impl Vault {
    /// Deletes everything in it; gives how many records that were.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn clear(&self) -> Result<u32, VaultError> {
        let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadWrite)?;
        let store = transaction.store(RECORDS)?;
        let count = store.count(None).await?;
        store.clear().await?;
        transaction.done().await?;
        Ok(count)
    }

    pub fn close(self) {
        self.0.close();
    }
}

fn range(beginning: &str) -> Result<KeyRange, VaultError> {
    let end = format!("{beginning}\u{ffff}");
    KeyRange::bound(&beginning.into(), &end.as_str().into(), None, None)
        .map_err(|error| VaultError::Range(format!("{error:?}")))
}

const RECORDS: &str = "records";
