//! The compiled scenario: flat tables and one flat list of operations, ready for many users to share read-only.
//!
//! Names are resolved to indices once; at run time nothing is looked up by text but an inbound event's name.

use serde_json::{Map, Value};

use super::consistency::Consistency;
use super::contract::Shape;
use super::live::Live;
use super::template::Template;
use base::json;
use base::time::Span;

/// Index into [`Program::variables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VarId(pub u16);
/// Index into [`Program::events`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub u16);
/// Index into [`Program::operations`]: the name under which a step is measured and its errors are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub u16);
/// Index into [`Program::ops`].
pub type Pc = u32;

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
    pub timeout: Span,
    pub reconnect: Reconnect,
}

/// What a user does when its connection is lost, as socket.io-client does it.
#[derive(Debug, Clone, PartialEq)]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFlow {
    /// Stays connected, its timers and reactions running, until the load shape retires it.
    Stay,
    /// Runs `finish` and ends. In a closed load the same user then starts anew.
    Leave,
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
}

/// How audio travels to and from a voice service: mono 16-bit PCM as base64 in a field of JSON objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    /// Samples a second, in both directions.
    pub rate: u32,
    /// Samples in one outbound frame.
    pub chunk_samples: u32,
    /// Start-up buffer of the simulated player.
    pub player_buffer: Span,
    pub mic_from: MicFrom,
    pub outbound: OutboundAudio,
    /// Brings a chunk of an answer, at `inbound_field`.
    pub inbound: EventId,
    pub inbound_field: Pointer,
    /// Ends an answer, also one that was cut off.
    pub done: EventId,
    /// The service heard the user begin to speak.
    pub speech_started: Option<EventId>,
    /// The service heard the user's turn end.
    pub speech_stopped: Option<EventId>,
    /// Brings the text of what the user said.
    pub transcript: Option<EventId>,
    /// Brings the report that ends a conversation.
    pub report: Option<EventId>,
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

impl Audio {
    /// Every event that it looks into.
    pub fn examined(&self) -> impl Iterator<Item = EventId> {
        let optional = [self.speech_started, self.speech_stopped, self.transcript, self.report];
        [self.inbound, self.done].into_iter().chain(optional.into_iter().flatten())
    }
}

/// The frame that carries the microphone's audio.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboundAudio {
    pub event: String,
    /// RFC 6901 pointer to the audio.
    pub field: String,
    /// More fields, the same in every frame.
    pub extra: Map<String, Value>,
}

/// From when on a microphone that was switched on delivers audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MicFrom {
    /// At once.
    Connect,
    /// From the first audio of the service on, as pages do that wait for its greeting.
    FirstAudio,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MicMode {
    #[default]
    Off,
    /// An unbroken stream: utterances, and silence between them.
    Continuous,
    /// From the beginning of an utterance to the first audio of its answer: the silence lets the service hear the end.
    WhileSpeaking,
    /// Utterances and nothing else.
    PushToTalk,
}

/// Says an utterance; over when its last frame has been sent.
#[derive(Debug, Clone)]
pub struct SpeakOp {
    pub operation: OperationId,
    /// Name of a clip.
    pub clip: Template,
    pub gain_db: Option<Template>,
    /// White noise at this level; absent or null: none.
    pub noise_db: Option<Template>,
    /// Seconds: the clip is cut, or said again and again. Absent or null: as long as it is.
    pub length_s: Option<Template>,
}

/// Waits for the answer to what was said last (or the greeting), and listens to its end.
#[derive(Debug, Clone)]
pub struct ListenOp {
    pub operation: OperationId,
    /// How long to wait for its first audio, then for its end.
    pub first_audio: Span,
    pub end: Span,
    pub until: Until,
    pub required: bool,
    /// The steps of a barge-in stand behind the step.
    pub barge_in: Option<BargeIn>,
    /// Where it goes on after the answer.
    pub after: Pc,
}

/// When an answer is over for who listens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Until {
    /// When its last sample has been played.
    #[default]
    Played,
    /// When its end has arrived, as for a client that reads instead of hearing.
    Received,
}

/// Leaves an answer before its end to run other steps, which begin right behind the step.
#[derive(Debug, Clone)]
pub struct BargeIn {
    pub probability: Template,
    /// From the answer's first audio on.
    pub delay: Delay,
}

/// One step. Blocks are flat: a loop and a choice are jumps.
#[derive(Debug, Clone)]
pub enum Op {
    Http(Box<HttpOp>),
    Emit(Box<EmitOp>),
    Wait(Box<WaitOp>),
    Think(Delay),
    Mic(MicMode),
    Speak(Box<SpeakOp>),
    Listen(Box<ListenOp>),
    Set {
        var: VarId,
        value: Template,
    },
    /// Appends to a list variable; beyond `max` entries the oldest goes.
    Push {
        var: VarId,
        value: Template,
        max: usize,
    },
    /// Jumps by weight; to `end` when no branch has any. Weights are templates, so that a variable can set a mix; each
    /// branch ends in a `Jump`.
    Choose {
        branches: Vec<(Template, Pc)>,
        end: Pc,
    },
    /// Goes on if the condition holds (see [`Template::is_true`]), else jumps.
    If {
        condition: Template,
        otherwise: Pc,
    },
    /// Runs the ops up to the matching `LoopEnd` that many times.
    LoopStart {
        times: Template,
        end: Pc,
    },
    /// Jumps behind its `LoopStart`, whose place it holds, while rounds are left.
    LoopEnd {
        start: Pc,
    },
    Jump(Pc),
    /// Counts an error of the operation.
    Fail {
        operation: OperationId,
        code: Template,
        message: Template,
    },
    /// Ends the user: runs `finish`.
    Leave,
    End,
}

