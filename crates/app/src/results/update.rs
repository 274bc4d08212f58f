//! What happens on the results page, and what is done about it.

use std::sync::Arc;

use crate::notice::{About, NoticeKind};
use crate::page::{Page, PageEffect};
use crate::response::{Response, Responses, wants};
use crate::results::{OpenRun, ResultsEffect, ResultsEvent, ResultsModel, Screen};
use crate::run::log::LogFilter;
use crate::text_file::ReadFile;
use results::{Entry, archive, set_baseline};

/// `filter`: what the log of an opened run passes.
#[expect(clippy::too_many_lines, reason = "a line or two for each event")]
pub fn update(model: &mut ResultsModel, event: ResultsEvent, filter: &LogFilter) -> Responses<ResultsEffect> {
    match event {
        ResultsEvent::Listed { entries, problem } => {
            model.marked.retain(|id| entries.iter().any(|entry| entry.id == *id && !entry.deleted));
            (model.entries, model.problem) = (entries, problem);
        }
        ResultsEvent::Mark { id, on } => {
            model.marked.retain(|marked| *marked != id);
            if on {
                model.marked.push(id);
            }
        }
        ResultsEvent::Edit(id) => model.editing = id,
        ResultsEvent::Describe { id, name, note } => {
            model.editing = None;
            let name = name.trim().to_owned();
            return change(model, &id, |entry| {
                // A run without a name is called as its plan.
                entry.name = if name.is_empty() { entry.summary.plan.clone() } else { name };
                entry.note = note.trim().to_owned();
            });
        }
        ResultsEvent::Pin { id, on } => return change(model, &id, |entry| entry.pinned = on),
        ResultsEvent::Baseline { id, on } => {
            let changed = set_baseline(&mut model.entries, &id, on);
            return wants([ResultsEffect::Save(changed)]);
        }
        ResultsEvent::Delete(id) => {
            model.deleted = model.entry(&id).cloned();
            model.marked.retain(|marked| *marked != id);
            return change(model, &id, |entry| entry.deleted = true);
        }
        ResultsEvent::Undo => {
            let id = model.deleted.take().map(|entry| entry.id).unwrap_or_default();
            return change(model, &id, |entry| entry.deleted = false);
        }
        ResultsEvent::Open(id) => {
            return wants(model.entry(&id).map(|entry| ResultsEffect::Open(Box::new(entry.clone()))));
        }
        ResultsEvent::Opened(run) => return opened(model, *run, filter),
        ResultsEvent::FilesRead(files) => return files_read(model, &files),
        ResultsEvent::Export => {
            let kept = model.entries.iter().filter(|entry| !entry.deleted).cloned().collect();
            return wants([ResultsEffect::Export(kept)]);
        }
        ResultsEvent::Compare => {
            // What came later is compared with what was before, and everything with the baseline.
            let mut order = model.marked.clone();
            order.sort_by_key(|id| model.entry(id).map(|entry| (!entry.baseline, entry.summary.started_at.clone())));
            return compare(model, order);
        }
        ResultsEvent::CompareWith(id) => {
            let mut order = model.marked.clone();
            order.sort_by_key(|marked| *marked != id);
            return compare(model, order);
        }
        ResultsEvent::Compared(view) => {
            model.marked = view.runs.iter().map(|run| run.id.clone()).collect();
            let was_open = matches!(model.screen, Screen::Comparison(_));
            model.screen = Screen::Comparison(view);
            let enter = (!was_open).then_some(Response::Page(PageEffect::Enter));
            return [Response::over(About::Deed)].into_iter().chain(enter).collect();
        }
        ResultsEvent::Back => {
            model.screen = Screen::List;
            return vec![Response::Page(PageEffect::Enter)];
        }
        ResultsEvent::SaveReport(format) => return wants([ResultsEffect::SaveReport(format)]),
    }
    Vec::new()
}

/// Changes what a person has said about a run, here at once and in the database soon.
fn change(model: &mut ResultsModel, id: &str, change: impl FnOnce(&mut Entry)) -> Responses<ResultsEffect> {
    let Some(entry) = model.entries.iter_mut().find(|entry| entry.id == id) else { return Vec::new() };
    change(entry);
    wants([ResultsEffect::Save(vec![entry.clone()])])
}

fn opened(model: &mut ResultsModel, mut run: OpenRun, filter: &LogFilter) -> Responses<ResultsEffect> {
    // What shows a run looks again when its revision has changed.
    let before = match &model.screen {
        Screen::Run(before) => before.view.revision,
        Screen::List | Screen::Comparison(_) => 0,
    };
    run.view.revision = before + 1;
    run.filter_log(filter);
    Arc::make_mut(&mut run.view.tables).revision = before + 1;
    model.screen = Screen::Run(Box::new(run));
    vec![Response::over(About::Deed), Response::Show(Page::Results), Response::Page(PageEffect::Enter)]
}

fn compare(model: &ResultsModel, ids: Vec<String>) -> Responses<ResultsEffect> {
    let entries: Vec<_> = ids.iter().filter_map(|id| model.entry(id).cloned()).collect();
    wants((entries.len() >= 2).then_some(ResultsEffect::Compare(entries)))
}

