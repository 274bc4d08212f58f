//! A browser's database as a store of records.

use rexie::{KeyRange, ObjectStore, Rexie, TransactionMode};
use wasm_bindgen::{JsCast, JsValue};

use base::records::{Records, RecordsError};

/// An open database.
pub struct Vault(Rexie);

fn refused(error: rexie::Error) -> RecordsError {
    // The library says "idb error", and what it was stands behind it.
    let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
    RecordsError(format!("the browser's database: {cause}"))
}

impl Vault {
    /// # Errors
    /// The browser keeps nothing, as in some private windows.
    pub async fn open(database: &str) -> Result<Self, RecordsError> {
        let builder = Rexie::builder(database).version(1).add_object_store(ObjectStore::new(RECORDS));
        Ok(Self(builder.build().await.map_err(refused)?))
    }

    /// Deletes everything in it; gives how many records that were.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn clear(&self) -> Result<u32, RecordsError> {
        let clear = async {
            let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadWrite)?;
            let store = transaction.store(RECORDS)?;
            let count = store.count(None).await?;
            store.clear().await?;
            transaction.done().await?;
            Ok(count)
        };
        clear.await.map_err(refused)
    }

    pub fn close(self) {
        self.0.close();
    }
}

impl Records for Vault {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), RecordsError> {
        self.replace(&[], &[(name.to_owned(), bytes.to_vec())]).await
    }

    async fn read(&self, beginning: &str) -> Result<Vec<(String, Vec<u8>)>, RecordsError> {
        let range = range(beginning)?;
        let read = async {
            let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadOnly)?;
            transaction.store(RECORDS)?.scan(Some(range), None, None, None).await
        };
        let record = |(name, bytes): (JsValue, JsValue)| {
            Some((name.as_string()?, bytes.dyn_into::<js_sys::Uint8Array>().ok()?.to_vec()))
        };
        Ok(read.await.map_err(refused)?.into_iter().filter_map(record).collect())
    }

    async fn names(&self, beginning: &str) -> Result<Vec<String>, RecordsError> {
        let range = range(beginning)?;
        let read = async {
            let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadOnly)?;
            transaction.store(RECORDS)?.get_all_keys(Some(range), None).await
        };
        Ok(read.await.map_err(refused)?.into_iter().filter_map(|name| name.as_string()).collect())
    }

    async fn replace(&self, beginnings: &[String], records: &[(String, Vec<u8>)]) -> Result<(), RecordsError> {
        let ranges = beginnings.iter().map(|beginning| range(beginning)).collect::<Result<Vec<_>, _>>()?;
        let write = async {
            let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadWrite)?;
            let store = transaction.store(RECORDS)?;
            for range in ranges {
                store.delete(range.into()).await?;
            }
            for (name, bytes) in records {
                let bytes = js_sys::Uint8Array::from(bytes.as_slice());
                store.put(&bytes.into(), Some(&name.as_str().into())).await?;
            }
            transaction.done().await
        };
        write.await.map(drop).map_err(refused)
    }

    async fn delete_below(&self, from: &str, below: &str) -> Result<(), RecordsError> {
        let range = bounds(from, below, true)?;
        let write = async {
            let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadWrite)?;
            transaction.store(RECORDS)?.delete(range.into()).await?;
            transaction.done().await
        };
        write.await.map(drop).map_err(refused)
    }
}

fn range(beginning: &str) -> Result<KeyRange, RecordsError> {
    bounds(beginning, &format!("{beginning}\u{ffff}"), false)
}

/// `is_open`: the upper one is not in it.
fn bounds(from: &str, to: &str, is_open: bool) -> Result<KeyRange, RecordsError> {
    let range = KeyRange::bound(&from.into(), &to.into(), Some(false), Some(is_open));
    range.map_err(|error| RecordsError(format!("{error:?}")))
}

const RECORDS: &str = "records";
