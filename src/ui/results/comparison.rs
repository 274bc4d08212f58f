//! Runs side by side: what changed, how sure that is, and what was different about their plans.

use std::sync::Arc;

use leptos::prelude::*;

use super::local_time;
use super::overlays::Overlays;
use crate::ui::parts::{Card, Select};
use crate::ui::run::HappeningList;
use crate::ui::store::Store;
use app::results::{ChangeView, ComparedGroup, ComparisonView, ResultsEvent, RunHead, Screen};
use results::compare::PlanRow;

#[component]
pub fn Comparison() -> impl IntoView {
    let store = Store::here();
    let view = store.select(|model| match &model.results.screen {
        Screen::Comparison(view) => Arc::clone(view),
        _ => Arc::default(),
    });
    let runs = Memo::new(move |_| view.with(|view| view.runs.clone()));
    let options = Signal::derive(move || {
        let named = |(at, run): (usize, &RunHead)| (run.id.clone(), format!("{} {}", at + 1, run.name));
        runs.with(|runs| runs.iter().enumerate().map(named).collect::<Vec<_>>())
    });
    let first = Signal::derive(move || runs.with(|runs| runs.first().map(|run| run.id.clone()).unwrap_or_default()));
    let happenings = Memo::new(move |_| view.with(|view| view.happenings.clone()));
    view! {
        <div class="run">
            <section class="card controls" aria-label="Compared runs">
                <div class="outcome">{move || view.with(outcome)}</div>
                <div class="state">
                    <ol class="compared">{move || heads(&view.get())}</ol>
                    <div class="row against">
                        <Select
                            label="Compare with"
                            options
                            value=first
                            on_choose=move |id| store.dispatch(ResultsEvent::CompareWith(id))
                        />
                        <button on:click=move |_| store.dispatch(ResultsEvent::Back)>"All results"</button>
                    </div>
                </div>
                <p class="hint">{move || view.with(|view| format!("{} {}", view.basis, view.surety))}</p>
            </section>
            <Overlays />
            <div hidden=move || happenings.with(Vec::is_empty)>
                <Card title="What happened" hint="The numbers are the marks on the charts: which run, and what in it.">
                    <HappeningList rows=happenings />
                </Card>
            </div>
            {move || {
                let view = view.get();
                view.groups.iter().map(|group| table(group, &view.runs)).collect_view()
            }}
            <Plans view />
        </div>
    }
}

fn outcome(view: &Arc<ComparisonView>) -> AnyView {
    let sentence = |text: &String| view! { <p><strong>{text.clone()}</strong></p> };
    view.headlines.iter().map(sentence).collect_view().into_any()
}

fn heads(view: &ComparisonView) -> AnyView {
    let head = |(at, run): (usize, &RunHead)| {
        let sum = match at {
            0 => "the others are compared with it".to_owned(),
            _ => view.sums.get(at - 1).cloned().unwrap_or_default(),
        };
        let warning = run.is_invalid.then(|| {
            view! { <span class="problem below">"What it measured may be the generator's doing, or is not the whole run: take its differences with care."</span> }
        });
        let class = if run.is_invalid { "chip warn" } else { "chip" };
        let verdict = (!run.verdict.is_empty()).then(|| view! { <span class=class>{run.verdict.clone()}</span> });
        view! {
            <li>
                <strong>{run.name.clone()}</strong>
                " "
                <span class="hint">{local_time(&run.started_at)}</span>
                " "
                {verdict}
                <span class="below">{sum}</span>
                {warning}
            </li>
        }
    };
    view.runs.iter().enumerate().map(head).collect_view().into_any()
}

