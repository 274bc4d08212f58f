//! The compiled scenario: flat tables and one flat list of operations, ready for many users to share read-only.
//!
//! Names are resolved to indices once; at run time nothing is looked up by text but an inbound event's name.

mod audio;
mod consistency;
mod op;
mod pointer;
mod steered;

pub use audio::{Audio, MicFrom, OutboundAudio};
pub use consistency::{Consistency, Marks, ReadState};
pub use op::{
    AwaitedAck, AwaitedEvent, BargeIn, Body, Delay, EmitOp, HttpOp, ListenOp, MicMode, Op, RoomEffect, Save, Source,
    SpeakOp, Until, WaitOp,
};
pub use pointer::{Match, Test};
pub use steered::is_token;

use std::collections::BTreeSet;

use super::contract::Shape;
use super::ids::{EventId, OperationId, Pc, Pointer};
use super::live::Live;
use super::template::Template;
use base::json;
use base::time::Span;

/// A scenario, ready to run.
#[derive(Debug, Clone)]
pub struct Program {
    pub name: String,
    pub protocol: Protocol,
    /// All variables, ordered so that a default only uses variables that stand before it.
    pub variables: Vec<Variable>,
    /// All events named anywhere in the scenario.
    pub events: Vec<NamedEvent>,
    /// Names of all measured operations, like `rest.login`, `join`, `message`.
    pub operations: Vec<String>,
    /// Names of the counters that expressions use; each user has one number for each, in this order.
    pub counters: Vec<String>,
    /// Columns of `account.` that expressions use: the population's accounts must have them.
    pub account_columns: Vec<String>,
    /// Every block of the scenario, one after the other; each ends with [`Op::End`].
    pub ops: Vec<Op>,
    /// Steps for the run, done once, before any user starts. `None` when the scenario has none.
    pub once: Option<Pc>,
    /// Steps of each user before it connects.
    pub before: Pc,
    pub connect: Connect,
    /// Steps of each user after it is connected.
    pub flow: Pc,
    /// Steps done again after a reconnect (typically: join the room again).
    pub rejoin: Option<Pc>,
    /// Steps that bring all users into one room, when a tester wants that.
    pub storm: Option<Pc>,
    /// Steps of each user when it is told to leave.
    pub finish: Pc,
    pub after_flow: AfterFlow,
    pub timers: Vec<Timer>,
    pub reactions: Vec<Reaction>,
    pub errors: Vec<ErrorRule>,
    pub delivery: Option<Delivery>,
    /// How audio travels; `None`: this is no voice service.
    pub audio: Option<Audio>,
    /// What inbound events should look like.
    pub contract: Vec<Shape>,
    /// How some users compare the server's history with what they received; `None`: there is no such thing.
    pub consistency: Option<Consistency>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protocol {
    /// Engine.IO 4 over WebSocket, Socket.IO 5.
    SocketIo,
    /// JSON objects in text frames; the named top-level field holds the event's name.
    WebSocket { event_field: String },
}

#[derive(Debug, Clone)]
pub struct Variable {
    pub name: String,
    /// Evaluated for each user before `before` (or once, before `once`, for shared ones). `None`: set by a step.
    pub default: Option<Template>,
    /// Saved by `once`, the same for all users of the run.
    pub shared: bool,
    /// A step sets it: what it holds then is not known before.
    pub is_set: bool,
    /// A tester may set it while users run.
    pub live: Option<Live>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedEvent {
    pub name: String,
    /// No step, reaction, error rule or delivery rule ever looks into it: it is only counted.
    pub count_only: bool,
}

/// How a user connects. `url` is http(s):// or ws(s)://; the session appends path and query.
#[derive(Debug, Clone)]
pub struct Connect {
    pub url: Template,
    /// Engine.IO path, `/socket.io/` by default. Unused by plain WebSocket.
    pub path: Template,
    /// Additional query parameters.
    pub query: Vec<(String, Template)>,
    /// Socket.IO namespace, `/` by default.
    pub namespace: Template,
    /// The CONNECT packet's auth object; `None` sends none.
    pub auth: Option<Template>,
    /// WebSocket subprotocols.
    pub protocols: Vec<Template>,
    /// Where a refusal has its code; `None`: in the usual places.
    pub error_code: Option<Pointer>,
    pub timeout: Span,
    pub reconnect: Reconnect,
    pub refused: WhenRefused,
}

document::choices! {
    /// What a user does whose session the server knows no more when it comes back.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum WhenRefused {
        /// Like socket.io-client, which does not try again by itself.
        #[default]
        GiveUp = "give_up",
        /// Like a page that then asks for a log-in: plays `before` again, with the pauses of a lost connection.
        LogIn = "log_in",
    }
}

/// What a user does when its connection is lost, as socket.io-client does it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reconnect {
    None,
    /// Waits `initial * 2^n`, spread by `+-jitter` (a share from 0 to 1) and then cut to `max`, at most `attempts` times
    /// in a row.
    Backoff {
        initial: Span,
        max: Span,
        jitter: f64,
        attempts: u32,
    },
}

