//! The desk: knobs and buttons that steer the run that is going on. They only ever reach this run's simulated users.

use leptos::prelude::*;

use crate::ui::parts::{Card, Select, unique_id};
use crate::ui::store::Store;
use app::run::RunEvent;
use app::run::control::{Amounts, Desk, Knob, Push};
use plan::{Action, TimedAction};

#[component]
pub fn LiveControl() -> impl IntoView {
    let store = Store::here();
    let desks = store.run(|run| run.control.desks.clone());
    let is_running = store.run(|run| run.control.is_running);
    let has_acted = store.run(|run| !run.control.actions.is_empty());
    let chosen = RwSignal::new(0usize);
    let amounts = RwSignal::new(Amounts::default());
    // Another run has other populations.
    Effect::new(move || {
        desks.track();
        chosen.set(0);
    });
    let names = Signal::derive(move || {
        let name = |(at, desk): (usize, &Desk)| {
            (at.to_string(), desk.population.clone().unwrap_or_else(|| "all populations".to_owned()))
        };
        desks.with(|desks| desks.iter().enumerate().map(name).collect::<Vec<_>>())
    });
    let desk = Memo::new(move |_| desks.with(|desks| desks.get(chosen.get()).cloned()));
    view! {
        <div hidden=move || desks.with(|desks| desks.is_empty())>
            <Card title="Live control" hint="Steers this run's own simulated users, in all its browsers, within a second." class="desk">
                <p class="hint" role="status" hidden=move || is_running.get()>
                    "The run is not going on: nothing to steer."
                </p>
                <div hidden=move || names.with(|names| names.len() < 2)>
                    <Select
                        label="Steer"
                        options=names
                        value=Signal::derive(move || chosen.get().to_string())
                        on_choose=move |at| chosen.set(at.parse().unwrap_or(0))
                    />
                </div>
                {move || desk.get().map(|desk| view! { <Desk desk is_running amounts /> })}
                <div class="row">
                    <button hidden=move || !has_acted.get() on:click=move |_| store.dispatch(RunEvent::RecordSession)>
                        "Open this session as a plan"
                    </button>
                </div>
            </Card>
        </div>
    }
}

#[component]
fn Desk(desk: Desk, is_running: Memo<bool>, amounts: RwSignal<Amounts>) -> impl IntoView {
    let store = Store::here();
    let armed = RwSignal::new(None::<Push>);
    let population = StoredValue::new(desk.population.clone());
    let act = move |action: Action| {
        armed.set(None);
        let timed = TimedAction { at_s: 0.0, population: population.get_value(), action };
        store.dispatch(RunEvent::Act(Box::new(timed)));
    };
    let shared = StoredValue::new(desk.clone());
    let is_paused =
        store.run(move |run| population.with_value(|population| run.control.is_paused(population.as_deref())));
    let knobs = desk
        .knobs
        .into_iter()
        .map(|knob| {
            let here = knob.clone();
            let value = store.run(move |run| shared.with_value(|desk| run.control.value(desk, &here)));
            view! { <KnobField knob value is_running act=Callback::new(act) /> }
        })
        .collect_view();
    let buttons = desk
        .buttons
        .into_iter()
        .map(|(push, why_not)| {
            let hint = why_not.clone().map_or_else(|| push.hint().to_owned(), |why| format!("Not here: {why}."));
            let id = unique_id("push");
            let is_off = why_not.is_some();
            let is_hidden = move || match push {
                Push::Pause => is_paused.get(),
                Push::Resume => !is_paused.get(),
                _ => false,
            };
            let press = move |_| {
                if push.is_harsh() {
                    armed.set(Some(push));
                } else {
                    act(push.action(amounts.get_untracked()));
                }
            };
            let label = move || push.label(amounts.get());
            let is_armed = move || armed.get() == Some(push);
            view! {
                <li hidden=is_hidden>
                    <button
                        hidden=is_armed
                        class:danger=push.is_harsh()
                        disabled=move || is_off || !is_running.get()
                        aria-describedby=id.clone()
                        on:click=press
                    >
                        {label}
                    </button>
                    <span class="row" hidden=move || !is_armed() role="group" aria-label="Confirm">
                        <button class="danger" on:click=move |_| act(push.action(amounts.get_untracked()))>
                            {move || format!("Yes: {}", label())}
                        </button>
                        <button on:click=move |_| armed.set(None)>"Cancel"</button>
                    </span>
                    <span class="hint" id=id>{hint}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="knobs">{knobs}</div>
        <div class="amounts">
            <Amount label="Share of users" unit="%" most=100.0 value=move || amounts.get().percent set=move |to| amounts.update(|all| all.percent = to) />
            <Amount label="Messages of a burst" unit="each" most=100.0 value=move || f64::from(amounts.get().messages) set=move |to| amounts.update(|all| all.messages = to.max(1.0) as u32) />
            <Amount label="Stop reading for" unit="s" most=600.0 value=move || amounts.get().seconds set=move |to| amounts.update(|all| all.seconds = to) />
        </div>
        <ul class="pushes">{buttons}</ul>
    }
}

/// A slider and a field of one number, which take effect when they are let go.
#[component]
fn KnobField(knob: Knob, value: Memo<f64>, is_running: Memo<bool>, act: Callback<Action>) -> impl IntoView {
    let (id, note) = (unique_id("knob"), unique_id("note"));
    // A slider over sixty thousand characters could not be aimed; the field takes them all.
    let (least, most, step) = (knob.least, knob.most.min((knob.usual * 10.0).max(knob.least + 1.0)), knob.step());
    let (label, unit, doc) = (knob.label.clone(), knob.unit, knob.doc.clone());
    let slider_label = format!("{label}, slider");
    let knob = StoredValue::new(knob);
    let turn = move |text: String| {
        if let Ok(to) = text.trim().parse::<f64>()
            && to.is_finite()
        {
            act.run(knob.with_value(|knob| knob.action(to)));
        }
    };
    let shown = move || ((value.get() * 1e3).round() / 1e3).to_string();
    view! {
        <div class="field knob">
            <label for=id.clone()>{label}</label>
            <span class="box">
                <input
                    id=id
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    prop:value=shown
                    disabled=move || !is_running.get()
                    aria-describedby=note.clone()
                    on:change=move |event| turn(event_target_value(&event))
                />
                <span class="unit">{unit}</span>
            </span>
            <input
                type="range"
                aria-label=slider_label
                min=least
                max=most
                step=step
                prop:value=shown
                disabled=move || !is_running.get()
                on:change=move |event| turn(event_target_value(&event))
            />
            <p class="note" id=note><span class="hint">{doc}</span></p>
        </div>
    }
}

#[component]
fn Amount(
    label: &'static str,
    unit: &'static str,
    most: f64,
    value: impl Fn() -> f64 + Send + Sync + 'static,
    set: impl Fn(f64) + Send + Sync + 'static,
) -> impl IntoView {
    let id = unique_id("amount");
    let change = move |event| {
        if let Ok(to) = event_target_value(&event).trim().parse::<f64>()
            && to > 0.0
            && to <= most
        {
            set(to);
        }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <span class="box">
                <input id=id type="text" inputmode="decimal" autocomplete="off" prop:value=move || value().to_string() on:change=change />
                <span class="unit">{unit}</span>
            </span>
        </div>
    }
}
