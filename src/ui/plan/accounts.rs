//! Who the users are: names made from a pattern, or a file of accounts.

use leptos::prelude::*;
use serde_json::Value;

use crate::ui::parts::{Card, Field, FileButton, read_text};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::field::FieldKind;
use app::plan::population_path;

#[component]
pub fn Accounts() -> impl IntoView {
    let store = Store::here();
    let is_csv = store.plan(|editor| {
        let source = population_path(editor.population()).join("accounts.source");
        source.find(editor.document()).and_then(Value::as_str) == Some("csv")
    });
    let choice = move |csv: bool, label: &'static str| {
        view! {
            <button
                aria-pressed=move || (is_csv.get() == csv).to_string()
                on:click=move |_| if is_csv.get() != csv { store.dispatch(Edit::ChooseAccounts { csv }) }
            >
                {label}
            </button>
        }
    };
    view! {
        <Card title="Accounts">
            <div class="segments" role="group" aria-label="Source of accounts">
                {choice(false, "Made from a pattern")}
                {choice(true, "From a CSV file")}
            </div>
            {move || if is_csv.get() { view! { <CsvFields /> }.into_any() } else { view! { <PatternFields /> }.into_any() }}
        </Card>
    }
}

#[component]
fn PatternFields() -> impl IntoView {
    let store = Store::here();
    let columns = store.plan(|editor| editor.account_columns());
    let field = move |(column, usual): (String, String)| {
        let accounts = store.in_population("accounts.columns");
        let key = column.clone();
        view! { <Field path=Signal::derive(move || accounts.get().key(key.clone())) label=column kind=FieldKind::Text placeholder=usual /> }
    };
    view! {
        <p class="hint">
            <code>"{n}"</code>" is the user's number, "<code>"{run}"</code>" changes with every run, "
            <code>"{population}"</code>" is the population's name. No two users share an account."
        </p>
        <div class="grid">{move || columns.get().into_iter().map(field).collect_view()}</div>
    }
}

#[component]
fn CsvFields() -> impl IntoView {
    let store = Store::here();
    let held = store.plan(|editor| {
        let table = editor.csv().get(editor.population())?.as_ref()?;
        Some(format!("{}: {} accounts, columns {}", table.file, table.rows.len(), table.columns.join(", ")))
    });
    let path = store.in_population("accounts");
    let problems = store.plan(move |editor| editor.problems_at(&path.get(), true).join("; "));
    view! {
        <p class="hint">
            "The first line names the columns, like " <code>"email,password"</code>
            ". The file stays in this page's memory: it is not in the plan, not in a link and not in the report."
        </p>
        <FileButton
            label="Choose a CSV file"
            accept=".csv,text/csv,text/plain"
            drop=true
            on_file=move |file| read_text(file, move |name, file| store.dispatch(Edit::AccountsRead { name, file }))
        />
        <p class="note"><span>{held}</span><span class="problem">{problems}</span></p>
    }
}
