//! How the generator itself is doing: a result is only as good as what measured it.

use super::Mood;
use super::table::{Cell, Column, Row};
use crate::format;
use base::time::{Span, Timestamp};
use catalogue::{Counter, Figure, Metric};
use metrics::{Totals, WorkerHealth};

/// Above these the generator's own delay shows in the results.
pub(super) const LAG_LIMIT_MS: f64 = 50.0;
const BUSY_LIMIT: f64 = 0.8;
const BUFFERED_LIMIT: u64 = 1_000_000;
const STALENESS_LIMIT_MS: f64 = 50.0;
const PACING_LIMIT_MS: f64 = 50.0;
/// Share of a microphone's chunks: a listener at the other end may hear more than that.
const LATE_LIMIT: f64 = 0.01;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HealthView {
    /// Whether it keeps up, or kept up.
    pub says: String,
    pub mood: Mood,
    /// What a reader of the results must know; empty: the generator kept up.
    pub warnings: Vec<String>,
    /// Name, value and meaning of what concerns all workers.
    pub facts: Vec<(&'static str, String, &'static str)>,
    pub workers: Vec<Row>,
}

pub const WORKER_COLUMNS: [Column; 9] = [
    Column::name("Worker"),
    Column::number("Lag p50"),
    Column::number("p99"),
    Column::number("max"),
    Column::number("Busy"),
    Column::number("max"),
    Column::number("Buffered"),
    Column::number("Sockets"),
    Column::number("Queue"),
];

impl HealthView {
    pub(super) fn of(totals: &Totals, is_over: bool) -> Self {
        let health = totals.health();
        let hidden = health.hidden_for(Timestamp::ZERO + totals.elapsed());
        let workers = health.workers.iter().enumerate();
        let warnings = warnings(totals, hidden);
        let is_swarm = (0..health.workers.len()).any(|at| totals.browser_of(at).is_some());
        let (says, mood) = says(totals.timeline().seconds() > 0, warnings.is_empty(), is_over, is_swarm);
        Self {
            says,
            mood,
            warnings,
            facts: facts(totals, hidden),
            workers: workers.map(|(at, worker)| row(at, worker, totals.is_probe(at), totals.browser_of(at))).collect(),
        }
    }
}

fn says(has_played: bool, keeps_up: bool, is_over: bool, is_swarm: bool) -> (String, Mood) {
    if !has_played {
        return ("No load has been played.".to_owned(), Mood::Plain);
    }
    // A run that is over may have been another browser's.
    let who = match (is_swarm, is_over) {
        (true, _) => "The browsers",
        (false, true) => "The browser",
        (false, false) => "This browser",
    };
    let (keeps, struggles) = match (is_over, is_swarm) {
        (true, _) => ("kept", "struggled"),
        (false, true) => ("keep", "struggle"),
        (false, false) => ("keeps", "struggles"),
    };
    if keeps_up {
        (format!("{who} {keeps} up with the plan."), Mood::Good)
    } else {
        (format!("{who} {struggles}: see the warnings above."), Mood::Warn)
    }
}

/// How late the timers of these workers were, if that is too late.
pub fn struggling(totals: &Totals, workers: &[usize]) -> Option<String> {
    let of = workers.iter().filter_map(|&worker| totals.health().workers.get(worker));
    let worst = of.map(lag_p99_ms).fold(0.0, f64::max);
    (worst > LAG_LIMIT_MS).then(|| format::millis(worst))
}

fn facts(totals: &Totals, hidden: Span) -> Vec<(&'static str, String, &'static str)> {
    let nothing = || format::NOTHING.to_owned();
    let pacing = totals.histogram(Metric::PacingError.name()).and_then(|histogram| histogram.stats());
    let mut facts = vec![
        (
            "Staleness",
            staleness(totals),
            "How much later the load's users see messages than a probe user with a worker to itself.",
        ),
        (
            "Pacing error",
            pacing.map_or_else(nothing, |stats| {
                format!("p50 {}, p99 {}", format::millis(stats.p50), format::millis(stats.p99))
            }),
            "How much later than due a user's step began.",
        ),
        (
            "Page hidden",
            if hidden == Span::ZERO { "never".to_owned() } else { format::duration(hidden.as_secs_f64()) },
            "Workers keep their pace in a hidden page; its charts do not.",
        ),
    ];
    if let Some(sent) = totals.counter(Counter::ChunksOut.name()) {
        facts.push((
            "Audio pacing",
            audio_pacing(totals, sent),
            "How much later than due a microphone's chunk was sent; late: by more than 20 ms.",
        ));
    }
    facts
}

fn audio_pacing(totals: &Totals, sent: u64) -> String {
    let late = totals.counter(Counter::ChunksLate.name()).unwrap_or_default();
    let late = format!("{} of {} chunks late", format::count(late), format::count(sent));
    match totals.histogram(Metric::AudioPacingError.name()).and_then(|pacing| pacing.quantile(0.99)) {
        Some(p99) => format!("p99 {}, {late}", format::span(p99)),
        None => late,
    }
}

/// Over the last ten seconds while the load goes on, and over the worst ten of the run.
fn staleness(totals: &Totals) -> String {
    let now = totals
        .staleness()
        .filter(|_| totals.ending().is_none())
        .map(|stale| format!("{} now", format::millis(stale.p50_ms)));
    let worst = worst_staleness_ms(totals).map(|worst| format!("{} at worst", format::millis(worst)));
    let known: Vec<_> = now.into_iter().chain(worst).collect();
    if known.is_empty() { format::NOTHING.to_owned() } else { known.join(", ") }
}