fn table(group: &ComparedGroup, runs: &[RunHead]) -> AnyView {
    let title = group.title;
    let names = columns(runs);
    let head = |(at, name): (usize, &String)| {
        let change = (at > 0).then(|| {
            view! { <th scope="col" role="columnheader" class="num">"Change"</th><th scope="col" role="columnheader">"Finding"</th> }
        });
        view! { <th scope="col" role="columnheader" class="num">{name.clone()}</th>{change} }
    };
    let row = |line: &app::results::ComparedLine| {
        let cell = |(at, value): (usize, &String)| {
            let change = at.checked_sub(1).and_then(|at| line.changes.get(at)).map(finding);
            view! { <td role="cell" class="num" data-label=names.get(at).cloned()>{value.clone()}</td>{change} }
        };
        view! {
            <tr role="row">
                <th scope="row" role="rowheader" class="name">{line.subject.clone()}</th>
                {line.values.iter().enumerate().map(cell).collect_view()}
            </tr>
        }
    };
    let heads = names.iter().enumerate().map(head).collect_view();
    let rows = group.rows.iter().map(row).collect_view();
    view! {
        <Card title=title>
            <div class="scroll" tabindex="0" role="region" aria-label=format!("{title}, table")>
                <table class="numbers stacks" role="table">
                    <thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader" class="name">"What"</th>{heads}</tr></thead>
                    <tbody role="rowgroup">{rows}</tbody>
                </table>
            </div>
        </Card>
    }
    .into_any()
}

fn finding(change: &ChangeView) -> impl IntoView + use<> {
    let class = if change.mood.class().is_empty() { "hint".to_owned() } else { change.mood.class().to_owned() };
    let is_empty = change.text.is_empty();
    view! {
        <td role="cell" class="num" class:empty-cell=is_empty data-label="Change">{change.text.clone()}</td>
        <td role="cell" class=class class:empty-cell=change.word.is_empty() data-label="Finding">{change.word}</td>
    }
}

/// What the columns of the runs are called. On a narrow page every row of a table stands as a list, in which they name each value;
/// roles keep it a table to screen readers.
fn columns(runs: &[RunHead]) -> Vec<String> {
    runs.iter().enumerate().map(|(at, run)| format!("{} {}", at + 1, run.name)).collect()
}

#[component]
fn Plans(view: Memo<Arc<ComparisonView>>) -> impl IntoView {
    let all = RwSignal::new(false);
    let shown = move || {
        let view = view.get();
        let names = columns(&view.runs);
        let row = |row: &PlanRow| {
            let cell = |(at, value): (usize, &Option<String>)| {
                let value = value.clone().unwrap_or_else(|| "–".to_owned());
                view! { <td role="cell" class="code-cell" data-label=names.get(at).cloned()><span>{value}</span></td> }
            };
            let mark = row.differs.then(|| view! { <span class="chip warn">"differs"</span> });
            view! {
                <tr role="row" class:differs=row.differs>
                    <th scope="row" role="rowheader" class="name"><code>{row.path.clone()}</code></th>
                    {row.values.iter().enumerate().map(cell).collect_view()}
                    <td role="cell" class:empty-cell=!row.differs>{mark}</td>
                </tr>
            }
        };
        let rows = view.plans.iter().filter(|row| row.differs || all.get());
        rows.map(row).collect_view()
    };
    let same = move || view.with(|view| view.plans.iter().all(|row| !row.differs));
    let heads = move || {
        let names = view.with(|view| columns(&view.runs));
        names.into_iter().map(|name| view! { <th scope="col" role="columnheader">{name}</th> }).collect_view()
    };
    view! {
        <Card title="Plans">
            <p hidden=move || !same()>"The plans are the same."</p>
            <label class="check">
                <input type="checkbox" prop:checked=all on:change=move |event| all.set(event_target_checked(&event)) />
                "Also show what is the same"
            </label>
            <div class="scroll" tabindex="0" role="region" aria-label="Plans, table" hidden=move || same() && !all.get()>
                <table class="numbers stacks" role="table">
                    <thead role="rowgroup">
                        <tr role="row"><th scope="col" role="columnheader" class="name">"Where"</th>{heads}<th scope="col" role="columnheader"></th></tr>
                    </thead>
                    <tbody role="rowgroup">{shown}</tbody>
                </table>
            </div>
        </Card>
    }
}
