//! `window.tabswarm`: what the headless command and other programs drive the page with.
//!
//! Every function gives a promise, so that the contract can outlive a change of what is immediate. Plans, statuses and
//! reports cross as plain objects.

use js_sys::{Array, JSON, Object, Promise, Reflect};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use super::chart_parts;
use super::run_driver::RunDriver;
use super::swarm_driver::SwarmDriver;
use app::plan::clips::Clips;
use app::plan::csv::CsvTable;
use app::plan::{account_rows, check};
use app::presets;
use app::run::save::Format;
use app::swarm::Reply;
use document::Problem;
use metrics::Report;
use plan::{Caps, Limits, Plan};
use results::archive;
use swarm::{Seat, Side};

/// Puts `window.tabswarm` in place. It is there from the page's start to its end.
///
/// | function | gives |
/// |---|---|
/// | `presets()` | `{plans: [{id, title, description, plan}], scenarios: [{id, title, scenario}]}` |
/// | `check(plan, files)` | `{ok, problems: [{path, message}]}` |
/// | `k6(plan)` | the text of a k6 script that does the same |
/// | `start(plan, files, options)` | nothing, once the workers are being started; fails with the plan's problems |
/// | `baseline(report)` | nothing; thresholds of the next run compare with this report. Fails if it is none |
/// | `status()` | `{phase, elapsed_s, planned_s, users: {target, active, ...}, sent, received, errors, problem?, verdict?}` |
/// | `act(action)` | nothing, once it is ordered: what a plan's action does, done now or at its `at_s`; fails with all that is against it |
/// | `stop()` | nothing, at once; `status()` tells when the run is done |
/// | `swarm()` | the swarm that this page is in: `{name, connected, problem, invite, watch, traffic, browsers or consent ...}`, or null |
/// | `answer(allows, {samples})` | nothing; answers what the page asks about a swarm just now, for who may decide that: whether a link's broker may be talked to, whether a conductor may play here. Fails if nothing is asked |
/// | `report()` | the report of the run as it is now; fails before the first run |
/// | `report(format)` | the text of the file that the page would save: `html`, `json`, `csv`, `junit`, `k6` or `openmetrics` |
///
/// A plan is an object, or the text of its document: only a text keeps numbers beyond 2^53 as they are.
///
/// `options`: `allow` lists the hosts besides this machine that load may go to, for who may decide that; without it only those
/// do that were allowed in this browser. `caps` replaces this browser's caps: `{users, rate, minutes}`, each a number or null.
/// `starve_ms` blocks the load workers half of the time, for so long at once, to see what becomes of the verdict.
/// The fair use statement is for people: a script is not asked.
///
/// `files` holds, for each population whose accounts are a file, the CSV text of it, at the population's place.
pub fn expose(driver: &RunDriver, swarm: &SwarmDriver, reply: impl Fn(Reply) -> bool + 'static) {
    let api = Object::new();
    let with = |call: fn(&RunDriver) -> Promise| {
        let driver = driver.clone();
        move |_: JsValue, _: JsValue, _: JsValue| call(&driver)
    };
    put(&api, "presets", |_, _, _| settled(Ok(offered())));
    put(&api, "check", |plan, files, _| settled(Ok(verdict(read_plan(&plan, &files).map(drop)))));
    put(&api, "k6", |plan, _, _| settled(k6_script(&plan)));
    put(&api, "start", {
        let driver = driver.clone();
        move |plan, files, options| start(driver.clone(), read_options(&options), read_plan(&plan, &files))
    });
    put(&api, "baseline", {
        let driver = driver.clone();
        move |report, _, _| {
            let given = read_report(&report).map(|report| driver.compare_with(report));
            settled(given.map(|()| JsValue::UNDEFINED))
        }
    });
    put(&api, "status", with(|driver| settled(to_js(&driver.status()))));
    put(&api, "act", {
        let driver = driver.clone();
        move |action, _, _| settled(act(&driver, &action))
    });
    put(
        &api,
        "stop",
        with(|driver| {
            driver.stop();
            settled(Ok(JsValue::UNDEFINED))
        }),
    );
    put(&api, "report", {
        let driver = driver.clone();
        move |format, _, _| match format.as_string() {
            Some(format) => written(&driver, &format),
            None => settled(driver.report().ok_or_else(no_run).and_then(|report| to_js(&report))),
        }
    });
    put(&api, "answer", move |allows, options, _| settled(answer(&reply, &allows, &options)));
    put(&api, "swarm", {
        let swarm = swarm.clone();
        move |_, _, _| settled(to_js(&swarm_now(&swarm)))
    });
    set(&js_sys::global(), "tabswarm", &api);
}

