//! The document, and everything in it that is no step.

use document::{Object, Type, Writing, optional, or, required};

use super::parts::*;
use super::steps::STEP_LIST;
use super::voice::AUDIO;
use crate::program::{AfterFlow, Owed, WhenRefused};

document::choices! {
    /// What a user does when its connection is lost, in one word.
    #[derive(Debug, Clone, Copy)]
    pub(crate) enum WhenLost {
        None = "none",
        Backoff = "backoff",
        LogIn = "log_in",
    }
}

document::choices! {
    #[derive(Debug, Clone, Copy)]
    pub(crate) enum TimeUnit {
        Seconds = "s",
        Milliseconds = "ms",
    }
}

pub static SCENARIO: Object = Object::new(
    "scenario",
    "What one virtual user does. docs/scenario.md explains every part; a document that passes here can still have problems that only the compiler sees, such as an unknown variable.",
    &[
        optional("$schema", Type::Text, ""),
        required("version", Type::Whole(1, 1), "always 1"),
        required("name", Type::Name, "of the scenario"),
        optional("title", Type::Name, "for people"),
        optional("description", Type::Text, "for people"),
        required(
            "protocol",
            Type::AnyOf(&[Type::OneOf(&["socketio", "websocket"]), Type::Object(&PLAIN_WEBSOCKET)]),
            "Engine.IO 4 and Socket.IO 5 over WebSocket only; or JSON objects in text frames, with the event's name in the field `type` or in that of `{\"websocket\": {\"event_field\": \"...\"}}`",
        ),
        optional("variables", Type::Map(&VARIABLE_NAME, &VARIABLE_VALUE, usize::MAX), "see Variables"),
        optional("once", STEP_LIST, "steps for the run: no connection, its own account"),
        optional("before", STEP_LIST, "steps of each user before it connects"),
        required("connect", Type::Object(&CONNECT), "how to connect"),
        optional("flow", STEP_LIST, "steps of each user when it is connected"),
        optional("rejoin", STEP_LIST, "steps after a reconnect").absent("`flow` again"),
        optional("storm", STEP_LIST, "steps that bring all users into one room, for the tester's join storm"),
        optional("finish", STEP_LIST, "steps of a user that leaves; the connection is closed afterwards"),
        or(
            "after_flow",
            Type::OneOf(AfterFlow::NAMES),
            "\"stay\"",
            "`leave`: run `finish` and end (in a closed load the user then starts anew)",
        ),
        optional("every", Type::List(&Type::Object(&TIMER), 0, usize::MAX), "timers"),
        optional("on", Type::List(&Type::Object(&REACTION), 0, usize::MAX), "reactions"),
        optional(
            "errors",
            Type::List(&Type::Object(&ERROR_RULE), 0, usize::MAX),
            "which events say that something failed",
        ),
        optional("delivery", Type::Object(&DELIVERY), "which event brings ledgered messages"),
        optional(
            "count",
            NAMES,
            "events that need no answer, named so that they are counted without being looked into",
        ),
        optional("audio", Type::Object(&AUDIO), "how audio travels to and from a voice service"),
        optional("contract", Type::Object(&CONTRACT), "what inbound events should look like"),
        optional(
            "consistency",
            Type::Object(&CONSISTENCY),
            "how some users compare the server's history with what they received",
        ),
    ],
);

pub(crate) static PLAIN_WEBSOCKET: Object =
    Object::new("plain_websocket", "", &[required("websocket", Type::Object(&PLAIN), "")]);
pub(crate) static PLAIN: Object =
    Object::new("event_field", "", &[required("event_field", Type::Name, "where a frame has the event's name")]);

static VARIABLE_VALUE: Type = Type::AnyOf(&[PLAIN_VALUE, Type::Object(&VARIABLE)]);
pub(crate) static VARIABLE: Object = Object::new(
    "variable",
    "",
    &[
        optional("default", Type::Any, "any value; texts in it may be templates").absent("a step sets it"),
        optional("doc", Type::Text, "for people"),
        optional("min", Type::Number(f64::MIN, f64::INFINITY), "the least that it may be"),
        optional("max", Type::Number(f64::MIN, f64::INFINITY), "the most"),
        optional("one_of", ANY_LIST, "all that it may be"),
        optional("format", Type::OneOf(&["url", "whole"]), "an address; a number without a fraction"),
        or("live", Type::Flag, "false", "a tester may set it while users run"),
    ],
);

pub static CONNECT: Object = Object::new(
    "connect",
    "How to connect.",
    &[
        required("url", Type::Text, "http(s) or ws(s); the path is added"),
        optional("path", Type::Text, "Engine.IO path (Socket.IO only)").absent("`/socket.io/`"),
        optional("query", OBJECT, "more query parameters; one whose value is null is left out"),
        optional("namespace", Type::Text, "Socket.IO namespace").absent("`/`"),
        optional("auth", Type::AnyOf(&[OBJECT, TEMPLATE]), "object for the CONNECT packet"),
        optional("protocols", ANY_LIST, "WebSocket subprotocols; one that is null or empty is left out"),
        optional(
            "error_code",
            EVENT_POINTER,
            "where the code stands in what a refused connection is told (Socket.IO only)",
        )
        .absent("`/data/code`, `/code` or a number at `/data`, else the message is the code"),
        timeout("20", "seconds for the whole handshake"),
        or(
            "reconnect",
            Type::AnyOf(&[Type::OneOf(WhenLost::NAMES), TEMPLATE, Type::Object(&BACKOFF)]),
            "\"backoff\"",
            "when the connection is lost, see below",
        ),
    ],
);

