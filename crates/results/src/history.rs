//! Runs that outlive their page.
//!
//! | record | holds |
//! |---|---|
//! | `page/<run>/<number>` | what was written down of a run that goes on, or went on until its page vanished |
//! | `entry/<id>` | what the list shows of a kept run |
//! | `report/<id>` | its report |

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use super::archive::ArchivedRun;
use super::{Entry, Keeping, NotedPage, ROOM, report_of_notes, restored, sort, stored, surplus};
use base::records::{Records, RecordsError};
use metrics::Report;

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
    Records(#[from] RecordsError),
}

/// What a store holds of them. Others may write there, too.
pub struct History<S> {
    store: RefCell<Option<Rc<S>>>,
    entries: RefCell<Vec<Entry>>,
    /// What the store has answered.
    keeping: RefCell<Keeping>,
    listener: RefCell<Option<Rc<dyn Fn()>>>,
    /// It is known what is kept, or that nothing can be.
    is_open: Cell<bool>,
    /// How often an entry was changed here.
    saves: Cell<u32>,
}

impl<S> Default for History<S> {
    fn default() -> Self {
        Self {
            store: RefCell::default(),
            entries: RefCell::default(),
            keeping: RefCell::default(),
            listener: RefCell::default(),
            is_open: Cell::new(false),
            saves: Cell::new(0),
        }
    }
}

impl<S: Records> History<S> {
    /// Calls `listener` whenever the list has changed. It may call this history.
    pub fn on_change(&self, listener: impl Fn() + 'static) {
        *self.listener.borrow_mut() = Some(Rc::new(listener));
    }

    /// Takes the store, reads what is kept, and forgets for good what was deleted. Gives the runs that something is written down of:
    /// once nobody plays them any more, they are to be taken up.
    pub async fn open(&self, opened: Result<S, RecordsError>) -> BTreeSet<String> {
        let opened = opened.map(|store| drop(self.store.replace(Some(Rc::new(store)))));
        let is_refused = opened.is_err();
        // Whoever waits for it waits no longer than for this.
        self.is_open.set(is_refused);
        self.note(|keeping| keeping.on_opened(opened));
        if is_refused {
            return BTreeSet::new();
        }
        self.look_again().await;
        self.is_open.set(true);
        let deleted: Vec<_> = self.entries().into_iter().filter(|entry| entry.deleted).map(|entry| entry.id).collect();
        self.forget(deleted).await;
        let Some(store) = self.store() else { return BTreeSet::new() };
        let names = store.names("page/").await.unwrap_or_default();
        names.iter().filter_map(|name| name.split('/').nth(1).map(str::to_owned)).collect()
    }

    /// It is known what is kept, or that nothing can be.
    pub fn is_open(&self) -> bool {
        self.is_open.get()
    }

