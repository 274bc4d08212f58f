//! What a person does to the plan: typed, chosen, opened, saved.

use serde_json::{Value, json};

use crate::event::{Effect, Event};
use crate::model::Model;
use crate::notice::{About, NoticeKind, forget_done, over, say};
use crate::plan::clips::update as sound;
use crate::plan::csv::CsvTable;
use crate::plan::field;
use crate::plan::load_form;
use crate::plan::path::Path;
use crate::plan::share;
use crate::plan::{Editor, population_path};
use crate::presets;
use crate::text_file::{Encoding, TextFile};
use base::url;
use plan::Load;

/// The events that change the plan.
pub(crate) fn edit_plan(model: &mut Model, event: Event) {
    forget_done(model);
    over(model, About::Plan);
    let population = population_path(model.editor.population());
    let editor = &mut model.editor;
    match event {
        Event::Typed { path, kind, text } => editor.edit(&path, field::read(kind, &text)),
        Event::Set { path, value } => editor.edit(&path, value),
        Event::TypedJson(text) => editor.edit_text(text),
        Event::ChoosePlan(id) => {
            model.is_foreign = false;
            choose_plan(model, id);
        }
        Event::SelectPopulation(at) => editor.select_population(at),
        Event::AddPopulation => editor.add_population(),
        Event::RemovePopulation(at) => editor.remove_population(at),
        Event::ChooseScenario(id) => {
            // The old scenario's variables mean nothing to the new one, but where the target is stays.
            let target = population.clone().key("variables").key("target").find(editor.document()).cloned();
            editor.edit(&population.clone().key("scenario"), Some(id.into()));
            let variables = target.map_or_else(|| json!({}), |target| json!({ "target": target }));
            editor.edit(&population.key("variables"), Some(variables));
        }
        Event::ChooseLoad(kind) => {
            let load = population.key("load");
            let converted = load_form::convert(load.find(editor.document()), kind);
            editor.edit(&load, Some(converted));
        }
        Event::FitSearch => crate::plan::search_form::fit(editor),
        Event::ExpandShape => expand_shape(editor, &population.key("load")),
        Event::AddStage => add_stage(editor, &population.key("load").key("stages")),
        Event::RemoveStage(at) => editor.edit(&population.key("load").key("stages").index(at), None),
        Event::ChooseAccounts { csv } => {
            let accounts = csv.then(|| json!({"source": "csv", "columns": ["email", "password"]}));
            editor.edit(&population.key("accounts"), accounts);
        }
        Event::AccountsRead { name, file: Ok(file) } => attach_accounts(model, &name, &file),
        Event::AccountsRead { name, file: Err(error) } | Event::PlanRead { name, file: Err(error) } => {
            say(model, NoticeKind::Problem, About::Deed, format!("{name} was not read: {error}."));
        }
        Event::ClipRead(clip) => sound::take(model, clip),
        Event::RenameClip { from, to } => sound::rename(model, &from, &to),
        Event::RemoveClip(name) => sound::remove(model, &name),
        Event::AddThreshold(expression) => add_threshold(editor, &expression),
        Event::RemoveThreshold(at) => editor.edit(&Path::from("thresholds").index(at), None),
        Event::PlanRead { name, file: Ok(file) } => {
            model.is_foreign = true;
            open_plan(model, &name, file.text);
        }
        _ => unreachable!("update() takes all other events"),
    }
}

/// A plan for `lab` targets the server its page came from, if that is on this machine.
pub(crate) fn aimed_at(mut document: Value, origin: &str) -> Value {
    if url::host(origin).is_some_and(|host| url::is_loopback(&host)) {
        aim(&mut document, &origin.into());
    }
    document
}

/// Sets the target of every population.
fn aim(document: &mut Value, target: &Value) {
    let populations = document.get("populations").and_then(Value::as_array).map_or(0, Vec::len);
    for population in 0..populations {
        population_path(population).join("variables.target").put(document, target.clone());
    }
}

fn choose_plan(model: &mut Model, id: String) {
    let Some(mut document) = presets::plan(&id) else { return };
    let old = model.editor.document();
    // The server under test stays the same when another plan for the same kind of server is tried on it.
    let kind = Path::from("populations[0].scenario");
    if kind.find(old) == kind.find(&document)
        && let Some(target) = Path::from("populations[0].variables.target").find(old).cloned()
    {
        aim(&mut document, &target);
    }
    replace_plan(model, document);
    model.preset = Some(id);
}

