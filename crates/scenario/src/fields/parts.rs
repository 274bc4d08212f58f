//! What several parts of a scenario say in the same way.

use document::{Constraint, Field, Object, Type, Writing, optional, or, required};

use crate::expression::RESERVED;
use catalogue::reserved_patterns;

const MANY: usize = usize::MAX;

static HOLE: Writing = Writing::new("template", "Text with at least one ${...}.", "\\$\\{");
pub(super) const TEMPLATE: Type = Type::Written(&HOLE);
static NAME_OF_VARIABLE: Writing = Writing::new("variable_name", "", "^[A-Za-z_][A-Za-z0-9_]*$")
    .but(|| RESERVED.iter().map(|name| format!("^{name}$")).collect());
pub(super) const VARIABLE_NAME: Type = Type::Written(&NAME_OF_VARIABLE);

static NAME_OF_OPERATION: Writing =
    Writing::new("operation", "The name under which a step is measured.", "^[A-Za-z0-9_.:-]{1,64}$")
        .but(reserved_patterns);
pub(super) const OPERATION: Type = Type::AnyOf(&[Type::Written(&NAME_OF_OPERATION), TEMPLATE]);

static IN_BODY: Writing =
    Writing::new("pointer", "An RFC 6901 JSON pointer into an HTTP answer.", "^(/([^~]|~[01])*)?$");
static IN_EVENT: Writing = Writing::new(
    "event_pointer",
    "A JSON pointer into an event's first argument, or, behind its number, into another one: /user/id, 1/user/id.",
    "^[0-9]*(/([^~]|~[01])*)?$",
);
pub(super) const BODY_POINTER: Type = Type::AnyOf(&[Type::Written(&IN_BODY), TEMPLATE]);
pub(super) const EVENT_POINTER: Type = Type::AnyOf(&[Type::Written(&IN_EVENT), TEMPLATE]);

pub(super) const FLAG: Type = Type::AnyOf(&[Type::Flag, TEMPLATE]);
pub(super) const SHARE: Type = Type::AnyOf(&[Type::Number(0.0, 1.0), TEMPLATE]);
/// Above 0, at most an hour.
pub(super) const SECONDS: Type = Type::AnyOf(&[Type::Number(0.001, 3_600.0), TEMPLATE]);
/// At most a day.
pub(crate) const MILLISECONDS: Type = Type::AnyOf(&[Type::Number(0.0, 86_400_000.0), TEMPLATE]);

pub(super) const ANY_LIST: Type = Type::List(&Type::Any, 0, MANY);
pub(super) const NAMES: Type = Type::Set(&Type::Name);
pub(super) const OBJECT: Type = Type::Map(&Type::Text, &Type::Any, MANY);
pub(super) const NOTE: Field = optional("note", Type::Text, "for whoever reads the scenario");

pub(super) const fn timeout(usual: &'static str, meaning: &'static str) -> Field {
    or("timeout_s", SECONDS, usual, meaning)
}

/// Whether a failure ends the user.
pub(super) const MUST_SUCCEED: Field = optional("required", FLAG, "whether a failure ends the user").absent("by place");

const PAIR: Type = Type::List(&MILLISECONDS, 2, 2);

pub(crate) static DELAY: Object = Object::new(
    "delay",
    "How long to wait, in milliseconds.",
    &[
        optional("fixed_ms", MILLISECONDS, "always the same"),
        optional("uniform_ms", PAIR, "the least and the most, each time in between as likely"),
        optional("exponential_ms", MILLISECONDS, "the mean of a Poisson process"),
        optional("normal_ms", PAIR, "mean and standard deviation; never below 0"),
    ],
)
.with(&[Constraint::One]);

pub(crate) static TESTS: Object = Object::new(
    "test",
    "A test of a value.",
    &[
        optional("equals", Type::Any, "numbers by value"),
        optional("not", Type::Any, "anything else"),
        optional("one_of", ANY_LIST, "one of these"),
        optional("contains", Type::Any, "a text the text, a list the value"),
        optional("lacks", Type::Any, "does not contain it"),
        optional("exists", FLAG, "null does not exist"),
    ],
)
.with(&[Constraint::One]);
/// Anything but an object.
pub(super) const PLAIN_VALUE: Type =
    Type::AnyOf(&[Type::Null, Type::Flag, Type::Number(f64::MIN, f64::INFINITY), Type::Text, ANY_LIST]);
static TEST: Type = Type::AnyOf(&[PLAIN_VALUE, Type::Object(&TESTS)]);
/// Of an event that counts.
pub(super) const WHERE: Field =
    optional("where", Type::Map(&EVENT_POINTER, &TEST, MANY), "tests of its parts, by their pointers; all must hold");

/// Of an acknowledgement.
pub(super) const WHERE_YES: Field = optional(
    "where",
    Type::Map(&EVENT_POINTER, &TEST, MANY),
    "what a yes looks like: tests of its parts, all must hold",
)
.absent("it does not say no in a usual way");

static OF_BODY: Writing = Writing::new(
    "http_source",
    "Where in an HTTP answer: a header, its status, or a pointer into its JSON.",
    "^(status|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+|(/([^~]|~[01])*)?)$",
);
const BODY_SOURCE: Type = Type::AnyOf(&[Type::Written(&OF_BODY), TEMPLATE]);
const APPEND: Field = or("append", FLAG, "false", "adds to a list instead of replacing the value");
const MAY_MISS: Field = or("optional", FLAG, "false", "a missing value is saved as null and fails nothing");
pub(crate) static BODY_SAVE: Object =
    Object::new("http_save", "What is kept of an HTTP answer.", &[required("from", BODY_SOURCE, ""), APPEND, MAY_MISS]);
pub(crate) static EVENT_SAVE: Object =
    Object::new("event_save", "What is kept of an event.", &[required("from", EVENT_POINTER, ""), APPEND, MAY_MISS]);
static OF_HTTP: Type = Type::AnyOf(&[BODY_SOURCE, Type::Object(&BODY_SAVE)]);
static OF_EVENT: Type = Type::AnyOf(&[EVENT_POINTER, Type::Object(&EVENT_SAVE)]);
pub(super) const SAVES_OF_HTTP: Type = Type::Map(&VARIABLE_NAME, &OF_HTTP, MANY);
pub(super) const SAVES_OF_EVENT: Type = Type::Map(&VARIABLE_NAME, &OF_EVENT, MANY);
