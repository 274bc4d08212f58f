//! A population as a script has it: its accounts, and its scenario with the plan's values as the defaults of its variables.

use serde_json::{Map, Value, json};

use super::secrets::ScriptSecrets;
use document::Problem;
use plan::{Accounts, Load, Population};
use protocol::audio::clips::{SHIPPED, shipped};
use scenario::{Op, Program, compile, resolve};

pub struct ScriptPart<'p> {
    pub population: &'p Population,
    pub program: Program,
    /// As k6 may call it.
    pub name: String,
    pub scenario: Value,
    accounts: Value,
}

impl<'p> ScriptPart<'p> {
    /// # Errors
    /// What is wrong with the scenario.
    pub fn new(population: &'p Population, name: String, secrets: &mut ScriptSecrets) -> Result<Self, Vec<Problem>> {
        let mut scenario = resolve(&population.scenario)?;
        let program = compile(&scenario, &population.variables)?;
        for (name, value) in &population.variables {
            let mut one = json!({ name.as_str(): value });
            // What comes with the page is known to everybody. One of a few words that the scenario lists is no secret, whatever the
            // variable is called.
            if population.scenario.is_string() && scenario["variables"][name].get("one_of").is_none() {
                secrets.take(&mut one);
            }
            match &mut scenario["variables"][name] {
                Value::Object(declared) => drop(declared.insert("default".to_owned(), one[name].take())),
                plain => *plain = json!({ "default": one[name].take() }),
            }
        }
        if population.scenario.is_object() {
            secrets.take(&mut scenario);
        }
        if let Some(fields) = scenario.as_object_mut() {
            NOT_PLAYED.iter().for_each(|name| drop(fields.remove(*name)));
        }
        let accounts = accounts(population, &name, &program, secrets);
        Ok(Self { population, program, name, scenario, accounts })
    }

    pub fn has_audio(&self) -> bool {
        self.program.ops.iter().any(|op| matches!(op, Op::Mic(_) | Op::Speak(_) | Op::Listen(_)))
    }

    pub fn data(&self) -> Value {
        json!({
            "population": self.population.name,
            // Whoever leaves a batch by itself is not replaced.
            "returns": !matches!(self.population.load, Load::Batch { .. }),
            "accounts": self.accounts,
            "scenario": self.scenario,
        })
    }

    /// The environment variable that names a file of accounts.
    pub fn file(&self) -> String {
        file(&self.name)
    }
}

fn file(name: &str) -> String {
    format!("TABSWARM_{}_ACCOUNTS", name.to_uppercase())
}

/// The columns that the scenario asks for, or where they are.
fn accounts(population: &Population, name: &str, program: &Program, secrets: &mut ScriptSecrets) -> Value {
    let Accounts::Pattern { columns } = &population.accounts else { return json!({ "file": file(name) }) };
    let known = match Accounts::default() {
        Accounts::Pattern { columns } => columns,
        Accounts::Csv { .. } => Default::default(),
    };
    let wanted = columns.iter().filter(|(column, _)| program.account_columns.contains(column));
    let columns: Map<String, Value> = wanted
        .map(|(column, pattern)| {
            (column.clone(), secrets.take_pattern(column, pattern, known.get(column) == Some(pattern)))
        })
        .collect();
    json!({ "columns": columns })
}

/// How long users of a voice service wait in the place of speaking and listening, seconds.
pub fn speech() -> Value {
    let clips = SHIPPED.iter().filter_map(|name| shipped(name));
    let lengths: Map<String, Value> = clips
        .map(|clip| {
            let seconds = clip.samples().len() as f64 / f64::from(clip.rate);
            (clip.name, ((seconds * 100.0).round() / 100.0).into())
        })
        .collect();
    json!({ "clips_s": lengths, "answer_s": ANSWER_S })
}

/// What a script has no use for.
const NOT_PLAYED: [&str; 7] = ["$schema", "storm", "count", "contract", "consistency", "audio", "version"];
/// A guess, which a setting replaces: the pause before an answer, and a sentence or two.
const ANSWER_S: f64 = 5.0;
