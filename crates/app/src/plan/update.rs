//! What a person does to the plan: typed, chosen, opened, saved.

use std::fmt::Display;

use serde_json::{Value, json};

use crate::k6;
use crate::notice::{About, Notice, NoticeEffect, NoticeKind};
use crate::page::PageEffect;
use crate::plan::csv::CsvTable;
use crate::plan::path::Path;
use crate::plan::{Edit, Editor, PlanEffect, PlanEvent, PlanModel, population_path};
use crate::plan::{field, load_form, search_form, share};
use crate::response::{Response, Responses};
use crate::text_file::{Encoding, ReadFile};
use plan::Load;

pub fn update(model: &mut PlanModel, event: PlanEvent) -> Responses<PlanEffect> {
    match event {
        PlanEvent::Edit(edit) => edited(self::edit(model, edit)),
        PlanEvent::Save => {
            let text = "Saved as it is: with the passwords and tokens that the plan may have.";
            vec![Response::say(NoticeKind::Done, About::Deed, text), Response::Do(save(&model.editor))]
        }
        PlanEvent::Share => vec![Response::Page(link(&model.editor))],
        PlanEvent::SaveScript => vec![save_script(&model.editor)],
        PlanEvent::GoTo { line } => vec![Response::Page(PageEffect::RevealLine(line))],
    }
}

/// What every edit is followed by, and what is said of this one.
pub(super) fn edited<E>(said: Option<NoticeEffect>) -> Responses<E> {
    let over = [Response::Notice(NoticeEffect::ForgetDone), Response::over(About::Plan)];
    over.into_iter().chain(said.map(Response::Notice)).chain([Response::PlanChanged]).collect()
}

fn edit(model: &mut PlanModel, edit: Edit) -> Option<NoticeEffect> {
    let population = population_path(model.editor.population());
    let editor = &mut model.editor;
    match edit {
        Edit::Typed { path, kind, text } => editor.edit(&path, field::read(kind, &text)),
        Edit::Set { path, value } => editor.edit(&path, value),
        Edit::TypedJson(text) => editor.edit_text(text),
        Edit::ChoosePreset(id) => model.choose_preset(id),
        Edit::SelectPopulation(at) => editor.select_population(at),
        Edit::AddPopulation => editor.add_population(),
        Edit::RemovePopulation(at) => editor.remove_population(at),
        Edit::ChooseScenario(id) => {
            // The old scenario's variables mean nothing to the new one, but where the target is stays.
            let target = population.clone().key("variables").key("target").find(editor.document()).cloned();
            editor.edit(&population.clone().key("scenario"), Some(id.into()));
            let variables = target.map_or_else(|| json!({}), |target| json!({ "target": target }));
            editor.edit(&population.key("variables"), Some(variables));
        }
        Edit::ChooseLoad(kind) => {
            let load = population.key("load");
            let converted = load_form::convert(load.find(editor.document()), kind);
            editor.edit(&load, Some(converted));
        }
        Edit::FitSearch => search_form::fit(editor),
        Edit::ExpandShape => expand_shape(editor, &population.key("load")),
        Edit::AddStage => add_stage(editor, &population.key("load").key("stages")),
        Edit::RemoveStage(at) => editor.edit(&population.key("load").key("stages").index(at), None),
        Edit::ChooseAccounts { csv } => {
            let accounts = csv.then(|| json!({"source": "csv", "columns": ["email", "password"]}));
            editor.edit(&population.key("accounts"), accounts);
        }
        Edit::AccountsRead { name, file } => return Some(attach_accounts(editor, &name, file)),
        Edit::AddThreshold(expression) => add_threshold(editor, &expression),
        Edit::RemoveThreshold(at) => editor.edit(&Path::from("thresholds").index(at), None),
        Edit::FileRead { name, file } => return Some(open_file(model, &name, file)),
    }
    None
}

fn said(kind: NoticeKind, about: About, text: String) -> NoticeEffect {
    NoticeEffect::Say(Notice::new(kind, about, text))
}

fn unread(name: &str, error: &impl Display) -> NoticeEffect {
    said(NoticeKind::Problem, About::Deed, format!("{name} was not read: {error}."))
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

fn attach_accounts(editor: &mut Editor, name: &str, file: ReadFile) -> NoticeEffect {
    let file = match file {
        Ok(file) => file,
        Err(error) => return unread(name, &error),
    };
    match CsvTable::parse(name, &file.text) {
        Ok(table) => {
            let accounts = if table.rows.len() == 1 { "account" } else { "accounts" };
            // Who sees in what encoding a file was read knows where to look if names are not his.
            let how = if file.encoding == Encoding::Utf8 { String::new() } else { format!(" as {}", file.encoding) };
            let text = format!("{} {accounts} read from {name}{how}. They stay in this page.", table.rows.len());
            editor.attach_csv(editor.population(), table);
            said(NoticeKind::Done, About::Deed, text)
        }
        Err(error) => unread(name, &error),
    }
}

fn add_threshold(editor: &mut Editor, expression: &str) {
    let path = Path::from("thresholds");
    let at = path.find(editor.document()).and_then(Value::as_array).map_or(0, Vec::len);
    editor.edit(&path.index(at), Some(expression.into()));
}

fn open_file(model: &mut PlanModel, name: &str, file: ReadFile) -> NoticeEffect {
    let text = match file {
        Ok(file) => file.text,
        Err(error) => return unread(name, &error),
    };
    model.is_foreign = true;
    match serde_json::from_str(&text) {
        Ok(document) => {
            model.open(document);
            said(NoticeKind::Done, About::Deed, format!("Plan opened from {name}."))
        }
        Err(_) => {
            // The text is shown as it is, with the problem on its line.
            model.restore(text);
            said(NoticeKind::Problem, About::Plan, format!("{name} is not JSON; see the problem in the editor."))
        }
    }
}

/// A file on the person's own disk holds the plan as it is; what was typed stays as it was laid out.
fn save(editor: &Editor) -> PlanEffect {
    PlanEffect::Download { name: format!("{}.plan.json", file_name(&editor.name())), text: editor.text().to_owned() }
}

/// The script of a plan without problems; the problems of any other are on the page already.
fn save_script(editor: &Editor) -> Response<PlanEffect> {
    let problem = match editor.plan().map(k6::script) {
        Some(Ok(text)) => {
            return Response::Do(PlanEffect::Download { name: format!("{}.k6.js", file_name(&editor.name())), text });
        }
        Some(Err(problems)) => {
            let problem = problems.first().map_or_else(String::new, ToString::to_string);
            format!("This plan cannot be written as a k6 script: {problem}")
        }
        None => "The plan has problems: a k6 script needs a plan that can run.".to_owned(),
    };
    Response::say(NoticeKind::Problem, About::Plan, problem)
}

fn link(editor: &Editor) -> PageEffect {
    let (document, removed) = share::without_secrets(editor.document());
    let done = if removed.is_empty() {
        "Link copied. It holds the whole plan.".to_owned()
    } else {
        format!("Link copied, without what looks like a secret: {}.", removed.join(", "))
    };
    PageEffect::CopyLink { fragment: share::fragment(&document), done }
}

/// A name without what a file system may not like.
fn file_name(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    if plain.is_empty() { "plan".to_owned() } else { plain }
}
