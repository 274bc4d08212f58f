//! The consistency probe: what one user received, held against what the server keeps of it.
//!
//! A probing user remembers the ledgered messages that reached it. When the run is over and everything has arrived, it plays the
//! scenario's `consistency` steps before it leaves; the pages that come are read here, and then judged.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use metrics::{Tag, UserId};
use protocol::Args;
use scenario::ReadState;

use super::{Context, User};

/// Of one user that probes.
#[derive(Default)]
pub struct Probe {
    /// Sequences of messages that arrived, by sender. Bounded: the newest count.
    received: BTreeMap<UserId, BTreeSet<u32>>,
    remembered: usize,
    /// Pages, in the order in which they came: the newest first, each oldest first.
    pages: Vec<Vec<Entry>>,
    me: Option<Value>,
    pub asking: bool,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: Tag,
    /// `None`: nobody says.
    read: Option<bool>,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProbeFindings {
    /// Messages of the history that this user should know.
    pub compared: u64,
    pub missing: u64,
    pub duplicated: u64,
    pub out_of_order: u64,
    pub stuck_unread: u64,
}

impl Probe {
    pub fn received(&mut self, tag: &Tag) {
        // What comes while it asks may be newer than the answer.
        if self.asking {
            return;
        }
        if self.remembered >= MOST_REMEMBERED {
            // The oldest of some sender: histories are asked for from their end.
            let Some(mut longest) = self.received.values_mut().max_by_key(|known| known.len()).map(std::mem::take)
            else {
                return;
            };
            let kept = longest.split_off(&longest.iter().nth(longest.len() / 2).copied().unwrap_or(0));
            self.remembered -= longest.len();
            if let Some(empty) = self.received.values_mut().find(|known| known.is_empty()) {
                *empty = kept;
            }
        }
        self.remembered += usize::from(self.received.entry(tag.sender).or_default().insert(tag.sequence));
    }

    /// Judges the pages; `me` is the user's own id in tags.
    pub fn findings(&self, me: UserId) -> ProbeFindings {
        let listed: Vec<Entry> = self.pages.iter().rev().flatten().copied().collect();
        let mut findings = ProbeFindings::default();
        let mut seen = BTreeMap::<UserId, BTreeSet<u32>>::new();
        let mut last = BTreeMap::<UserId, u32>::new();
        for entry in &listed {
            let Tag { sender, sequence, .. } = entry.tag;
            if !seen.entry(sender).or_default().insert(sequence) {
                findings.duplicated += 1;
                continue;
            }
            findings.compared += 1;
            let highest = last.entry(sender).or_insert(sequence);
            findings.out_of_order += u64::from(sequence < *highest);
            *highest = (*highest).max(sequence);
            let reached = self.received.get(&sender).is_some_and(|known| known.contains(&sequence));
            findings.stuck_unread += u64::from(sender != me && reached && entry.read == Some(false));
        }
        // Older messages may lie beyond the last page: only what is newer than a sender's oldest one there is missed.
        let misses = self.received.iter().filter_map(|(sender, known)| {
            let listed = seen.get(sender)?;
            let oldest = *listed.first()?;
            Some(known.range(oldest..).filter(|sequence| !listed.contains(sequence)).count() as u64)
        });
        findings.missing = misses.sum();
        findings
    }

    fn page(&mut self, run: &str, list: &[Value], text: &str, read: Option<&ReadState>) {
        let entries = list.iter().filter_map(|message| {
            let tag = Tag::find(run, message.pointer(text)?.as_str()?)?;
            let read = read.map(|state| {
                let readers = message.pointer(&state.readers).and_then(Value::as_array);
                let is_me = |reader: &Value| reader.pointer(&state.reader) == self.me.as_ref();
                readers.is_some_and(|readers| readers.iter().any(is_me))
            });
            Some(Entry { tag, read })
        });
        let entries = entries.collect();
        self.pages.push(entries);
    }
}

impl User {
    /// Starts to ask, if this user probes and the run has ended for it. `false`: there is nothing to ask.
    pub(super) fn begin_probe(&mut self, ctx: &mut Context<'_>) -> bool {
        let Some(consistency) = &ctx.program.consistency else { return false };
        let Some(probe) = self.probe.as_mut().filter(|_| self.link.is_some()) else { return false };
        let me = consistency.read.as_ref().map(|read| read.me.value(&mut self.memory.scope(ctx.wall_ms, None, "")));
        probe.me = me;
        probe.asking = true;
        self.begin_block(ctx, consistency.block);
        true
    }

