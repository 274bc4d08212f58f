//! What is kept, replaced, forgotten and taken up, in a store that can be full.

use base::records::MemoryRecords;
use engine::wire::FromWorker;
use futures_executor::block_on;
use plan::Plan;
use run::{Capacity, Run, RunInput, layout};
use serde_json::json;
use swarm::{Beginning, Journal, Redaction};

use super::*;

fn plan() -> Plan {
    let load = json!({"model": "closed", "stages": [{"duration_s": 1, "target": 1}]});
    let population = json!({"name": "users", "scenario": "ktb-chat", "load": load});
    let plan = json!({"version": 1, "name": "evening", "seed": 1, "populations": [population]});
    Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Of a run that started then.
fn report(run: &str, started_at: &str) -> Report {
    let run = Run::new(0.0, plan(), Vec::new(), run.to_owned(), layout(&[Capacity::own(2, 250)], 4));
    run.report(Vec::new(), started_at.to_owned())
}

fn opened() -> History<MemoryRecords> {
    let history = History::default();
    assert!(block_on(history.open(Ok(MemoryRecords::default()))).is_empty());
    history
}

/// The same records, after everything else is forgotten.
fn anew(history: History<MemoryRecords>) -> (History<MemoryRecords>, BTreeSet<String>) {
    let store = history.store.take().and_then(Rc::into_inner).expect("nobody else has it");
    let again = History::default();
    let unfinished = block_on(again.open(Ok(store)));
    (again, unfinished)
}

fn store(history: &History<MemoryRecords>) -> Rc<MemoryRecords> {
    history.store().expect("it is open")
}

fn names(history: &History<MemoryRecords>) -> Vec<String> {
    history.entries().into_iter().map(|entry| entry.name).collect()
}

fn changed(history: &History<MemoryRecords>, at: usize, change: impl FnOnce(&mut Entry)) {
    let mut entry = history.entries().remove(at);
    change(&mut entry);
    block_on(history.save(vec![entry]));
}

#[test]
fn what_is_kept_is_found_again_newest_first() {
    let history = opened();
    for (run, date) in [("aaa", "2026-01-01T10:00:00Z"), ("bbb", "2026-01-02T10:00:00Z")] {
        block_on(history.finish(Some(report(run, date)), None));
    }
    changed(&history, 1, |entry| (entry.name, entry.baseline) = ("first".to_owned(), true));
    let (again, _) = anew(history);
    assert_eq!(names(&again), ["evening", "first"]);
    let (name, baseline) = block_on(again.baseline("evening")).expect("it is pinned for that plan");
    assert_eq!((name.as_str(), baseline.run.as_str()), ("first", "aaa"));
    assert!(block_on(again.baseline("morning")).is_none());
    let id = again.entries()[0].id.clone();
    assert_eq!(block_on(again.report(&id)).expect("it is kept").run, "bbb");
    assert_eq!(block_on(again.report("nothing")).err(), Some(HistoryError::Gone));
    block_on(store(&again).put(&report_name(&id), b"rubbish")).expect("there is room");
    assert_eq!(block_on(again.report(&id)).err(), Some(HistoryError::Damaged));
    assert_eq!(again.problem(), None);
}

#[test]
fn what_was_deleted_is_gone_for_good_when_the_page_is_opened_anew() {
    let history = opened();
    block_on(history.finish(Some(report("aaa", "2026-01-01T10:00:00Z")), None));
    changed(&history, 0, |entry| entry.deleted = true);
    assert_eq!(names(&history), ["evening"], "it can still be brought back");
    let (again, _) = anew(history);
    assert_eq!(names(&again), [""; 0]);
    assert_eq!(block_on(store(&again).names("")), Ok(Vec::new()));
}

/// Pages of a run that has started, or has not, and of which nothing more came.
fn notes(has_started: bool) -> Vec<u8> {
    let (plan, parts) = (plan(), layout(&[Capacity::own(2, 250)], 4));
    let mut journal = Journal::begin(Beginning::of(0.0, "k3f", &plan, &parts, 250.0), Redaction::Secrets);
    let mut say = |message: &FromWorker| {
        for worker in 0..parts.len() {
            journal.input(1.0, &RunInput::From { worker, message: message.clone() });
        }
    };
    if has_started {
        say(&FromWorker::Ready { build: String::new() });
        say(&FromWorker::Loaded);
        say(&FromWorker::Prepared { population: 0, shared: serde_json::Map::new() });
    }
    journal.page().expect("it has begun")
}

#[test]
fn a_run_whose_page_vanished_is_taken_up_once() {
    let history = opened();
    for (run, has_started) in [("1-k3f", true), ("2-new", false)] {
        let page = NotedPage { name: format!("page/{run}/000000000000"), bytes: notes(has_started), is_last: false };
        assert!(block_on(history.write(&page)));
    }
    assert_eq!(block_on(history.page_count("1-k3f")), 1);
    let (again, unfinished) = anew(history);
    assert_eq!(unfinished.iter().map(String::as_str).collect::<Vec<_>>(), ["1-k3f", "2-new"]);
    // Two pages of one browser may both do it.
    for run in unfinished.iter().chain(&unfinished) {
        block_on(again.take_up(run, |_| "2026-01-01T10:00:00Z".to_owned()));
    }
    let [entry] = &again.entries()[..] else { panic!("{:?}", again.entries()) };
    assert!(entry.cut_off);
    assert_eq!(block_on(store(&again).names("page/")), Ok(Vec::new()), "the one that never started is forgotten");
}

#[test]
fn a_run_that_goes_on_after_all_takes_the_name_and_the_pins_of_what_was_left_of_it() {
    let history = opened();
    let left = report("k3f", "2026-01-01T10:00:00Z");
    let entry = Entry { cut_off: true, id: "2026-k3f-1".to_owned(), ..Entry::of(&left) };
    block_on(history.keep(ArchivedRun { entry, report: left }, None));
    changed(&history, 0, |entry| (entry.name, entry.pinned) = ("tuesday".to_owned(), true));
    let whole = report("k3f", "2026-01-01T10:00:00Z");
    let entry = Entry { id: "2026-k3f-9".to_owned(), ..Entry::of(&whole) };
    block_on(history.keep(ArchivedRun { entry, report: whole }, None));
    let [entry] = &history.entries()[..] else { panic!("{:?}", history.entries()) };
    assert_eq!((entry.name.as_str(), entry.pinned, entry.id.as_str()), ("tuesday", true, "2026-k3f-9"));
    assert_eq!(block_on(store(&history).names("report/")), Ok(vec!["report/2026-k3f-9".to_owned()]));
}

#[test]
fn where_there_is_no_room_nothing_is_lost_of_what_is_pinned_and_that_is_said() {
    let history = opened();
    let kept = report("aaa", "2026-01-01T10:00:00Z");
    // As if it were as large as all the room there is.
    let entry = Entry { bytes: ROOM, pinned: true, ..Entry::of(&kept) };
    block_on(history.save(vec![entry.clone()]));
    block_on(history.look_again());
    block_on(history.finish(Some(report("bbb", "2026-01-02T10:00:00Z")), Some("1-bbb")));
    assert_eq!(history.entries(), [entry]);
    let problem = history.problem().expect("it is said");
    assert!(problem.contains("could not be kept: there was no room"), "{problem}");
}

#[test]
fn a_full_disk_is_said_and_the_list_stays() {
    let history = opened();
    block_on(history.finish(Some(report("aaa", "2026-01-01T10:00:00Z")), None));
    store(&history).fill(true);
    assert!(history.begin(), "until it is tried");
    let page = NotedPage { name: "page/1-k3f/000000000000".to_owned(), bytes: vec![0], is_last: false };
    assert!(!block_on(history.write(&page)));
    assert!(history.notice(false).is_some_and(|notice| notice.contains("the disk is full")));
    block_on(history.finish(Some(report("bbb", "2026-01-02T10:00:00Z")), None));
    assert!(history.notice(true).is_some_and(|notice| notice.contains("save its report as a file")));
    assert_eq!(names(&history), ["evening"]);
    store(&history).fill(false);
    block_on(history.finish(Some(report("ccc", "2026-01-03T10:00:00Z")), None));
    assert_eq!((history.problem(), names(&history).len()), (None, 2));
}

#[test]
fn without_a_store_nothing_is_kept_and_nobody_waits() {
    let history = History::<MemoryRecords>::default();
    assert!(!history.is_open());
    assert!(history.notice(false).is_some(), "it has not answered yet");
    let refused = RecordsError("a private window".to_owned());
    assert!(block_on(history.open(Err(refused))).is_empty());
    assert!(history.is_open() && !history.begin());
    assert!(history.problem().is_some_and(|problem| problem.contains("a private window")));
    assert_eq!(block_on(history.report("x")).err(), Some(HistoryError::Nothing));
    block_on(history.finish(Some(report("aaa", "2026-01-01T10:00:00Z")), None));
    assert!(history.notice(true).is_some());
}

/// A store in which somebody else changes an entry while the list is read.
struct Busy {
    store: MemoryRecords,
    history: RefCell<std::rc::Weak<History<Self>>>,
}

impl Records for Busy {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), RecordsError> {
        self.store.put(name, bytes).await
    }

    async fn read(&self, beginning: &str) -> Result<Vec<(String, Vec<u8>)>, RecordsError> {
        let read = self.store.read(beginning).await;
        // What was read just now is old already: once.
        if let Some(history) = self.history.take().upgrade() {
            let entry = Entry { name: "renamed".to_owned(), ..Entry::of(&report("aaa", "2026-01-01T10:00:00Z")) };
            history.saves.set(history.saves.get() + 1);
            self.store.replace(&[], &[record_of(&entry)]).await?;
        }
        read
    }

    async fn names(&self, beginning: &str) -> Result<Vec<String>, RecordsError> {
        self.store.names(beginning).await
    }

    async fn replace(&self, beginnings: &[String], records: &[(String, Vec<u8>)]) -> Result<(), RecordsError> {
        self.store.replace(beginnings, records).await
    }

    async fn delete_below(&self, from: &str, below: &str) -> Result<(), RecordsError> {
        self.store.delete_below(from, below).await
    }
}

#[test]
fn a_list_that_was_read_while_something_changed_is_read_again() {
    let history = Rc::new(History::default());
    let busy = Busy { store: MemoryRecords::default(), history: RefCell::default() };
    block_on(history.open(Ok(busy)));
    block_on(history.finish(Some(report("aaa", "2026-01-01T10:00:00Z")), None));
    let store = history.store().expect("it is open");
    *store.history.borrow_mut() = Rc::downgrade(&history);
    block_on(history.look_again());
    assert_eq!(history.entries()[0].name, "renamed");
}
