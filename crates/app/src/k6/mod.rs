//! A plan as a k6 script: options, thresholds and the scenarios as data, and a runtime of plain JavaScript that plays them.
//!
//! The scenarios stand in the script as the plan has them, with the plan's values as defaults; the runtime has the defaults that docs/scenario.md names.

mod head;
mod load;
mod metrics;
mod population;
mod runtime;
mod secrets;
#[cfg(test)]
mod tests;
mod thresholds;

use std::collections::BTreeSet;

use document::{Problem, Type};
use plan::Plan;
use serde_json::{Map, Value, json};

use crate::plan::json_text::pretty;
use metrics::{Metrics, free_name};
use population::ScriptPart;
use secrets::ScriptSecrets;
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
        .map(|population| ScriptPart::new(population, free_name(&population.name, &mut taken), &mut secrets))
        .collect::<Result<_, _>>()?;
    let mut metrics = Metrics::default();
    parts.iter().for_each(|part| metrics.add(&part.scenario));
    let thresholds = carried(plan, &metrics, &parts);
    let of_parts = |value: &dyn Fn(&ScriptPart<'_>) -> Value| -> Map<String, Value> {
        parts.iter().map(|part| (part.name.clone(), value(part))).collect()
    };
    let options = json!({
        "scenarios": of_parts(&|part| load::executor(plan, &part.population.load)),
        "thresholds": by_metric(&thresholds),
        "setupTimeout": "300s",
    });
    let mut data = vec![
        section("Load and thresholds"),
        declared("export const options", &options),
        "// Seconds: samples before the warm-up's end stay out of times; at the end nobody sends, and what is on its way may arrive.\n"
            .to_owned(),
        declared("const timing", &json!({"warmup_s": plan.warmup_s, "settle_s": plan.settle_s})),
        "\n".to_owned(),
        section("What users do"),
        declared("const populations", &of_parts(&|part| part.data()).into()),
    ];
    if parts.iter().any(ScriptPart::has_audio) {
        data.push("// Nobody speaks here: users wait for as long as a clip is, and then for as long as an answer is taken to be.\n".to_owned());
        data.push(declared("const speech", &population::speech()));
    }
    data.push("\n".to_owned() + &section("What is measured, and under which name"));
    data.push(declared("const metrics", &metrics.data()));
    data.push(declared("const secrets", &secrets.names().collect()));
    data.push("\n".to_owned() + &section("What k6 calls"));
    data.push("export const setup = setUp;\nexport const user = play;\n".to_owned());
    let head = head::head(plan, &parts, &secrets, &thresholds);
    Ok([head + IMPORTS, data.concat(), runtime::sections()].join("\n"))
}

/// A title that the eye finds.
fn section(title: &str) -> String {
    format!("// {} {title}\n\n", "-".repeat(76_usize.saturating_sub(title.chars().count())))
}

/// JSON is JavaScript, but for one name that would not become a field.
fn declared(what: &str, value: &Value) -> String {
    let json = pretty(value, SCENARIOS).replace("\"__proto__\": ", "[\"__proto__\"]: ");
    format!("{what} = {};\n", json.trim_end())
}

/// Whatever of an entry is an object with a scenario's fields has their order.
const SCENARIOS: Type =
    Type::List(&Type::Map(&Type::Text, &Type::Document(&scenario::SCENARIO), usize::MAX), 0, usize::MAX);

const IMPORTS: &str = "import http from 'k6/http';
import exec from 'k6/execution';
import encoding from 'k6/encoding';
import { SharedArray } from 'k6/data';
import { check } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';
import { clearTimeout, setTimeout } from 'k6/timers';
";
