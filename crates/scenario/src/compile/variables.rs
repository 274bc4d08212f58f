//! Variables: declared with a default, overridden by the plan, set by steps. Ordered so that each default only uses
//! variables before it; one that never changes and is the same for all users is a constant of the compilation.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use base::url::{Sketch, UNKNOWN, scheme, sketched_place};

use crate::addresses::without_holes;
use crate::expression::{KnownNames, is_name, is_reserved};
use crate::fields::VARIABLE;
use crate::ids::VarId;
use crate::live::Live;
use crate::program::Variable;
use crate::template::Template;
use document::Problems;
use document::{Node, did_you_mean, found};

/// What the document says about a variable.
struct Declared<'a> {
    name: &'a str,
    /// Its override, or its default.
    value: Option<Node<'a>>,
    least: Option<f64>,
    most: Option<f64>,
    one_of: Option<&'a [Value]>,
    format: Option<Format>,
    live: Option<Live>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Url,
    Whole,
}

/// Compiles the variables and fills in what their names mean.
pub(super) fn variables<'a>(
    document: &'a Value,
    declarations: Option<Node<'a>>,
    overrides: &'a Map<String, Value>,
    names: &mut KnownNames,
    problems: &'a Problems,
) -> Vec<Variable> {
    let declared: Vec<Declared<'a>> = declarations
        .iter()
        .flat_map(Node::entries)
        .filter_map(|(name, node)| declared(name, &node, overrides.get(name), problems))
        .collect();
    unknown_overrides(&declared, overrides, problems);
    let assigned = assigned(document);
    let order = ordered(&declared, &assigned, names, problems);
    let ids = order.iter().enumerate().map(|(id, name)| (name.clone(), id_of(id)));
    names.variables = ids.collect();
    names.constants = vec![None; order.len()];
    let by_name: BTreeMap<&str, &Declared<'a>> = declared.iter().map(|variable| (variable.name, variable)).collect();
    order
        .iter()
        .enumerate()
        .map(|(id, name)| {
            let shared = assigned.get(name).copied().unwrap_or(false);
            let set_by_step = assigned.contains_key(name);
            let default =
                by_name.get(name.as_str()).and_then(|declared| declared.compile(set_by_step, names, problems));
            let live = by_name.get(name.as_str()).and_then(|declared| declared.live.clone());
            if !set_by_step && live.is_none() {
                names.constants[id] = default.as_ref().and_then(Template::as_constant).cloned();
            }
            Variable { name: name.clone(), default, shared, is_set: set_by_step, live }
        })
        .collect()
}

fn declared<'a>(
    name: &'a str,
    node: &Node<'a>,
    over: Option<&'a Value>,
    problems: &'a Problems,
) -> Option<Declared<'a>> {
    if !is_name(name) {
        node.problem("a variable's name has letters, digits and _, and does not begin with a digit");
        return None;
    }
    if is_reserved(name) {
        node.problem(format!("`{name}` has a meaning of its own in templates: choose another name"));
        return None;
    }
    let over = over.map(|value| Node::at(value, format!("overrides.{name}"), problems));
    if !node.value().is_object() {
        same_kind(node, over.as_ref());
        let value = over.or_else(|| Some(node.clone()));
        return Some(Declared { name, value, least: None, most: None, one_of: None, format: None, live: None });
    }
    let fields = node.fields(&VARIABLE)?;
    let doc = fields.optional("doc").and_then(|doc| doc.text()).unwrap_or_default();
    let default = fields.optional("default");
    if let Some(default) = &default {
        same_kind(default, over.as_ref());
    }
    let least = fields.optional("min").and_then(|min| min.number_of(&fields.definition("min").of));
    let most = fields.optional("max").and_then(|max| max.number_of(&fields.definition("max").of));
    let one_of = fields.optional("one_of").and_then(|values| {
        values.list();
        values.value().as_array().map(Vec::as_slice)
    });
    let live = fields.optional("live").and_then(|live| live.boolean()).unwrap_or(false);
    let values = || one_of.map(<[Value]>::to_vec).unwrap_or_default();
    Some(Declared {
        name,
        value: over.or(default),
        least,
        most,
        one_of,
        live: live.then(|| Live { least, most, one_of: values(), doc: doc.to_owned() }),
        format: fields
            .optional("format")
            .and_then(|format| format.one_of(&[("url", Format::Url), ("whole", Format::Whole)])),
    })
}

/// An override has the kind of value that the default has, unless one of them is a template or null.
fn same_kind(default: &Node<'_>, over: Option<&Node<'_>>) {
    let Some(over) = over else { return };
    let kind = |value: &Value| match value {
        Value::String(text) if text.contains("${") => None,
        Value::Null => None,
        Value::String(_) => Some("text"),
        Value::Bool(_) => Some("true or false"),
        Value::Number(_) => Some("a number"),
        Value::Array(_) => Some("a list"),
        Value::Object(_) => Some("an object"),
    };
    if let (Some(wanted), Some(given)) = (kind(default.value()), kind(over.value()))
        && wanted != given
    {
        over.expected(format_args!("{wanted} (as the default, {})", found(default.value())));
    }
}

