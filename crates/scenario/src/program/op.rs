//! The operations: what one step of a block does.

use super::Match;
use crate::ids::{EventId, OperationId, Pc, Pointer, VarId};
use crate::template::Template;
use base::time::Span;

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
    /// The user is a member of the room from now on.
    Enter(Template),
    /// The user is no member of the room from now on.
    Exit(Template),
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
            | Self::Enter(_)
            | Self::Exit(_)
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
    /// How to read the acknowledgement that the server is asked for; its time is measured as `<operation>.ack`.
    pub ack: Option<AwaitedAck>,
    /// The answer to wait for; its time is measured as `<operation>`.
    pub answer: Option<AwaitedEvent>,
    pub timeout: Span,
    pub room: RoomEffect,
    pub required: bool,
}

/// An acknowledgement can say no.
#[derive(Debug, Clone, Default)]
pub struct AwaitedAck {
    /// What a yes looks like; empty: it does not say no in a usual way.
    pub matches: Vec<Match>,
    pub save: Vec<Save>,
    /// Where a no has its code; `None`: in the usual places.
    pub code: Option<Pointer>,
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

document::choices! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum MicMode {
        #[default]
        Off = "off",
        /// An unbroken stream: utterances, and silence between them.
        Continuous = "continuous",
        /// From the beginning of an utterance to the first audio of its answer: the silence lets the service hear the end.
        WhileSpeaking = "while_speaking",
        /// Utterances and nothing else.
        PushToTalk = "push_to_talk",
    }
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

document::choices! {
    /// When an answer is over for who listens to it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Until {
        /// When its last sample has been played.
        #[default]
        Played = "played",
        /// When its end has arrived, as for a client that reads instead of hearing.
        Received = "received",
    }
}

/// Leaves an answer before its end to run other steps, which begin right behind the step.
#[derive(Debug, Clone)]
pub struct BargeIn {
    pub probability: Template,
    /// From the answer's first audio on.
    pub delay: Delay,
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
