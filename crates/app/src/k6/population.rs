//! One population's part of a script: its settings, what its users do, and where they come from.

use serde_json::{Map, Value, json};

use super::node::{ScriptNode, statement};
use super::secrets::ScriptSecrets;
use super::steps::{StepFields, Steps, pointer};
use plan::{Accounts, Population};
use scenario::js::{ScriptNames, key, literal, quoted};
use scenario::{
    AfterFlow, ErrorRule, Op, Problem, Program, Protocol, Reaction, Reconnect, Template, VarId, compile_for_script,
    resolve,
};

pub struct ScriptPart<'p> {
    pub population: &'p Population,
    pub document: Value,
    pub program: Program,
    /// What its names begin with in the script.
    pub name: String,
}

impl<'p> ScriptPart<'p> {
    /// # Errors
    /// What is wrong with the scenario.
    pub fn new(population: &'p Population, name: String, secrets: &mut ScriptSecrets) -> Result<Self, Vec<Problem>> {
        let mut document = resolve(&population.scenario)?;
        // What comes with the page is known to everybody.
        if population.scenario.is_object() {
            secrets.take(&mut document);
        }
        let overrides = population.variables.iter().map(|(name, value)| {
            let mut one = json!({ name.as_str(): value });
            // One of a few words that the scenario lists is no secret, whatever the variable is called.
            if document.pointer(&format!("/variables/{name}/one_of")).is_none() {
                secrets.take(&mut one);
            }
            (name.clone(), one[name.as_str()].take())
        });
        let overrides: Map<String, Value> = overrides.collect();
        let program = compile_for_script(&document, &overrides)?;
        Ok(Self { population, document, program, name })
    }

    pub fn has_audio(&self) -> bool {
        self.program.ops.iter().any(|op| matches!(op, Op::Mic(_) | Op::Speak(_) | Op::Listen(_)))
    }

    /// The declarations, in the order in which JavaScript needs them.
    pub fn lines(&self, settings_name: &str, secrets: &mut ScriptSecrets) -> Vec<String> {
        let names = ScriptNames::new(&self.program, settings_name);
        let accounts = self.accounts(secrets);
        let behaviour = statement(&format!("const {} = ", self.name), &self.behaviour(&names), ";");
        let used = behaviour.join("\n") + &accounts.join("\n");
        let mut lines = self.settings(&names, &used);
        lines.extend(accounts);
        lines.push(String::new());
        lines.push(format!(
            "/** What a user of the population \"{}\" does. */",
            self.population.name.replace("*/", "* /")
        ));
        lines.extend(behaviour);
        lines
    }

    /// Only those that the rest of the script uses; a setting may be made of others.
    fn settings(&self, names: &ScriptNames<'_>, used: &str) -> Vec<String> {
        let settings = names.settings();
        let mut used = used.to_owned();
        let mut kept = Vec::new();
        for (index, variable) in self.program.variables.iter().enumerate().rev() {
            let mention = format!("{settings}.{}", variable.name);
            let (true, true) = (names.is_setting(VarId(index as u16)), mentions(&used, &mention)) else { continue };
            let Some(default) = &variable.default else { continue };
            let value = default.js(names);
            used.push_str(&value);
            let env = variable.name.to_uppercase();
            let is_secret = value.starts_with("secret(");
            let value = if is_secret { value } else { format!("env({}, {value})", quoted(&env)) };
            let doc = self.document.pointer(&format!("/variables/{}/doc", variable.name)).and_then(Value::as_str);
            kept.push((doc, format!("{mention} = {value};")));
        }
        let mut lines = vec![format!("const {settings} = {{}};")];
        for (doc, line) in kept.into_iter().rev() {
            lines.extend(doc.map(|doc| format!("// {}", doc.replace('\n', " "))));
            lines.push(line);
        }
        lines
    }

