//! Document to [`Program`]: one walk that reports everything that is wrong and lays out the operations.
//!
//! Values that are known before the run (variables no step sets) are folded in, and what they make unreachable, such as
//! reactions with probability 0, is left out: an event that only such code would look at stays uninspected at run time.

mod audio;
mod consistency;
mod contract;
mod handlers;
mod messages;
mod parts;
mod requests;
mod steps;
mod variables;

use serde_json::{Map, Value};

use super::expression::KnownNames;
use super::fields::{PLAIN, PLAIN_WEBSOCKET, SCENARIO};
use super::ids::*;
use super::program::*;
use super::template::Template;
use document::{Fields, Node, Type};
use document::{Problem, Problems};

/// Compiles a scenario document, with some of its variables' defaults replaced. Everything that is wrong is reported
/// at once; the path of a problem with an override begins with `overrides.`.
pub fn compile(document: &Value, overrides: &Map<String, Value>) -> Result<Program, Vec<Problem>> {
    let problems = Problems::default();
    let root = Node::root(document, &problems);
    let program = root.fields(&SCENARIO).map(|fields| program(&fields, overrides, &problems));
    match program {
        Some(program) => problems.or(program),
        None => Err(problems.into_vec()),
    }
}

/// Far beyond any real scenario; keeps every id within its 16 bits.
const MOST_NAMES: usize = 1_000;

fn program(fields: &Fields<'_>, overrides: &Map<String, Value>, problems: &Problems) -> Program {
    let mut names = KnownNames::default();
    header(fields);
    let document = fields.node().value();
    let variables = variables::variables(document, fields.optional("variables"), overrides, &mut names, problems);
    let mut compiler = Compiler::new(names, protocol(fields), problems);
    let program = compiler.blocks(fields, variables);
    compiler.check_sizes(fields.node(), &program);
    program
}

fn header(fields: &Fields<'_>) {
    if let Some(version) = fields.required("version")
        && version.value().as_u64() != Some(1)
    {
        version.expected("the number 1");
    }
    fields.optional("title").map(|title| title.name());
    fields.optional("description").map(|description| description.text());
}

fn protocol(fields: &Fields<'_>) -> Protocol {
    let Some(node) = fields.required("protocol") else { return Protocol::SocketIo };
    if !node.value().is_object() {
        let plain = node.value().as_str() == Some("websocket");
        if plain {
            return Protocol::WebSocket { event_field: "type".into() };
        }
        node.one_of(&[("socketio", ()), ("websocket", ())]);
        return Protocol::SocketIo;
    }
    let inner = node.fields(&PLAIN_WEBSOCKET).and_then(|fields| fields.required("websocket"));
    let event_field = inner.and_then(|inner| inner.fields(&PLAIN)?.required("event_field")?.name());
    Protocol::WebSocket { event_field: event_field.unwrap_or("type").to_owned() }
}

/// Where steps stand: what they may do there, and what their failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    connected: bool,
    /// Whether a failed step ends the user (in `once`: the run) unless it says otherwise.
    required: bool,
}

struct Compiler<'p> {
    problems: &'p Problems,
    names: KnownNames,
    protocol: Protocol,
    events: Vec<String>,
    operations: Vec<String>,
    ops: Vec<Op>,
    place: Place,
    /// Path and operation of every step that sends ledgered messages.
    messages: Vec<(String, OperationId)>,
    /// Every timer's name, with its index unless it can never tick.
    timer_names: Vec<(String, Option<usize>)>,
    /// The document has an `audio` section.
    has_audio: bool,
}

impl<'p> Compiler<'p> {
    fn new(names: KnownNames, protocol: Protocol, problems: &'p Problems) -> Self {
        Self {
            problems,
            names,
            protocol,
            events: Vec::new(),
            operations: Vec::new(),
            ops: Vec::new(),
            place: BEFORE_CONNECT,
            messages: Vec::new(),
            timer_names: Vec::new(),
            has_audio: false,
        }
    }

