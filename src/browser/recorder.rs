//! Writes what was noted of a run, beside it: the run never waits for the database.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::history::KeptRuns;
use super::lock::Lock;
use metrics::Report;
use results::NotedPage;

/// Of one run.
pub struct Pages {
    history: KeptRuns,
    /// See [`results::Scribe::key`].
    key: Option<String>,
    /// A page is on its way to the disk.
    is_writing: Rc<Cell<bool>>,
    /// Says to other tabs that this run is alive.
    lock: Rc<RefCell<Option<Lock>>>,
}

impl Pages {
    pub fn new(history: KeptRuns, key: Option<String>) -> Self {
        let lock: Rc<RefCell<Option<Lock>>> = Rc::default();
        if let Some(name) = key.as_deref().map(lock_of) {
            let place = Rc::downgrade(&lock);
            spawn_local(async move {
                let lock = Lock::hold(&name).await;
                if let Some(place) = place.upgrade() {
                    *place.borrow_mut() = lock;
                }
            });
        }
        Self { history, key, is_writing: Rc::default(), lock }
    }

    /// The run is over: its report takes the place of all that was written. `None`: it never started.
    pub fn finish(self, report: Option<Report>) {
        let Self { history, key, lock, is_writing } = self;
        spawn_local(async move {
            // A page that is still on its way would come behind and stay.
            while is_writing.get() {
                TimeoutFuture::new(10).await;
            }
            history.finish(report, key.as_deref()).await;
            drop(lock);
        });
    }

    /// `told` hears the page's name, and whether it is safe.
    pub fn write(&self, page: NotedPage, told: impl FnOnce(&str, bool) + 'static) {
        self.is_writing.set(true);
        let (history, is_writing) = (self.history.clone(), Rc::clone(&self.is_writing));
        spawn_local(async move {
            let is_safe = history.write(&page).await;
            is_writing.set(false);
            told(&page.name, is_safe);
        });
    }
}

/// The name that the page of a run holds.
pub fn lock_of(key: &str) -> String {
    format!("tabswarm run {key}")
}
