//! Runs that outlive their page, in the browser's database: see [`results::History`].

use std::ops::Deref;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::lock::Lock;
use super::recorder::lock_of;
use super::vault::Vault;
use app::kept::RESULTS;

/// Clones share it.
#[derive(Clone, Default)]
pub struct KeptRuns(Rc<results::History<Vault>>);

impl Deref for KeptRuns {
    type Target = results::History<Vault>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl KeptRuns {
    /// Opens what is kept, and takes up what pages that are gone have left.
    pub async fn open(&self) {
        for run in self.0.open(Vault::open(RESULTS.name).await).await {
            let history = self.clone();
            spawn_local(async move {
                let _lock = history.abandoned(&run).await;
                history.take_up(&run, date).await;
            });
        }
    }

    /// Waits until it is open; not without end, for a run is worth more than its place in a list.
    pub async fn ready(&self) {
        for _ in 0..PATIENCE {
            if self.is_open() {
                return;
            }
            TimeoutFuture::new(POLL_MS).await;
        }
    }

    /// Waits until nobody plays this run any more.
    async fn abandoned(&self, run: &str) -> Lock {
        if let Some(lock) = Lock::hold(&lock_of(run)).await {
            return lock;
        }
        // Without locks a run is taken for alive as long as its notes grow.
        loop {
            let before = self.page_count(run).await;
            TimeoutFuture::new(SILENCE_MS).await;
            if self.page_count(run).await == before {
                return Lock::none();
            }
        }
    }
}

/// RFC 3339 of milliseconds since 1970.
pub(super) fn date(ms: f64) -> String {
    js_sys::Date::new(&ms.into()).to_iso_string().into()
}

/// Who writes nothing for so long is gone.
const SILENCE_MS: u32 = 4_000;

/// How long a run waits for the database, and how often it looks.
const PATIENCE: u32 = 100;
const POLL_MS: u32 = 20;
