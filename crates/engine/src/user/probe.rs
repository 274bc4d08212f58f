//! The consistency probe: what one user received and marked, held against what the server keeps of it.
//!
//! A probing user remembers the ledgered messages that reached it. When the run is over and everything has arrived, it plays the
//! scenario's `consistency` steps before it leaves; the pages that come are read here, and then judged.

use std::collections::BTreeMap;

use serde_json::Value;

use base::time::{Span, Timestamp};
use catalogue::Counter;
use metrics::{MOST_NAMED, Tag, UserId};
use protocol::Args;
use scenario::{EmitOp, Marks, OperationId, Program, ReadState};

use super::marks::{Marked, id_text};
use super::{Context, User, UserNames};

/// Of one user that probes.
#[derive(Default)]
pub struct Probe {
    /// Messages that arrived, by sender and sequence. Bounded: the newest count.
    received: BTreeMap<UserId, BTreeMap<u32, Arrived>>,
    remembered: usize,
    marked: Marked,
    /// The room whose history it will ask for.
    room: Option<String>,
    /// Pages, in the order in which they came: the newest first, each oldest first.
    pages: Vec<Vec<Entry>>,
    me: Option<Value>,
    /// Since when it asks.
    asking: Option<Timestamp>,
}

#[derive(Debug)]
struct Arrived {
    at: Timestamp,
    /// The server's own of it.
    id: Option<Box<str>>,
}

#[derive(Debug, Clone)]
struct Entry {
    tag: Tag,
    id: Option<Box<str>>,
    /// `None`: nobody says.
    read: Option<bool>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProbeFindings {
    /// Messages of the history that this user should know.
    pub compared: u64,
    pub missing: ProbeFinding,
    pub duplicated: ProbeFinding,
    pub out_of_order: ProbeFinding,
    pub stuck_unread: ProbeFinding,
}

/// How many messages, and the first of them by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProbeFinding {
    pub count: u64,
    pub about: Vec<String>,
}

impl ProbeFinding {
    /// By the server's id, or by its sender's count of its messages.
    fn add(&mut self, names: &UserNames, id: Option<&str>, sender: UserId, sequence: u32) {
        self.count += 1;
        if self.about.len() < MOST_NAMED {
            self.about.push(id.map_or_else(|| names.message(sender, sequence), str::to_owned));
        }
    }
}

impl ProbeFindings {
    /// Each with the counter that it is counted by.
    pub fn all(&self) -> [(Counter, &ProbeFinding); 4] {
        [
            (Counter::ConsistencyMissing, &self.missing),
            (Counter::ConsistencyDuplicated, &self.duplicated),
            (Counter::ConsistencyOutOfOrder, &self.out_of_order),
            (Counter::ConsistencyStuckUnread, &self.stuck_unread),
        ]
    }
}

impl Probe {
    /// Only what came while it was in the room is in the room's history.
    fn enter(&mut self, room: &str) {
        if self.room.as_deref() != Some(room) {
            self.received.clear();
            self.remembered = 0;
            self.room = Some(room.to_owned());
        }
    }

    /// `id`: the server's own of it.
    pub fn received(&mut self, at: Timestamp, tag: &Tag, id: Option<Box<str>>) {
        // What comes while it asks may be newer than the answer.
        if self.asking.is_some() {
            return;
        }
        if self.remembered >= MOST_REMEMBERED {
            // The oldest of some sender: histories are asked for from their end.
            let Some(mut longest) = self.received.values_mut().max_by_key(|known| known.len()).map(std::mem::take)
            else {
                return;
            };
            let kept = longest.split_off(&longest.keys().nth(longest.len() / 2).copied().unwrap_or(0));
            self.remembered -= longest.len();
            if let Some(empty) = self.received.values_mut().find(|known| known.is_empty()) {
                *empty = kept;
            }
        }
        let before = self.received.entry(tag.sender).or_default().insert(tag.sequence, Arrived { at, id });
        self.remembered += usize::from(before.is_none());
    }

