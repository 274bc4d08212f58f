//! Page <-> worker messages: two enums, the whole contract.

mod plausible;
mod sight;

pub use metrics::LogLevel;
pub use plausible::{Implausible, PartOfRun, plausible_sent};
pub use sight::{Act, Canary, Choice, Seen, SeenFrame, SeenMessage, Sight};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use base::time::{Span, Timestamp};
use metrics::{
    self, Completion, Evidence, HealthDelta, LedgerDelta, MetricsDelta, Phase, SentLog, UserId, UsersByState,
};
use plan::{Limits, Plan, Segment, TimedAction};
use protocol::audio::Clip;

/// From the page to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Compile the plan. Answered by `Loaded` or `Failed`.
    Load(Box<WorkerLoad>),
    /// Run the `once` steps of the population. Answered by `Prepared` or `Failed`. Sent to one worker only.
    Prepare { population: usize },
    /// Start at the epoch: milliseconds of `performance.timeOrigin + performance.now()`.
    Start { epoch_ms: f64, shared: Vec<Map<String, Value>> },
    /// The epoch on this browser's clock, when that is better known than at the start.
    Epoch { epoch_ms: f64 },
    /// Messages sent by other workers, for the delivery ledger.
    Sent(SentLog),
    /// Stop sending and settle: wait for what is on its way. A worker also does so by itself when its load ends.
    Stop,
    /// Every worker has settled (`Snapshot::settled`): users leave.
    Leave,
    /// Tell what this user hears, says and meets, instead of the one before; `None`: nobody is listened to any more.
    Hear(Option<UserId>),
    /// Happens at its time, or at once if that is over. Its plan's own actions a worker knows by itself.
    Act(Box<TimedAction>),
    /// Tell where this user is and what is on its connection, instead of the one before; `None`: nobody is watched any more.
    Watch(Option<UserId>),
    /// A person acts for this user.
    Canary { user: UserId, order: Canary },
    /// Close everything now.
    Abort,
    /// The worker's browser opens no further socket: users wait for one instead of failing, and every few seconds one tries again.
    Full,
    /// It does after all.
    Free,
    /// Its browser is full, and others have room for so many users: it lets as many of those go that wait for a socket and were
    /// never connected. Answered by `Snapshot::moved`.
    GiveUp { users: u32 },
    /// It plays these users of other parts, but not more than `most`; whom it cannot play it gives up at once.
    TakeIn { guests: Vec<Guest>, most: u32 },
    /// Opens a socket to another place than the target ([`Load::trial`]) and closes it again: whether it opened is in the next
    /// hand-over.
    Try,
    /// All workers are done and every one of their sent logs has been passed on: settle the ledger. Answered by a last
    /// `Snapshot` and `Finished`.
    Finish,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerLoad {
    pub plan: Plan,
    pub segment: Segment,
    /// Short id of the run, three characters of [0-9a-z].
    pub run: String,
    /// Account rows of populations whose accounts are a CSV; empty otherwise.
    pub csv: Vec<Vec<Vec<String>>>,
    /// What voice users can say besides the shipped clips.
    pub clips: Vec<Clip>,
    /// This worker's share of the plan's handshakes in flight.
    pub handshakes_in_flight: u32,
    /// HTTP exchanges at the same time: a browser opens 6 connections per host, and what waits behind them in the
    /// browser would be measured as the server's time.
    pub fetches_in_flight: u32,
    /// Sockets that this worker may hold at the same time; `None`: its browser has room for all that the plan wants.
    pub sockets: Option<u32>,
    /// Where the worker tries whether its browser still opens sockets; `None`: nowhere. Each browser has a place of its own.
    #[serde(default)]
    pub trial: Option<Trial>,
    /// For tests of the verdict: the worker's thread is blocked for so long, then free for as long, over and over. 0: never.
    pub starve_ms: u32,
    /// What this browser's operator lets load do. `None`: anything, where no operator is.
    pub limits: Option<Limits>,
    /// Its snapshots go over a network: they are fewer, and hold less that is only for reading.
    pub is_remote: bool,
    /// How many workers have played this part before: messages of the same users are told apart by it.
    pub life: u32,
    #[serde(default)]
    pub lending: Lending,
}

