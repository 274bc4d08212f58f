//! What a probing user has marked as read: only that can be held against a server, and only once it had the time to take it.

use std::collections::{HashSet, VecDeque};

use serde_json::Value;

use base::json;
use base::time::{Span, Timestamp};

#[derive(Default)]
pub struct Marked {
    /// In the order of sending. Bounded: the newest count.
    batches: VecDeque<Batch>,
    ids: usize,
}

struct Batch {
    /// The task that waits for what becomes of it; `None`: nothing is waited for any more.
    task: Option<u32>,
    /// From when on the server must know it. An error, or a connection that is lost, leaves it open for ever.
    due: Timestamp,
    ids: Vec<Box<str>>,
}

impl Marked {
    /// `argument` of an event goes out, with an id or a list of ids at `path`; `task`: the one that waits for the answer.
    pub fn note(&mut self, argument: &str, path: &str, now: Timestamp, task: Option<u32>) {
        let argument = json::read(argument).unwrap_or(Value::Null);
        let ids: Vec<Box<str>> = match argument.pointer(path) {
            Some(Value::Array(ids)) => ids.iter().filter_map(id_text).collect(),
            Some(id) => id_text(id).into_iter().collect(),
            None => return,
        };
        let due = if task.is_some() { Timestamp::NEVER } else { now + UNANSWERED };
        self.ids += ids.len();
        self.batches.push_back(Batch { task, due, ids });
        while self.ids > MOST_IDS
            && let Some(oldest) = self.batches.pop_front()
        {
            self.ids -= oldest.ids.len();
        }
    }

    /// What the task waited for has come, or its time was over.
    pub fn due(&mut self, task: u32, now: Timestamp) {
        // An earlier one of the same task that is still open has failed.
        if let Some(batch) = self.batches.iter_mut().rev().find(|batch| batch.task == Some(task)) {
            (batch.task, batch.due) = (None, now);
        }
    }

    /// The ids that a server must have taken by then.
    pub fn until(&self, asked: Timestamp) -> HashSet<&str> {
        let due = self.batches.iter().filter(|batch| batch.due <= asked);
        due.flat_map(|batch| &batch.ids).map(|id| &**id).collect()
    }
}

/// An id as text; what else a server may send there is none.
pub fn id_text(id: &Value) -> Option<Box<str>> {
    match id {
        Value::String(text) if text.len() <= LONGEST_ID => Some(text.as_str().into()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// A mark that nobody answers is taken by then.
const UNANSWERED: Span = Span::from_secs(2);
const MOST_IDS: usize = 50_000;
/// Bytes.
const LONGEST_ID: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO + Span::from_secs(seconds)
    }

    /// Asked ten seconds after the start.
    #[track_caller]
    fn check(play: impl FnOnce(&mut Marked), expected: &[&str]) {
        let mut marked = Marked::default();
        play(&mut marked);
        let mut ids: Vec<_> = marked.until(at(10)).into_iter().collect();
        ids.sort_unstable();
        assert_eq!(ids, expected);
    }

    #[test]
    fn only_what_was_sent_and_could_be_taken_is_due() {
        check(|_| {}, &[]);
        let batch = r#"{"ids":["a","b",3]}"#;
        check(|marked| marked.note(batch, "/ids", at(1), None), &["3", "a", "b"]);
        check(|marked| marked.note(r#""a""#, "", at(1), None), &["a"]);
        // It had no time to be taken.
        check(|marked| marked.note(batch, "/ids", at(9), None), &[]);
        // Not answered: it failed, its connection was lost, or its user was told to leave.
        check(|marked| marked.note(batch, "/ids", at(1), Some(7)), &[]);
        let answered = |task, when| {
            move |marked: &mut Marked| {
                marked.note(r#""a""#, "", at(1), Some(7));
                marked.due(task, at(when));
            }
        };
        check(answered(7, 2), &["a"]);
        check(answered(8, 2), &[]);
        check(answered(7, 11), &[]);
        check(|marked| marked.note(r#"{"ids":[null,{}]}"#, "/ids", at(1), None), &[]);
        check(|marked| marked.note("{}", "/ids", at(1), None), &[]);
    }

    #[test]
    fn memory_is_bounded_and_the_newest_count() {
        let mut marked = Marked::default();
        for id in 0..MOST_IDS + 10 {
            marked.note(&id.to_string(), "", at(1), None);
        }
        let ids = marked.until(at(10));
        assert!(ids.len() <= MOST_IDS && ids.contains("50009") && !ids.contains("0"));
    }
}
