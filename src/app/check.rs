//! Checks a typed-in plan: the one checker of plans, and what only the page can know (its CSV files).

use serde_json::Value;

use super::csv::CsvTable;
use crate::plan::{Accounts, Plan};
use crate::scenario::Problem;

/// The runnable plan, or every problem at once. `csv` holds the file of each population that has one.
pub fn check(document: &Value, csv: &[Option<CsvTable>]) -> Result<Plan, Vec<Problem>> {
    let plan = Plan::check(document)?;
    let mut problems: Vec<_> = (0..plan.populations.len()).filter_map(|at| missing(&plan, at, csv)).collect();
    if problems.is_empty() {
        problems = plan.check_accounts(&account_rows(&plan, csv));
    }
    if problems.is_empty() { Ok(plan) } else { Err(problems) }
}

/// Rows of every population's file, their values in the order of the plan's columns; empty for those without a file.
pub fn account_rows(plan: &Plan, csv: &[Option<CsvTable>]) -> Vec<Vec<Vec<String>>> {
    let rows = |(at, accounts): (usize, &Accounts)| match (accounts, table_of(csv, at)) {
        (Accounts::Csv { columns }, Some(table)) => table.select(columns),
        _ => Vec::new(),
    };
    plan.populations.iter().map(|population| &population.accounts).enumerate().map(rows).collect()
}

fn missing(plan: &Plan, population: usize, csv: &[Option<CsvTable>]) -> Option<Problem> {
    let Accounts::Csv { columns } = &plan.populations[population].accounts else { return None };
    let path = format!("populations[{population}].accounts");
    let Some(table) = table_of(csv, population) else {
        let message = format!(
            "choose the CSV file with the columns {}: a plan names the columns, its accounts stay with you",
            columns.join(", ")
        );
        return Some(Problem { path, message });
    };
    let absent: Vec<_> = columns.iter().filter(|column| !table.columns.contains(column)).cloned().collect();
    let message = format!("the file {} has no column {}", table.file, absent.join(", "));
    (!absent.is_empty()).then_some(Problem { path, message })
}

fn table_of(csv: &[Option<CsvTable>], population: usize) -> Option<&CsvTable> {
    csv.get(population).and_then(Option::as_ref)
}
