//! A plan as a k6 script: readable, commented text for a team's pipeline.
//!
//! The scenario is compiled as for a run (so the script does what the engine does, defaults and all), its flat operations are
//! turned back into statements, and a runtime of plain JavaScript is added: the user, its connection, the load.

mod head;
mod load;
mod metrics;
mod node;
mod population;
mod runtime;
mod secrets;
mod steps;
#[cfg(test)]
mod tests;
mod thresholds;

use std::collections::BTreeSet;

use catalogue::Metric;
use plan::{Accounts, Plan};
use scenario::js::quoted;
use scenario::{Problem, Protocol};

use metrics::{Metrics, metric};
use node::{ScriptNode, statement};
use population::ScriptPart;
use secrets::ScriptSecrets;
use steps::StepFields;
use thresholds::{by_metric, carried};

/// The script's text.
///
/// # Errors
/// A scenario of the plan does not compile; a checked plan's does.
pub fn script(plan: &Plan) -> Result<String, Vec<Problem>> {
    let mut secrets = ScriptSecrets::default();
    let mut taken = BTreeSet::new();
    let parts: Vec<ScriptPart<'_>> = plan
        .populations
        .iter()
        .map(|population| ScriptPart::new(population, identifier(&population.name, &mut taken), &mut secrets))
        .collect::<Result<_, _>>()?;
    let mut metrics = Metrics::default();
    parts.iter().for_each(|part| metrics.add(&part.program));
    let thresholds = carried(plan, &metrics);
    let mut body = Vec::new();
    for part in &parts {
        let settings = if parts.len() == 1 { "settings".to_owned() } else { format!("{}Settings", part.name) };
        body.push(
            section(&format!("The population \"{}\"", part.population.name))
                + &part.lines(&settings, &mut secrets).join("\n")
                + "\n",
        );
    }
    let options = section("Load and thresholds") + &options(plan, &parts, &by_metric(&thresholds)).join("\n") + "\n";
    let script =
        [options, section("What is measured") + &measured(&metrics), body.join("\n"), entry_points(&parts)].join("\n");
    let is_socketio = |part: &&ScriptPart<'_>| part.program.protocol == Protocol::SocketIo;
    let needs = runtime::Needs {
        socketio: parts.iter().any(|part| is_socketio(&part)),
        websocket: !parts.iter().all(|part| is_socketio(&part)),
        files: parts.iter().any(|part| matches!(part.population.accounts, Accounts::Csv { .. })),
    };
    let runtime = runtime::sections(&needs, &script);
    let head = head::head(plan, &parts, &secrets, &thresholds);
    Ok([head + &imports(&script), script, runtime].join("\n"))
}

/// A title that the eye finds.
fn section(title: &str) -> String {
    format!("// {} {title}\n\n", "-".repeat(76_usize.saturating_sub(title.chars().count())))
}

fn imports(script: &str) -> String {
    let encoding = if script.contains("encoding.") { "import encoding from 'k6/encoding';\n" } else { "" };
    let data = if script.contains("SharedArray") { "import { SharedArray } from 'k6/data';\n" } else { "" };
    format!(
        "import http from 'k6/http';\nimport exec from 'k6/execution';\n{encoding}{data}import {{ check }} from 'k6';\n\
         import {{ Counter, Rate, Trend }} from 'k6/metrics';\nimport {{ WebSocket }} from 'k6/websockets';\n\
         import {{ clearTimeout, setTimeout }} from 'k6/timers';\n"
    )
}

type Expressions<'t> = Vec<(&'t str, Option<f64>)>;

