//! What failed and who hung up, told apart as far as it is known.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Mood;
use super::table::{self, Cell, Column, Row};
use crate::format;
use metrics::{CloseKind, ClosedBy, DisconnectKey, DisconnectTotal, ErrorKey, ErrorTotal, Evidence, Phase, Totals};

pub const ERROR_COLUMNS: [Column; 7] = [
    Column::name("Operation"),
    Column::code("Code"),
    Column::text("Phase"),
    Column::number("Count"),
    Column::number("First at"),
    Column::code("Sample"),
    Column::quiet("Population"),
];

pub const DISCONNECT_COLUMNS: [Column; 7] = [
    Column::name("Close code"),
    Column::text("Reason"),
    Column::text("Closed first by"),
    Column::text("Phase"),
    Column::number("Count"),
    Column::number("First at"),
    Column::quiet("Population"),
];

/// The most frequent first.
pub(super) fn errors(totals: &Totals) -> Vec<Row> {
    let mut all: Vec<_> = totals.errors().iter().collect();
    all.sort_by_key(|(_, error)| Reverse(error.count));
    let row = |(key, error): (&ErrorKey, &ErrorTotal)| Row {
        key: table::key_of(key),
        is_part: false,
        cells: vec![
            Cell::new(&key.operation),
            Cell::new(&key.code),
            phase_word(key.phase).into(),
            Cell::new(format::count(error.count))
                .opening_if(has_evidence(totals, |evidence| evidence.is_of_error(key))),
            format::clock(error.first.as_secs_f64()).into(),
            Cell::new(&error.sample),
            Cell::new(&key.population),
        ],
    };
    all.into_iter().map(row).collect()
}

/// Connections that were lost first, then attempts that failed.
pub(super) fn disconnects(totals: &Totals) -> Vec<Row> {
    let mut all: Vec<_> = totals.disconnects().iter().collect();
    all.sort_by_key(|(key, total)| (key.kind(), Reverse(total.count)));
    let row = |(key, total): (&DisconnectKey, &DisconnectTotal)| Row {
        key: table::key_of(key),
        is_part: false,
        cells: vec![
            close_code(key.code).into(),
            Cell::new(&key.reason),
            closed_by(key),
            phase_word(key.phase).into(),
            Cell::new(format::count(total.count))
                .opening_if(has_evidence(totals, |evidence| evidence.is_of_close(key))),
            format::clock(total.first.as_secs_f64()).into(),
            Cell::new(&key.population),
        ],
    };
    all.into_iter().map(row).collect()
}

/// A close code with what it means; a browser shows 1006 for every connection that ended without a closing frame.
pub(super) fn close_code(code: u16) -> String {
    let meaning = match code {
        1000 => "normal",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1005 => "no code",
        1006 => "cut off",
        1007 => "invalid data",
        1008 => "policy violation",
        1009 => "message too big",
        1011 => "server error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "TLS failure",
        _ => return code.to_string(),
    };
    format!("{code} {meaning}")
}

/// What is behind close codes that say too little by themselves, of those that a server or the network has chosen.
pub(super) fn close_notes(totals: &Totals) -> Vec<String> {
    let codes: BTreeSet<u16> =
        totals.disconnects().keys().filter(|key| key.by == ClosedBy::Server).map(|key| key.code).collect();
    codes.into_iter().filter_map(|code| Some(format!("{code}: {}", behind_close(code)?))).collect()
}

const fn behind_close(code: u16) -> Option<&'static str> {
    Some(match code {
        1006 => {
            "no closing frame came. The network, a proxy or the server has cut the connection; some servers do so when a frame is larger \
             than their limit."
        }
        1009 => "the server closes a connection whose frame is larger than its limit.",
        _ => return None,
    })
}

/// So much is kept that there is something to show.
pub(super) fn has_evidence(totals: &Totals, is_it: impl Fn(&Evidence) -> bool) -> bool {
    totals.evidence().errors_and_closes().iter().any(is_it)
}

fn closed_by(key: &DisconnectKey) -> Cell {
    let who = closer(key.by);
    match key.kind() {
        CloseKind::Lost => Cell::new(who).with_mood(Mood::Bad),
        CloseKind::NeverConnected => Cell::new(format!("{who}, never connected"))
            .about("An attempt that failed: an error of connect, and no lost connection.")
            .with_mood(Mood::Warn),
        CloseKind::Planned => Cell::new(who),
    }
}

pub(super) const fn closer(by: ClosedBy) -> &'static str {
    match by {
        ClosedBy::User => "user, as planned",
        ClosedBy::Service => "service, as planned",
        ClosedBy::Server => "server or network",
        ClosedBy::Timeout => "us, gave up",
    }
}

pub const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Waiting => "waiting",
        Phase::Preparing => "preparing",
        Phase::Connecting => "connecting",
        Phase::Flow => "flow",
        Phase::Active => "active",
        Phase::Reconnecting => "reconnecting",
        Phase::Finishing => "finishing",
        Phase::BeforeGreeting => "before greeting",
        Phase::Speaking => "speaking",
        Phase::AwaitingAnswer => "waiting for answer",
        Phase::Listening => "listening",
        Phase::AfterReport => "after report",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::view::totals_of;
    use base::time::Timestamp;
    use metrics::{DisconnectDelta, MetricsDelta};

    #[test]
    fn an_attempt_that_failed_is_no_lost_connection() {
        #[track_caller]
        fn check(by: ClosedBy, phase: Phase, text: &str, mood: Mood) {
            let cell =
                closed_by(&DisconnectKey { population: "p".into(), code: 1006, reason: String::new(), by, phase });
            assert_eq!((&*cell.text, cell.mood), (text, mood));
        }
        check(ClosedBy::Server, Phase::Active, "server or network", Mood::Bad);
        check(ClosedBy::Server, Phase::Connecting, "server or network, never connected", Mood::Warn);
        check(ClosedBy::Timeout, Phase::Connecting, "us, gave up, never connected", Mood::Warn);
        check(ClosedBy::User, Phase::Connecting, "user, as planned", Mood::Plain);
    }

    #[test]
    fn close_codes_are_explained() {
        assert_eq!(close_code(1006), "1006 cut off");
        assert_eq!(close_code(4001), "4001");
    }

    #[test]
    fn what_a_server_closes_without_a_word_is_explained() {
        let close = |code, by| DisconnectDelta {
            key: DisconnectKey { population: String::new(), code, reason: String::new(), by, phase: Phase::Active },
            count: 1,
            first: Timestamp::ZERO,
        };
        let closes = [(1009, ClosedBy::Server), (1006, ClosedBy::Timeout), (1000, ClosedBy::Server)];
        let metrics = MetricsDelta {
            disconnects: closes.into_iter().map(|(code, by)| close(code, by)).collect(),
            ..MetricsDelta::default()
        };
        let notes = close_notes(&totals_of(&metrics));
        assert_eq!(notes, ["1009: the server closes a connection whose frame is larger than its limit."]);
    }
}
