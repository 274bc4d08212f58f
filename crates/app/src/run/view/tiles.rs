//! The few numbers that are looked at first.

use std::borrow::Cow;

use super::voice::{Kinds, count, turns_under_way};
use super::{Mood, Phase, StatusView};
use crate::format;
use catalogue::{self, Counter, Figure, Metric};
use metrics::{Histogram, Outcomes, Stats, Totals};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tile {
    pub label: &'static str,
    pub value: String,
    pub note: String,
    pub mood: Mood,
}

pub(super) fn tiles(status: &StatusView, totals: &Totals) -> Vec<Tile> {
    let kinds = Kinds::of(totals);
    let mut tiles = vec![users(status, totals)];
    if kinds.has_others {
        tiles.extend([messages(status, totals), latency(totals), missing(totals)]);
    }
    if !kinds.voice.is_empty() {
        tiles.extend([first_audio(totals), turns(totals), starved(totals)]);
    }
    tiles.extend([errors(totals), lag(totals)]);
    tiles
}

/// During the run who is there now; afterwards who was.
fn users(status: &StatusView, totals: &Totals) -> Tile {
    let mut failed = format!("{} failed", format::count(status.failed.into()));
    let without = totals.without_connection_at_end();
    if without > 0 {
        failed += &format!(", {} had no connection at the end", format::count(without.into()));
    }
    let (label, value, note) = match status.phase {
        // Of a run that was cut off some are still there.
        Phase::Done => ("Users played", status.done + status.failed + status.connected, failed),
        _ => ("Users connected", status.connected, format!("of {} wanted now", format::count(status.target.into()))),
    };
    let is_bad = status.failed > 0 || without > 0;
    let mood = if is_bad { Mood::Bad } else { Mood::Plain };
    Tile { label, value: format::count(value.into()), note, mood }
}

/// During the run the pace of now; afterwards the sums.
fn messages(status: &StatusView, totals: &Totals) -> Tile {
    let (sent, arrived) = (totals.delivery().sent, totals.delivery().arrived);
    let both = format!("{} / {}", format::count(sent), format::count(arrived));
    let now = |figure: Figure| {
        last_full_second(totals, figure.name()).map_or_else(|| format::NOTHING.to_owned(), format::rate)
    };
    let load_end = totals.ending().map_or(f64::MAX, |ending| ending.at.min(ending.planned).as_secs_f64());
    let seconds = totals.elapsed().as_secs_f64().min(load_end);
    let (value, note) = if status.phase != Phase::Done {
        (format!("{} / {}", now(Figure::Sent), now(Figure::Arrived)), format!("{both} in all"))
    } else if seconds > 0.0 {
        let mean = |count: u64| format::rate(count as f64 / seconds);
        (both, format!("{} / {} on average", mean(sent), mean(arrived)))
    } else {
        (both, String::new())
    };
    Tile { label: "Messages out / in", value, note, mood: Mood::Plain }
}

/// The time from sending a message to seeing it broadcast; where no messages are followed, to connect.
fn latency(totals: &Totals) -> Tile {
    let round_trip = totals.histograms().find(|(name, ..)| Metric::read(name).metric == Metric::RoundTrip);
    let (label, histogram) = match round_trip {
        Some((_, _, histogram)) => ("Round trip p95", Some(histogram)),
        None => ("Connect p95", totals.histogram(Metric::Connect.name())),
    };
    quantiles(label, histogram)
}

/// The time from the end of speech to the first sound of the answer.
fn first_audio(totals: &Totals) -> Tile {
    let names: Vec<&str> = totals.histograms().map(|(name, ..)| name).collect();
    let answers = catalogue::answer(names.iter().copied());
    quantiles("First audio p95", answers.and_then(|name| totals.histogram(name)))
}

/// All turns, and what became of those that were not answered.
fn turns(totals: &Totals) -> Tile {
    let (all, answered) = (count(totals, Counter::Turns), count(totals, Counter::TurnsAnswered));
    let failed = count(totals, Counter::TurnsUnanswered) + count(totals, Counter::TurnsLost);
    let waiting = count(totals, Counter::TurnsCutWaiting);
    let others = [
        (count(totals, Counter::TurnsInterrupted), "interrupted"),
        (waiting, "cut while waiting"),
        (count(totals, Counter::TurnsCut).saturating_sub(waiting), "cut"),
        (turns_under_way(totals), "under way"),
    ];
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    let others = others.map(|(count, what)| format!(", {} {what}", format::count(count))).collect::<String>();
    Tile {
        label: "Turns answered",
        value: format!("{} of {}", format::count(answered), format::count(all)),
        note: format!("{} unanswered or lost{others}", format::count(failed)),
        mood: match (failed, waiting) {
            (0, 0) => Mood::Plain,
            (0, _) => Mood::Warn,
            _ => Mood::Bad,
        },
    }
}