/// Keeps the runs of these files that are not kept yet, and marks all of them.
fn files_read(model: &mut ResultsModel, files: &[(String, ReadFile)]) -> Responses<ResultsEffect> {
    let mut new: Vec<archive::ArchivedRun> = Vec::new();
    let (mut known, mut unread) = (0, Vec::new());
    model.marked.clear();
    for (name, file) in files {
        let text = match file {
            Ok(file) => &file.text,
            Err(error) => {
                unread.push(format!("{name}: {error}"));
                continue;
            }
        };
        let reading = archive::read(name, text);
        unread.extend(reading.problems);
        for mut found in reading.found {
            let id = &found.entry.id;
            if model.entry(id).is_some() || new.iter().any(|other| other.entry.id == *id) {
                known += 1;
            } else {
                // One plan has one baseline, and the one that is here stays.
                found.entry.baseline &= !model.baselines().contains(found.entry.summary.plan.as_str());
                new.push(found.clone());
            }
            if !model.marked.contains(&found.entry.id) {
                model.marked.push(found.entry.id);
            }
        }
    }
    let runs = |count: usize| if count == 1 { "1 run".to_owned() } else { format!("{count} runs") };
    let known = if known > 0 {
        format!(" {} already here.", if known == 1 { "1 was".to_owned() } else { format!("{known} were") })
    } else {
        String::new()
    };
    let kind = if unread.is_empty() { NoticeKind::Done } else { NoticeKind::Problem };
    let lost = if unread.is_empty() { "" } else { " What could not be read is listed above the model." };
    model.unread = unread;
    let said = Response::say(kind, About::Deed, format!("{} imported.{known}{lost}", runs(new.len())));
    let keep = (!new.is_empty()).then_some(Response::Do(ResultsEffect::Keep(new)));
    [said].into_iter().chain(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_file::TextFile;
    use crate::{Effect, Model};
    use results::Summary;

    fn entry(id: &str, plan: &str) -> Entry {
        let summary = Summary { plan: plan.into(), started_at: id.into(), ..Summary::default() };
        Entry {
            id: id.into(),
            name: plan.into(),
            note: String::new(),
            pinned: false,
            baseline: false,
            deleted: false,
            cut_off: false,
            bytes: 10,
            summary,
        }
    }

    /// Two kept runs, and what is left after these events.
    fn after(events: impl IntoIterator<Item = ResultsEvent>) -> (Model, Vec<Effect>) {
        let mut model = Model::default();
        let entries = vec![entry("2", "evening"), entry("1", "evening")];
        let listed = ResultsEvent::Listed { entries, problem: None };
        let mut effects = Vec::new();
        for event in [listed].into_iter().chain(events) {
            effects = crate::update(&mut model, event);
        }
        (model, effects)
    }

    #[test]
    fn a_name_and_a_note_are_saved_and_an_empty_name_is_the_plan_s() {
        let describe = |name: &str| ResultsEvent::Describe { id: "1".into(), name: name.into(), note: " cold ".into() };
        let (model, effects) = after([describe(" before ")]);
        let changed = model.results.entry("1").unwrap();
        assert_eq!((changed.name.as_str(), changed.note.as_str()), ("before", "cold"));
        assert_eq!(effects, [Effect::Results(ResultsEffect::Save(vec![changed.clone()]))]);
        assert_eq!(after([describe("x"), describe("")]).0.results.entry("1").unwrap().name, "evening");
    }

    #[test]
    fn what_is_deleted_comes_back_by_undo() {
        let (model, _) = after([ResultsEvent::Mark { id: "1".into(), on: true }, ResultsEvent::Delete("1".into())]);
        assert_eq!(model.results.entry("1"), None);
        assert!(model.results.marked.is_empty());
        assert_eq!(model.results.deleted.as_ref().map(|entry| entry.id.as_str()), Some("1"));
        let (model, effects) = after([ResultsEvent::Delete("1".into()), ResultsEvent::Undo]);
        assert!(model.results.entry("1").is_some() && model.results.deleted.is_none());
        assert!(matches!(&effects[..], [Effect::Results(ResultsEffect::Save(changed))] if !changed[0].deleted));
    }

    #[test]
    fn two_are_compared_and_one_is_not() {
        let mark = |id: &str| ResultsEvent::Mark { id: id.into(), on: true };
        assert_eq!(after([mark("1"), ResultsEvent::Compare]).1, []);
        let (_, effects) = after([mark("2"), mark("1"), ResultsEvent::Compare]);
        let [Effect::Results(ResultsEffect::Compare(entries))] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        let (_, effects) = after([mark("1"), mark("2"), ResultsEvent::CompareWith("2".into())]);
        let [Effect::Results(ResultsEffect::Compare(entries))] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(entries[0].id, "2");
    }

    #[test]
    fn a_file_that_holds_no_run_is_named() {
        let (model, effects) = after([ResultsEvent::FilesRead(vec![("a.json".into(), Ok(TextFile::utf8("{}")))])]);
        assert_eq!(effects, []);
        assert_eq!(model.results.unread, ["a.json: no Tabswarm report, but empty JSON"]);
        assert_eq!(model.notice.map(|notice| notice.kind), Some(NoticeKind::Problem));
    }
}
