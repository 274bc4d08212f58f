//! The room that results may take, and what goes when it is full.

use super::entry::Entry;

/// Bytes that kept reports may take.
pub const ROOM: u64 = 200_000_000;

/// Bytes that the notes of one run under way may take besides.
pub const ROOM_UNDER_WAY: u64 = 100_000_000;

/// Newest first; what has no date comes last.
pub fn sort(entries: &mut [Entry]) {
    entries.sort_by(|a, b| (&b.summary.started_at, &b.id).cmp(&(&a.summary.started_at, &a.id)));
}

/// Bytes of all reports.
pub fn taken(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.bytes).sum()
}

/// What has to go so that the rest fits: what a person deleted already, then the oldest that nobody has pinned.
pub fn surplus(entries: &[Entry], room: u64) -> Vec<String> {
    let mut order: Vec<&Entry> = entries.iter().filter(|entry| entry.deleted || !entry.is_protected()).collect();
    order.sort_by_key(|entry| (!entry.deleted, &entry.summary.started_at));
    let mut over = taken(entries).saturating_sub(room);
    let mut gone = Vec::new();
    for entry in order {
        if over == 0 {
            break;
        }
        over = over.saturating_sub(entry.bytes);
        gone.push(entry.id.clone());
    }
    gone
}

/// The run that thresholds of this plan compare with.
pub fn baseline<'a>(entries: &'a [Entry], plan: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.baseline && !entry.deleted && entry.summary.plan == plan)
}

/// Makes this run its plan's baseline, or takes that back; returns what has changed.
pub fn set_baseline(entries: &mut [Entry], id: &str, on: bool) -> Vec<Entry> {
    let Some(plan) = entries.iter().find(|entry| entry.id == id).map(|entry| entry.summary.plan.clone()) else {
        return Vec::new();
    };
    let mut changed = Vec::new();
    for entry in entries.iter_mut().filter(|entry| entry.summary.plan == plan) {
        let wanted = on && entry.id == id;
        if entry.baseline != wanted {
            entry.baseline = wanted;
            changed.push(entry.clone());
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::super::entry::Summary;
    use super::*;

    fn entry(id: &str, bytes: u64) -> Entry {
        let summary = Summary { plan: "evening".into(), started_at: id.into(), ..Summary::default() };
        Entry {
            id: id.into(),
            name: id.into(),
            note: String::new(),
            pinned: false,
            baseline: false,
            deleted: false,
            cut_off: false,
            bytes,
            summary,
        }
    }

    #[track_caller]
    fn check(entries: &[Entry], room: u64, expected: &[&str]) {
        assert_eq!(surplus(entries, room), expected);
    }

    #[test]
    fn the_oldest_that_nobody_pinned_goes_first() {
        let entries = [entry("3", 10), entry("1", 10), entry("2", 10)];
        check(&entries, 30, &[]);
        check(&entries, 29, &["1"]);
        check(&entries, 15, &["1", "2"]);
        check(&[], 0, &[]);
        let pinned = [entry("3", 10), Entry { pinned: true, ..entry("1", 10) }, entry("2", 10)];
        check(&pinned, 20, &["2"]);
        let baseline = [entry("3", 10), Entry { baseline: true, ..entry("1", 10) }, entry("2", 10)];
        check(&baseline, 20, &["2"]);
    }

    #[test]
    fn what_was_deleted_makes_room_before_anything_else() {
        check(&[entry("3", 10), Entry { deleted: true, pinned: true, ..entry("4", 10) }, entry("1", 10)], 20, &["4"]);
    }

    #[test]
    fn where_all_is_pinned_the_new_one_does_not_fit() {
        check(&[Entry { pinned: true, ..entry("1", 20) }, entry("2", 10)], 20, &["2"]);
    }

    #[test]
    fn a_plan_has_one_baseline() {
        let mut entries = [entry("1", 1), entry("2", 1), entry("3", 1)];
        entries[2].summary.plan = "other".into();
        set_baseline(&mut entries, "3", true);
        assert_eq!(set_baseline(&mut entries, "1", true).len(), 1);
        let changed: Vec<_> = set_baseline(&mut entries, "2", true).into_iter().map(|entry| entry.id).collect();
        assert_eq!(changed, ["1", "2"]);
        assert_eq!(baseline(&entries, "evening").map(|entry| entry.id.as_str()), Some("2"));
        assert_eq!(baseline(&entries, "other").map(|entry| entry.id.as_str()), Some("3"));
        set_baseline(&mut entries, "2", false);
        assert_eq!(baseline(&entries, "evening"), None);
    }
}