    /// Judges the pages; `me` is the user's own id in tags.
    pub fn findings(&self, me: UserId, names: &UserNames) -> ProbeFindings {
        let asked = self.asking.unwrap_or(Timestamp::ZERO);
        let marked = self.marked.until(asked);
        let mut findings = ProbeFindings::default();
        // By sender and sequence, with its page.
        let mut seen = BTreeMap::<UserId, BTreeMap<u32, usize>>::new();
        let mut last = BTreeMap::<UserId, u32>::new();
        for (page, entry) in
            self.pages.iter().enumerate().rev().flat_map(|(at, page)| page.iter().map(move |it| (at, it)))
        {
            let Tag { sender, sequence, .. } = entry.tag;
            let id = entry.id.as_deref();
            if let Some(other) = seen.entry(sender).or_default().insert(sequence, page) {
                // Where two pages overlap, that is how they were asked for.
                if other == page {
                    findings.duplicated.add(names, id, sender, sequence);
                }
                continue;
            }
            findings.compared += 1;
            let highest = last.entry(sender).or_insert(sequence);
            if sequence < *highest {
                findings.out_of_order.add(names, id, sender, sequence);
            }
            *highest = (*highest).max(sequence);
            let is_marked = id.is_some_and(|id| marked.contains(id));
            if sender != me && is_marked && entry.read == Some(false) {
                findings.stuck_unread.add(names, id, sender, sequence);
            }
        }
        // Older messages may lie beyond the last page: only what is newer than a sender's oldest one there is missed.
        for (&sender, known) in &self.received {
            let Some(listed) = seen.get(&sender) else { continue };
            let Some((&oldest, _)) = listed.first_key_value() else { continue };
            let is_kept = |arrived: &Arrived| arrived.at + KEPT_WITHIN <= asked;
            let newer = known.range(oldest..).filter(|(sequence, _)| !listed.contains_key(sequence));
            for (&sequence, Arrived { id, .. }) in newer.filter(|(_, arrived)| is_kept(arrived)) {
                findings.missing.add(names, id.as_deref(), sender, sequence);
            }
        }
        findings
    }

    fn page(&mut self, run: &str, list: &[Value], consistency: &scenario::Consistency) {
        let entries = list.iter().filter_map(|message| {
            let tag = Tag::find(run, message.pointer(&consistency.text)?.as_str()?)?;
            let id = consistency.id.as_ref().and_then(|id| id_text(message.pointer(id)?));
            let read = consistency.read.as_ref().map(|state| self.has_read(message, state));
            Some(Entry { tag, id, read })
        });
        let entries = entries.collect();
        self.pages.push(entries);
    }

    fn has_read(&self, message: &Value, state: &ReadState) -> bool {
        let readers = message.pointer(&state.readers).and_then(Value::as_array);
        let is_me = |reader: &Value| reader.pointer(&state.reader) == self.me.as_ref();
        readers.is_some_and(|readers| readers.iter().any(is_me))
    }
}

impl User {
    /// Starts to ask, if this user probes and the run has ended for it. `false`: there is nothing to ask.
    pub(super) fn begin_probe(&mut self, ctx: &mut Context<'_>) -> bool {
        let Some(consistency) = &ctx.program.consistency else { return false };
        let Some(probe) = self.probe.as_mut().filter(|_| self.contact.link.is_some()) else { return false };
        let me = consistency.read.as_ref().map(|read| read.me.value(&mut self.memory.scope(ctx.wall_ms, None, "")));
        probe.me = me;
        probe.asking = Some(ctx.now);
        self.begin_block(ctx, consistency.block);
        true
    }

    /// Its steps are over: `true` if it was asking until now.
    pub(super) fn end_probe(&mut self, ctx: &mut Context<'_>) -> bool {
        let Some(probe) = self.probe.take_if(|probe| probe.asking.is_some()) else { return false };
        if !probe.pages.is_empty() {
            ctx.count_findings(&probe.findings(self.id, ctx.names));
        }
        true
    }

    pub(super) fn probe_event(&mut self, ctx: &Context<'_>, event: scenario::EventId, args: &Args<'_>) {
        let Some(probe) = self.probe.as_mut().filter(|probe| probe.asking.is_some()) else { return };
        let Some(consistency) = ctx.program.consistency.as_ref().filter(|it| it.event == event) else { return };
        let list = args.value(consistency.messages.arg, &consistency.messages.path);
        if let Some(Value::Array(list)) = list {
            probe.page(&self.memory.facts.run, &list, consistency);
        }
    }

