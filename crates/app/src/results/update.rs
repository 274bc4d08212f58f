//! What happens on the results page, and what is done about it.

use std::sync::Arc;

use super::{OpenRun, ResultsEffect, ResultsEvent, ResultsView, Screen};
use crate::event::Effect;
use crate::model::{Model, Page};
use crate::notice::{About, NoticeKind, over, say};
use crate::text_file::ReadFile;
use results::{Entry, archive, set_baseline};

#[expect(clippy::too_many_lines, reason = "a line or two for each event")]
pub fn update(model: &mut Model, event: ResultsEvent) -> Vec<Effect> {
    let results = &mut model.results;
    match event {
        ResultsEvent::Listed { entries, problem } => {
            results.marked.retain(|id| entries.iter().any(|entry| entry.id == *id && !entry.deleted));
            (results.entries, results.problem) = (entries, problem);
        }
        ResultsEvent::NotKept(text) => {
            let is_news = text.is_some() && text != results.not_kept;
            results.not_kept.clone_from(&text);
            if let (true, Some(text)) = (is_news, text) {
                say(model, NoticeKind::Problem, About::Kept, text);
            } else if model.results.not_kept.is_none() {
                over(model, About::Kept);
            }
        }
        ResultsEvent::Mark { id, on } => {
            results.marked.retain(|marked| *marked != id);
            if on {
                results.marked.push(id);
            }
        }
        ResultsEvent::Edit(id) => results.editing = id,
        ResultsEvent::Describe { id, name, note } => {
            results.editing = None;
            let name = name.trim().to_owned();
            return change(results, &id, |entry| {
                // A run without a name is called as its plan.
                entry.name = if name.is_empty() { entry.summary.plan.clone() } else { name };
                entry.note = note.trim().to_owned();
            });
        }
        ResultsEvent::Pin { id, on } => return change(results, &id, |entry| entry.pinned = on),
        ResultsEvent::Baseline { id, on } => {
            let changed = set_baseline(&mut results.entries, &id, on);
            return effect(ResultsEffect::Save(changed));
        }
        ResultsEvent::Delete(id) => {
            results.deleted = results.entry(&id).cloned();
            results.marked.retain(|marked| *marked != id);
            return change(results, &id, |entry| entry.deleted = true);
        }
        ResultsEvent::Undo => {
            let id = results.deleted.take().map(|entry| entry.id).unwrap_or_default();
            return change(results, &id, |entry| entry.deleted = false);
        }
        ResultsEvent::Open(id) => {
            return results
                .entry(&id)
                .map(|entry| ResultsEffect::Open(Box::new(entry.clone())))
                .map_or_else(Vec::new, effect);
        }
        ResultsEvent::Opened(run) => return opened(model, *run),
        ResultsEvent::FilesRead(files) => return files_read(model, &files),
        ResultsEvent::Export => {
            let kept = results.entries.iter().filter(|entry| !entry.deleted).cloned().collect();
            return effect(ResultsEffect::Export(kept));
        }
        ResultsEvent::Compare => {
            // What came later is compared with what was before, and everything with the baseline.
            let mut order = results.marked.clone();
            order.sort_by_key(|id| results.entry(id).map(|entry| (!entry.baseline, entry.summary.started_at.clone())));
            return compare(results, order);
        }
        ResultsEvent::CompareWith(id) => {
            let mut order = results.marked.clone();
            order.sort_by_key(|marked| *marked != id);
            return compare(results, order);
        }
        ResultsEvent::Compared(view) => {
            results.marked = view.runs.iter().map(|run| run.id.clone()).collect();
            let was_open = matches!(results.screen, Screen::Comparison(_));
            results.screen = Screen::Comparison(view);
            over(model, About::Deed);
            return if was_open { Vec::new() } else { vec![Effect::EnterPage] };
        }
        ResultsEvent::Back => {
            results.screen = Screen::List;
            return vec![Effect::EnterPage];
        }
        ResultsEvent::SaveReport(format) => return effect(ResultsEffect::SaveReport(format)),
    }
    Vec::new()
}

fn effect(effect: ResultsEffect) -> Vec<Effect> {
    vec![Effect::Results(effect)]
}

/// Changes what a person has said about a run, here at once and in the database soon.
fn change(results: &mut ResultsView, id: &str, change: impl FnOnce(&mut Entry)) -> Vec<Effect> {
    let Some(entry) = results.entries.iter_mut().find(|entry| entry.id == id) else { return Vec::new() };
    change(entry);
    effect(ResultsEffect::Save(vec![entry.clone()]))
}

fn opened(model: &mut Model, mut run: OpenRun) -> Vec<Effect> {
    over(model, About::Deed);
    // What shows a run looks again when its revision has changed.
    let before = match &model.results.screen {
        Screen::Run(before) => before.view.revision,
        _ => 0,
    };
    run.view.revision = before + 1;
    run.filter_log(&model.log_filter);
    Arc::make_mut(&mut run.view.tables).revision = before + 1;
    model.results.screen = Screen::Run(Box::new(run));
    model.page = Page::Results;
    vec![Effect::EnterPage]
}

fn compare(results: &ResultsView, ids: Vec<String>) -> Vec<Effect> {
    let entries: Vec<_> = ids.iter().filter_map(|id| results.entry(id).cloned()).collect();
    if entries.len() < 2 { Vec::new() } else { effect(ResultsEffect::Compare(entries)) }
}

/// Keeps the runs of these files that are not kept yet, and marks all of them.
fn files_read(model: &mut Model, files: &[(String, ReadFile)]) -> Vec<Effect> {
    let results = &mut model.results;
    let mut new: Vec<archive::ArchivedRun> = Vec::new();
    let (mut known, mut unread) = (0, Vec::new());
    results.marked.clear();
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
            if results.entry(id).is_some() || new.iter().any(|other| other.entry.id == *id) {
                known += 1;
            } else {
                // One plan has one baseline, and the one that is here stays.
                found.entry.baseline &= !results.baselines().contains(found.entry.summary.plan.as_str());
                new.push(found.clone());
            }
            if !results.marked.contains(&found.entry.id) {
                results.marked.push(found.entry.id);
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
    let lost = if unread.is_empty() { "" } else { " What could not be read is listed above the results." };
    results.unread = unread;
    say(model, kind, About::Deed, format!("{} imported.{known}{lost}", runs(new.len())));
    if new.is_empty() { Vec::new() } else { effect(ResultsEffect::Keep(new)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::text_file::TextFile;
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
            effects = crate::update(&mut model, Event::Results(event));
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
