//! Runs that outlive their page, in the browser's database.
//!
//! | record | holds |
//! |---|---|
//! | `page/<run>/<number>` | what was written down of a run that goes on, or went on until its page vanished |
//! | `entry/<id>` | what the list shows of a kept run |
//! | `report/<id>` | its report |

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::lock::Lock;
use super::recorder::lock_of;
use super::vault::{Vault, VaultError};
use app::kept::RESULTS;
use metrics::Report;
use results::archive::ArchivedRun;
use results::{self, Entry, Keeping, ROOM, restored, stored};

/// Why a run is not kept, or not found again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    #[error("nothing is kept here")]
    Nothing,
    #[error("it is not there any more")]
    Gone,
    #[error("what was kept is damaged")]
    Damaged,
    #[error("the browser's database is not open")]
    Closed,
    #[error("there was no room: all other results are pinned")]
    Full,
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Clones share it.
#[derive(Clone, Default)]
pub struct History(Rc<Inner>);

#[derive(Default)]
struct Inner {
    vault: RefCell<Option<Rc<Vault>>>,
    entries: RefCell<Vec<Entry>>,
    /// What the database has answered.
    keeping: RefCell<Keeping>,
    listener: RefCell<Option<Rc<dyn Fn()>>>,
    /// It is known what is kept, or that nothing can be.
    is_open: Cell<bool>,
    /// How often an entry was changed here.
    saves: Cell<u32>,
}

impl History {
    /// Calls `listener` whenever the list has changed. It may call this history.
    pub fn on_change(&self, listener: impl Fn() + 'static) {
        *self.0.listener.borrow_mut() = Some(Rc::new(listener));
    }

    /// Opens what is kept, forgets for good what was deleted, and takes up what pages that are gone have left.
    pub async fn open(&self) {
        let opened = Vault::open(RESULTS.name).await.map(|vault| {
            *self.0.vault.borrow_mut() = Some(Rc::new(vault));
        });
        if opened.is_err() {
            self.0.is_open.set(true);
            return self.note(|keeping| keeping.on_opened(opened));
        }
        self.note(|keeping| keeping.on_opened(opened));
        self.look_again().await;
        self.0.is_open.set(true);
        let deleted: Vec<_> = self.entries().into_iter().filter(|entry| entry.deleted).map(|entry| entry.id).collect();
        self.forget(deleted).await;
        for run in self.unfinished().await {
            let history = self.clone();
            spawn_local(async move { history.take_up(&run).await });
        }
    }

    /// Waits until it is open; not without end, for a run is worth more than its place in a list.
    pub async fn ready(&self) {
        for _ in 0..PATIENCE {
            if self.0.is_open.get() {
                return;
            }
            TimeoutFuture::new(POLL_MS).await;
        }
    }