/// As socket.io-client's: without end, 1 s doubled up to 5 s, spread by half.
pub static BACKOFF: Object = Object::new(
    "backoff",
    "Comes back after pauses that double.",
    &[
        or("initial_ms", Type::Whole(1, 3_600_000), "1000", "the first pause"),
        or("max_ms", Type::Whole(1, 3_600_000), "5000", "the longest"),
        or("jitter", Type::Number(0.0, 1.0), "0.5", "how far each is spread, as a share of it"),
        optional("attempts", Type::Whole(1, 1_000_000), "so many in a row").absent("without end"),
        or("refused", Type::OneOf(WhenRefused::NAMES), "\"give_up\"", "`log_in`: who is refused plays `before` again"),
    ],
);

pub(crate) static TIMER: Object = Object::new(
    "timer",
    "Runs steps again and again once the flow has ended.",
    &[
        required("name", Type::Name, ""),
        required("interval", Type::Object(&DELAY), "from tick to tick"),
        optional("first", Type::Object(&DELAY), "how long after the flow's end the first tick is due")
            .absent("a random share of one interval"),
        optional("times", Type::Any, "at most so many ticks; null: no end").absent("no end"),
        or("flushes", FLAG, "false", "it sends what has gathered: it ticks once more when the user stops working"),
        required("steps", STEP_LIST, ""),
        NOTE,
    ],
);

pub(crate) static REACTION: Object = Object::new(
    "reaction",
    "Runs steps when an event arrives.",
    &[
        required("event", Type::Name, ""),
        WHERE,
        or("probability", SHARE, "1", "drawn for each arrival"),
        optional("delay", Type::Object(&DELAY), "before the steps"),
        or("duplicates", FLAG, "false", "copies of a ledgered message that arrived before count as well"),
        required("steps", STEP_LIST, ""),
        NOTE,
    ],
);

pub(crate) static ERROR_RULE: Object = Object::new(
    "error_rule",
    "An event that says that something failed.",
    &[
        required("event", Type::Name, ""),
        WHERE,
        optional("fails", Type::Name, "the operation whose oldest open instance failed").absent("the event"),
        optional("code", EVENT_POINTER, "where the code stands").absent("the message"),
        optional("message", EVENT_POINTER, "where the message stands"),
        optional("pause", Type::Object(&PAUSE), "silences a timer"),
        or("ends_user", FLAG, "false", "the user leaves, and its connection counts as ended by the server"),
        NOTE,
    ],
);

pub(crate) static PAUSE: Object = Object::new(
    "pause",
    "Silences a timer for the time that the event names.",
    &[
        required("timer", Type::Name, ""),
        required("field", EVENT_POINTER, "where the time stands"),
        required("unit", Type::OneOf(TimeUnit::NAMES), ""),
    ],
);

pub static DELIVERY: Object = Object::new(
    "delivery",
    "The event that brings ledgered messages, and to whom.",
    &[
        required("event", Type::Name, "the event that brings them"),
        optional("operation", OPERATION, "that of the emits with `message`; who only listens names it as it likes")
            .absent("theirs"),
        or(
            "to",
            Type::AnyOf(&[Type::OneOf(Owed::NAMES), TEMPLATE]),
            "\"room\"",
            "`room`: to the members of the room that `message` names; `everybody`: to all who are connected, whatever it names, and no step need enter anything",
        ),
        or(
            "own_copies",
            Type::AnyOf(&[Type::Whole(0, 10), TEMPLATE]),
            "1",
            "how often a message comes to its own sender. 0: never, then only an ack shows that it was taken, or another member that has it; what comes more often is counted as `own_copies`",
        ),
    ],
);

static TYPES_OF_FIELD: Writing = Writing::new(
    "json_types",
    "JSON types, several with |.",
    "^ *(string|number|integer|boolean|array|object|null|any) *(\\| *(string|number|integer|boolean|array|object|null|any) *)*$",
);
static SHAPES: Type = Type::Map(&Type::Text, &Type::Written(&TYPES_OF_FIELD), usize::MAX);
pub(crate) static CONTRACT: Object = Object::new(
    "contract",
    "What inbound events should look like: paths and types.",
    &[required("events", Type::Map(&Type::Text, &SHAPES, usize::MAX), "")],
);

pub(crate) static CONSISTENCY: Object = Object::new(
    "consistency",
    "How some users compare the server's history with what they received, at the end.",
    &[
        required("steps", STEP_LIST, "that ask for the history"),
        required("event", Type::Name, "that brings a page of it"),
        required("messages", EVENT_POINTER, "its list of messages"),
        required("text", BODY_POINTER, "where in an entry the text with the tag stands"),
        optional("id", BODY_POINTER, "where in an entry its id stands"),
        optional("read", Type::Object(&READ), "how it says who has read a message"),
    ],
);
pub(crate) static READ: Object = Object::new(
    "read_state",
    "",
    &[
        optional("when", Type::Any, "whether it is looked at").absent("always"),
        required("readers", BODY_POINTER, "where in an entry its list of readers stands"),
        optional("reader", BODY_POINTER, "where in an entry of that list the user stands").absent("the entry itself"),
        required("me", Type::Any, "this user, as the server names it"),
        optional("marks", Type::Object(&MARKS), "what the user does to mark messages as read"),
    ],
);
pub(crate) static MARKS: Object = Object::new(
    "read_marks",
    "",
    &[
        required("operation", Type::Name, "that marks messages"),
        required("ids", EVENT_POINTER, "where in what it sends the ids stand"),
    ],
);
