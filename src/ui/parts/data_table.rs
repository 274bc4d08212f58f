//! A table of results. Rows keep their elements: when a number changes, one text changes.

use leptos::prelude::*;

use super::keyed;
use crate::app::run_view::table::{Column, Kind, Row};

#[component]
pub fn DataTable(
    /// What a screen reader calls it.
    label: &'static str,
    columns: &'static [Column],
    #[prop(into)] rows: Signal<Vec<Row>>,
) -> impl IntoView {
    let head = columns.iter().map(|column| view! { <th scope="col" class=class_of(column.kind)>{column.title}</th> });
    let row = move |row: Memo<Row>| {
        let cells = columns.iter().enumerate().map(|(at, column)| cell(row, at, column.kind)).collect_view();
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

fn cell(row: Memo<Row>, at: usize, kind: Kind) -> AnyView {
    let class = move || {
        format!("{} {}", class_of(kind), row.with(|row| row.cells.get(at).map_or("", |cell| cell.mood.class())))
    };
    let text = move || row.with(|row| row.cells.get(at).map(|cell| cell.text.clone()));
    if kind != Kind::Name {
        return view! { <td class=class>{text}</td> }.into_any();
    }
    match row.with_untracked(|row| row.cells.get(at).map_or("", |cell| cell.about)) {
        "" => view! { <th scope="row" class=class>{text}</th> }.into_any(),
        about => view! { <th scope="row" class=class><abbr title=about>{text}</abbr></th> }.into_any(),
    }
}

const fn class_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Name => "name",
        Kind::Text => "",
        Kind::Number => "num",
        Kind::Code => "code-cell",
        Kind::Quiet => "hint",
    }
}
