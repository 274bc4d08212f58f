//! What `window.tabswarm` is told and answers, as data: documents come in as JSON texts.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::plan::clips::Clips;
use crate::plan::csv::CsvTable;
use crate::plan::{account_rows, check};
use crate::{k6, presets};
use base::url;
use document::Problem;
use metrics::Report;
use plan::{Caps, Limits, Plan};
use results::archive;
use swarm::{Membership, Seat, Side};

/// Why something is not done: a text for people, and what is wrong as data beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Denial {
    pub message: String,
    pub problems: Vec<Problem>,
}

impl Denial {
    pub fn new(message: impl Into<String>, problems: Vec<Problem>) -> Self {
        Self { message: message.into(), problems }
    }

    /// All of it as one text, a problem a line.
    pub fn text(&self) -> String {
        let lines = self.problems.iter().map(|problem| format!("\n{problem}"));
        lines.fold(self.message.clone(), |text, line| text + &line)
    }
}

/// A plan that can run, and the rows of its account files.
pub type Runnable = (Plan, Vec<Vec<Vec<String>>>);

/// `files`: the CSV text of each population whose accounts are a file.
///
/// # Errors
/// Everything that is wrong with them.
pub fn runnable(plan: &str, files: &[Option<String>]) -> Result<Runnable, Vec<Problem>> {
    let tables = files.iter().enumerate().map(|(population, text)| table(population, text.as_deref()));
    let tables = tables.collect::<Result<Vec<_>, _>>().map_err(|one| vec![one])?;
    let document = document(plan, "a plan").map_err(|problem| vec![problem])?;
    let plan = check(&document, &tables, &Clips::default())?;
    let rows = account_rows(&plan, &tables);
    Ok((plan, rows))
}

fn table(population: usize, text: Option<&str>) -> Result<Option<CsvTable>, Problem> {
    let path = || format!("populations[{population}].accounts");
    let table = text.map(|text| CsvTable::parse("(given)", text)).transpose();
    table.map_err(|error| Problem { path: path(), message: error.to_string() })
}

/// `what` it should be, for people.
///
/// # Errors
/// It is no JSON.
pub fn document(text: &str, what: &str) -> Result<Value, Problem> {
    let unread = |_| Problem { path: String::new(), message: format!("expected {what}: an object") };
    serde_json::from_str(text).map_err(unread)
}

/// The answer of `check`.
pub fn verdict(problems: &[Problem]) -> Value {
    json!({ "ok": problems.is_empty(), "problems": problems })
}

/// The answer of `k6`. Rows of accounts stay outside a script, so a plan without its files will do.
///
/// # Errors
/// It is no plan, cannot run, or cannot be a script.
pub fn k6_script(plan: &str) -> Result<String, Denial> {
    let document = document(plan, "a plan").map_err(|problem| Denial::new("this is no plan", vec![problem]))?;
    let plan = Plan::check(&document).map_err(|problems| Denial::new("the plan cannot run", problems))?;
    k6::script(&plan).map_err(|problems| Denial::new("the plan cannot be a script", problems))
}

/// The report that `baseline` is given.
///
/// # Errors
/// It is none.
pub fn baseline(report: &str) -> Result<Report, Denial> {
    let mut reading = archive::read("the baseline", report);
    let found = reading.found.pop().map(|found| found.report);
    found.ok_or_else(|| Denial::new(reading.problems.join(", "), Vec::new()))
}

/// What a script says besides the plan.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StartOptions {
    allow: Vec<String>,
    caps: Option<Caps>,
    starve_ms: f64,
}

impl StartOptions {
    /// # Errors
    /// What was not understood, and what was expected.
    pub fn read(text: &str) -> Result<Self, Denial> {
        serde_json::from_str(text).map_err(|error| {
            let expected = "{allow: [hosts], caps: {users, rate, minutes}}";
            Denial::new(format!("the options were not understood: {error}; expected {expected}"), Vec::new())
        })
    }

    /// This browser's limits, with what the script says on top. Who names caps means them for every host.
    pub fn limits(&self, own: Limits) -> Limits {
        let named = self.allow.iter().map(|host| url::meant_host(host).unwrap_or_else(|| host.to_ascii_lowercase()));
        let hosts = own.hosts.into_iter().chain(named).collect();
        Limits { hosts, caps: self.caps.unwrap_or(own.caps), public: self.caps.unwrap_or(own.public), ..own }
    }

    /// A worker that stands still for longer is as good as dead.
    pub fn starve_ms(&self) -> u32 {
        self.starve_ms.clamp(0.0, MOST_STARVATION_MS) as u32
    }
}