fn expand_shape(editor: &mut Editor, load: &Path) {
    let shape = load.find(editor.document()).cloned().and_then(|load| serde_json::from_value::<Load>(load).ok());
    if let Some(shape) = shape {
        let stages = load_form::stages(&shape);
        editor.edit(load, Some(json!({"model": "closed", "start": 0, "stages": stages})));
    }
}

fn add_stage(editor: &mut Editor, stages: &Path) {
    let list = stages.find(editor.document());
    let (at, stage) = (list.and_then(Value::as_array).map_or(0, Vec::len), load_form::next_stage(list));
    editor.edit(&stages.clone().index(at), Some(stage));
}

fn attach_accounts(model: &mut Model, name: &str, file: &TextFile) {
    match CsvTable::parse(name, &file.text) {
        Ok(table) => {
            let accounts = if table.rows.len() == 1 { "account" } else { "accounts" };
            // Who sees in what encoding a file was read knows where to look if names are not his.
            let how = if file.encoding == Encoding::Utf8 { String::new() } else { format!(" as {}", file.encoding) };
            let said = format!("{} {accounts} read from {name}{how}. They stay in this page.", table.rows.len());
            model.editor.attach_csv(model.editor.population(), table);
            say(model, NoticeKind::Done, About::Deed, said);
        }
        Err(error) => say(model, NoticeKind::Problem, About::Deed, format!("{name} was not read: {error}.")),
    }
}

fn add_threshold(editor: &mut Editor, expression: &str) {
    let path = Path::from("thresholds");
    let at = path.find(editor.document()).and_then(Value::as_array).map_or(0, Vec::len);
    editor.edit(&path.index(at), Some(expression.into()));
}

fn open_plan(model: &mut Model, name: &str, text: String) {
    model.preset = None;
    match serde_json::from_str(&text) {
        Ok(document) => {
            replace_plan(model, document);
            say(model, NoticeKind::Done, About::Deed, format!("Plan opened from {name}."));
        }
        Err(_) => {
            // The text is shown as it is, with the problem on its line.
            model.editor.edit_text(text);
            say(model, NoticeKind::Problem, About::Plan, format!("{name} is not JSON; see the problem in the editor."));
        }
    }
}

/// A file on the person's own disk holds the plan as it is; what was typed stays as it was laid out.
pub(crate) fn save_plan(editor: &Editor) -> Effect {
    Effect::Download { name: format!("{}.plan.json", file_name(&editor.name())), text: editor.text().to_owned() }
}

/// The script of a plan without problems; the problems of any other are on the page already.
pub(crate) fn save_script(model: &mut Model) -> Vec<Effect> {
    let name = format!("{}.k6.js", file_name(&model.editor.name()));
    let script = model.editor.plan().map(crate::k6::script);
    match script {
        Some(Ok(text)) => return vec![Effect::Download { name, text }],
        Some(Err(problems)) => {
            let problem = problems.first().map_or_else(String::new, ToString::to_string);
            say(
                model,
                NoticeKind::Problem,
                About::Plan,
                format!("This plan cannot be written as a k6 script: {problem}"),
            );
        }
        None => say(
            model,
            NoticeKind::Problem,
            About::Plan,
            "The plan has problems: a k6 script needs a plan that can run.".to_owned(),
        ),
    }
    Vec::new()
}

pub(crate) fn share_plan(editor: &Editor) -> Effect {
    let (document, removed) = share::without_secrets(editor.document());
    let done = if removed.is_empty() {
        "Link copied. It holds the whole plan.".to_owned()
    } else {
        format!("Link copied, without what looks like a secret: {}.", removed.join(", "))
    };
    Effect::CopyLink { fragment: share::fragment(&document), done }
}

/// A name without what a file system may not like.
fn file_name(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    if plain.is_empty() { "plan".to_owned() } else { plain }
}

pub(crate) fn replace_plan(model: &mut Model, document: Value) {
    model.editor = Editor::new(document).replacing(&model.editor);
}