    /// Newest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.borrow().clone()
    }

    pub fn problem(&self) -> Option<String> {
        self.keeping.borrow().problem()
    }

    /// See [`Keeping::notice`].
    pub fn notice(&self, is_over: bool) -> Option<String> {
        self.keeping.borrow().notice(is_over)
    }

    /// Reads the list anew: other tabs keep runs, too.
    pub async fn look_again(&self) {
        let Some(store) = self.store() else { return };
        let records = loop {
            let saves = self.saves.get();
            let records = match store.read("entry/").await {
                Ok(records) => records,
                // What is shown stays, and why it may be old is said.
                Err(error) => return self.note(|keeping| keeping.on_changed(Err(error))),
            };
            // What was read while something changed may not have the change.
            if saves == self.saves.get() {
                break records;
            }
        };
        let mut entries: Vec<Entry> =
            records.iter().filter_map(|(_, bytes)| serde_json::from_slice(bytes).ok()).collect();
        sort(&mut entries);
        *self.entries.borrow_mut() = entries;
        self.tell();
    }

    /// A run begins. Whether what is noted of it can be written.
    pub fn begin(&self) -> bool {
        self.note(Keeping::on_begun);
        self.keeping.borrow().writes()
    }

    /// The name and the report of the run that thresholds of this plan compare with.
    pub async fn baseline(&self, plan: &str) -> Option<(String, Report)> {
        let entry = super::baseline(&self.entries.borrow(), plan).cloned()?;
        Some((entry.name, self.report(&entry.id).await.ok()?))
    }

    /// The report of a kept run.
    ///
    /// # Errors
    /// It is not there any more, or damaged.
    pub async fn report(&self, id: &str) -> Result<Report, HistoryError> {
        let store = self.store().ok_or(HistoryError::Nothing)?;
        let records = store.read(&report_name(id)).await?;
        let (_, bytes) = records.into_iter().find(|(name, _)| *name == report_name(id)).ok_or(HistoryError::Gone)?;
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
        let store = self.store().ok_or(HistoryError::Closed)?;
        let bytes = stored(&found.report);
        let mut entry = Entry { bytes: bytes.len() as u64, ..found.entry };
        let mut gone: Vec<String> = notes.map(pages_of).into_iter().collect();
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
        let surplus = surplus(&entries, ROOM);
        gone.extend(surplus.iter().flat_map(|id| records_of(id)));
        if surplus.contains(&entry.id) {
            store.replace(&gone, &[]).await?;
            return Err(HistoryError::Full);
        }
        let records = [(report_name(&entry.id), bytes), record_of(&entry)];
        Ok(store.replace(&gone, &records).await?)
    }

    /// Writes entries whose names, notes or marks have changed.
    pub async fn save(&self, changed: Vec<Entry>) {
        let Some(store) = self.store() else { return };
        self.saves.set(self.saves.get() + 1);
        // A run that starts at once already sees them.
        for known in self.entries.borrow_mut().iter_mut() {
            if let Some(entry) = changed.iter().find(|entry| entry.id == known.id) {
                *known = entry.clone();
            }
        }
        let records: Vec<_> = changed.iter().map(record_of).collect();
        let changed = store.replace(&[], &records).await;
        self.look_again().await;
        self.note(|keeping| keeping.on_changed(changed));
    }

    /// Writes a page of a run that goes on. `true`: it is safe.
    pub async fn write(&self, page: &NotedPage) -> bool {
        if page.is_last {
            self.note(Keeping::on_long);
        }
        let Some(store) = self.store() else { return false };
        let written = store.put(&page.name, &page.bytes).await;
        let is_safe = written.is_ok();
        if !is_safe {
            self.note(|keeping| keeping.on_written(written));
        }
        is_safe
    }

    /// The run of these notes is over: its report takes their place. `None`: it never started, and there is nothing to keep.
    pub async fn finish(&self, report: Option<Report>, notes: Option<&str>) {
        match (report, notes, self.store()) {
            (Some(report), ..) => self.keep(ArchivedRun { entry: Entry::of(&report), report }, notes).await,
            (None, Some(run), Some(store)) => {
                let forgotten = store.replace(&[pages_of(run)], &[]).await;
                self.note(|keeping| keeping.on_changed(forgotten));
            }
            (None, ..) => {}
        }
    }

    /// How many pages are written down of a run.
    pub async fn page_count(&self, run: &str) -> usize {
        match self.store() {
            Some(store) => store.names(&pages_of(run)).await.unwrap_or_default().len(),
            None => 0,
        }
    }

    /// Keeps what is left of a run that nobody plays any more, if anything is. `date` makes RFC 3339 of milliseconds since 1970.
    pub async fn take_up(&self, run: &str, date: impl Fn(f64) -> String) {
        let Some(store) = self.store() else { return };
        let pages = store.read(&pages_of(run)).await.unwrap_or_default();
        match report_of_notes(pages.iter().map(|(_, page)| page.as_slice()), date) {
            Some(report) => {
                let entry = Entry { cut_off: true, ..Entry::of(&report) };
                self.keep(ArchivedRun { entry, report }, Some(run)).await;
            }
            // It never started, or another page was faster.
            None => drop(store.replace(&[pages_of(run)], &[]).await),
        }
    }

    async fn forget(&self, ids: Vec<String>) {
        let (Some(store), false) = (self.store(), ids.is_empty()) else { return };
        let gone: Vec<_> = ids.iter().flat_map(|id| records_of(id)).collect();
        // What cannot be deleted now stays deleted in name.
        if store.replace(&gone, &[]).await.is_ok() {
            self.entries.borrow_mut().retain(|entry| !ids.contains(&entry.id));
            self.tell();
        }
    }

    /// Notes what the store has answered, and tells of it.
    fn note(&self, change: impl FnOnce(&mut Keeping)) {
        change(&mut self.keeping.borrow_mut());
        self.tell();
    }

    /// There is something new.
    fn tell(&self) {
        let listener = self.listener.borrow().clone();
        listener.into_iter().for_each(|listener| listener());
    }

    fn store(&self) -> Option<Rc<S>> {
        self.store.borrow().clone()
    }
}

fn record_of(entry: &Entry) -> (String, Vec<u8>) {
    let text = serde_json::to_vec(entry).expect("an entry is made of plain JSON values");
    (format!("entry/{}", entry.id), text)
}

fn records_of(id: &str) -> [String; 2] {
    [format!("entry/{id}"), report_name(id)]
}

fn report_name(id: &str) -> String {
    format!("report/{id}")
}

fn pages_of(run: &str) -> String {
    format!("page/{run}/")
}

#[cfg(test)]
mod tests;
