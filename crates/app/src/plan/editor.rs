//! The plan being edited. The form and the JSON editor are two views of one document; every change is checked whole.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::plan::check;
use crate::plan::clips::Clips;
use crate::plan::csv::CsvTable;
use crate::plan::json_text;
use crate::plan::path::{Path, population_path};
use document::{Problem, Type};
use plan::{Accounts, Load, Plan};

/// A problem and the line of the JSON text it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedProblem {
    pub path: Path,
    pub message: String,
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Editor {
    /// The last text that was JSON. Always a document, not always a plan.
    document: Value,
    /// What the JSON editor shows; ahead of `document` while it is no JSON.
    text: String,
    problems: Vec<PlacedProblem>,
    plan: Option<Plan>,
    /// Account files by population. Never part of the document.
    csv: Vec<Option<CsvTable>>,
    /// Audio files and recordings. Never part of the document either.
    clips: Clips,
    /// The population whose form is open.
    population: usize,
    /// Counts the changes.
    revision: u64,
}

impl Editor {
    pub fn new(document: Value) -> Self {
        let mut editor = Self { document, ..Self::default() };
        editor.settle();
        editor
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn problems(&self) -> &[PlacedProblem] {
        &self.problems
    }

    /// The plan, if nothing is wrong with it.
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// Differs after every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// This form in place of another one: a change like any other. Clips belong to the page, not to a plan.
    pub fn replacing(mut self, other: &Self) -> Self {
        self.clips = other.clips.clone();
        self.check();
        self.revision = other.revision + 1;
        self
    }

    pub fn population(&self) -> usize {
        self.population
    }

    pub fn csv(&self) -> &[Option<CsvTable>] {
        &self.csv
    }

    pub fn clips(&self) -> &Clips {
        &self.clips
    }

    /// Changes the clips; what the plan makes of them is checked again.
    pub fn edit_clips<T>(&mut self, change: impl FnOnce(&mut Clips) -> T) -> T {
        let outcome = change(&mut self.clips);
        self.check();
        outcome
    }

    /// The account rows that a run of this plan gets.
    pub fn csv_rows(&self) -> Vec<Vec<Vec<String>>> {
        self.plan.as_ref().map(|plan| check::account_rows(plan, &self.csv)).unwrap_or_default()
    }

    pub fn population_names(&self) -> Vec<String> {
        let name = |(at, population): (usize, &Value)| {
            population
                .get("name")
                .and_then(Value::as_str)
                .map_or_else(|| format!("population {}", at + 1), str::to_owned)
        };
        self.populations().iter().enumerate().map(name).collect()
    }

    pub fn name(&self) -> String {
        crate::plan::field::show(self.document.get("name"))
    }

    /// The load of the open population, if it reads as one.
    pub fn load(&self) -> Option<Load> {
        let load = population_path(self.population).key("load").find(&self.document)?;
        serde_json::from_value(load.clone()).ok()
    }

    /// The columns that the open population's accounts are made of, each with the pattern that applies if the plan has
    /// none. Who has given one of the usual columns may give the others, too.
    pub fn account_columns(&self) -> Vec<(String, String)> {
        let path = population_path(self.population).join("accounts.columns");
        let usual = match Accounts::default() {
            Accounts::Pattern { columns } => columns,
            Accounts::Csv { .. } => BTreeMap::new(),
        };
        match path.find(&self.document).and_then(Value::as_object) {
            Some(columns) if !columns.is_empty() && columns.keys().all(|name| !usual.contains_key(name)) => {
                columns.keys().map(|name| (name.clone(), String::new())).collect()
            }
            given => {
                let mut all = usual;
                given.into_iter().flat_map(|columns| columns.keys()).for_each(|name| {
                    all.entry(name.clone()).or_default();
                });
                all.into_iter().collect()
            }
        }
    }

    /// One entry per line of the text: whether a problem stands there.
    pub fn marked_lines(&self) -> Vec<bool> {
        let mut lines = vec![false; self.text.split('\n').count()];
        for problem in &self.problems {
            if let Some(line) = lines.get_mut(problem.line - 1) {
                *line = true;
            }
        }
        lines
    }

    /// Problems of this very place, or, where the form shows it as one field, of anything inside it.
    pub fn problems_at(&self, path: &Path, inside: bool) -> Vec<String> {
        let here = |problem: &&PlacedProblem| problem.path == *path || inside && path.contains(&problem.path);
        self.problems.iter().filter(here).map(|problem| problem.message.clone()).collect()
    }

    /// Puts a value, or takes it away.
    pub fn edit(&mut self, path: &Path, value: Option<Value>) {
        match value {
            Some(value) => {
                path.put(&mut self.document, value);
            }
            None => {
                path.remove(&mut self.document);
            }
        }
        self.settle();
    }

    /// What was typed into the JSON editor. Its layout is left alone.
    pub fn edit_text(&mut self, text: String) {
        self.text = text;
        match serde_json::from_str(&self.text) {
            Ok(document) => {
                self.document = document;
                self.check();
            }
            Err(error) => {
                self.plan = None;
                self.revision += 1;
                let message = without_position(&error);
                self.problems = vec![PlacedProblem { path: Path::default(), message, line: error.line().max(1) }];
            }
        }
    }

    pub fn select_population(&mut self, population: usize) {
        self.revision += 1;
        self.population = population.min(self.populations().len().saturating_sub(1));
    }

    /// A further population: a copy of the open one under a new name.
    pub fn add_population(&mut self) {
        let mut copy = self.populations().get(self.population).cloned().unwrap_or_else(|| json!({}));
        let names = self.population_names();
        let name = (2..).map(|n| format!("group-{n}")).find(|name| !names.contains(name));
        Path::default().key("name").put(&mut copy, name.into());
        let count = self.populations().len();
        Path::default().key("populations").index(count).put(&mut self.document, copy);
        self.population = count;
        self.settle();
    }

    /// The last population stays: a plan without one is no plan.
    pub fn remove_population(&mut self, population: usize) {
        if self.populations().len() < 2 {
            return;
        }
        Path::default().key("populations").index(population).remove(&mut self.document);
        if population < self.csv.len() {
            self.csv.remove(population);
        }
        self.select_population(self.population.min(population));
        self.settle();
    }

    /// Takes a file of accounts for a population, and writes its columns into the plan.
    pub fn attach_csv(&mut self, population: usize, table: CsvTable) {
        let accounts = json!({"source": "csv", "columns": table.columns});
        self.csv.resize(self.csv.len().max(population + 1), None);
        self.csv[population] = Some(table);
        self.edit(&population_path(population).key("accounts"), Some(accounts));
    }

    fn populations(&self) -> &[Value] {
        self.document.get("populations").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// After a change of the document: lay the text out anew and check.
    fn settle(&mut self) {
        self.text = json_text::pretty(&self.document, Type::Object(&plan::PLAN));
        self.check();
    }

    fn check(&mut self) {
        self.csv.resize(self.populations().len(), None);
        self.select_population(self.population);
        let (plan, problems) = match check(&self.document, &self.csv, &self.clips) {
            Ok(plan) => (Some(plan), Vec::new()),
            Err(problems) => (None, problems),
        };
        self.plan = plan;
        self.problems = problems.into_iter().map(|problem| placed(&self.text, problem)).collect();
    }
}

fn placed(text: &str, problem: Problem) -> PlacedProblem {
    let path = Path::from(problem.path.as_str());
    PlacedProblem { line: json_text::line_of(text, &path), path, message: problem.message }
}

/// serde_json ends its messages with `at line 3 column 7`; the line is shown apart.
fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let cut = message.rfind(" at line ").unwrap_or(message.len());
    format!("this is not JSON: {}", &message[..cut])
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::AccountBook;

    fn editor() -> Editor {
        Editor::new(crate::presets::plan("lab").expect("the default plan is there"))
    }

    #[test]
    fn a_form_edit_changes_text_and_plan_together() {
        let mut editor = editor();
        editor.edit(&Path::from("name"), Some("evening run".into()));
        assert_eq!(editor.plan().map(|plan| plan.name.as_str()), Some("evening run"));
        assert!(editor.text().contains("\"name\": \"evening run\""), "{}", editor.text());
    }

    #[test]
    fn broken_json_is_shown_on_its_line_and_keeps_the_document() {
        let mut editor = editor();
        let before = editor.document().clone();
        editor.edit_text("{\n  \"name\": oops\n}".into());
        assert_eq!(editor.problems().iter().map(|problem| problem.line).collect::<Vec<_>>(), [2]);
        assert!(editor.problems()[0].message.starts_with("this is not JSON: "));
        assert!(!editor.problems()[0].message.contains("line"));
        assert_eq!((editor.document(), editor.plan()), (&before, None));
    }

    #[test]
    fn typed_text_keeps_its_layout() {
        let mut editor = editor();
        let text = editor.document().to_string();
        editor.edit_text(text.clone());
        assert_eq!(editor.text(), text);
        assert!(editor.plan().is_some());
    }

    #[test]
    fn populations_come_and_go() {
        let mut editor = editor();
        let first = editor.population_names();
        editor.add_population();
        editor.add_population();
        assert_eq!(editor.population_names()[1..], ["group-2", "group-3"]);
        assert_eq!(editor.population(), 2);
        editor.remove_population(1);
        assert_eq!(editor.population_names()[1..], ["group-3"]);
        editor.remove_population(1);
        editor.remove_population(0);
        assert_eq!((editor.population_names(), editor.population()), (first, 0));
    }

    #[test]
    fn who_changes_one_pattern_keeps_the_others() {
        let mut editor = editor();
        let columns =
            |editor: &Editor| editor.account_columns().into_iter().map(|(column, _)| column).collect::<Vec<_>>();
        let usual = ["email", "name", "password"];
        assert_eq!(columns(&editor), usual);
        let password = Path::from("populations[0].accounts.columns.password");
        editor.edit(&password, Some("Hush-{n}".into()));
        assert_eq!(columns(&editor), usual);
        let book = |editor: &Editor| {
            let population = &editor.plan().unwrap_or_else(|| panic!("{:?}", editor.problems())).populations[0];
            AccountBook::new(&population.accounts, "a1b", "p", Vec::new()).account(0).expect("an account")
        };
        let named =
            |values: [&str; 3]| usual.map(str::to_owned).into_iter().zip(values.map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!(book(&editor), named(["ts-a1b-p-1@tabswarm.test", "Swarm a1b p 1", "Hush-1"]));
        editor.edit(&password, None);
        assert_eq!(columns(&editor), usual);
        assert_eq!(book(&editor), named(["ts-a1b-p-1@tabswarm.test", "Swarm a1b p 1", "Tabswarm-1"]));
        editor.edit(&Path::from("populations[0].accounts"), Some(json!({"columns": {"pin": "{n}"}})));
        assert_eq!(columns(&editor), ["pin"]);
    }

    #[test]
    fn an_accounts_file_names_its_columns_in_the_plan_and_stays_out_of_it() {
        let mut editor = editor();
        let smoke = json!({"model": "closed", "stages": [{"duration_s": 30, "target": 1}]});
        editor.edit(&Path::from("populations[0].load"), Some(smoke));
        let text = "email,password,name\na@b.c,hunter2,A\nb@b.c,hunter3,B\n";
        editor.attach_csv(0, CsvTable::parse("users.csv", text).expect("it is a good file"));
        assert!(!editor.text().contains("hunter2"));
        assert_eq!(
            editor.csv_rows(),
            [[["a@b.c", "hunter2", "A"], ["b@b.c", "hunter3", "B"]]],
            "{:?}",
            editor.problems()
        );
        editor.edit(&Path::from("populations[0].accounts.columns[0]"), Some("phone".into()));
        let problems = editor.problems_at(&Path::from("populations[0].accounts"), true);
        assert_eq!(problems, ["the file users.csv has no column phone"]);
    }

    #[test]
    fn too_few_accounts_are_a_problem_before_the_start() {
        let mut editor = editor();
        editor.attach_csv(0, CsvTable::parse("a.csv", "email,password,name\na,b,c").expect("it is a good file"));
        let problems = editor.problems_at(&Path::from("populations[0].accounts"), true).join("; ");
        assert!(problems.starts_with("the file has 1 accounts, but 50 users"), "{problems}");
    }
}