fn worst_staleness_ms(totals: &Totals) -> Option<f64> {
    let seconds = totals.timeline().value(Figure::HealthStaleness.name())?;
    seconds.iter().copied().filter(|value| !value.is_nan()).map(f64::from).reduce(f64::max)
}

/// `browser`: in a swarm, by its name; `None`: the conductor's own.
fn row(at: usize, worker: &WorkerHealth, is_probe: bool, browser: Option<&str>) -> Row {
    let lag = |quantile| worker.lag.quantile(quantile).map_or_else(|| format::NOTHING.to_owned(), format::span);
    let warn = |is_so| if is_so { Mood::Warn } else { Mood::Plain };
    let place = browser.map(|name| format!(" of {}", format::foreign(name))).unwrap_or_default();
    let name = if is_probe { format!("probe{place}") } else { format!("worker {}{place}", at + 1) };
    Row {
        key: at.to_string(),
        is_part: false,
        cells: vec![
            name.into(),
            lag(0.5).into(),
            Cell::new(lag(0.99)).with_mood(warn(lag_p99_ms(worker) > LAG_LIMIT_MS)),
            lag(1.0).into(),
            Cell::new(format::share(worker.busy_share)).with_mood(warn(worker.busy_share > BUSY_LIMIT)),
            format::share(worker.busy_max).into(),
            Cell::new(format::bytes(worker.buffered_max as f64)).with_mood(warn(worker.buffered_max > BUFFERED_LIMIT)),
            format::count(worker.sockets_open.into()).into(),
            format::count(worker.handshake_queue_max.into()).into(),
        ],
    }
}

fn lag_p99_ms(worker: &WorkerHealth) -> f64 {
    worker.lag.quantile(0.99).map_or(0.0, Span::as_millis_f64)
}

fn warnings(totals: &Totals, hidden: Span) -> Vec<String> {
    let workers = &totals.health().workers;
    let worst = |measure: fn(&WorkerHealth) -> f64| workers.iter().map(measure).fold(0.0, f64::max);
    let (lag, busy) = (worst(lag_p99_ms), worst(|worker| worker.busy_share));
    let buffered = worst(|worker| worker.buffered_max as f64);
    let staleness = worst_staleness_ms(totals).unwrap_or_default();
    let pacing = totals
        .histogram(Metric::PacingError.name())
        .and_then(|pacing| pacing.quantile(0.99))
        .map_or(0.0, Span::as_millis_f64);
    let chunks = |counter: Counter| totals.counter(counter.name()).unwrap_or_default() as f64;
    let late = chunks(Counter::ChunksLate) / chunks(Counter::ChunksOut).max(1.0);
    let found = [
        (lag > LAG_LIMIT_MS, format!("A worker's timer fired up to {} late (p99).", format::millis(lag))),
        (busy > BUSY_LIMIT, format!("A worker was busy {} of the time.", format::share(busy))),
        (buffered > BUFFERED_LIMIT as f64, format!("{} waited in the browser to be sent.", format::bytes(buffered))),
        (
            staleness > STALENESS_LIMIT_MS,
            format!("Users saw messages up to {} later than the probe.", format::millis(staleness)),
        ),
        (
            late > LATE_LIMIT,
            format!("{} of the microphones' chunks were sent more than 20 ms late.", format::share(late)),
        ),
        (pacing > PACING_LIMIT_MS, format!("Steps began up to {} late (p99).", format::millis(pacing))),
        (hidden > Span::ZERO, "The page was hidden during the run.".to_owned()),
    ];
    found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, warning)| warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics::Histogram;

    fn worker(lag_ms: u64, busy_share: f64, buffered_max: u64) -> WorkerHealth {
        let mut lag = Histogram::new();
        lag.record(Span::from_millis(lag_ms));
        WorkerHealth { lag, busy_share, buffered_max, ..WorkerHealth::default() }
    }

    #[track_caller]
    fn check(worker: &WorkerHealth, struggling: bool) {
        let stands_out = row(0, worker, false, None).cells.iter().any(|cell| cell.mood == Mood::Warn);
        assert_eq!(stands_out, struggling, "{worker:?}");
    }

    #[test]
    fn a_struggling_worker_stands_out() {
        check(&worker(3, 0.2, 0), false);
        check(&worker(60, 0.2, 0), true);
        check(&worker(3, 0.9, 0), true);
        check(&worker(3, 0.2, 5_000_000), true);
        check(&WorkerHealth::default(), false);
    }

    #[test]
    fn who_played_nothing_did_not_keep_up() {
        #[track_caller]
        fn check(has_played: bool, keeps_up: bool, is_over: bool, is_swarm: bool, text: &str, mood: Mood) {
            assert_eq!(says(has_played, keeps_up, is_over, is_swarm), (text.to_owned(), mood));
        }
        check(false, true, true, false, "No load has been played.", Mood::Plain);
        check(true, true, false, false, "This browser keeps up with the plan.", Mood::Good);
        check(true, true, true, false, "The browser kept up with the plan.", Mood::Good);
        check(true, false, false, true, "The browsers struggle: see the warnings above.", Mood::Warn);
    }

    #[test]
    fn a_worker_that_measured_nothing_shows_nothing() {
        let row = row(2, &WorkerHealth::default(), true, Some("Kim"));
        let texts: Vec<_> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(texts[..5], ["probe of Kim", "–", "–", "–", "0\u{a0}%"]);
    }
}
