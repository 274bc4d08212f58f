//! A table of results. Rows keep their elements: when a number changes, one text changes.

use leptos::prelude::*;

use super::keyed;
use app::run::view::table::{Column, ColumnKind, Row};

#[component]
pub fn DataTable(
    /// What a screen reader calls it.
    label: &'static str,
    columns: &'static [Column],
    #[prop(into)] rows: Signal<Vec<Row>>,
    /// Called with the row's key and the column's number, for cells that say that there is more behind them.
    #[prop(optional, into)]
    on_open: Option<Callback<(String, usize)>>,
) -> impl IntoView {
    let head = columns.iter().map(|column| view! { <th scope="col" class=column.kind.class()>{column.title}</th> });
    let row = move |row: Memo<Row>| {
        let cells = columns.iter().enumerate().map(|(at, column)| cell(row, at, column, on_open)).collect_view();
        view! { <tr class:part=move || row.with(|row| row.is_part)>{cells}</tr> }
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=format!("{label}, table")>
            <table class="numbers">
                <thead><tr>{head.collect_view()}</tr></thead>
                <tbody>{keyed(move || rows.get(), |row| row.key.clone(), row)}</tbody>
            </table>
        </div>
    }
}

fn cell(row: Memo<Row>, at: usize, column: &'static Column, on_open: Option<Callback<(String, usize)>>) -> AnyView {
    let kind = column.kind;
    let class =
        move || format!("{} {}", kind.class(), row.with(|row| row.cells.get(at).map_or("", |cell| cell.mood.class())));
    let text = move || row.with(|row| row.cells.get(at).map(|cell| cell.text.clone()));
    let opens =
        Memo::new(move |_| on_open.is_some() && row.with(|row| row.cells.get(at).is_some_and(|cell| cell.opens)));
    let text = move || {
        let Some(on_open) = on_open.filter(|_| opens.get()) else { return text.into_any() };
        let on_click = move |_| on_open.run((row.with_untracked(|row| row.key.clone()), at));
        let about = move || format!(" {}: show evidence", column.title);
        view! { <button class="cell" title="Show evidence" on:click=on_click>{text}<span class="unseen">{about}</span></button> }
            .into_any()
    };
    if kind != ColumnKind::Name {
        return view! { <td class=class>{text}</td> }.into_any();
    }
    let about = row.with_untracked(|row| row.cells.get(at).map(|cell| cell.about.to_string()).unwrap_or_default());
    if about.is_empty() {
        return view! { <th scope="row" class=class>{text}</th> }.into_any();
    }
    view! { <th scope="row" class=class><abbr title=about>{text}</abbr></th> }.into_any()
}