    /// It is a member of the room now.
    pub(super) fn enter(&mut self, ctx: &mut Context<'_>, room: &str) {
        ctx.ledger.enter(ctx.now, room, self.id);
        if let Some(probe) = &mut self.probe {
            probe.enter(room);
            // A message does not say in which of several rooms it was: none of their histories can be held against it.
            if ctx.ledger.rooms_of(self.id).len() > 1 {
                self.probe = None;
            }
        }
    }

    /// A ledgered message has reached it for the first time.
    pub(super) fn probe_delivery(&mut self, ctx: &Context<'_>, tag: &Tag, args: &Args<'_>) {
        let Some(probe) = &mut self.probe else { return };
        let id = ctx.program.consistency.as_ref().and_then(|consistency| consistency.id.as_deref());
        probe.received(ctx.now, tag, id.and_then(|id| id_text(&args.value(0, id)?)));
    }

    /// It sends this; `waits`: for an answer or an acknowledgement.
    pub(super) fn note_marks(&mut self, ctx: &Context<'_>, op: &EmitOp, args: &[String], task: u32, waits: bool) {
        let Some(probe) = &mut self.probe else { return };
        let Some(marks) = marks(ctx.program).filter(|marks| marks.operation == op.operation) else { return };
        if let Some(argument) = args.get(marks.ids.arg) {
            probe.marked.note(argument, &marks.ids.path, ctx.now, waits.then_some(task));
        }
    }

    /// What the task has marked was answered, or nothing came in all the time that it had.
    pub(super) fn marks_are_due(&mut self, ctx: &Context<'_>, operation: OperationId, task: Option<u32>) {
        let (Some(probe), Some(task)) = (&mut self.probe, task) else { return };
        if marks(ctx.program).is_some_and(|marks| marks.operation == operation) {
            probe.marked.due(task, ctx.now);
        }
    }
}

fn marks(program: &Program) -> Option<&Marks> {
    program.consistency.as_ref()?.read.as_ref()?.marks.as_ref()
}

/// A server may deliver first and keep afterwards: what came less than this before the asking is not missed.
const KEPT_WITHIN: Span = Span::from_secs(2);
/// More than any history that is worth fetching; a few megabytes at most.
const MOST_REMEMBERED: usize = 50_000;

#[cfg(test)]
mod tests {
    use super::*;

    const ME: UserId = UserId(9);

    /// `a3` is the fourth message of sender a; `a3-` is one that says it was not read.
    fn entry(text: &str) -> Entry {
        let sender = UserId(u32::from(text.as_bytes()[0] - b'a'));
        let id = text.trim_end_matches('-');
        let sequence = id[1..].parse().expect("it is a number");
        let tag = Tag { sender, sequence, sent_at: Timestamp::ZERO };
        Entry { tag, id: Some(id.into()), read: Some(!text.ends_with('-')) }
    }

    fn receive(probe: &mut Probe, text: &str) {
        let Entry { tag, id, .. } = entry(text);
        probe.received(Timestamp::ZERO, &tag, id);
    }

    /// `marked`: what the user has marked in time. `expected`: how many were compared, then what is missing, there more than once,
    /// out of order and not marked.
    #[track_caller]
    fn check(received: &str, marked: &str, pages: &[&str], (compared, expected): (u64, [&str; 4])) {
        let mut probe = Probe::default();
        received.split_whitespace().for_each(|text| receive(&mut probe, text));
        let ids: Vec<&str> = marked.split_whitespace().collect();
        probe.marked.note(&serde_json::json!(ids).to_string(), "", Timestamp::ZERO, None);
        probe.pages = pages.iter().map(|page| page.split_whitespace().map(entry).collect()).collect();
        probe.asking = Some(Timestamp::from_micros(60_000_000));
        let findings = probe.findings(ME, &UserNames::default());
        let found = findings.all().map(|(_, found)| found.about.join(" "));
        assert_eq!(
            (findings.compared, found.each_ref().map(String::as_str)),
            (compared, expected),
            "{received} {pages:?}"
        );
        let counts = findings.all().map(|(_, found)| found.count as usize);
        assert_eq!(counts, expected.map(|ids| ids.split_whitespace().count()));
    }

