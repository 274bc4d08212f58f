//! The one object everything else holds: the world behind its lock, and the thread that keeps its appointments.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock;
use crate::config::Config;
use crate::transport::{LineControl, Lines};
use crate::voice::Voice;
use crate::world::{ConnectionId, World};
use faults::LabFaults;

pub struct Lab {
    world: Mutex<World>,
    voice: Mutex<Voice>,
    alarm: Arc<Condvar>,
    pub lines: Arc<Lines>,
    restarts: mpsc::UnboundedSender<Duration>,
    connection_ids: AtomicU64,
    broker: OnceLock<String>,
}

impl Lab {
    /// The receiver is the listener's: it hears of restarts. Must be called inside a tokio runtime.
    pub fn start(config: &Config) -> (Arc<Self>, mpsc::UnboundedReceiver<Duration>) {
        let alarm = Arc::new(Condvar::new());
        let (restarts, heard) = mpsc::unbounded_channel();
        let lab = Arc::new(Self {
            world: Mutex::new(World::new(config.version, config.faults.clone(), config.seed, alarm.clone())),
            voice: Mutex::new(Voice::new(config.seed)),
            alarm,
            lines: Arc::default(),
            restarts,
            connection_ids: AtomicU64::new(0),
            broker: OnceLock::new(),
        });
        lab.lines.set_stop_reading(config.faults.stop_reading);
        keep_appointments(&lab);
        (lab, heard)
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Never to be held together with the world's lock.
    pub fn voice(&self) -> MutexGuard<'_, Voice> {
        self.voice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn next_connection_id(&self) -> ConnectionId {
        self.connection_ids.fetch_add(1, Ordering::Relaxed)
    }

    /// The URL of the broker beside this lab, if there is one.
    pub fn broker(&self) -> Option<&str> {
        self.broker.get().map(String::as_str)
    }

    #[cfg(feature = "room")]
    pub fn announce_broker(&self, url: String) {
        self.broker.set(url).expect("a lab has one broker at most");
    }

    pub fn set_faults(&self, faults: LabFaults) {
        self.lines.set_stop_reading(faults.stop_reading);
        self.world().faults = faults;
    }

    /// Until a registration or log-in would be done where they are slow and few.
    pub async fn wait_for_a_thread(&self) {
        let due = self.world().logged_in_at(clock::now());
        if let Some(due) = due {
            tokio::time::sleep_until(due.into()).await;
        }
    }

    /// Closes every connection but the one that asked, and refuses new ones for a while. What is stored stays.
    pub fn restart(&self, down: Duration, asked_by: Option<&Arc<LineControl>>) {
        let mut world = self.world();
        world.counts.faults.restarts += 1;
        world.cut_all("restart");
        drop(world);
        self.voice().restart();
        // The listener is only gone together with the server itself.
        let _ = self.restarts.send(down);
        self.lines.cut_all(asked_by);
    }

    /// Back to an empty service; faults stay.
    pub fn reset(&self) {
        self.world().reset();
        self.voice().reset();
    }
}

/// A thread and not a task: a timer of the runtime is a millisecond coarse, which an added latency would show.
fn keep_appointments(lab: &Arc<Lab>) {
    let (lab, alarm): (Weak<Lab>, _) = (Arc::downgrade(lab), lab.alarm.clone());
    let runtime = tokio::runtime::Handle::current();
    let work = move || {
        // Frames go into channels of the runtime, and closing a socket spawns a task on it.
        let _inside = runtime.enter();
        while let Some(lab) = lab.upgrade() {
            let mut world = lab.world();
            let wait = match world.run_due(clock::now()) {
                Some(next) => next.saturating_duration_since(clock::now()).clamp(SHORTEST_WAIT, LONGEST_WAIT),
                None => LONGEST_WAIT,
            };
            drop(alarm.wait_timeout(world, wait).unwrap_or_else(PoisonError::into_inner));
        }
    };
    std::thread::Builder::new().name("appointments".into()).spawn(work).expect("the system has room for one thread");
}

/// So that jitter, which gives every frame a moment of its own, does not wake the thread for each.
const SHORTEST_WAIT: Duration = Duration::from_micros(200);
/// How soon the thread notices that its lab is gone.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