const MOST_STARVATION_MS: f64 = 5_000.0;

/// The answer of `presets`.
pub fn offered() -> Value {
    let plan = |preset: presets::PlanPreset| {
        let plan = presets::plan(&preset.id);
        json!({"id": preset.id, "title": preset.title, "description": preset.description, "plan": plan})
    };
    let scenario = |(id, title)| {
        let scenario = presets::scenario(&json!(id));
        json!({"id": id, "title": title, "scenario": scenario})
    };
    let plans: Vec<_> = presets::plans().into_iter().map(plan).collect();
    let scenarios: Vec<_> = presets::scenarios().into_iter().map(scenario).collect();
    json!({ "plans": plans, "scenarios": scenarios })
}

/// The answer of `swarm`.
pub fn swarm_now(swarm: Option<&Membership>) -> Value {
    let Some(swarm) = swarm else { return Value::Null };
    let mut now = json!({
        "name": swarm.card().name, "connected": swarm.is_connected(), "problem": swarm.trouble(),
        "invite": swarm.invite().to_join(), "watch": swarm.invite().to_watch(), "traffic": swarm.traffic(),
    });
    match swarm.side() {
        Side::Conductor(conductor) => {
            let seat = |seat: &Seat| {
                json!({
                    "name": seat.name(), "away": seat.is_away, "clock": seat.clock, "workers": seat.workers.len(),
                    "consent": seat.card.as_ref().map(|card| &card.consent),
                })
            };
            now["patience"] = json!(conductor.patience());
            now["browsers"] = conductor.seats().map(seat).collect();
        }
        Side::Generator(generator) => {
            now["consent"] = json!(generator.card().consent);
            now["run"] = json!(generator.run());
            now["alone"] = json!(generator.is_alone());
            now["unkept"] = json!(generator.unkept());
            now["picture"] = json!(generator.picture());
        }
        Side::Watcher(watcher) => {
            now["alone"] = json!(watcher.is_alone());
            now["picture"] = json!(watcher.picture());
        }
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_text() -> String {
        presets::plan(presets::DEFAULT_PLAN).expect("a preset").to_string()
    }

    #[test]
    fn a_plan_and_its_files_become_what_can_run() {
        assert!(runnable(&plan_text(), &[]).is_ok());
        let paths = |plan: &str, files: &[Option<String>]| -> Vec<String> {
            runnable(plan, files).expect_err("it cannot run").into_iter().map(|problem| problem.to_string()).collect()
        };
        assert_eq!(paths("nonsense", &[]), ["expected a plan: an object"]);
        let [problem] = &paths(&plan_text(), &[None, Some("a,b\n\"open".to_owned())])[..] else { panic!("one") };
        assert!(problem.starts_with("populations[1].accounts"), "{problem}");
        assert_eq!(verdict(&[]), json!({"ok": true, "problems": []}));
    }

    #[test]
    fn a_script_allows_hosts_for_its_run_and_its_caps_hold_everywhere() {
        let options =
            StartOptions::read(r#"{"allow": ["Example.ORG:8080"], "caps": {"users": 5, "rate": null, "minutes": 1}}"#);
        let options = options.expect("options");
        let own = Limits { hosts: ["a.example".to_owned()].into(), ..Limits::default() };
        let limits = options.limits(own.clone());
        assert_eq!(limits.hosts.iter().map(String::as_str).collect::<Vec<_>>(), ["a.example", "example.org"]);
        assert_eq!((limits.caps, limits.public), (limits.caps, limits.caps));
        assert_eq!(limits.caps.users, Some(5));
        assert_eq!(StartOptions::default().limits(own.clone()), own);
        for (given, expected) in [(1e9, 5_000), (-3.0, 0), (250.0, 250)] {
            assert_eq!(StartOptions { starve_ms: given, ..StartOptions::default() }.starve_ms(), expected);
        }
        let refused = StartOptions::read(r#"{"alow": []}"#).expect_err("a slip");
        assert!(
            refused.text().contains("unknown field `alow`") && refused.text().contains("expected {allow"),
            "{refused:?}"
        );
    }

    #[test]
    fn what_is_no_report_or_no_plan_is_said() {
        assert!(baseline("{}").expect_err("no report").message.contains("the baseline"));
        assert_eq!(k6_script("[").expect_err("no plan").message, "this is no plan");
        assert!(k6_script(&plan_text()).expect("a script").contains("export"));
        assert_eq!(swarm_now(None), Value::Null);
        let offered = offered();
        assert!(offered["plans"].as_array().is_some_and(|plans| plans.iter().all(|plan| plan["plan"].is_object())));
    }
}
