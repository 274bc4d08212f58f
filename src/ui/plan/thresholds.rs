//! What the run must keep to.

use leptos::prelude::*;
use serde_json::Value;

use crate::ui::parts::{Card, Field, ProblemsAt};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::expectations;
use app::plan::field::{FieldKind, show_at};
use app::plan::path::Path;
use app::proposals::{Names, examples, value_now};
use metrics::Outcome;
use plan::{Expectation, Threshold};

#[component]
pub fn Thresholds() -> impl IntoView {
    let store = Store::here();
    let count = store
        .plan(|editor| Path::from("thresholds").find(editor.document()).and_then(Value::as_array).map_or(0, Vec::len));
    let row = move |at: usize| {
        let label = format!("Threshold {}", at + 1);
        let path = Path::from("thresholds").index(at);
        view! {
            <li>
                <div class="threshold">
                    <Field path=path.clone() label=label kind=FieldKind::Text list=PROPOSALS bare=true />
                    <Reading path />
                </div>
                <button class="quiet" aria-label=format!("Remove threshold {}", at + 1) on:click=move |_| store.dispatch(Edit::RemoveThreshold(at))>
                    "✕"
                </button>
            </li>
        }
    };
    let [first, second, third] = examples();
    let proposed = first.clone();
    let add = move |_| store.dispatch(Edit::AddThreshold(proposed.clone()));
    view! {
        <Card title="Thresholds" hint="A run that breaks one of these has failed.">
            <ul class="thresholds"><For each=move || 0..count.get() key=|at| *at children=row /></ul>
            <Proposals />
            <ProblemsAt path=Path::from("thresholds") />
            <button class="quiet" on:click=add>"+ Threshold"</button>
            <Expectations />
            <p class="hint">
                "Like " <code>{first}</code> ", " <code>{second}</code> ", " <code>{third}</code> "."
            </p>
        </Card>
    }
}

/// What a run is held to besides.
#[component]
fn Expectations() -> impl IntoView {
    let store = Store::here();
    let row = |one: Expectation| {
        let is_ticked = store.plan(move |editor| expectations::is_expected(editor.document(), one));
        let toggle = move |_| {
            let value = store.peek(|model| expectations::toggled(model.plan.editor.document(), one));
            store.dispatch(Edit::Set { path: expectations::path(), value });
        };
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=is_ticked on:change=toggle />
                {expectations::label(one)}
                <code class="hint">{one.expression()}</code>
            </label>
        }
    };
    view! {
        <fieldset class="checks expectations">
            <legend>"Expected of every run"</legend>
            {Expectation::ALL.iter().copied().map(row).collect_view()}
            <ProblemsAt path=expectations::path() />
            <p class="hint">"A threshold of your own on the same, like " <code>"disconnects < 5"</code> ", takes its place."</p>
        </fieldset>
    }
}

/// What an expression means, and what the page's run makes of it.
#[component]
fn Reading(path: Path) -> impl IntoView {
    let store = Store::here();
    let text = store.plan(move |editor| show_at(editor.document(), &path));
    let meaning =
        Memo::new(move |_| text.get().parse::<Threshold>().map(|threshold| threshold.meaning()).unwrap_or_default());
    let second = store.tables(|tables| tables.revision);
    let now = Memo::new(move |_| {
        second.get();
        store.driver().with_run(|run| value_now(&text.get(), &run?.result()))
    });
    let value = move || {
        now.get().map(|(value, outcome)| {
            let (mood, value) = match outcome {
                Outcome::Pass => ("good", value),
                Outcome::Fail => ("bad", value),
                Outcome::NotMeasured => ("warn", "not measured".to_owned()),
                Outcome::Invalid => ("warn", format!("{value}, not judged")),
            };
            view! { <span class=format!("chip {mood}")>{value}</span> }
        })
    };
    view! {
        <p class="hint reading" hidden=move || meaning.with(String::is_empty)>
            {meaning}
            <span hidden=move || now.with(Option::is_none)>" · last run " {value}</span>
        </p>
    }
}

/// What this plan's users can be asked, and what the last run has counted.
#[component]
fn Proposals() -> impl IntoView {
    let store = Store::here();
    let checked = store.plan(|editor| editor.plan().map(Names::of_plan));
    // Half an expression makes the plan no plan for a moment, and that is when proposals are wanted.
    let of_plan = Memo::new(move |last: Option<&Names>| checked.get().or_else(|| last.cloned()).unwrap_or_default());
    // A name that turns up in mid-run can wait for the next second.
    let second = store.tables(|tables| tables.revision);
    let proposals = Memo::new(move |_| {
        second.get();
        let names = of_plan.get();
        store.driver().with_run(|run| match run {
            Some(run) => names.proposals_after(&run.result()),
            None => names.proposals(),
        })
    });
    view! {
        <datalist id=PROPOSALS>
            {move || proposals.get().into_iter().map(|text| view! { <option value=text></option> }).collect_view()}
        </datalist>
    }
}

const PROPOSALS: &str = "threshold-proposals";