fn options(
    plan: &Plan,
    parts: &[ScriptPart<'_>],
    thresholds: &std::collections::BTreeMap<&str, Expressions<'_>>,
) -> Vec<String> {
    let mut lines = vec!["// Stages: seconds, and the number of users (or arrivals) that they lead to.".to_owned()];
    let mut scenarios = StepFields::default();
    for part in parts {
        let (load, name) = (&part.population.load, format!("{}Load", part.name));
        lines.extend(statement(&format!("const {name} = "), &load::description(plan, load), ";"));
        scenarios
            .add(&metric(&part.population.name), load::executor(plan, load, &format!("{}Iteration", part.name), &name));
    }
    let mut limits = StepFields::default();
    for (metric, expressions) in thresholds {
        let expression = |(text, abort): &(&str, Option<f64>)| match abort {
            None => ScriptNode::text(quoted(text)),
            Some(after) => {
                let delay =
                    if *after > 0.0 { format!(", delayAbortEval: '{}s'", load::number(*after)) } else { String::new() };
                ScriptNode::text(format!("{{ threshold: {}, abortOnFail: true{delay} }}", quoted(text)))
            }
        };
        limits.add(&scenario::js::key(metric), ScriptNode::List(expressions.iter().map(expression).collect()));
    }
    let mut options = StepFields::default();
    options.add("scenarios", ScriptNode::Object(scenarios.0));
    options.add("thresholds", ScriptNode::Object(limits.0));
    options.text("setupTimeout", "'300s'");
    lines.push(String::new());
    lines.extend(statement("export const options = ", &ScriptNode::Object(options.0), ";"));
    lines
}

fn measured(metrics: &Metrics) -> String {
    let list =
        |names: Vec<&str>| ScriptNode::List(names.into_iter().map(|name| ScriptNode::text(quoted(name))).collect());
    let table = |name: &str, kind: &str, names: Vec<&str>| {
        let before = format!("const {name} = Object.fromEntries(");
        statement(&before, &list(names), &format!(".map((name) => [name, {kind}]));")).join("\n")
    };
    let times = table("times", "new Trend(metric(name), true)", metrics.times().collect());
    let counters = table("counters", "new Counter(metric(name))", metrics.counters().collect());
    let (ack, round_trip) = (Metric::Ack.name(), Metric::RoundTrip.name());
    format!(
        "// By operation: from sending to the answer, to the acknowledgement ({ack}), to the own broadcast ({round_trip}).\n{times}\n\
         {counters}\n// Tagged with the event's name, whether the scenario names it or not.\nconst eventsIn = new Counter('events_in');\n\
         // Tagged with operation and code.\nconst errors = new Counter('errors');\n\
         // Failed attempts per attempt, tagged with the operation.\nconst errorsRate = new Rate('errors_rate');\n\
         // Connections that were lost and nobody planned it, tagged with the close code.\nconst disconnects = new Counter('disconnects');\n"
    )
}

fn entry_points(parts: &[ScriptPart<'_>]) -> String {
    let mut lines = vec!["export async function setup() {".to_owned(), "  const run = runId();".to_owned()];
    lines.push("  const shared = {".to_owned());
    for part in parts.iter().filter(|part| part.program.once.is_some()) {
        lines.push(format!("    {0}: await playOnce({0}, run, {0}Load.users),", part.name));
    }
    lines.push("  };".to_owned());
    lines.push("  return { run, shared };".to_owned());
    lines.push("}".to_owned());
    for part in parts {
        lines.push(String::new());
        lines.push(format!("export async function {0}Iteration(data) {{", part.name));
        lines.push(format!("  await play({0}, {0}Load, data);", part.name));
        lines.push("}".to_owned());
    }
    section("What k6 calls") + &lines.join("\n") + "\n"
}

/// A population's name as the beginning of names in the script.
fn identifier(name: &str, taken: &mut BTreeSet<String>) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut joined = String::new();
    for (index, word) in words.enumerate() {
        let (first, rest) = word.split_at(1);
        joined += &if index == 0 { first.to_ascii_lowercase() } else { first.to_ascii_uppercase() };
        joined += rest;
    }
    if joined.is_empty() || joined.starts_with(|c: char| c.is_ascii_digit()) || WORDS.contains(&joined.as_str()) {
        joined = format!("users{joined}");
    }
    let numbered = (1..).map(|n| if n == 1 { joined.clone() } else { format!("{joined}{n}") });
    let free = numbered.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// Names that the script has for something else, and words of the language.
const WORDS: &[&str] = &[
    "http",
    "exec",
    "encoding",
    "check",
    "options",
    "times",
    "counters",
    "errors",
    "disconnects",
    "settings",
    "setup",
    "metric",
    "turn",
    "play",
    "save",
    "push",
    "matches",
    "equals",
    "not",
    "has",
    "lacks",
    "exists",
    "between",
    "normal",
    "choose",
    "tag",
    "text",
    "num",
    "same",
    "order",
    "mod",
    "at",
    "last",
    "pick",
    "len",
    "contains",
    "random",
    "filler",
    "hex",
    "pointer",
    "env",
    "secret",
    "parse",
    "part",
    "open",
    "parameters",
    "class",
    "const",
    "default",
    "delete",
    "do",
    "else",
    "export",
    "for",
    "function",
    "if",
    "import",
    "in",
    "new",
    "return",
    "switch",
    "this",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "let",
    "await",
    "async",
    "static",
    "user",
    "users",
    "data",
    "run",
    "null",
    "true",
    "false",
];
