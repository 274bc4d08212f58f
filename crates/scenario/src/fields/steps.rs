//! Steps: each an object whose first field says what it does.

use document::{Constraint, Object, Type, optional, or, required};

use super::parts::*;
use crate::program::{MicMode, Until};

/// A step is one of these.
static STEPS: [Type; 16] = [
    Type::Object(&HTTP_STEP),
    Type::Object(&EMIT_STEP),
    Type::Object(&WAIT_STEP),
    Type::Object(&THINK_STEP),
    Type::Object(&SET_STEP),
    Type::Object(&PUSH_STEP),
    Type::Object(&CHOOSE_STEP),
    Type::Object(&IF_STEP),
    Type::Object(&REPEAT_STEP),
    Type::Object(&MIC_STEP),
    Type::Object(&SPEAK_STEP),
    Type::Object(&LISTEN_STEP),
    Type::Object(&FAIL_STEP),
    Type::Object(&ENTERS_STEP),
    Type::Object(&LEAVES_STEP),
    Type::OneOf(&["leave"]),
];
static STEP: Type = Type::AnyOf(&STEPS);
/// Steps have steps.
pub(super) const STEP_LIST: Type = Type::Again(|| Type::List(&STEP, 0, usize::MAX));

/// What a step may do; an exported script's runtime does each of these, too.
pub fn step_kinds() -> Vec<&'static str> {
    let kind = |step: &Type| match step {
        Type::Object(object) => object.fields[0].name,
        text => text.names().expect("it is no object, but a text")[0],
    };
    STEPS.iter().map(kind).collect()
}

/// The fields of a step that does this. `leave` is none: who writes it as an object is told so.
pub(crate) fn step_of(kind: &str) -> &'static Object {
    let mut objects =
        STEPS.iter().filter_map(|step| if let Type::Object(object) = step { Some(*object) } else { None });
    objects.find(|object| object.fields[0].name == kind).unwrap_or(&LEAVE_STEP)
}

static HTTP_STEP: Object =
    Object::new("http_step", "One HTTP exchange.", &[required("http", Type::Object(&HTTP), ""), NOTE]);
static EMIT_STEP: Object = Object::new(
    "emit_step",
    "Sends an event; waits for its answer, else for its ack, else for nothing.",
    &[required("emit", Type::Object(&EMIT), ""), NOTE],
);
static WAIT_STEP: Object =
    Object::new("wait_step", "Waits for an event.", &[required("wait", Type::Object(&WAIT), ""), NOTE]);
static THINK_STEP: Object = Object::new("think_step", "Waits.", &[required("think", Type::Object(&DELAY), ""), NOTE]);
static SET_STEP: Object = Object::new(
    "set_step",
    "Sets variables, in alphabetical order: use two steps when one value needs another.",
    &[required("set", Type::Map(&VARIABLE_NAME, &Type::Any, usize::MAX), ""), NOTE],
);
static PUSH_STEP: Object =
    Object::new("push_step", "Appends to a list.", &[required("push", Type::Object(&PUSH), ""), NOTE]);
static CHOOSE_STEP: Object = Object::new(
    "choose_step",
    "Plays one branch by chance.",
    &[required("choose", Type::List(&Type::Object(&BRANCH), 1, usize::MAX), ""), NOTE],
);
static IF_STEP: Object = Object::new(
    "if_step",
    "Plays one of two branches.",
    &[required("if", Type::Any, ""), required("then", STEP_LIST, ""), optional("else", STEP_LIST, ""), NOTE],
);
static REPEAT_STEP: Object = Object::new(
    "repeat_step",
    "Plays steps so many times.",
    &[required("repeat", TIMES, ""), required("steps", STEP_LIST, ""), NOTE],
);
static MIC_STEP: Object = Object::new("mic_step", "Switches the microphone.", &[required("mic", MIC, ""), NOTE]);
static SPEAK_STEP: Object =
    Object::new("speak_step", "Says a clip.", &[required("speak", Type::Object(&SPEAK), ""), NOTE]);
static LISTEN_STEP: Object = Object::new(
    "listen_step",
    "Waits for an answer and hears it.",
    &[required("listen", Type::Object(&LISTEN), ""), NOTE],
);
static FAIL_STEP: Object =
    Object::new("fail_step", "Counts an error.", &[required("fail", Type::Object(&FAIL), ""), NOTE]);