    fn blocks(&mut self, fields: &Fields<'_>, variables: Vec<Variable>) -> Program {
        let name = fields.required("name").and_then(|name| name.name()).unwrap_or_default().to_owned();
        let audio = audio::audio(self, fields.optional("audio").as_ref());
        let once = fields.optional("once").map(|once| self.block(Some(&once), BEFORE_CONNECT));
        let before = self.block(fields.optional("before").as_ref(), BEFORE_CONNECT);
        let connect = handlers::connect(self, fields.required("connect").as_ref());
        let flow = self.block(fields.optional("flow").as_ref(), IN_FLOW);
        let rejoin = fields.optional("rejoin").map(|rejoin| self.block(Some(&rejoin), IN_FLOW));
        let storm = fields.optional("storm").map(|storm| self.block(Some(&storm), IN_FLOW));
        let finish = self.block(fields.optional("finish").as_ref(), ON_THE_SIDE);
        let after_flow = fields.choice("after_flow");
        let timers = handlers::timers(self, fields.optional("every").as_ref());
        let reactions = handlers::reactions(self, fields.optional("on").as_ref());
        let consistency = consistency::consistency(self, fields.optional("consistency").as_ref());
        let delivery = handlers::delivery(self, fields.optional("delivery").as_ref());
        let errors = handlers::errors(self, fields.optional("errors").as_ref());
        handlers::counted(self, fields.optional("count").as_ref());
        let contract = contract::contract(self, fields.optional("contract").as_ref());
        let mut program = Program {
            name,
            protocol: self.protocol.clone(),
            variables,
            events: self.events.drain(..).map(|name| NamedEvent { name, count_only: true }).collect(),
            operations: std::mem::take(&mut self.operations),
            counters: std::mem::take(&mut self.names.counters),
            account_columns: std::mem::take(&mut self.names.account_columns),
            ops: std::mem::take(&mut self.ops),
            once,
            before,
            connect,
            flow,
            rejoin,
            storm,
            finish,
            after_flow: after_flow.unwrap_or(AfterFlow::Stay),
            timers,
            reactions,
            errors,
            delivery,
            audio,
            contract,
            consistency,
        };
        mark_examined(&mut program);
        program
    }

    fn check_sizes(&self, document: &Node<'_>, program: &Program) {
        let sizes = [
            ("variables", program.variables.len()),
            ("events", program.events.len()),
            ("operations", program.operations.len()),
        ];
        for (what, size) in sizes {
            if size > MOST_NAMES {
                document.problem(format!("too many {what}: {size}, at most {MOST_NAMES}"));
            }
        }
    }

    /// Steps, laid out at the end of the program; gives where they start.
    fn block(&mut self, steps: Option<&Node<'_>>, place: Place) -> Pc {
        self.place = place;
        let start = self.pc();
        if let Some(steps) = steps {
            self.steps(steps);
        }
        self.ops.push(Op::End);
        start
    }

    fn pc(&self) -> Pc {
        Pc::try_from(self.ops.len()).expect("a document is far smaller than 4 G operations")
    }

    fn template(&mut self, node: &Node<'_>) -> Template {
        Template::compile(node, &mut self.names)
    }

    /// Reads a field whose value must be known before the run; it may be a template of variables that no step sets.
    fn known<T>(&mut self, node: &Node<'_>, read: impl FnOnce(&Node<'_>) -> Option<T>) -> Option<T> {
        if !node.value().as_str().is_some_and(|text| text.contains("${")) {
            return read(node);
        }
        let reported = self.problems.len();
        let template = self.template(node);
        match template.as_constant() {
            _ if self.problems.len() > reported => None,
            Some(value) => read(&Node::at(value, node.path().to_owned(), self.problems)),
            None => {
                node.problem("must be known before the run: only variables that no step sets can stand here");
                None
            }
        }
    }

    /// A template whose value, where it is known already, must be a number within the range.
    fn number(&mut self, node: &Node<'_>, kind: &Type) -> Template {
        let reported = self.problems.len();
        let template = self.template(node);
        if self.problems.len() == reported
            && let Some(value) = template.as_constant()
        {
            Node::at(value, node.path().to_owned(), self.problems).number_of(kind);
        }
        template
    }

    /// The same of a field, or what its absence means.
    fn number_or_usual(&mut self, fields: &Fields<'_>, name: &'static str) -> Template {
        let definition = fields.definition(name);
        match fields.optional(name) {
            Some(node) => self.number(&node, &definition.of),
            None => Template::constant(definition.usual_value()),
        }
    }

    fn event(&mut self, name: &str) -> EventId {
        EventId(intern(&mut self.events, name))
    }

    fn operation(&mut self, name: &str) -> OperationId {
        OperationId(intern(&mut self.operations, name))
    }
}

const BEFORE_CONNECT: Place = Place { connected: false, required: true };
const IN_FLOW: Place = Place { connected: true, required: true };
const ON_THE_SIDE: Place = Place { connected: true, required: false };

fn intern(names: &mut Vec<String>, name: &str) -> u16 {
    let index = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// Whatever looks into an event keeps it from being only counted.
fn mark_examined(program: &mut Program) {
    let answers = program.ops.iter().filter_map(|op| match op {
        Op::Emit(emit) => emit.answer.as_ref().map(|answer| answer.event),
        Op::Wait(wait) => Some(wait.answer.event),
        _ => None,
    });
    let examined: Vec<EventId> = answers
        .chain(program.reactions.iter().map(|reaction| reaction.event))
        .chain(program.errors.iter().map(|rule| rule.event))
        .chain(program.delivery.iter().map(|delivery| delivery.event))
        .chain(program.consistency.iter().map(|consistency| consistency.event))
        .chain(program.audio.iter().flat_map(Audio::examined))
        .collect();
    for event in examined {
        if let Some(event) = program.events.get_mut(usize::from(event.0)) {
            event.count_only = false;
        }
    }
}

#[cfg(test)]
mod tests;
