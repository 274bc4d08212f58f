//! In which browser each worker of a run lives.

/// Browsers have numbers from 0, in the order of their first workers.
#[derive(Debug, Clone, Default)]
pub struct Homes {
    names: Vec<Option<String>>,
    of_workers: Vec<usize>,
}

impl Homes {
    pub(crate) fn new(workers: usize, browsers: &[Option<String>]) -> Self {
        let mut homes = Self::default();
        (0..workers).for_each(|worker| homes.add(browsers.get(worker).cloned().flatten()));
        homes
    }

    pub(crate) fn add(&mut self, browser: Option<String>) {
        let known = self.names.iter().position(|name| *name == browser);
        self.of_workers.push(known.unwrap_or(self.names.len()));
        if known.is_none() {
            self.names.push(browser);
        }
    }

    pub fn of(&self, worker: usize) -> usize {
        self.of_workers.get(worker).copied().unwrap_or_default()
    }

    /// By its number; `None`: the conductor's own.
    pub fn name(&self, home: usize) -> Option<&str> {
        self.names.get(home)?.as_deref()
    }

    pub fn count(&self) -> usize {
        self.names.len()
    }
}