/// The cadence of snapshots: a swarm's traffic is its browsers' uplink.
pub const fn between_snapshots(is_remote: bool) -> Span {
    Span::from_millis(if is_remote { 1_000 } else { 250 })
}

/// Which users a part has lent to others by now, and which it plays for them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Lending {
    pub lent: Vec<UserId>,
    pub guests: Vec<Guest>,
}

/// A user of another part, whose browser has no socket for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guest {
    pub user: UserId,
    /// Of the account file; empty where accounts are made up.
    pub row: Vec<String>,
}

/// Users that changed their part since the last hand-over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Moved {
    /// It was asked to give some up.
    pub was_asked: bool,
    pub given_up: Vec<UserId>,
    pub taken_in: Vec<UserId>,
}

/// A WebSocket address that is not the target's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    pub url: String,
    pub protocols: Vec<String>,
}

/// From a worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// The worker's code runs. The page refuses a build that is not its own.
    Ready {
        build: String,
    },
    Loaded,
    /// Variables that `once` saved.
    Prepared {
        population: usize,
        shared: Map<String, Value>,
    },
    Failed {
        message: String,
    },
    Snapshot(Box<Snapshot>),
    /// Of the user that is listened to, as it happens.
    Heard(HeardMoment),
    /// Of the user that is watched, with each hand-over.
    Seen(Box<Seen>),
    /// Every user is gone, and a snapshot with all they did has been sent.
    Done,
    /// The ledger is settled; the last snapshot has been sent.
    Finished,
}

/// What a worker says first names the build that it is of: the browser may have kept an older one's file.
pub trait OfBuild {
    /// `None`: this message does not say.
    fn build(&self) -> Option<&str>;
}

impl OfBuild for FromWorker {
    fn build(&self) -> Option<&str> {
        match self {
            Self::Ready { build } => Some(build),
            _ => None,
        }
    }
}

/// Four times a second: everything since the last one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    pub at: Timestamp,
    pub metrics: MetricsDelta,
    /// One entry per population.
    pub users: Vec<UsersByState>,
    pub ledger: LedgerDelta,
    pub sent: SentLog,
    pub completions: Vec<Completion>,
    pub health: HealthDelta,
    /// What went wrong, and how it came to that: a few of each kind.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    pub log: Vec<LogLine>,
    /// Log lines left out since the last snapshot, to keep a flood out of the page.
    pub log_dropped: u32,
    /// This worker sends nothing any more and knows the fate of all it sent.
    pub settled: bool,
    #[serde(default)]
    pub moved: Moved,
}

impl Snapshot {
    /// What totals add up.
    pub fn part(&self) -> metrics::SnapshotPart<'_> {
        metrics::SnapshotPart {
            at: self.at,
            metrics: &self.metrics,
            users: &self.users,
            ledger: &self.ledger,
            completions: &self.completions,
            health: &self.health,
        }
    }
}

/// What one user heard, said and met within one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeardMoment {
    pub user: UserId,
    /// Samples a second of all its audio; 0: it is no voice user.
    pub rate: u32,
    pub notes: Vec<Note>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// When it came, or when it began to be said.
    pub at: Timestamp,
    pub told: Told,
}

/// Audio is 16-bit samples, little-endian.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Told {
    /// From the service.
    Hears {
        #[serde(with = "serde_bytes")]
        pcm: Vec<u8>,
    },
    /// By the user's microphone, silence included.
    Says {
        #[serde(with = "serde_bytes")]
        pcm: Vec<u8>,
    },
    /// An event of the protocol by its name, other than audio.
    In(String),
    Out(String),
    /// Where it was when the listening began.
    Met(Phase),
    /// What else happened to it, in words.
    Saw(String),
    Failed(String),
    /// An operation was answered (`what`: by its answer, its acknowledgement or its echo) after so many microseconds.
    Took {
        operation: String,
        what: CanaryReply,
        micros: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CanaryReply {
    Answer,
    Ack,
    Echo,
    /// Of a voice service, since the user fell silent.
    FirstAudio,
}

/// A line of the event log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub at: Timestamp,
    pub level: LogLevel,
    pub population: String,
    /// The user's number from 0, if it is one user's.
    pub user: Option<u32>,
    pub text: String,
}

impl LogLine {
    /// It is no user's: it says what the limits of this browser's operator do not let it do.
    pub fn is_of_limits(&self) -> bool {
        self.user.is_none()
    }
}
