//! The delivery ledger in words.

use super::Mood;
use super::about::about;
use super::table::{Cell, Column, Row};
use crate::format;
use base::time::Span;
use catalogue::{Figure, Metric};
use metrics::{LedgerDelta, Totals};

/// Shares are of all sent; of all owed, or, of what came whether owed or not, of all that came.
pub const SENT_COLUMNS: [Column; 3] = [Column::name("Messages"), Column::number("Count"), Column::number("Share")];
pub const RECEIVED_COLUMNS: [Column; 4] =
    [Column::name("Deliveries"), Column::number("Count"), Column::number("Share"), Column::text("Which")];

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryView {
    /// The whole ledger in one sentence.
    pub verdict: String,
    pub mood: Mood,
    /// With several browsers: how well times between them are known. Empty: there is one.
    pub clocks: String,
    /// What senders know, and what receivers got.
    pub sent: Vec<Row>,
    pub received: Vec<Row>,
}

impl DeliveryView {
    /// `clock_bound`: with several browsers, how wrong the comparison of their clocks can be.
    pub(super) fn of(totals: &Totals, clock_bound: Option<Span>, is_over: bool) -> Self {
        let fanout = totals.histograms().find(|(name, ..)| Metric::read(name).metric == Metric::Fanout);
        let median = fanout.and_then(|(_, _, histogram)| histogram.quantile(0.5));
        let clocks = clock_bound.map_or_else(String::new, |bound| clocks(median, bound));
        let which = |figure: Figure, count| about(totals, figure.name(), count);
        Self { clocks, ..Self::of_ledger(totals.delivery(), is_over, which) }
    }

    /// `which`: what so many of a figure are about.
    fn of_ledger(ledger: &LedgerDelta, is_over: bool, which: impl Fn(Figure, u64) -> String) -> Self {
        let (verdict, mood) = verdict(ledger, is_over);
        let clocks = String::new();
        Self { verdict, mood, clocks, sent: sent(ledger), received: received(ledger, which) }
    }
}

/// Fan-out from one browser to another is measured with two clocks.
fn clocks(median: Option<Span>, bound: Span) -> String {
    let known = format!("Times between browsers are known to ±{}", format::span(bound));
    match median {
        Some(median) if bound > median => {
            format!("{known}, which is more than the median fan-out of {}: it says little here.", format::span(median))
        }
        Some(median) => format!("{known}; the median fan-out is {}.", format::span(median)),
        None => format!("{known}."),
    }
}

fn verdict(ledger: &LedgerDelta, is_over: bool) -> (String, Mood) {
    let (due, missing) = (ledger.due, ledger.missing.max(0) as u64);
    if due == 0 {
        (if is_over { "Nothing was owed." } else { "Nothing is owed yet." }.to_owned(), Mood::Plain)
    } else if missing > 0 {
        let share = format::share(missing as f64 / due as f64);
        let text =
            format!("{} of {} owed deliveries are missing ({share}).", format::count(missing), format::count(due));
        (text, Mood::Bad)
    } else {
        let arrived = format!("Every one of {} owed deliveries arrived", format::count(due));
        match under_way(ledger) + ledger.unconfirmed + ledger.abandoned {
            0 => (format!("{arrived}."), Mood::Good),
            unheard => {
                let (unheard, sent) = (format::count(unheard), format::count(ledger.sent));
                (format!("{arrived}; the server has said nothing of {unheard} of {sent} messages."), Mood::Plain)
            }
        }
    }
}

/// Messages whose fate is not known yet.
fn under_way(ledger: &LedgerDelta) -> u64 {
    let decided = ledger.accepted + ledger.rejected + ledger.unconfirmed + ledger.abandoned;
    ledger.sent.saturating_sub(decided)
}

fn sent(ledger: &LedgerDelta) -> Vec<Row> {
    let row = |label, figure, meaning, wrong| row(label, ledger, figure, meaning, wrong);
    let mut rows = vec![
        row("Sent", Figure::Sent, "Messages that left this browser.", Mood::Plain),
        row(
            "Accepted",
            Figure::Accepted,
            "The server acknowledged it, or the sender saw its own broadcast.",
            Mood::Plain,
        ),
        row("Rejected", Figure::Rejected, "The server answered with an error. Nobody is owed it.", Mood::Bad),
        row(
            "Unconfirmed",
            Figure::Unconfirmed,
            "No answer in time on a living connection. It is still owed.",
            Mood::Warn,
        ),
        row(
            "Abandoned",
            Figure::Abandoned,
            "The sender's connection died first. Nobody can know, nobody is owed it.",
            Mood::Warn,
        ),
    ];
    let open = under_way(ledger);
    if open > 0 {
        let share = format::share(open as f64 / ledger.sent.max(1) as f64);
        let label = Cell::new("Under way").about("The server has said nothing of it so far.");
        let cells = vec![label, format::count(open).into(), share.into()];
        rows.push(Row { key: "Under way".to_owned(), is_part: false, cells });
    }
    rows
}

