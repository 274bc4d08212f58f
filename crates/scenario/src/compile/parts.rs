//! The small parts that steps and handlers share: names, pointers, tests, delays, saves, time-outs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Compiler;
use crate::expression::{is_name, is_reserved};
use crate::fields::{BODY_SAVE, DELAY, EVENT_SAVE, MILLISECONDS, TESTS};
use crate::ids::*;
use crate::program::*;
use crate::template::Template;
use base::time::Span;
use catalogue::{Reserved, reserved};
use document::{Choice, Fields, Node, did_you_mean, found, list_of, quoted};

impl Compiler<'_> {
    /// The name under which a step is measured: its `operation`, or else `default`.
    pub(super) fn operation_of(&mut self, fields: &Fields<'_>, default: Option<&str>) -> OperationId {
        let given = match fields.optional("operation") {
            Some(node) => self.known(&node, |node| node.name().map(|name| (name.to_owned(), node.path().to_owned()))),
            None => default.map(|name| (name.to_owned(), fields.node().path().to_owned())),
        };
        let Some((name, path)) = given else {
            if fields.optional("operation").is_none() {
                fields.node().problem("`operation` is missing: the name under which the step is measured");
            }
            return OperationId(0);
        };
        if let Some(complaint) = complaint_about_operation(&name) {
            self.problems.add(path, complaint);
        }
        self.operation(&name)
    }

    /// The id of an event that is named in full.
    pub(super) fn event_of(&mut self, node: Option<&Node<'_>>) -> EventId {
        let name = node.and_then(|node| self.known(node, |node| node.name().map(str::to_owned)));
        name.map_or(EventId(0), |name| {
            node.into_iter().for_each(|node| self.not_reserved(&name, node));
            self.event(&name)
        })
    }

    /// Socket.IO's own names are no events: a server that receives one hangs up, and a client takes none.
    pub(super) fn not_reserved(&self, name: &str, node: &Node<'_>) {
        if matches!(self.protocol, Protocol::SocketIo) && socketio::is_reserved(name) {
            node.problem(format!(
                "`{name}` is a name that Socket.IO keeps for itself: it cannot be sent or received as an event"
            ));
        }
    }

    /// Seconds in a field, or what its absence means.
    pub(super) fn seconds(&mut self, fields: &Fields<'_>, name: &'static str) -> Span {
        Span::from_secs_f64(self.known_number(fields, name))
    }

    /// A number that is known before the run, or what its absence means.
    pub(super) fn known_number(&mut self, fields: &Fields<'_>, name: &'static str) -> f64 {
        let definition = fields.definition(name);
        let given = fields.optional(name).and_then(|node| self.known(&node, |node| node.number_of(&definition.of)));
        given.or(definition.usual_number()).unwrap_or_default()
    }

    /// The same of a whole one.
    pub(super) fn whole(&mut self, fields: &Fields<'_>, name: &'static str) -> u64 {
        let definition = fields.definition(name);
        let given = fields.optional(name).and_then(|node| self.known(&node, |node| node.whole_of(&definition.of)));
        given.unwrap_or_else(|| definition.usual_number().unwrap_or_default() as u64)
    }

    /// One of a field's names, known before the run; `None`: the usual one.
    pub(super) fn choice<T: Choice>(&mut self, fields: &Fields<'_>, name: &'static str) -> Option<T> {
        fields.optional(name).and_then(|node| self.known(&node, |node| node.choice()))
    }

    /// `false` unless it says otherwise.
    pub(super) fn flag(&mut self, fields: &Fields<'_>, name: &'static str) -> bool {
        fields.optional(name).and_then(|node| self.known(&node, |node| node.boolean())).unwrap_or(false)
    }

    /// Whether a failure of the step ends the user.
    pub(super) fn must_succeed(&mut self, fields: &Fields<'_>) -> bool {
        let given = fields.optional("required").and_then(|node| self.known(&node, |node| node.boolean()));
        given.unwrap_or(self.place.required)
    }

    pub(super) fn variable(&mut self, name: &str, node: &Node<'_>) -> VarId {
        if !is_name(name) {
            node.problem(format!("{} is no name of a variable: letters, digits and _", quoted(name)));
        } else if is_reserved(name) {
            node.problem(format!("`{name}` has a meaning of its own in templates: choose another name"));
        }
        self.names.variables.get(name).copied().unwrap_or(VarId(0))
    }

    /// A pointer into an event's arguments (`in_event`) or an HTTP answer's body.
    pub(super) fn pointer(&mut self, node: &Node<'_>, in_event: bool) -> Option<Pointer> {
        self.known(node, |node| match node.value().as_str().map(|text| parse_pointer(text, in_event)) {
            Some(Ok(pointer)) => Some(pointer),
            Some(Err(hint)) => {
                node.problem(format!("expected a JSON pointer like `/user/id`, found {}{hint}", quoted_value(node)));
                None
            }
            None => {
                node.expected("a JSON pointer like `/user/id`");
                None
            }
        })
    }

    /// The tests of a `where`: every one must hold.
    pub(super) fn tests(&mut self, node: Option<&Node<'_>>) -> Vec<Match> {
        let entries = node.map(Node::entries).unwrap_or_default();
        entries
            .into_iter()
            .filter_map(|(pointer, test)| {
                let name = Value::from(pointer);
                let field = self.pointer(&Node::at(&name, test.path().to_owned(), self.problems), true);
                let test = self.test(&test);
                Some(Match { field: field?, test })
            })
            .collect()
    }

    fn test(&mut self, node: &Node<'_>) -> Test {
        let Some(object) = node.value().as_object() else { return Test::Equals(self.template(node)) };
        let kinds = TESTS.names();
        let known = object.len() == 1 && object.keys().all(|name| kinds.contains(&name.as_str()));
        let Some((kind, operand)) = node.entries().into_iter().next().filter(|_| known) else {
            let hint = object.keys().next().map_or_else(String::new, |name| did_you_mean(name, &kinds));
            let found = found(node.value());
            node.problem(format!(
                "expected a value, or an object with one of {}, found {found}{hint}",
                list_of(&kinds)
            ));
            return Test::Exists(true);
        };
        match kind {
            "equals" => Test::Equals(self.template(&operand)),
            "not" => Test::NotEquals(self.template(&operand)),
            "one_of" => Test::OneOf(operand.list().iter().map(|value| self.template(value)).collect()),
            "contains" => Test::Contains(self.template(&operand)),
            "lacks" => Test::Lacks(self.template(&operand)),
            _ => Test::Exists(self.known(&operand, |node| node.boolean()).unwrap_or(true)),
        }
    }

    /// Values to keep from an event (`in_event`) or an HTTP answer.
    pub(super) fn saves(&mut self, node: Option<&Node<'_>>, in_event: bool) -> Vec<Save> {
        let entries = node.map(Node::entries).unwrap_or_default();
        entries
            .into_iter()
            .filter_map(|(name, spec)| {
                let var = self.variable(name, &spec);
                if !spec.value().is_object() {
                    return Some(Save { var, from: self.source(&spec, in_event)?, append: false, optional: false });
                }
                let fields = spec.fields(if in_event { &EVENT_SAVE } else { &BODY_SAVE })?;
                let append = self.flag(&fields, "append");
                let optional = self.flag(&fields, "optional");
                Some(Save { var, from: self.source(&fields.required("from")?, in_event)?, append, optional })
            })
            .collect()
    }

    fn source(&mut self, node: &Node<'_>, in_event: bool) -> Option<Source> {
        let header = node.value().as_str().and_then(|text| text.strip_prefix("header:"));
        match (header, node.value().as_str()) {
            (Some(header), _) if !in_event && is_token(header) => Some(Source::Header(header.to_lowercase())),
            (Some(_), _) if !in_event => {
                node.expected("a header's name behind `header:`");
                None
            }
            (_, Some("status")) if !in_event => Some(Source::Status),
            _ => self.pointer(node, in_event).map(Source::Body),
        }
    }

    pub(super) fn delay(&mut self, node: &Node<'_>) -> Option<Delay> {
        let fields = node.fields(&DELAY)?;
        let given: Vec<_> = node.entries().into_iter().filter(|(name, _)| name.ends_with("_ms")).collect();
        let [(kind, value)] = &given[..] else {
            fields.node().expected(format_args!("an object with one of {}", list_of(&DELAY.names())));
            return None;
        };
        match *kind {
            "fixed_ms" => Some(Delay::Fixed(self.number(value, &MILLISECONDS))),
            "exponential_ms" => Some(Delay::Exponential(self.number(value, &MILLISECONDS))),
            "uniform_ms" => {
                let [low, high] = self.pair(value, "the least and the most milliseconds")?;
                if let (Some(least), Some(most)) = (constant_number(&low), constant_number(&high))
                    && least > most
                {
                    value.problem(format!("the least, {least}, is above the most, {most}"));
                }
                Some(Delay::Uniform(low, high))
            }
            "normal_ms" => {
                let [mean, deviation] = self.pair(value, "the mean and the standard deviation in milliseconds")?;
                Some(Delay::Normal(mean, deviation))
            }
            _ => None,
        }
    }

    fn pair(&mut self, node: &Node<'_>, what: &str) -> Option<[Template; 2]> {
        match node.value().as_array().map(Vec::len) {
            Some(2) => {
                let mut templates = node.list().into_iter().map(|value| self.number(&value, &MILLISECONDS));
                Some([templates.next()?, templates.next()?])
            }
            _ => {
                node.expected(format_args!("a list of two: {what}"));
                None
            }
        }
    }

    /// Bytes written as Base64.
    pub(super) fn bytes(&mut self, node: &Node<'_>) -> Vec<u8> {
        let Some(text) = node.text() else { return Vec::new() };
        STANDARD.decode(text).unwrap_or_else(|error| {
            node.problem(format!("expected Base64, found {}: {}", quoted(text), error.to_string().to_lowercase()));
            Vec::new()
        })
    }
}