static ENTERS_STEP: Object = Object::new(
    "enters_step",
    "From now on the user is a member of this room: for servers that say so by an event.",
    &[required("enters", Type::Text, "the room's id"), NOTE],
);
static LEAVES_STEP: Object = Object::new(
    "leaves_step",
    "From now on the user is no member of this room.",
    &[required("leaves", Type::Text, "the room's id"), NOTE],
);
/// Nobody writes it so: it gets an error that says how it is written.
static LEAVE_STEP: Object = Object::new("leave_step", "", &[required("leave", Type::Any, ""), NOTE]);

const TIMES: Type = Type::AnyOf(&[Type::Number(0.0, 1_000_000_000.0), TEMPLATE]);

pub static HTTP: Object = Object::new(
    "http",
    "One HTTP exchange.",
    &[
        required("operation", OPERATION, "the name under which it is measured"),
        required("url", Type::Text, "http or https"),
        optional("method", METHOD, "").absent("`POST` with a body, else `GET`"),
        optional("headers", OBJECT, "by their names"),
        optional("json", Type::Any, "a body as JSON"),
        optional("form", OBJECT, "a body as URL-encoded fields"),
        optional("file", Type::Object(&FILE), "a body as multipart/form-data"),
        optional("expect", Type::List(&Type::Whole(100, 599), 0, usize::MAX), "statuses that are a success")
            .absent("200 to 299"),
        optional(
            "save",
            SAVES_OF_HTTP,
            "variables from a pointer into the answer's JSON, `header:x-name` or `status`; or an object with `from`, `append` and `optional`",
        )
        .absent("nothing"),
        optional("error_code", BODY_POINTER, "pointer to the code in an unexpected answer").absent("the status is the code"),
        timeout("30", "seconds for the whole exchange"),
        MUST_SUCCEED,
    ],
)
.with(&[Constraint::AtMostOne(&["json", "form", "file"])]);
const METHOD: Type =
    Type::AnyOf(&[Type::OneOf(&["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]), TEMPLATE]);

pub(crate) static FILE: Object = Object::new(
    "file",
    "A file that is uploaded.",
    &[
        or("field", Type::Name, "\"file\"", "the form's field"),
        required("name", Type::Text, "the file's name"),
        required("mime", Type::Name, "its type"),
        required("base64", Type::Text, "its bytes as Base64"),
    ],
);

pub static EMIT: Object = Object::new(
    "emit",
    "Sends an event.",
    &[
        required(
            "event",
            Type::Text,
            "with Socket.IO none of its own names (`connect`, `disconnect`, ...): a server hangs up on them",
        ),
        optional(
            "args",
            ANY_LIST,
            "list of arguments; a plain WebSocket takes one object, which gets the event field. `{\"$binary\": \"<Base64>\"}` anywhere becomes a binary attachment",
        )
        .absent("`[]`"),
        or(
            "ack",
            Type::AnyOf(&[Type::Flag, TEMPLATE, Type::Object(&ACK)]),
            "false",
            "ask for an acknowledgement (Socket.IO), which is measured; an object says how to read it, see below. Where there is an `answer`, nothing waits for it: one that does not come in time is the error `ack timeout` and ends nobody",
        ),
        optional("operation", OPERATION, "the name under which it is measured").absent("the event's name"),
        optional(
            "answer",
            Type::Object(&ANSWER),
            "the event to wait for (`event`, `where`, `save`); measured as `<operation>`. Templates in `where` are evaluated when the event is sent",
        ),
        timeout("10", "seconds for answer, ack and own broadcast"),
        optional(
            "enters",
            Type::Text,
            "the room whose member the user is from the answer (else the ack) on: messages to it are owed to the user",
        ),
        optional("leaves", Type::Text, "the room it is no member of from now on"),
        optional(
            "message",
            Type::Text,
            "the room to which this is a ledgered message. Its arguments contain `${tag}` somewhere in a text that the server broadcasts unchanged; the step does not wait for the broadcast",
        ),
        MUST_SUCCEED,
    ],
)
.with(&[Constraint::AtMostOne(&["enters", "leaves", "message"])]);

pub static ACK: Object = Object::new(
    "ack",
    "What an acknowledgement says. Its pointers lead into its first argument, or, behind a number, into another one.",
    &[
        WHERE_YES,
        optional("save", SAVES_OF_EVENT, "variables from its parts, if it is a yes").absent("nothing"),
        optional("code", EVENT_POINTER, "where a no has its code, a text or a number").absent("the usual places"),
    ],
);

pub(crate) static ANSWER: Object = Object::new(
    "answer",
    "An event that is waited for.",
    &[
        required("event", Type::Name, ""),
        WHERE,
        optional("save", SAVES_OF_EVENT, "variables from its parts").absent("nothing"),
    ],
);

pub static WAIT: Object = Object::new(
    "wait",
    "Waits for an event.",
    &[
        required("event", Type::Name, "the event to wait for"),
        WHERE,
        optional("save", SAVES_OF_EVENT, "variables from its parts").absent("nothing"),
        optional("operation", OPERATION, "the name under which it is measured").absent("the event's name"),
        timeout("10", "seconds"),
        MUST_SUCCEED,
    ],
);

pub(crate) static PUSH: Object = Object::new(
    "push",
    "Appends to a list.",
    &[
        required("var", VARIABLE_NAME, ""),
        required("value", Type::Any, ""),
        or("max", Type::AnyOf(&[Type::Whole(1, 100_000), TEMPLATE]), "100", "beyond so many entries the oldest goes"),
    ],
);

pub(crate) static BRANCH: Object = Object::new(
    "branch",
    "One branch of a choice.",
    &[
        or("weight", Type::AnyOf(&[Type::Number(0.0, f64::INFINITY), TEMPLATE]), "1", "how likely, beside the others"),
        required("steps", STEP_LIST, ""),
        NOTE,
    ],
);

pub(crate) static FAIL: Object = Object::new(
    "fail",
    "Counts an error.",
    &[required("operation", OPERATION, ""), required("code", Type::Any, ""), optional("message", Type::Any, "")],
);

const MIC: Type = Type::AnyOf(&[Type::OneOf(MicMode::NAMES), TEMPLATE]);

pub static SPEAK: Object = Object::new(
    "speak",
    "Says a clip; over when its last frame has been sent.",
    &[
        required("clip", Type::Name, "name of a clip: `order`, `weather`, `weekend`, or one that the page holds"),
        or(
            "gain_db",
            Type::AnyOf(&[Type::Number(-30.0, 12.0), TEMPLATE, Type::Null]),
            "0",
            "louder or softer, in steps of 3",
        ),
        optional(
            "noise_db",
            Type::AnyOf(&[Type::Number(-78.0, -12.0), TEMPLATE, Type::Null]),
            "white noise at this level below full scale, in steps of 6; null: none",
        ),
        optional(
            "length_s",
            Type::AnyOf(&[Type::Number(0.1, 600.0), TEMPLATE, Type::Null]),
            "seconds to speak, rounded to whole frames: the clip is cut, or said again and again; null: as long as it is",
        ),
        or("operation", OPERATION, "\"speak\"", "the name under which it is measured"),
    ],
);

pub static LISTEN: Object = Object::new(
    "listen",
    "Waits for the answer of a turn and hears it to its end.",
    &[
        or("first_audio_s", SECONDS, "15", "how long to wait for the first audio"),
        or("end_s", SECONDS, "60", "and then for the end"),
        or(
            "until",
            Type::AnyOf(&[Type::OneOf(Until::NAMES), TEMPLATE]),
            "\"played\"",
            "`received`: over with the event that ends the answer",
        ),
        or("operation", OPERATION, "\"answer\"", "the name under which it is measured"),
        MUST_SUCCEED,
        optional(
            "barge_in",
            Type::Object(&BARGE_IN),
            "`{\"probability\", \"delay\", \"steps\"}`: with this probability the step is left so long after the first audio, and the steps run (typically `speak` and `listen`) while the answer goes on",
        ),
    ],
);

pub(crate) static BARGE_IN: Object = Object::new(
    "barge_in",
    "Leaves an answer before its end.",
    &[
        required("probability", SHARE, ""),
        required("delay", Type::Object(&DELAY), "from the answer's first audio on"),
        required("steps", STEP_LIST, ""),
    ],
);
