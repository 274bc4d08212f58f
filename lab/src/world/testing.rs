//! A world without a network.

use std::sync::{Arc, Condvar, Mutex};

use engineioxide::Str;

use super::{Sink, World};
use crate::config::ServerVersion;
use faults::LabFaults;

/// Takes down every frame of one connection.
#[derive(Clone, Default)]
pub struct Tape(Arc<Mutex<Vec<String>>>);

impl Tape {
    pub fn sink(&self) -> Box<dyn Sink> {
        Box::new(self.clone())
    }

    /// Everything since the last call.
    pub fn played(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no test panics while recording"))
    }
}

impl Sink for Tape {
    fn send(&self, text: Str) -> bool {
        self.0.lock().expect("no test panics while recording").push(text.to_string());
        true
    }
}

pub fn world() -> World {
    World::new(ServerVersion::V1, LabFaults::default(), 1, Arc::new(Condvar::new()))
}