    /// Newest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.entries.borrow().clone()
    }

    pub fn problem(&self) -> Option<String> {
        self.0.keeping.borrow().problem()
    }

    /// See [`Keeping::notice`].
    pub fn notice(&self, is_over: bool) -> Option<String> {
        self.0.keeping.borrow().notice(is_over)
    }

    /// Reads the list anew: other tabs keep runs, too.
    pub async fn look_again(&self) {
        let Some(vault) = self.vault() else { return };
        let records = loop {
            let saves = self.0.saves.get();
            let records = match vault.read("entry/").await {
                Ok(records) => records,
                // What is shown stays, and why it may be old is said.
                Err(error) => return self.note(|keeping| keeping.on_changed(Err(error))),
            };
            // What was read while something changed may not have the change.
            if saves == self.0.saves.get() {
                break records;
            }
        };
        let mut entries: Vec<Entry> =
            records.iter().filter_map(|(_, bytes)| serde_json::from_slice(bytes).ok()).collect();
        results::sort(&mut entries);
        *self.0.entries.borrow_mut() = entries;
        self.tell();
    }

    /// A run begins. Whether what is noted of it can be written.
    pub fn begin(&self) -> bool {
        self.note(Keeping::on_begun);
        self.0.keeping.borrow().writes()
    }

    /// The name and the report of the run that thresholds of this plan compare with.
    pub async fn baseline(&self, plan: &str) -> Option<(String, Report)> {
        let entry = results::baseline(&self.0.entries.borrow(), plan).cloned()?;
        Some((entry.name, self.report(&entry.id).await.ok()?))
    }

    /// The report of a kept run.
    ///
    /// # Errors
    /// It is not there any more, or damaged.
    pub async fn report(&self, id: &str) -> Result<Report, HistoryError> {
        let vault = self.vault().ok_or(HistoryError::Nothing)?;
        let records = vault.read(&format!("report/{id}")).await?;
        let (_, bytes) = records.into_iter().find(|(name, _)| name[7..] == *id).ok_or(HistoryError::Gone)?;
        restored(&bytes).ok_or(HistoryError::Damaged)
    }

    /// Keeps a run's report, and makes room for it. `notes`: what was written down of it is not needed any more.
    pub async fn keep(&self, found: ArchivedRun, notes: Option<&str>) {
        let name = found.entry.name.clone();
        let kept = self.try_keep(found, notes).await;
        // Others may have been named or pinned meanwhile.
        self.look_again().await;
        self.note(|keeping| keeping.on_kept(&name, kept));
    }

    async fn try_keep(&self, found: ArchivedRun, notes: Option<&str>) -> Result<(), HistoryError> {
        let vault = self.vault().ok_or(HistoryError::Closed)?;
        let bytes = stored(&found.report);
        let mut entry = Entry { bytes: bytes.len() as u64, ..found.entry };
        let mut gone: Vec<String> = notes.map(|run| format!("page/{run}/")).into_iter().collect();
        let mut entries = self.entries();
        // A conductor's page that was loaded anew goes on with a run that was taken for broken off.
        if let Some(at) = entries.iter().position(|earlier| earlier.is_same_run(&entry) && earlier.id != entry.id) {
            let earlier = entries.remove(at);
            gone.extend(records_of(&earlier.id));
            (entry.name, entry.note) = (earlier.name, earlier.note);
            (entry.pinned, entry.baseline) = (earlier.pinned, earlier.baseline);
        }
        entries.retain(|earlier| earlier.id != entry.id);
        entries.push(entry.clone());
        let surplus = results::surplus(&entries, ROOM);
        gone.extend(surplus.iter().flat_map(|id| records_of(id)));
        if surplus.contains(&entry.id) {
            vault.replace(&gone, &[]).await?;
            return Err(HistoryError::Full);
        }
        let records = [(format!("report/{}", entry.id), bytes), record_of(&entry)];
        Ok(vault.replace(&gone, &records).await?)
    }

    /// Writes entries whose names, notes or marks have changed.
    pub async fn save(&self, changed: Vec<Entry>) {
        let Some(vault) = self.vault() else { return };
        self.0.saves.set(self.0.saves.get() + 1);
        // A run that starts at once already sees them.
        for known in self.0.entries.borrow_mut().iter_mut() {
            if let Some(entry) = changed.iter().find(|entry| entry.id == known.id) {
                *known = entry.clone();
            }
        }
        let records: Vec<_> = changed.iter().map(record_of).collect();
        let changed = vault.replace(&[], &records).await;
        self.look_again().await;
        self.note(|keeping| keeping.on_changed(changed));
    }

    /// Notes what the database has answered, and tells of it.
    pub(super) fn note(&self, change: impl FnOnce(&mut Keeping)) {
        change(&mut self.0.keeping.borrow_mut());
        self.tell();
    }

    /// There is something new.
    fn tell(&self) {
        let listener = self.0.listener.borrow().clone();
        listener.into_iter().for_each(|listener| listener());
    }

    pub(super) fn vault(&self) -> Option<Rc<Vault>> {
        self.0.vault.borrow().clone()
    }

    async fn forget(&self, ids: Vec<String>) {
        let (Some(vault), false) = (self.vault(), ids.is_empty()) else { return };
        let gone: Vec<_> = ids.iter().flat_map(|id| records_of(id)).collect();
        // What cannot be deleted now stays deleted in name.
        if vault.replace(&gone, &[]).await.is_ok() {
            self.0.entries.borrow_mut().retain(|entry| !ids.contains(&entry.id));
            self.tell();
        }
    }

    /// Runs that something is written down of.
    async fn unfinished(&self) -> BTreeSet<String> {
        let Some(vault) = self.vault() else { return BTreeSet::new() };
        let names = vault.names("page/").await.unwrap_or_default();
        names.iter().filter_map(|name| name.split('/').nth(1).map(str::to_owned)).collect()
    }

    /// Waits until nobody plays this run any more, and keeps what is left of it, if anything is.
    async fn take_up(&self, run: &str) {
        let Some(vault) = self.vault() else { return };
        let _lock = match Lock::hold(&lock_of(run)).await {
            Some(lock) => lock,
            // Without locks a run is taken for alive as long as its notes grow.
            None => loop {
                let before = vault.names(&format!("page/{run}/")).await.unwrap_or_default().len();
                TimeoutFuture::new(SILENCE_MS).await;
                if vault.names(&format!("page/{run}/")).await.unwrap_or_default().len() == before {
                    break Lock::none();
                }
            },
        };
        let pages = vault.read(&format!("page/{run}/")).await.unwrap_or_default();
        match results::report_of_notes(pages.iter().map(|(_, page)| page.as_slice()), date) {
            Some(report) => {
                self.keep(ArchivedRun { entry: Entry { cut_off: true, ..Entry::of(&report) }, report }, Some(run))
                    .await;
            }
            // It never started, or another page was faster.
            None => drop(vault.replace(&[format!("page/{run}/")], &[]).await),
        }
    }
}

fn record_of(entry: &Entry) -> (String, Vec<u8>) {
    let text = serde_json::to_vec(entry).expect("an entry is made of plain JSON values");
    (format!("entry/{}", entry.id), text)
}

fn records_of(id: &str) -> [String; 2] {
    [format!("entry/{id}"), format!("report/{id}")]
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