fn unknown_overrides(declared: &[Declared<'_>], overrides: &Map<String, Value>, problems: &Problems) {
    let known: Vec<&str> = declared.iter().map(|variable| variable.name).collect();
    for name in overrides.keys().filter(|name| !known.contains(&name.as_str())) {
        let hint = did_you_mean(name, &known);
        problems.add(format!("overrides.{name}"), format!("the scenario declares no variable `{name}`{hint}"));
    }
}

impl Declared<'_> {
    /// The second, final compilation: what is wrong with the template was reported by the first.
    fn compile(&self, set_by_step: bool, names: &mut KnownNames, problems: &Problems) -> Option<Template> {
        let Some(value) = &self.value else {
            if !set_by_step {
                let path = format!("variables.{}", self.name);
                problems.add(path, format!("`{}` has no default and no step sets it: it needs a value", self.name));
            }
            return None;
        };
        let reported = Problems::default();
        let template = Template::compile(&Node::at(value.value(), String::new(), &reported), names);
        if reported.is_empty()
            && let Some(constant) = template.as_constant()
        {
            self.check(&Node::at(constant, value.path().to_owned(), problems));
        }
        Some(template)
    }

    fn check(&self, value: &Node<'_>) {
        if self.least.is_some() || self.most.is_some() {
            value.number(self.least.unwrap_or(f64::MIN)..=self.most.unwrap_or(f64::INFINITY));
        }
        if let Some(one_of) = self.one_of
            && !one_of.contains(value.value())
        {
            let listed: Vec<String> = one_of.iter().map(Value::to_string).collect();
            value.expected(format_args!("one of {}", listed.join(", ")));
        }
        match self.format {
            Some(Format::Url) => url(value, &["http", "https", "ws", "wss"]),
            Some(Format::Whole) if value.value().as_f64().is_none_or(|number| number.fract() != 0.0) => {
                value.expected("a whole number");
            }
            Some(Format::Whole) | None => {}
        }
    }
}

/// Reports text that is no absolute URL of one of the schemes.
pub(super) fn url(node: &Node<'_>, schemes: &[&str]) {
    // A name beyond ASCII has a problem of its own, where the plan is checked.
    let is_host = |text: &str| !text.is_ascii() || sketched_place(&without_holes(text, UNKNOWN)) != Sketch::Nothing;
    let text = node.value().as_str();
    if !text.is_some_and(|text| scheme(text).is_some_and(|scheme| schemes.contains(&scheme)) && is_host(text)) {
        let schemes: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://")).collect();
        node.expected(format_args!("a URL that begins with {}", schemes.join(" or ")));
    }
}

/// All variables' names: those with a default in an order in which each only needs the ones before it, then the others.
fn ordered(
    declared: &[Declared<'_>],
    assigned: &BTreeMap<String, bool>,
    names: &mut KnownNames,
    problems: &Problems,
) -> Vec<String> {
    let mut all: Vec<String> = declared.iter().map(|variable| variable.name.to_owned()).collect();
    all.extend(assigned.keys().filter(|name| declared.iter().all(|variable| variable.name != **name)).cloned());
    names.variables = all.iter().enumerate().map(|(id, name)| (name.clone(), id_of(id))).collect();
    let needs: Vec<Vec<usize>> = declared
        .iter()
        .map(|variable| {
            names.used.clear();
            if let Some(value) = &variable.value {
                Template::compile(value, names);
            }
            names.used.iter().map(|id| usize::from(id.0)).collect()
        })
        .collect();
    let mut sorting = Sorting { needs: &needs, declared, problems, states: vec![State::New; all.len()], order: vec![] };
    (0..all.len()).for_each(|index| sorting.visit(index));
    sorting.order.iter().map(|index| all[*index].clone()).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

struct Sorting<'s, 'a> {
    needs: &'s [Vec<usize>],
    declared: &'s [Declared<'a>],
    problems: &'s Problems,
    states: Vec<State>,
    order: Vec<usize>,
}

impl Sorting<'_, '_> {
    fn visit(&mut self, index: usize) {
        match self.states[index] {
            State::Done => return,
            State::Open => {
                let name = self.declared[index].name;
                let message = format!("the default of `{name}` needs `{name}` itself, directly or through others");
                return self.problems.add(format!("variables.{name}"), message);
            }
            State::New => self.states[index] = State::Open,
        }
        for needed in self.needs.get(index).into_iter().flatten() {
            self.visit(*needed);
        }
        self.states[index] = State::Done;
        self.order.push(index);
    }
}

/// Documents with more variables than this are refused elsewhere, so the last id never means two variables.
fn id_of(index: usize) -> VarId {
    VarId(u16::try_from(index).unwrap_or(u16::MAX))
}

/// Every variable that a step sets, with whether a step of `once` does.
fn assigned(document: &Value) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for (block, shared) in [("once", true), ("before", false), ("flow", false), ("rejoin", false), ("finish", false)] {
        in_steps(document.get(block), shared, &mut found);
    }
    for handlers in ["every", "on"] {
        for handler in document.get(handlers).and_then(Value::as_array).into_iter().flatten() {
            in_steps(handler.get("steps"), false, &mut found);
        }
    }
    found
}

fn in_steps(steps: Option<&Value>, shared: bool, found: &mut BTreeMap<String, bool>) {
    for step in steps.and_then(Value::as_array).into_iter().flatten() {
        for branch in ["then", "else", "steps"] {
            in_steps(step.get(branch), shared, found);
        }
        in_steps(step.pointer("/listen/barge_in/steps"), shared, found);
        for branch in step.get("choose").and_then(Value::as_array).into_iter().flatten() {
            in_steps(branch.get("steps"), shared, found);
        }
        let mut add = |name: &str| *found.entry(name.to_owned()).or_default() |= shared;
        let saves = ["/http/save", "/wait/save", "/emit/answer/save", "/emit/ack/save", "/set"];
        for place in saves {
            step.pointer(place).and_then(Value::as_object).into_iter().flatten().for_each(|(name, _)| add(name));
        }
        if let Some(name) = step.pointer("/push/var").and_then(Value::as_str) {
            add(name);
        }
    }
}