fn k6_script(plan: &JsValue) -> Result<JsValue, JsValue> {
    // Rows of accounts stay outside a script, so a plan without its files will do.
    let document = read_document(plan, "a plan").map_err(|problem| failure("this is no plan", &[problem]))?;
    let plan = Plan::check(&document).map_err(|problems| failure("the plan cannot run", &problems))?;
    let script = app::k6::script(&plan).map_err(|problems| failure("the plan cannot be a script", &problems))?;
    Ok(script.into())
}

fn act(driver: &RunDriver, action: &JsValue) -> Result<JsValue, JsValue> {
    let refused = |problems: &[Problem]| failure("this cannot be done", problems);
    let document = read_document(action, "an action").map_err(|problem| refused(&[problem]))?;
    let read = driver.with_run(|run| run.map(|run| run.read_action(&document))).ok_or_else(no_run)?;
    driver.act(read.map_err(|problems| refused(&problems))?);
    Ok(JsValue::UNDEFINED)
}

fn start(driver: RunDriver, options: Result<Options, JsValue>, plan: Result<Runnable, Vec<Problem>>) -> Promise {
    future_to_promise(async move {
        let options = options?;
        let (plan, rows) = plan.map_err(|problems| failure("the plan cannot run", &problems))?;
        driver.starve(options.starve_ms.clamp(0.0, MOST_STARVATION_MS) as u32);
        let started = driver.start_within(options.limits(driver.limits()), plan, rows, Vec::new()).await;
        started.map_err(|error| failure(&error.to_string(), &[]))?;
        Ok(JsValue::UNDEFINED)
    })
}

/// What a script says besides the plan.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    allow: Vec<String>,
    caps: Option<Caps>,
    starve_ms: f64,
}

impl Options {
    /// This browser's limits, with what the script says on top.
    fn limits(&self, own: Limits) -> Limits {
        let hosts = own
            .hosts
            .into_iter()
            .chain(
                self.allow.iter().map(|host| base::url::meant_host(host).unwrap_or_else(|| host.to_ascii_lowercase())),
            )
            .collect();
        // Who names caps means them for every host.
        Limits { hosts, caps: self.caps.unwrap_or(own.caps), public: self.caps.unwrap_or(own.public), ..own }
    }
}

fn read_options(options: &JsValue) -> Result<Options, JsValue> {
    if options.is_undefined() || options.is_null() {
        return Ok(Options::default());
    }
    let text = JSON::stringify(options).ok().and_then(|text| text.as_string()).unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| {
        let expected = "{allow: [hosts], caps: {users, rate, minutes}}";
        failure(&format!("the options were not understood: {error}; expected {expected}"), &[])
    })
}

fn answer(reply: &dyn Fn(Reply) -> bool, allows: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    let allows = allows.as_bool().ok_or_else(|| failure("expected true or false", &[]))?;
    let samples = Reflect::get(options, &"samples".into()).ok().and_then(|samples| samples.as_bool()).unwrap_or(false);
    // Whether a person knows what is fair, a script cannot say.
    if reply(Reply { allows, samples, fair_use: false }) {
        Ok(JsValue::UNDEFINED)
    } else {
        Err(failure("nothing is asked just now", &[]))
    }
}

/// What the page would save.
fn written(driver: &RunDriver, format: &str) -> Promise {
    let format = Format::named(format);
    let past = driver.past().ok_or_else(no_run).and_then(|past| past.map_err(|error| failure(&error.to_string(), &[])));
    future_to_promise(async move {
        let (format, past) = (format.map_err(|error| failure(&error.to_string(), &[]))?, past?);
        let parts = if format == Format::Html { chart_parts().await } else { None };
        Ok(format.write(&past, parts.as_ref()).into())
    })
}

fn no_run() -> JsValue {
    failure("there has been no run yet", &[])
}