    fn accounts(&self, secrets: &mut ScriptSecrets) -> Vec<String> {
        let wanted = |column: &&String| self.program.account_columns.contains(column);
        let head = format!("const {}Account = (n, run) => ", self.name);
        match &self.population.accounts {
            Accounts::Pattern { columns } => {
                let Accounts::Pattern { columns: known } = Accounts::default() else { return Vec::new() };
                let population: String = self.population.name.chars().map(plain).collect();
                let mut fields = StepFields::default();
                for (column, pattern) in columns.iter().filter(|(column, _)| wanted(column)) {
                    let text = secrets.take_pattern(column, pattern, known.get(column) == Some(pattern));
                    let text = text.replace("{population}", &population);
                    let text = if text == *pattern || text.contains("{n}") || text.contains("{run}") {
                        let inner =
                            literal(&Value::from(text)).trim_matches('\'').replace('`', "\\`").replace("${", "\\${");
                        format!("`{}`", inner.replace("{n}", "${n}").replace("{run}", "${run}"))
                    } else if text.chars().any(|c| c == scenario::js::SECRET.0) {
                        format!("{}.replace('{{n}}', n).replace('{{run}}', run)", quoted(&text))
                    } else {
                        quoted(&text)
                    };
                    fields.text(&key(column), text);
                }
                let object = ScriptNode::Object(fields.0);
                statement(&format!("{head}("), &object, ");")
            }
            Accounts::Csv { .. } => vec![
                "// One row for each user, and a last one for the set-up; the first line names the columns.".to_owned(),
                format!(
                    "const {0}Rows = new SharedArray('{0}', () => rowsOf(open(__ENV.{1} || './{0}.csv')));",
                    self.name,
                    self.file()
                ),
                format!("{head}(n === 'once' ? {0}Rows[{0}Rows.length - 1] : {0}Rows[n - 1]);", self.name),
            ],
        }
    }

    /// The environment variable that names an accounts file.
    pub fn file(&self) -> String {
        format!("{}_ACCOUNTS", self.name.to_uppercase())
    }

