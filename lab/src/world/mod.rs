//! The whole state of the service: who exists, who is connected, what was said. One lock guards it, so that all members
//! of a room see the same order, and the counts are those of one moment.

mod agenda;
mod connections;
mod dice;
mod files;
mod limits;
mod messages;
mod outbox;
mod plain;
mod rooms;
mod rules;
mod snapshot;
#[cfg(test)]
pub mod testing;
mod users;
pub mod views;

pub use agenda::Task;
pub use connections::{Connection, ConnectionId, Sink};
pub use files::{FileKey, StoredFile};
pub use messages::{Kind, Message, MessageKey};
pub use rooms::{Room, RoomKey};
pub use rules::TOO_LARGE;
pub use users::{User, UserKey};

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::config::ServerVersion;
use crate::counts::Counts;
use crate::words::BannedWords;
use agenda::Agenda;
use faults::LabFaults;
use limits::Window;
use rooms::PlainRoom;

pub struct World {
    pub version: ServerVersion,
    pub counts: Counts,
    pub faults: LabFaults,
    pub users: Vec<User>,
    pub rooms: Vec<Room>,
    pub messages: Vec<Message>,
    pub files: Vec<StoredFile>,
    connections: HashMap<ConnectionId, Connection>,
    plain_rooms: BTreeMap<String, PlainRoom>,
    users_by_email: HashMap<String, UserKey>,
    users_by_id: HashMap<String, UserKey>,
    rooms_by_id: HashMap<String, RoomKey>,
    messages_by_id: HashMap<String, MessageKey>,
    files_by_id: HashMap<String, FileKey>,
    files_by_name: HashMap<String, FileKey>,
    list_windows: HashMap<String, Window>,
    /// Until then the only worker has work, as `service_ms` says.
    busy_until: Option<Instant>,
    /// When registrations and log-ins that are worked on will be done, as `login_ms` says.
    logins: Vec<Instant>,
    /// What the acknowledgement of the event at hand will say, as `answering_acks` wants it.
    pub answer: Option<Value>,
    agenda: Agenda,
    words: Arc<BannedWords>,
    seed: u64,
    rng: fastrand::Rng,
    /// Ever used ids, so that none comes twice, even across a reset.
    ids: u64,
}

impl World {
    /// `alarm` is notified whenever something becomes due earlier than all before.
    pub fn new(version: ServerVersion, faults: LabFaults, seed: u64, alarm: Arc<Condvar>) -> Self {
        Self {
            version,
            counts: Counts::default(),
            faults,
            users: Vec::new(),
            rooms: Vec::new(),
            messages: Vec::new(),
            files: Vec::new(),
            connections: HashMap::new(),
            plain_rooms: BTreeMap::new(),
            users_by_email: HashMap::new(),
            users_by_id: HashMap::new(),
            rooms_by_id: HashMap::new(),
            messages_by_id: HashMap::new(),
            files_by_id: HashMap::new(),
            files_by_name: HashMap::new(),
            list_windows: HashMap::new(),
            busy_until: None,
            logins: Vec::new(),
            answer: None,
            agenda: Agenda::new(alarm),
            words: Arc::new(BannedWords::new()),
            seed,
            rng: fastrand::Rng::with_seed(seed),
            ids: 0,
        }
    }

    /// Forgets users, rooms, files and counts, and starts the random numbers again; only the faults stay. Connections are
    /// cut and forgotten at once: neither what they still send nor their end belongs to the new counts.
    pub fn reset(&mut self) {
        self.cut_all("reset");
        let (faults, ids) = (std::mem::take(&mut self.faults), self.ids);
        *self = Self { ids, ..Self::new(self.version, faults, self.seed, self.agenda.alarm()) };
    }

    /// When the only worker will be done with one more message; `None`: messages take no time.
    pub fn served_at(&mut self, now: Instant) -> Option<Instant> {
        let service = Duration::from_secs_f64(self.faults.service_ms / 1e3);
        let due = self.busy_until.map_or(now, |busy| busy.max(now)) + service;
        (!service.is_zero()).then(|| *self.busy_until.insert(due))
    }

    pub fn banned(&self, text: &str) -> bool {
        self.words.find(text).is_some()
    }

    /// 24 hex digits, like a MongoDB ObjectId.
    fn object_id(&mut self, unix_ms: i64) -> String {
        self.ids += 1;
        let seconds = (unix_ms / 1000) & 0xffff_ffff;
        format!("{seconds:08x}{:010x}{:06x}", self.seed & 0xff_ffff_ffff, self.ids & 0xff_ffff)
    }

    /// 32 hex digits. Not from the seeded numbers: those belong to the faults, whose order tests repeat.
    fn session_id(&mut self) -> String {
        format!("{:032x}", fastrand::u128(..))
    }
}