fn swarm_now(driver: &SwarmDriver) -> Value {
    driver.with(|swarm| {
        let Some(swarm) = swarm else { return Value::Null };
        let mut now = json!({
            "name": swarm.card().name, "connected": swarm.is_connected(), "problem": swarm.trouble(), "invite": swarm.invite().to_join(),
            "watch": swarm.invite().to_watch(), "traffic": swarm.traffic(),
        });
        match swarm.side() {
            Side::Conductor(conductor) => {
                let seat = |seat: &Seat| json!({
                    "name": seat.name(), "away": seat.is_away, "clock": seat.clock, "workers": seat.workers.len(),
                    "consent": seat.card.as_ref().map(|card| &card.consent),
                });
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
    })
}

fn offered() -> JsValue {
    let plans: Vec<Value> = presets::plans()
        .into_iter()
        .map(|preset| {
            let plan = presets::plan(&preset.id);
            json!({"id": preset.id, "title": preset.title, "description": preset.description, "plan": plan})
        })
        .collect();
    let scenarios: Vec<Value> = presets::scenarios()
        .into_iter()
        .map(|(id, title)| {
            let scenario = presets::scenario(&json!(id));
            json!({"id": id, "title": title, "scenario": scenario})
        })
        .collect();
    to_js(&json!({"plans": plans, "scenarios": scenarios})).unwrap_or_else(|error| error)
}

/// A plan and the rows of its account files.
type Runnable = (Plan, Vec<Vec<Vec<String>>>);

fn read_report(report: &JsValue) -> Result<Report, JsValue> {
    let text = JSON::stringify(report).ok().and_then(|text| text.as_string()).unwrap_or_default();
    let mut reading = archive::read("the baseline", &text);
    reading.found.pop().map(|found| found.report).ok_or_else(|| failure(&reading.problems.join(", "), &[]))
}

fn read_plan(plan: &JsValue, files: &JsValue) -> Result<Runnable, Vec<Problem>> {
    let files: Vec<Option<CsvTable>> = match Array::is_array(files) {
        true => Array::from(files).iter().enumerate().map(table).collect::<Result<_, _>>().map_err(|one| vec![one])?,
        false => Vec::new(),
    };
    let document = read_document(plan, "a plan").map_err(|problem| vec![problem])?;
    let plan = check(&document, &files, &Clips::default())?;
    let rows = account_rows(&plan, &files);
    Ok((plan, rows))
}

/// `what` it should be, for people.
fn read_document(given: &JsValue, what: &str) -> Result<Value, Problem> {
    // A text is the document's own: of an object numbers beyond 2^53 have lost their last digits before they come here.
    let text = given.as_string().or_else(|| JSON::stringify(given).ok()?.as_string());
    let document = text.and_then(|text| serde_json::from_str(&text).ok());
    document.ok_or_else(|| problem("", format!("expected {what}: an object")))
}

fn table((population, file): (usize, JsValue)) -> Result<Option<CsvTable>, Problem> {
    let Some(text) = file.as_string() else { return Ok(None) };
    let path = format!("populations[{population}].accounts");
    CsvTable::parse("(given)", &text).map(Some).map_err(|error| problem(&path, error.to_string()))
}

fn problem(path: &str, message: String) -> Problem {
    Problem { path: path.to_owned(), message }
}

fn verdict(plan: Result<(), Vec<Problem>>) -> JsValue {
    let problems = plan.err().unwrap_or_default();
    to_js(&json!({"ok": problems.is_empty(), "problems": problems})).unwrap_or_else(|error| error)
}

/// An `Error` whose message a person can read, with the problems as data beside it.
fn failure(message: &str, problems: &[Problem]) -> JsValue {
    let lines = problems.iter().map(|problem| format!("\n{problem}"));
    let error = js_sys::Error::new(&lines.fold(message.to_owned(), |message, line| message + &line));
    set(&error, "problems", &to_js(problems).unwrap_or_else(|error| error));
    error.into()
}

/// A plain object, by way of JSON: numbers, nulls and absent fields are what the documents say.
fn to_js(value: &(impl Serialize + ?Sized)) -> Result<JsValue, JsValue> {
    let text = serde_json::to_string(value).map_err(|error| JsValue::from(js_sys::Error::new(&error.to_string())))?;
    JSON::parse(&text)
}

/// A worker that stands still for longer is as good as dead.
const MOST_STARVATION_MS: f64 = 5_000.0;

fn settled(result: Result<JsValue, JsValue>) -> Promise {
    match result {
        Ok(value) => Promise::resolve(&value),
        Err(error) => Promise::reject(&error),
    }
}

fn put(api: &Object, name: &str, call: impl Fn(JsValue, JsValue, JsValue) -> Promise + 'static) {
    set(api, name, &Closure::<dyn Fn(JsValue, JsValue, JsValue) -> Promise>::new(call).into_js_value());
}

fn set(object: &JsValue, name: &str, value: &JsValue) {
    Reflect::set(object, &name.into(), value).expect("objects of ours can be given properties");
}
