//! `window.tabswarm`: what the headless command and other programs drive the page with.
//!
//! Every function gives a promise, so that the contract can outlive a change of what is immediate. Plans, statuses and
//! reports cross as plain objects.

use js_sys::{JSON, Object, Promise, Reflect};
use serde::Serialize;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use super::run_driver::RunDriver;
use crate::app::clips::Clips;
use crate::app::{check, presets};
use crate::plan::Plan;
use crate::scenario::Problem;

/// Puts `window.tabswarm` in place. It is there from the page's start to its end.
///
/// | function | gives |
/// |---|---|
/// | `presets()` | `{plans: [{id, title, description, plan}], scenarios: [{id, title, scenario}]}` |
/// | `check(plan)` | `{ok, problems: [{path, message}]}` |
/// | `start(plan)` | nothing, once the workers are being started; fails with the plan's problems |
/// | `status()` | `{phase, elapsed_s, planned_s, users: {target, active, ...}, sent, received, errors, problem?}` |
/// | `stop()` | nothing, at once; `status()` tells when the run is done |
/// | `report()` | the report of the run as it is now; fails before the first run |
pub fn expose(driver: &RunDriver) {
    let api = Object::new();
    let with = |call: fn(&RunDriver) -> Promise| {
        let driver = driver.clone();
        move |_: JsValue| call(&driver)
    };
    put(&api, "presets", |_| settled(Ok(offered())));
    put(&api, "check", |plan| settled(Ok(verdict(read_plan(&plan)))));
    put(&api, "start", {
        let driver = driver.clone();
        move |plan| start(driver.clone(), read_plan(&plan))
    });
    put(&api, "status", with(|driver| settled(to_js(&driver.status()))));
    put(
        &api,
        "stop",
        with(|driver| {
            driver.stop();
            settled(Ok(JsValue::UNDEFINED))
        }),
    );
    put(
        &api,
        "report",
        with(|driver| {
            let report = driver.report().ok_or_else(|| failure("there has been no run yet", &[]));
            settled(report.and_then(|report| to_js(&report)))
        }),
    );
    set(&js_sys::global(), "tabswarm", &api);
}

fn start(driver: RunDriver, plan: Result<Plan, Vec<Problem>>) -> Promise {
    future_to_promise(async move {
        let plan = plan.map_err(|problems| failure("the plan cannot run", &problems))?;
        driver.start(plan, Vec::new(), Vec::new()).await.map_err(|error| failure(&error.to_string(), &[]))?;
        Ok(JsValue::UNDEFINED)
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

/// A plan without the CSV files and clips that only the page's user can choose.
fn read_plan(plan: &JsValue) -> Result<Plan, Vec<Problem>> {
    let text = JSON::stringify(plan).ok().and_then(|text| text.as_string());
    let document = text.and_then(|text| serde_json::from_str(&text).ok());
    let nothing = || vec![Problem { path: String::new(), message: "expected a plan: an object".to_owned() }];
    check(&document.ok_or_else(nothing)?, &[], &Clips::default())
}

fn verdict(plan: Result<Plan, Vec<Problem>>) -> JsValue {
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

fn settled(result: Result<JsValue, JsValue>) -> Promise {
    match result {
        Ok(value) => Promise::resolve(&value),
        Err(error) => Promise::reject(&error),
    }
}

fn put(api: &Object, name: &str, call: impl Fn(JsValue) -> Promise + 'static) {
    set(api, name, &Closure::<dyn Fn(JsValue) -> Promise>::new(call).into_js_value());
}

fn set(object: &JsValue, name: &str, value: &JsValue) {
    Reflect::set(object, &name.into(), value).expect("objects of ours can be given properties");
}