fn received(ledger: &LedgerDelta, which: impl Fn(Figure, u64) -> String) -> Vec<Row> {
    let plain = |label, figure, meaning, wrong| row(label, ledger, figure, meaning, wrong);
    let row = |label, figure, meaning, wrong| {
        let mut row = plain(label, figure, meaning, wrong);
        let is_named = NAMED.contains(&figure);
        row.cells.push(if is_named { which(figure, count(ledger, figure)) } else { String::new() }.into());
        row
    };
    vec![
        row(
            "Owed",
            Figure::Due,
            "Message and member, for every member that was there from before to after.",
            Mood::Plain,
        ),
        row("Delivered", Figure::Delivered, "Owed, and arrived.", Mood::Plain),
        row("Missing", Figure::Missing, "Owed, and not arrived when it was late.", Mood::Bad),
        row(
            "Duplicated",
            Figure::Duplicated,
            "Second and further arrivals at the same member, its sender left out.",
            Mood::Bad,
        ),
        row(
            "Own copies",
            Figure::OwnCopies,
            "Arrivals at its own sender, more often than the scenario says. Where a server is like that, `own_copies` of `delivery` says so.",
            Mood::Warn,
        ),
        row("Reordered", Figure::Reordered, "Arrived after a later message of the same sender.", Mood::Warn),
        row("Late", Figure::Late, "Arrived, owed or not, later than the plan allows.", Mood::Warn),
        row(
            "Extra",
            Figure::Extra,
            "Arrived although not owed: sent before the member was known to be in, around its leaving, or what its sender was not to get.",
            Mood::Plain,
        ),
    ]
}

/// Rows that are about single messages, which are told.
const NAMED: [Figure; 5] = [Figure::Missing, Figure::Duplicated, Figure::OwnCopies, Figure::Reordered, Figure::Late];

fn count(ledger: &LedgerDelta, figure: Figure) -> u64 {
    ledger.figure(figure).unwrap_or_default().max(0) as u64
}

/// `wrong`: how it looks when there is any of it.
fn row(label: &'static str, ledger: &LedgerDelta, figure: Figure, meaning: &'static str, wrong: Mood) -> Row {
    let count = count(ledger, figure);
    let share = ledger.share(figure).map_or_else(String::new, |share| format::share(share.max(0.0)));
    let mood = if count > 0 { wrong } else { Mood::Plain };
    let cells = vec![Cell::new(label).about(meaning), Cell::new(format::count(count)).with_mood(mood), share.into()];
    Row { key: label.to_owned(), is_part: false, cells }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(due: u64, missing: i64, is_over: bool, verdict: &str, mood: Mood) {
        let ledger = LedgerDelta { due, missing, ..LedgerDelta::default() };
        let view = DeliveryView::of_ledger(&ledger, is_over, |_, _| String::new());
        assert_eq!((view.verdict.replace('\u{a0}', " ").as_str(), view.mood), (verdict, mood));
    }

    #[test]
    fn the_ledger_in_one_sentence() {
        check(0, 0, false, "Nothing is owed yet.", Mood::Plain);
        check(0, 0, true, "Nothing was owed.", Mood::Plain);
        check(12_345, 0, true, "Every one of 12,345 owed deliveries arrived.", Mood::Good);
        check(2_000, 50, true, "50 of 2,000 owed deliveries are missing (2.5 %).", Mood::Bad);
    }

    #[test]
    fn only_what_is_wrong_stands_out() {
        let ledger = LedgerDelta { sent: 10, due: 40, duplicated: 4, own_copies: 10, arrived: 80, ..<_>::default() };
        let view = DeliveryView::of_ledger(&ledger, true, |figure, count| format!("{count} {}", figure.field()));
        let duplicated = view.received.iter().find(|row| row.key == "Duplicated").unwrap();
        assert_eq!((duplicated.cells[2].text.as_str(), duplicated.cells[1].mood), ("5\u{a0}%", Mood::Bad));
        assert_eq!(duplicated.cells[3].text, "4 duplicated");
        // More than the scenario says is worth a look: either the server is like that, or it doubles messages.
        let own = view.received.iter().find(|row| row.key == "Own copies").unwrap();
        assert_eq!((own.cells[1].text.as_str(), own.cells[1].mood), ("10", Mood::Warn));
        assert!(view.sent.iter().all(|row| row.cells[1].mood == Mood::Plain));
    }

    #[test]
    fn what_came_is_held_against_what_came() {
        // Of 50 that came late, 40 were owed to nobody.
        let ledger = LedgerDelta { due: 10, delivered: 10, arrived: 50, extra: 40, late: 50, ..<_>::default() };
        let view = DeliveryView::of_ledger(&ledger, true, |_, _| String::new());
        let share = |label: &str| view.received.iter().find(|row| row.key == label).unwrap().cells[2].text.clone();
        assert_eq!(["Late", "Extra", "Delivered"].map(share), ["100\u{a0}%", "80\u{a0}%", "100\u{a0}%"]);
    }

    #[test]
    fn what_two_clocks_measure_is_as_good_as_their_comparison() {
        #[track_caller]
        fn check(median_us: Option<u64>, expected: &str) {
            assert_eq!(clocks(median_us.map(Span::from_micros), Span::from_millis(2)), expected);
        }
        check(None, "Times between browsers are known to ±2\u{a0}ms.");
        check(Some(30_000), "Times between browsers are known to ±2\u{a0}ms; the median fan-out is 30\u{a0}ms.");
        check(
            Some(500),
            "Times between browsers are known to ±2\u{a0}ms, which is more than the median fan-out of 500\u{a0}µs: it says little here.",
        );
    }
}