fn constant_number(template: &Template) -> Option<f64> {
    template.as_constant().and_then(Value::as_f64)
}

fn quoted_value(node: &Node<'_>) -> String {
    node.value().as_str().map_or_else(String::new, |text| format!("the text {}", quoted(text)))
}

/// What is wrong with an operation's name, if anything is: it becomes part of metric names and thresholds.
fn complaint_about_operation(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    if !name.chars().all(plain) || name.len() > LONGEST_OPERATION {
        let name = quoted(name);
        return Some(format!("{name} cannot name an operation: expected letters, digits, `_`, `-`, `.` and `:`"));
    }
    Some(match reserved(name)? {
        Reserved::Engines => {
            format!("`{name}` is measured by the engine itself: choose another name for the operation")
        }
        Reserved::EndsLike(ending) => {
            format!("`{name}` ends like a metric of another operation (`{ending}`): choose another name")
        }
    })
}

/// Why a text is no pointer, in words that follow it: a hint at what was meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum PointerError {
    #[error(", did you mean `/{meant}`?")]
    NoSlash { meant: String },
    #[error(": `~` is written `~0`")]
    Tilde,
    #[error(": the argument's number is too large")]
    Argument,
}

fn parse_pointer(text: &str, in_event: bool) -> Result<Pointer, PointerError> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (arg, path) = if in_event { text.split_at(digits) } else { ("", text) };
    if !path.is_empty() && !path.starts_with('/') {
        let meant = path.trim_start_matches("$.").replace(['.', '['], "/").replace(']', "");
        return Err(PointerError::NoSlash { meant });
    }
    let escapes = path.match_indices('~').all(|(at, _)| matches!(path.as_bytes().get(at + 1), Some(b'0' | b'1')));
    if !escapes {
        return Err(PointerError::Tilde);
    }
    match arg.parse() {
        Ok(arg) => Ok(Pointer { arg, path: path.to_owned() }),
        Err(_) if arg.is_empty() => Ok(Pointer { arg: 0, path: path.to_owned() }),
        Err(_) => Err(PointerError::Argument),
    }
}

/// What HTTP allows as a header's or a method's name.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

const LONGEST_OPERATION: usize = 64;