    /// Its steps are over: `true` if it was asking until now.
    pub(super) fn end_probe(&mut self, ctx: &mut Context<'_>) -> bool {
        let Some(probe) = self.probe.as_mut().filter(|probe| probe.asking) else { return false };
        probe.asking = false;
        if !probe.pages.is_empty() {
            let findings = probe.findings(self.id);
            ctx.meters.count_findings(ctx.recorder, &findings);
        }
        self.probe = None;
        true
    }

    pub(super) fn probe_event(&mut self, ctx: &Context<'_>, event: scenario::EventId, args: &Args<'_>) {
        let Some(probe) = self.probe.as_mut().filter(|probe| probe.asking) else { return };
        let Some(consistency) = ctx.program.consistency.as_ref().filter(|it| it.event == event) else { return };
        let list = args.value(consistency.messages.arg, &consistency.messages.path);
        if let Some(Value::Array(list)) = list {
            probe.page(&self.memory.facts.run, &list, &consistency.text, consistency.read.as_ref());
        }
    }
}

/// More than any history that is worth fetching; a few megabytes at most.
const MOST_REMEMBERED: usize = 50_000;

#[cfg(test)]
mod tests {
    use super::*;
    use base::time::Timestamp;

    const ME: UserId = UserId(9);

    /// `a3` is the fourth message of sender a; `a3-` is one that says it was not read.
    fn entry(text: &str) -> Entry {
        let sender = UserId(u32::from(text.as_bytes()[0] - b'a'));
        let sequence = text[1..].trim_end_matches('-').parse().expect("it is a number");
        Entry { tag: Tag { sender, sequence, sent_at: Timestamp::ZERO }, read: Some(!text.ends_with('-')) }
    }

    #[track_caller]
    fn check(
        received: &str,
        pages: &[&str],
        (compared, missing, duplicated, out_of_order, stuck_unread): (u64, u64, u64, u64, u64),
    ) {
        let mut probe = Probe::default();
        received.split_whitespace().for_each(|text| probe.received(&entry(text).tag));
        probe.pages = pages.iter().map(|page| page.split_whitespace().map(entry).collect()).collect();
        let expected = ProbeFindings { compared, missing, duplicated, out_of_order, stuck_unread };
        assert_eq!(probe.findings(ME), expected, "{received} | {pages:?}");
    }

    #[test]
    fn a_history_is_held_against_what_arrived() {
        check("a0 b0 a1 b1", &["a0 b0 a1 b1"], (4, 0, 0, 0, 0));
        check("a0 b0 a1 b1", &["a1 b1", "a0 b0"], (4, 0, 0, 0, 0));
        check("a0 a1 a2", &["a0 a2"], (2, 1, 0, 0, 0));
        // Older ones lie beyond the last page.
        check("a0 a1 a2 b0", &["a1 a2"], (2, 0, 0, 0, 0));
        check("a0 a1", &["a0 a1 a1"], (2, 0, 1, 0, 0));
        check("a0 a1", &["a1", "a0 a1"], (2, 0, 1, 0, 0));
        check("a0 a1 a2", &["a0 a2 a1"], (3, 0, 0, 1, 0));
        check("a0 b0", &["a0- b0"], (2, 0, 0, 0, 1));
        // Its own are nobody's to read, and what did not reach it could not be read.
        check("j0 a0", &["j0- a0 b0-"], (3, 0, 0, 0, 0));
        check("", &[""], (0, 0, 0, 0, 0));
    }

    #[test]
    fn what_arrives_while_it_asks_is_not_missed() {
        let mut probe = Probe { asking: true, ..Probe::default() };
        probe.pages = vec![vec![entry("a0")]];
        probe.received(&entry("a1").tag);
        assert_eq!(probe.findings(ME), ProbeFindings { compared: 1, ..ProbeFindings::default() });
    }

    #[test]
    fn memory_is_bounded() {
        let mut probe = Probe::default();
        for sequence in 0..120_000 {
            probe.received(&Tag { sender: UserId(1), sequence, sent_at: Timestamp::ZERO });
        }
        assert!(probe.remembered <= MOST_REMEMBERED);
        assert_eq!(probe.received.values().map(BTreeSet::len).sum::<usize>(), probe.remembered);
        assert!(probe.received[&UserId(1)].contains(&119_999));
    }
}
