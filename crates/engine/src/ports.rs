//! What goes into an engine and what comes out: the whole contract with the worker that owns sockets, fetches and the clock.

use std::rc::Rc;

use serde_json::{Map, Value};

use crate::wire::{Canary, Guest, HeardMoment};
use base::time::{Span, Timestamp};
use metrics::{SentLog, UserId};
use plan::TimedAction;

/// One WebSocket of this worker. Never used again within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u32);

/// One HTTP exchange of this worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FetchId(pub u32);

/// One frame of [`Frames`]. Never given another text within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FrameId(pub u32);

/// Outbound audio frames by [`FrameId`], made once and sent by all users of a worker.
#[derive(Debug, Default)]
pub struct Frames(Vec<Rc<str>>);

impl Frames {
    pub fn add(&mut self, text: String) -> FrameId {
        self.0.push(text.into());
        FrameId((self.0.len() - 1) as u32)
    }

    /// The frame's text.
    ///
    /// # Panics
    /// If the id is of another engine.
    pub fn text(&self, frame: FrameId) -> &Rc<str> {
        &self.0[frame.0 as usize]
    }
}

/// What the edge meets.
#[derive(Debug)]
pub enum FromEdge<'a> {
    Opened {
        socket: SocketId,
    },
    Text {
        socket: SocketId,
        frame: &'a str,
    },
    Binary {
        socket: SocketId,
        frame: &'a [u8],
    },
    /// A frame that is longer than what is read of one: nobody has looked into it.
    TooLarge {
        socket: SocketId,
        bytes: u64,
    },
    Closed {
        socket: SocketId,
        code: u16,
        reason: &'a str,
    },
    Fetched {
        fetch: FetchId,
        outcome: FetchOutcome,
    },
    /// A socket to another place opened, or did not.
    Tried {
        opened: bool,
    },
}

/// Frames that the edge classified as count-only and never handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub population: usize,
    pub event: usize,
    pub frames: u64,
    pub bytes: u64,
}

/// What the edge's sockets hold back now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SocketLoad {
    /// Largest and summed `bufferedAmount`, bytes: handed to the browser, not yet to the network.
    pub buffered_max: u64,
    pub buffered_sum: u64,
}

#[derive(Debug)]
pub enum Input<'a> {
    /// Run the `once` steps of a population; ends with `Output::Prepared` or `Output::Failed`. Before `Start`.
    Prepare {
        population: usize,
    },
    /// Time starts: `now` counts from the run's epoch from here on. Shared variables per population.
    Start {
        shared: Vec<Map<String, Value>>,
    },
    /// Messages that other workers' users sent.
    Sent(SentLog),
    /// Stop sending; users stay until `Leave`, so that what is on its way arrives.
    Stop,
    Leave,
    /// Do this to the users, when its time has come.
    Act(TimedAction),
    /// Listen to this user; `Output::Heard` follows as long as it lives and nobody else is listened to.
    Hear(Option<UserId>),
    /// Watch this user; `Engine::look` tells what there is to see.
    Watch(Option<UserId>),
    /// A person acts for this user, if it is one of this worker's.
    Canary {
        user: UserId,
        order: Canary,
    },
    /// Every worker's users are gone and all they sent is known here: settle the ledger for the last snapshot.
    Finish,
    Abort,
    /// The browser opens no further socket, and that is its own limit.
    Full,
    /// It opens sockets after all.
    Free,
    /// Others play so many of the users that wait for a socket.
    GiveUp {
        users: u32,
    },
    /// It plays these users of others, but not more than `most`.
    TakeIn {
        guests: Vec<Guest>,
        most: u32,
    },
    /// The time asked for by `next_timeout` has come.
    Timeout,
    Edge(FromEdge<'a>),
    Counted(Counted),
    /// What the edge measured about itself since the last snapshot.
    Health {
        lag: Span,
    },
    /// The worker did nothing from then until now, although it had asked to be woken.
    StoodStill {
        since: Timestamp,
    },
}

/// What the edge is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum ToEdge {
    Connect {
        socket: SocketId,
        /// Its newest frames are kept under this user.
        user: UserId,
        url: String,
        protocols: Vec<String>,
    },
    Send {
        socket: SocketId,
        text: String,
    },
    /// Text that many users send: the same every time, so the edge need not take it over again. `Engine::frames` has it.
    /// Answered with `Engine::on_shared_sent`: frames of one moment queue behind each other, and only the edge sees when each
    /// of them gets to its socket.
    SendShared {
        socket: SocketId,
        frame: FrameId,
        due: Timestamp,
    },
    SendBinary {
        socket: SocketId,
        bytes: Vec<u8>,
    },
    /// Close with 1000 (a browser allows nothing else below 3000); `Closed` follows unless it was never opened.
    Close {
        socket: SocketId,
    },
    Fetch {
        fetch: FetchId,
        /// The exchange is kept among its frames.
        user: UserId,
        request: FetchRequest,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    Edge(ToEdge),
    Prepared { population: usize, shared: Map<String, Value> },
    Failed { message: String },
    Heard(HeardMoment),
}

#[derive(Debug, Clone, PartialEq)]
pub struct FetchRequest {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: FetchBody,
    pub timeout: Span,
    /// Redirects are followed; else one is an error.
    pub follows: bool,
    /// Bytes of the answer's body that are read at most.
    pub most_bytes: u64,
}

impl FetchRequest {
    /// Whether a browser might take the answer from its cache, or have it wait for another user's of the same address: then the cache
    /// has to be switched off. Of anything else it has to stay on, because with it Chromium also switches off what it knows of earlier
    /// CORS preflights, and asks before every single request.
    pub fn is_cacheable(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum FetchBody {
    None,
    Json(String),
    /// application/x-www-form-urlencoded pairs.
    Form(Vec<(String, String)>),
    File {
        field: String,
        name: String,
        mime: String,
        bytes: Vec<u8>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum FetchOutcome {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
        /// Where redirects have led, if any were followed.
        landed: Option<String>,
    },
    /// The browser gave no answer; `cause` is told apart as far as a browser lets us.
    Blocked { cause: FetchFailure, detail: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FetchFailure {
    /// An answer came, but the browser hides it: the server does not allow this page's origin.
    Cors,
    /// https page, http target.
    MixedContent,
    /// Nothing listens, no such host, TLS, reset: a browser does not tell these apart.
    Unreachable,
    TimedOut,
    /// Not a URL a browser fetches.
    BadUrl,
    /// This browser's operator has not allowed load on that host, or was never asked about it.
    NotAllowed,
    /// The host has as many users as this browser's operator allows.
    OverLimit,
    /// The answer sends the request elsewhere, and nobody went there.
    Redirected,
    /// Redirects were followed, and led to a host that this browser's operator has not allowed.
    RedirectedAway,
    /// The answer's body is longer than what is read of it.
    BodyTooLarge,
}

impl FetchFailure {
    /// The code under which it is counted.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cors => "cors",
            Self::MixedContent => "mixed_content",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timeout",
            Self::BadUrl => "bad_url",
            Self::NotAllowed => "not_allowed",
            Self::OverLimit => "over_limit",
            Self::Redirected => "redirected",
            Self::RedirectedAway => "redirect_not_allowed",
            Self::BodyTooLarge => "body_too_large",
        }
    }
}