    fn behaviour(&self, names: &ScriptNames<'_>) -> ScriptNode {
        let program = &self.program;
        let steps = Steps { program, names };
        let mut fields = StepFields::default();
        let shared = program.variables.iter().filter(|variable| variable.shared);
        let own = program.variables.iter().enumerate().filter(|(index, _)| !names.is_setting(VarId(*index as u16)));
        let list =
            |names: Vec<String>| format!("[{}]", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "));
        fields.text("name", quoted(&self.name));
        fields.text("account", format!("{}Account", self.name));
        let own: Vec<String> = own.map(|(_, variable)| variable.name.clone()).collect();
        fields.add("variables", list_of(&own));
        fields.text("shared", list(shared.map(|variable| variable.name.clone()).collect()));
        fields.add("defaults", ScriptNode::Block("(user, v) =>".to_owned(), self.defaults(names)));
        if let Some(once) = program.once {
            fields.add("once", steps.function(once, false));
        }
        fields.add("before", steps.function(program.before, false));
        let link = if program.protocol == Protocol::SocketIo { "SocketIo" } else { "PlainWebSocket" };
        fields.text("link", format!("() => {link}"));
        fields.add("connect", self.connect(names));
        fields.text("reconnect", reconnect(&program.connect.reconnect));
        fields.add("flow", steps.function(program.flow, false));
        if let Some(rejoin) = program.rejoin {
            fields.add("rejoin", steps.function(rejoin, false));
        }
        fields.add("finish", steps.function(program.finish, false));
        fields.text("afterFlow", if program.after_flow == AfterFlow::Stay { "'stay'" } else { "'leave'" });
        fields.add("every", ScriptNode::List(program.timers.iter().map(|timer| self.timer(timer, &steps)).collect()));
        fields.add(
            "on",
            ScriptNode::List(program.reactions.iter().map(|reaction| self.reaction(reaction, &steps)).collect()),
        );
        fields.add("errors", ScriptNode::List(program.errors.iter().map(|rule| self.error(rule, &steps)).collect()));
        if let Some(delivery) = &program.delivery {
            let event = quoted(&program.events[usize::from(delivery.event.0)].name);
            fields.text("delivery", format!("{{ event: {event} }}"));
        }
        ScriptNode::Object(fields.0)
    }

    fn defaults(&self, names: &ScriptNames<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        for (index, variable) in self.program.variables.iter().enumerate() {
            let (false, Some(default)) = (names.is_setting(VarId(index as u16)), &variable.default) else { continue };
            let before = if variable.shared { format!("v.{} ?? ", variable.name) } else { String::new() };
            lines.push(format!("v.{} = {before}{};", variable.name, default.js(names)));
        }
        lines
    }

    fn connect(&self, names: &ScriptNames<'_>) -> ScriptNode {
        let connect = &self.program.connect;
        let text = |template: &Template| template.js_text(names);
        let mut fields = StepFields::default();
        fields.text("url", text(&connect.url));
        let query = connect.query.iter().map(|(name, value)| (key(name), ScriptNode::text(value.js(names)))).collect();
        fields.add("query", ScriptNode::Object(query));
        match &self.program.protocol {
            Protocol::SocketIo => {
                fields.text("path", text(&connect.path));
                fields.text("namespace", text(&connect.namespace));
                if let Some(auth) = &connect.auth {
                    fields.text("auth", auth.js(names));
                }
            }
            Protocol::WebSocket { event_field } => fields.text("eventField", quoted(event_field)),
        }
        let protocols: Vec<String> = connect.protocols.iter().map(text).collect();
        let given = if protocols.is_empty() { "" } else { ".filter(Boolean)" };
        fields.text("protocols", format!("[{}]{given}", protocols.join(", ")));
        fields.text("timeout_s", super::load::number(connect.timeout.as_secs_f64()));
        let mut lines = ScriptNode::Object(fields.0).lines();
        lines[0].insert_str(0, "return ");
        if let Some(last) = lines.last_mut() {
            last.push(';');
        }
        ScriptNode::Block("(user, v) =>".to_owned(), lines)
    }

    fn timer(&self, timer: &scenario::Timer, steps: &Steps<'_>) -> ScriptNode {
        let mut fields = StepFields::default();
        fields.text("name", quoted(&timer.name));
        fields.text("interval", format!("(user, v) => {}", steps.delay(&timer.interval)));
        if let Some(first) = &timer.first {
            fields.text("first", format!("(user, v) => {}", steps.delay(first)));
        }
        if let Some(times) = &timer.times {
            fields.text("times", format!("(user, v) => {}", times.js(steps.names)));
        }
        if timer.flushes {
            fields.text("flushes", "true".to_owned());
        }
        fields.add("steps", steps.function(timer.block, false));
        ScriptNode::Object(fields.0)
    }

    fn reaction(&self, reaction: &Reaction, steps: &Steps<'_>) -> ScriptNode {
        let mut fields = StepFields::default();
        fields.text("event", quoted(&self.program.events[usize::from(reaction.event.0)].name));
        if !reaction.matches.is_empty() {
            fields.add("where", tests(steps, &reaction.matches));
        }
        let always = reaction.probability.is_literal() && reaction.probability.as_constant() == Some(&Value::from(1));
        if !always {
            fields.text("probability", format!("(user, v) => {}", reaction.probability.js(steps.names)));
        }
        if let Some(delay) = &reaction.delay {
            fields.text("delay", format!("(user, v, event) => {}", steps.delay(delay)));
        }
        fields.add("steps", steps.function(reaction.block, true));
        ScriptNode::Object(fields.0)
    }

    fn error(&self, rule: &ErrorRule, steps: &Steps<'_>) -> ScriptNode {
        let mut fields = StepFields::default();
        fields.text("event", quoted(&self.program.events[usize::from(rule.event.0)].name));
        if !rule.matches.is_empty() {
            fields.add("where", tests(steps, &rule.matches));
        }
        if let Some(operation) = rule.operation {
            fields.text("fails", quoted(&self.program.operations[usize::from(operation.0)]));
        }
        for (name, place) in [("code", &rule.code), ("message", &rule.message)] {
            if let Some(place) = place {
                fields.text(name, quoted(&pointer(place)));
            }
        }
        if let Some(pause) = &rule.pause {
            let timer = quoted(&self.program.timers[pause.timer].name);
            let unit = super::load::number(pause.unit.as_secs_f64() * 1e3);
            fields.text(
                "pause",
                format!("{{ timer: {timer}, field: {}, unit_ms: {unit} }}", quoted(&pointer(&pause.field))),
            );
        }
        if rule.ends_user {
            fields.text("endsUser", "true");
        }
        ScriptNode::Object(fields.0)
    }
}

fn tests(steps: &Steps<'_>, matches: &[scenario::Match]) -> ScriptNode {
    let mut lines = steps.tests(matches).lines();
    lines[0].insert_str(0, "return ");
    if let Some(last) = lines.last_mut() {
        last.push(';');
    }
    match &lines[..] {
        [one] => ScriptNode::text(format!(
            "(user, v, event) => ({})",
            one.trim_start_matches("return ").trim_end_matches(';')
        )),
        _ => ScriptNode::Block("(user, v, event) =>".to_owned(), lines),
    }
}

fn reconnect(reconnect: &Reconnect) -> String {
    let Reconnect::Backoff { initial, max, jitter, attempts } = reconnect else { return "null".to_owned() };
    let millis = |span: &base::time::Span| super::load::number(span.as_secs_f64() * 1e3);
    let attempts = if *attempts == u32::MAX { "Infinity".to_owned() } else { attempts.to_string() };
    format!("{{ initial_ms: {}, max_ms: {}, jitter: {jitter}, attempts: {attempts} }}", millis(initial), millis(max))
}

fn list_of(names: &[String]) -> ScriptNode {
    ScriptNode::List(names.iter().map(|name| ScriptNode::text(quoted(name))).collect())
}

/// The name stands there, not only as the beginning of a longer one.
fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name)
        .any(|(at, _)| !text[at + name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
}

fn plain(c: char) -> char {
    if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }
}