document::choices! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum AfterFlow {
        /// Stays connected, its timers and reactions running, until the load shape retires it.
        Stay = "stay",
        /// Runs `finish` and ends. In a closed load the same user then starts anew.
        Leave = "leave",
    }
}

/// Repeats a block while the user is connected and its flow has ended.
#[derive(Debug, Clone)]
pub struct Timer {
    pub name: String,
    pub interval: Delay,
    /// How long after the flow's end the first tick is due; `None`: one interval, drawn uniformly from 0 to it, so
    /// that users do not tick in step.
    pub first: Option<Delay>,
    /// At most this many ticks; `None`, or a value that is no number: without end. Evaluated when the timer starts.
    pub times: Option<Template>,
    /// It sends what has gathered: it ticks once more when its user stops working, so that nothing is left behind.
    pub flushes: bool,
    pub block: Pc,
}

/// Runs a block when an event arrives.
#[derive(Debug, Clone)]
pub struct Reaction {
    pub event: EventId,
    /// Evaluated for each arrival.
    pub matches: Vec<Match>,
    /// Runs also for copies of a ledgered message that has arrived before.
    pub duplicates: bool,
    /// From 0 (or no number) for never to 1 for always. A reaction that can never run is not compiled.
    pub probability: Template,
    pub delay: Option<Delay>,
    pub block: Pc,
}

/// Ties an inbound event to a failed operation.
#[derive(Debug, Clone)]
pub struct ErrorRule {
    pub event: EventId,
    pub matches: Vec<Match>,
    /// The operation whose oldest pending instance failed; `None`: an error of no operation, named by the event.
    pub operation: Option<OperationId>,
    /// Where the error's code stands; absent or not found: the message is the code.
    pub code: Option<Pointer>,
    pub message: Option<Pointer>,
    /// Pauses the named timer for the number found at the pointer, in units of `Span`.
    pub pause: Option<Pause>,
    /// The user ends (its session is over, a retry would be wrong).
    pub ends_user: bool,
}

#[derive(Debug, Clone)]
pub struct Pause {
    /// Index into [`Program::timers`].
    pub timer: usize,
    pub field: Pointer,
    pub unit: Span,
}

/// Which event carries ledgered messages.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub event: EventId,
    /// The operation that sends them.
    pub operation: OperationId,
    pub to: Owed,
    /// How often a message comes to its own sender.
    pub own_copies: u8,
}

document::choices! {
    /// Who is owed a ledgered message.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Owed {
        /// Who is in the message's room.
        #[default]
        Room = "room",
        /// Who is connected.
        Everybody = "everybody",
    }
}

impl Program {
    /// Operations in the order in which a user comes to them: before its connection, and with it. What leaves comes last.
    pub fn operations_in_order(&self) -> (Vec<OperationId>, Vec<OperationId>) {
        let (mut before, mut connected) = (Vec::new(), Vec::new());
        self.once.into_iter().chain([self.before]).for_each(|block| self.add_operations(block, &mut before));
        let work =
            self.timers.iter().map(|timer| timer.block).chain(self.reactions.iter().map(|reaction| reaction.block));
        let rest = self.rejoin.into_iter().chain(self.storm).chain([self.finish]);
        [self.flow].into_iter().chain(work).chain(rest).for_each(|block| self.add_operations(block, &mut connected));
        (before, connected)
    }

    /// HTTP requests that each user makes before its connection.
    pub fn log_in_requests(&self) -> BTreeSet<OperationId> {
        let ops = self.ops[self.before as usize..].iter().take_while(|op| !matches!(op, Op::End));
        ops.filter_map(|op| if let Op::Http(http) = op { Some(http.operation) } else { None }).collect()
    }

    fn add_operations(&self, block: Pc, found: &mut Vec<OperationId>) {
        let ops = self.ops[block as usize..].iter().take_while(|op| !matches!(op, Op::End));
        for operation in ops.filter_map(Op::operation) {
            if !found.contains(&operation) {
                found.push(operation);
            }
        }
    }

    /// What a user with an open microphone sends, in bytes a second of frames' content; 0: it is no voice service.
    pub fn uplink(&self) -> f64 {
        let (Some(audio), Protocol::WebSocket { event_field }) = (&self.audio, &self.protocol) else { return 0.0 };
        let OutboundAudio { event, field, extra } = &audio.outbound;
        let extra: usize = extra.iter().map(|(name, value)| name.len() + value.to_string().len() + 4).sum();
        let base64 = (audio.chunk_samples as usize * 2).div_ceil(3) * 4;
        // Braces, a comma, two colons and eight quotes.
        let way: usize = json::names(field).map(|name| name.len() + 5).sum();
        let frame = event_field.len() + event.len() + way + extra + base64 + 8;
        frame as f64 * f64::from(audio.rate) / f64::from(audio.chunk_samples)
    }
}