fn starved(totals: &Totals) -> Tile {
    let (all, starved) = (count(totals, Counter::Answers), count(totals, Counter::AnswersStarved));
    Tile {
        label: "Answers starved",
        value: if all == 0 { format::NOTHING.to_owned() } else { format::count(starved) },
        note: format!("of {} that began, greetings included", format::count(all)),
        mood: if starved > 0 { Mood::Bad } else { Mood::Plain },
    }
}

fn quantiles(label: &'static str, histogram: Option<Cow<'_, Histogram>>) -> Tile {
    let stats = histogram.and_then(|histogram| histogram.stats());
    let at = |pick: fn(&Stats) -> f64| {
        stats.as_ref().map_or_else(|| format::NOTHING.to_owned(), |stats| format::percentile(stats, pick(stats)))
    };
    Tile {
        label,
        value: at(|stats| stats.p95),
        note: format!("p50 {}, p99 {}", at(|stats| stats.p50), at(|stats| stats.p99)),
        mood: Mood::Plain,
    }
}

fn errors(totals: &Totals) -> Tile {
    let all = totals
        .operations()
        .values()
        .copied()
        .reduce(|a, b| Outcomes { succeeded: a.succeeded + b.succeeded, failed: a.failed + b.failed });
    let outcomes = all.unwrap_or_default();
    Tile {
        label: "Errors",
        value: format::count(outcomes.failed),
        note: outcomes.error_rate().map_or_else(String::new, |rate| format!("{} of all attempts", format::share(rate))),
        mood: if outcomes.failed > 0 { Mood::Bad } else { Mood::Plain },
    }
}

fn missing(totals: &Totals) -> Tile {
    let delivery = totals.delivery();
    let lost = delivery.missing.max(0);
    Tile {
        label: "Deliveries missing",
        value: if delivery.due == 0 { format::NOTHING.to_owned() } else { format::signed(lost) },
        note: format!("of {} owed", format::count(delivery.due)),
        mood: if lost > 0 { Mood::Bad } else { Mood::Plain },
    }
}

/// The generator's own delay stands beside the results, because it is part of each of them.
fn lag(totals: &Totals) -> Tile {
    let worst = totals.health().workers.iter().filter_map(|worker| worker.lag.quantile(0.99)).max();
    let slow = worst.is_some_and(|lag| lag.as_millis_f64() > super::health::LAG_LIMIT_MS);
    Tile {
        label: "Generator lag p99",
        value: worst.map_or_else(|| format::NOTHING.to_owned(), format::span),
        note: "of the slowest worker".to_owned(),
        mood: if slow { Mood::Warn } else { Mood::Plain },
    }
}

/// The second that is running is not over: its sum would look like a drop.
fn last_full_second(totals: &Totals, series: &str) -> Option<f64> {
    let values = totals.timeline().value(series)?;
    let last = values.len().checked_sub(2)?;
    Some(f64::from(values[last]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_users(phase: Phase, connected: u32, done: u32, failed: u32, expected: (&str, &str, &str, Mood)) {
        let status = StatusView { phase, connected, target: 50, done, failed, ..StatusView::default() };
        let tile = users(&status, &Totals::default());
        assert_eq!((tile.label, tile.value.as_str(), tile.note.as_str(), tile.mood), expected);
    }

    #[test]
    fn users_now_and_afterwards() {
        check_users(Phase::Holding, 48, 2, 0, ("Users connected", "48", "of 50 wanted now", Mood::Plain));
        check_users(Phase::Done, 0, 50, 0, ("Users played", "50", "0 failed", Mood::Plain));
        check_users(Phase::Done, 0, 48, 2, ("Users played", "50", "2 failed", Mood::Bad));
        // It was cut off: those who were there have played as well.
        check_users(Phase::Done, 9, 0, 0, ("Users played", "9", "0 failed", Mood::Plain));
    }

    #[test]
    fn what_was_not_measured_is_no_zero() {
        let tiles = tiles(&StatusView::default(), &Totals::default());
        let values: Vec<_> = tiles.iter().map(|tile| tile.value.as_str()).collect();
        assert_eq!(values, ["0", "– / –", "–", "–", "0", "–"]);
    }
}