    #[test]
    fn a_history_is_held_against_what_arrived() {
        let all = "a0 b0 a1 b1";
        check(all, all, &["a0 b0 a1 b1"], (4, ["", "", "", ""]));
        check(all, all, &["a1 b1", "a0 b0"], (4, ["", "", "", ""]));
        check("a0 a1 a2", "", &["a0 a2"], (2, ["a1", "", "", ""]));
        // Older ones lie beyond the last page.
        check("a0 a1 a2 b0", "", &["a1 a2"], (2, ["", "", "", ""]));
        check("a0 a1", "", &["a0 a1 a1"], (2, ["", "a1", "", ""]));
        // Pages that overlap hold nothing twice.
        check("a0 a1", "", &["a1", "a0 a1"], (2, ["", "", "", ""]));
        check("a0 a1", "", &["a1", "a0 a0 a1"], (2, ["", "a0", "", ""]));
        check("a0 a1 a2", "", &["a0 a2 a1"], (3, ["", "", "a1", ""]));
        check("a0 b0", "a0 b0", &["a0- b0"], (2, ["", "", "", "a0"]));
        // Its own are nobody's to read, and what did not reach it could not be read.
        check("j0 a0", "j0 a0", &["j0- a0 b0-"], (3, ["", "", "", ""]));
        check("", "", &[""], (0, ["", "", "", ""]));
    }

    #[test]
    fn what_the_user_never_marked_is_not_the_server_s_to_keep() {
        check("a0 a1 a2", "a1", &["a0- a1 a2-"], (3, ["", "", "", ""]));
        check("a0 a1 a2", "a1 a2", &["a0- a1 a2-"], (3, ["", "", "", "a2"]));
        check("a0 a1", "", &["a0- a1-"], (2, ["", "", "", ""]));
    }

    #[test]
    fn what_a_server_has_no_id_of_is_named_by_its_sender() {
        let names = UserNames::new(vec!["a".into(), "b".into()]);
        let mut found = ProbeFinding::default();
        (0..12).for_each(|sequence| found.add(&names, None, UserId::new(1, 5), sequence));
        assert_eq!((found.count, found.about.len()), (12, MOST_NAMED));
        assert_eq!(found.about[3], "message 3 of b 6");
    }

    #[test]
    fn what_arrives_while_it_asks_is_not_missed() {
        let mut probe = Probe { asking: Some(Timestamp::ZERO), ..Probe::default() };
        probe.pages = vec![vec![entry("a0")]];
        receive(&mut probe, "a1");
        assert_eq!(
            probe.findings(ME, &UserNames::default()),
            ProbeFindings { compared: 1, ..ProbeFindings::default() }
        );
    }

    #[test]
    fn what_came_just_before_it_asks_may_not_be_kept_yet() {
        #[track_caller]
        fn check(arrived_ms: u64, missing: u64) {
            let at = |millis: u64| Timestamp::ZERO + Span::from_millis(millis);
            let mut probe = Probe::default();
            receive(&mut probe, "a0");
            probe.received(at(arrived_ms), &entry("a1").tag, None);
            probe.asking = Some(at(10_000));
            probe.pages = vec![vec![entry("a0")]];
            assert_eq!(probe.findings(ME, &UserNames::default()).missing.count, missing);
        }
        check(8_000, 1);
        check(8_001, 0);
    }

    #[test]
    fn what_came_in_another_room_is_not_missed_in_this_one_s_history() {
        #[track_caller]
        fn check(rooms: [&str; 2], missing: u64) {
            let mut probe = Probe::default();
            probe.enter(rooms[0]);
            receive(&mut probe, "a1");
            probe.enter(rooms[1]);
            receive(&mut probe, "a2");
            probe.asking = Some(Timestamp::ZERO + Span::from_secs(60));
            probe.pages = vec![vec![entry("a0"), entry("a2")]];
            assert_eq!(probe.findings(ME, &UserNames::default()).missing.count, missing);
        }
        check(["r", "r"], 1);
        check(["r", "s"], 0);
    }

    #[test]
    fn memory_is_bounded() {
        let mut probe = Probe::default();
        for sequence in 0..120_000 {
            probe.received(Timestamp::ZERO, &Tag { sender: UserId(1), sequence, sent_at: Timestamp::ZERO }, None);
        }
        assert!(probe.remembered <= MOST_REMEMBERED);
        assert_eq!(probe.received.values().map(BTreeMap::len).sum::<usize>(), probe.remembered);
        assert!(probe.received[&UserId(1)].contains_key(&119_999));
    }
}
