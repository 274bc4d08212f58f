//! Writes a run down while it goes, beside it: the run never waits for the database.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::history::History;
use super::lock::Lock;
use metrics::Report;
use results::archive::ArchivedRun;
use results::{Entry, Keeping, ROOM_UNDER_WAY, Recording, Start};
use run::RunInput;

pub struct ClipRecorder {
    history: History,
    /// Tells this run from all others of this browser. `None`: it is only kept at its end.
    key: Option<String>,
    notes: Recording,
    /// A page could not be written: there will be no more.
    is_broken: bool,
    page: u64,
    last_ms: f64,
    /// Bytes on the disk.
    written: u64,
    /// A page is on its way to the disk: the next one waits for it, and has more in it then.
    is_writing: Rc<Cell<bool>>,
    /// Says to other tabs that this run is alive.
    lock: Rc<RefCell<Option<Lock>>>,
}

impl ClipRecorder {
    pub fn new(history: History, start: Start) -> Self {
        let key = format!("{:.0}-{}", start.at_ms, start.run);
        let lock: Rc<RefCell<Option<Lock>>> = Rc::default();
        let (place, name) = (Rc::downgrade(&lock), lock_of(&key));
        spawn_local(async move {
            let lock = Lock::hold(&name).await;
            if let Some(place) = place.upgrade() {
                *place.borrow_mut() = lock;
            }
        });
        Self { key: Some(key), notes: Recording::begin(start), lock, ..Self::of_the_end(history) }
    }

    /// Of a run that this page took over from itself: what came before it was loaded anew is kept already, and is replaced when
    /// the run is over. Until then the swarm's journal has the rest.
    pub fn of_the_end(history: History) -> Self {
        Self {
            history,
            key: None,
            notes: Recording::default(),
            is_broken: false,
            page: 0,
            last_ms: 0.0,
            written: 0,
            is_writing: Rc::default(),
            lock: Rc::default(),
        }
    }

    pub fn input(&mut self, now_ms: f64, input: &RunInput) {
        if self.key.is_none() || self.written > ROOM_UNDER_WAY {
            return;
        }
        if !self.history.writes() {
            // Its beginning is gone, or will never be read: the rest would only fill the memory.
            self.is_broken = true;
        }
        if self.is_broken {
            self.notes = Recording::default();
            return;
        }
        self.notes.input(now_ms, input);
        if now_ms >= self.last_ms + PAGE_MS && !self.is_writing.get() {
            self.last_ms = now_ms;
            self.write();
        }
    }

    /// The run is over: its report takes the place of all that was written. `None`: it never started.
    pub fn finish(self, report: Option<Report>) {
        let Self { history, key, lock, is_writing, .. } = self;
        spawn_local(async move {
            // A page that is still on its way would come behind and stay.
            while is_writing.get() {
                TimeoutFuture::new(10).await;
            }
            match (report, key) {
                (Some(report), key) => {
                    history.keep(ArchivedRun { entry: Entry::of(&report), report }, key.as_deref()).await;
                }
                (None, Some(key)) => {
                    if let Some(vault) = history.vault() {
                        let forgotten = vault.replace(&[format!("page/{key}/")], &[]).await;
                        history.note(|keeping| keeping.on_changed(forgotten));
                    }
                }
                (None, None) => {}
            }
            drop(lock);
        });
    }

    fn write(&mut self) {
        let (Some(key), Some(page)) = (&self.key, self.notes.page()) else { return };
        let name = format!("page/{key}/{:012}", self.page);
        self.page += 1;
        self.written += page.len() as u64;
        if self.written > ROOM_UNDER_WAY {
            self.history.note(Keeping::on_long);
        }
        let Some(vault) = self.history.vault() else { return };
        self.is_writing.set(true);
        let (history, is_writing) = (self.history.clone(), Rc::clone(&self.is_writing));
        spawn_local(async move {
            let written = vault.put(&name, &page).await;
            is_writing.set(false);
            if written.is_err() {
                history.note(|keeping| keeping.on_written(written));
            }
        });
    }
}

/// The name that the page of a run holds.
pub fn lock_of(key: &str) -> String {
    format!("tabswarm run {key}")
}

/// How often a page is written. With a worker's quarter of a second and the disk's time it is less than a second that can be lost.
const PAGE_MS: f64 = 500.0;
