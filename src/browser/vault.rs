//! Bytes that outlive a reload: a browser's database as a list of named records. What is in them is sealed before it gets here.

use rexie::{KeyRange, ObjectStore, Rexie, TransactionMode};
use wasm_bindgen::{JsCast, JsValue};

/// An open database. Records are ordered by their names.
pub struct Vault(Rexie);

impl Vault {
    /// # Errors
    /// The browser keeps nothing, as in some private windows.
    pub async fn open() -> Result<Self, String> {
        let builder = Rexie::builder(DATABASE).version(1).add_object_store(ObjectStore::new(RECORDS));
        builder.build().await.map(Self).map_err(problem)
    }

    /// Writes a record; it is safe when this is over.
    ///
    /// # Errors
    /// The disk is full, or the browser refuses.
    pub async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadWrite).map_err(problem)?;
        let store = transaction.store(RECORDS).map_err(problem)?;
        store.put(&js_sys::Uint8Array::from(bytes).into(), Some(&name.into())).await.map_err(problem)?;
        transaction.done().await.map(drop).map_err(problem)
    }

    /// All records whose name begins so, in order.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn read(&self, beginning: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
        let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadOnly).map_err(problem)?;
        let store = transaction.store(RECORDS).map_err(problem)?;
        let all = store.scan(Some(range(beginning)?), None, None, None).await.map_err(problem)?;
        let record = |(name, bytes): (JsValue, JsValue)| {
            Some((name.as_string()?, bytes.dyn_into::<js_sys::Uint8Array>().ok()?.to_vec()))
        };
        Ok(all.into_iter().filter_map(record).collect())
    }

    /// Deletes records from one name up to another, which stays.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn delete_below(&self, from: &str, below: &str) -> Result<(), String> {
        let range = KeyRange::bound(&from.into(), &below.into(), Some(false), Some(true));
        let range = range.map_err(|error| format!("{error:?}"))?;
        let transaction = self.0.transaction(&[RECORDS], TransactionMode::ReadWrite).map_err(problem)?;
        let store = transaction.store(RECORDS).map_err(problem)?;
        store.delete(range.into()).await.map_err(problem)?;
        transaction.done().await.map(drop).map_err(problem)
    }
}

fn range(beginning: &str) -> Result<KeyRange, String> {
    let end = format!("{beginning}\u{ffff}");
    KeyRange::bound(&beginning.into(), &end.as_str().into(), None, None).map_err(|error| format!("{error:?}"))
}

fn problem(error: rexie::Error) -> String {
    format!("the browser's database: {error}")
}

const DATABASE: &str = "tabswarm";
const RECORDS: &str = "records";