impl Op {
    /// What it is measured as.
    pub fn operation(&self) -> Option<OperationId> {
        match self {
            Self::Http(op) => Some(op.operation),
            Self::Emit(op) => Some(op.operation),
            Self::Wait(op) => Some(op.operation),
            Self::Speak(op) => Some(op.operation),
            Self::Listen(op) => Some(op.operation),
            Self::Fail { operation, .. } => Some(*operation),
            Self::Think(_)
            | Self::Mic(_)
            | Self::Set { .. }
            | Self::Push { .. }
            | Self::Choose { .. }
            | Self::If { .. }
            | Self::LoopStart { .. }
            | Self::LoopEnd { .. }
            | Self::Jump(_)
            | Self::Leave
            | Self::End => None,
        }
    }
}

/// One HTTP exchange.
#[derive(Debug, Clone)]
pub struct HttpOp {
    pub operation: OperationId,
    pub method: String,
    pub url: Template,
    pub headers: Vec<(String, Template)>,
    pub body: Body,
    /// Answers that are a success; empty: 200 to 299.
    pub expect: Vec<u16>,
    pub save: Vec<Save>,
    pub timeout: Span,
    /// The error's code is read here from an answer that is not expected; else the status is the code.
    pub error_code: Option<Pointer>,
    /// When it fails: `true` ends the user, `false` goes on with the next step.
    pub required: bool,
}

#[derive(Debug, Clone)]
pub enum Body {
    None,
    Json(Template),
    Form(Vec<(String, Template)>),
    /// multipart/form-data with one generated file.
    File {
        field: String,
        name: Template,
        mime: String,
        bytes: Vec<u8>,
    },
}

/// Sends one event, and, when asked, waits for what must follow.
#[derive(Debug, Clone)]
pub struct EmitOp {
    pub operation: OperationId,
    pub event: Template,
    /// JSON arguments after the event's name (plain WebSocket: one object, merged with the event field).
    pub args: Vec<Template>,
    /// Attachments of a BINARY_EVENT, in placeholder order; args hold the placeholders.
    pub attachments: Vec<Vec<u8>>,
    /// Ask the server for an acknowledgement; its time is measured as `<operation>.ack`.
    pub ack: bool,
    /// The answer to wait for; its time is measured as `<operation>`.
    pub answer: Option<AwaitedEvent>,
    pub timeout: Span,
    pub room: RoomEffect,
    pub required: bool,
}

#[derive(Debug, Clone)]
pub enum RoomEffect {
    None,
    /// From its answer (or ack) on, the user is a member of the room: messages to it are owed to the user.
    Enters(Template),
    /// From its sending on, the user is no member any more.
    Leaves(Template),
    /// A ledgered message to the room; its args contain `${tag}`. Measured as `<operation>.round_trip` and so on.
    Message(Template),
}

#[derive(Debug, Clone)]
pub struct WaitOp {
    pub operation: OperationId,
    pub answer: AwaitedEvent,
    pub timeout: Span,
    pub required: bool,
}

/// An inbound event that matches. The tests' templates are evaluated when the step begins to wait, not at each arrival:
/// what is waited for does not change while other tasks of the user set variables.
#[derive(Debug, Clone)]
pub struct AwaitedEvent {
    pub event: EventId,
    pub matches: Vec<Match>,
    pub save: Vec<Save>,
}

#[derive(Debug, Clone)]
pub struct Save {
    pub var: VarId,
    pub from: Source,
    /// Append to the (shared, by `once`) list instead of replacing the value.
    pub append: bool,
    /// A missing value fails the step, unless optional: then null is saved.
    pub optional: bool,
}

#[derive(Debug, Clone)]
pub enum Source {
    Body(Pointer),
    Header(String),
    Status,
}

#[derive(Debug, Clone)]
pub struct Match {
    pub field: Pointer,
    pub test: Test,
}

#[derive(Debug, Clone)]
pub enum Test {
    /// Equal to the template's value.
    Equals(Template),
    NotEquals(Template),
    /// Equal to one of these.
    OneOf(Vec<Template>),
    /// A string that contains the template's text, or an array that contains its value.
    Contains(Template),
    /// Not so; also true for a value that is not there.
    Lacks(Template),
    Exists(bool),
}

/// Where a value stands in an event's arguments or an HTTP answer: an RFC 6901 JSON pointer into one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// Which argument, counted from 0. Always 0 for HTTP answers.
    pub arg: usize,
    pub path: String,
}

impl Pointer {
    /// The value, if it is there.
    pub fn find<'a>(&self, args: &'a [Value]) -> Option<&'a Value> {
        args.get(self.arg)?.pointer(&self.path)
    }
}

/// A time to wait, as a distribution.
#[derive(Debug, Clone)]
pub enum Delay {
    /// Milliseconds from a template, so that variables can set them.
    Fixed(Template),
    Uniform(Template, Template),
    /// A Poisson process: exponential with this mean.
    Exponential(Template),
    /// Mean and standard deviation; never below zero.
    Normal(Template, Template),
}
