//! `window.tabswarm`: what the headless command and other programs drive the page with.
//!
//! Every function gives a promise, so that the contract can outlive a change of what is immediate. Plans, statuses and
//! reports cross as plain objects.

use js_sys::{Array, JSON, Object, Promise, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use super::chart_parts;
use super::run_driver::RunDriver;
use super::swarm_driver::SwarmDriver;
use app::automation::{self, Denial, Runnable, StartOptions};
use app::run::save::Format;
use app::swarm::Reply;
use document::Problem;

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
    put(&api, "presets", |_, _, _| settled(to_js(&automation::offered())));
    put(&api, "check", |plan, files, _| settled(verdict(read_plan(&plan, &files))));
    put(&api, "k6", |plan, _, _| {
        settled(text_of(&plan).and_then(|plan| automation::k6_script(&plan).map(JsValue::from).map_err(failure)))
    });
    put(&api, "start", {
        let driver = driver.clone();
        move |plan, files, options| start(driver.clone(), read_options(&options), read_plan(&plan, &files))
    });
    put(&api, "baseline", {
        let driver = driver.clone();
        move |report, _, _| {
            let given = text_of(&report).and_then(|report| automation::baseline(&report).map_err(failure));
            settled(given.map(|report| driver.compare_with(report)).map(|()| JsValue::UNDEFINED))
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
        move |_, _, _| settled(to_js(&swarm.with(automation::swarm_now)))
    });
    set(&js_sys::global(), "tabswarm", &api);
}

fn act(driver: &RunDriver, action: &JsValue) -> Result<JsValue, JsValue> {
    let refused = |problems| failure(Denial::new("this cannot be done", problems));
    let document = automation::document(&text_of(action)?, "an action").map_err(|problem| refused(vec![problem]))?;
    let read = driver.with_run(|run| run.map(|run| run.read_action(&document))).ok_or_else(no_run)?;
    driver.act(read.map_err(refused)?);
    Ok(JsValue::UNDEFINED)
}

fn start(driver: RunDriver, options: Result<StartOptions, JsValue>, plan: Result<Runnable, Vec<Problem>>) -> Promise {
    future_to_promise(async move {
        let options = options?;
        let (plan, rows) = plan.map_err(|problems| failure(Denial::new("the plan cannot run", problems)))?;
        driver.starve(options.starve_ms());
        let started = driver.start_within(options.limits(driver.limits()), plan, rows, Vec::new()).await;
        started.map_err(|error| refused(error.to_string()))?;
        Ok(JsValue::UNDEFINED)
    })
}

fn read_options(options: &JsValue) -> Result<StartOptions, JsValue> {
    if options.is_undefined() || options.is_null() {
        return Ok(StartOptions::default());
    }
    StartOptions::read(&text_of(options)?).map_err(failure)
}

fn answer(reply: &dyn Fn(Reply) -> bool, allows: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    let allows = allows.as_bool().ok_or_else(|| refused("expected true or false"))?;
    let samples = Reflect::get(options, &"samples".into()).ok().and_then(|samples| samples.as_bool()).unwrap_or(false);
    // Whether a person knows what is fair, a script cannot say.
    if reply(Reply { allows, samples, fair_use: false }) {
        Ok(JsValue::UNDEFINED)
    } else {
        Err(refused("nothing is asked just now"))
    }
}

/// What the page would save.
fn written(driver: &RunDriver, format: &str) -> Promise {
    let format = Format::named(format).map_err(|error| refused(error.to_string()));
    let past = driver.past().ok_or_else(no_run).and_then(|past| past.map_err(|error| refused(error.to_string())));
    future_to_promise(async move {
        let (format, past) = (format?, past?);
        let parts = if format == Format::Html { chart_parts().await } else { None };
        Ok(format.write(&past, parts.as_ref()).into())
    })
}

fn no_run() -> JsValue {
    refused("there has been no run yet")
}

fn read_plan(plan: &JsValue, files: &JsValue) -> Result<Runnable, Vec<Problem>> {
    let files: Vec<_> = match Array::is_array(files) {
        true => Array::from(files).iter().map(|file| file.as_string()).collect(),
        false => Vec::new(),
    };
    automation::runnable(&text_of(plan).unwrap_or_default(), &files)
}

fn verdict(plan: Result<Runnable, Vec<Problem>>) -> Result<JsValue, JsValue> {
    to_js(&automation::verdict(&plan.err().unwrap_or_default()))
}

/// A document's JSON. A text is the document's own: of an object numbers beyond 2^53 have lost their last digits before they come here.
fn text_of(document: &JsValue) -> Result<String, JsValue> {
    match document.as_string() {
        Some(text) => Ok(text),
        None => Ok(JSON::stringify(document)?.as_string().unwrap_or_default()),
    }
}

/// An `Error` whose message a person can read, with the problems as data beside it.
fn failure(denial: Denial) -> JsValue {
    let error = js_sys::Error::new(&denial.text());
    set(&error, "problems", &to_js(&denial.problems).unwrap_or_else(|error| error));
    error.into()
}

fn refused(message: impl Into<String>) -> JsValue {
    failure(Denial::new(message, Vec::new()))
}

/// A plain object, by way of JSON: numbers, nulls and absent fields are what the documents say.
fn to_js(value: &(impl Serialize + ?Sized)) -> Result<JsValue, JsValue> {
    let text = serde_json::to_string(value).map_err(|error| JsValue::from(js_sys::Error::new(&error.to_string())))?;
    JSON::parse(&text)
}

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
