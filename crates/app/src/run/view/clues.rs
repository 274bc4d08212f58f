//! From a number to the users behind it: which evidence there is, and what it shows.

use super::closes;
use super::errors::{close_code, closer, phase_word};
use super::table::{self, Cell, Column, Row};
use crate::format;
use crate::run::frames::{self, FrameRow};
use metrics::{Cause, Evidence, GeneratorState, Totals, UserId, user_name};
use plan::Plan;
use run::RunResult;

pub const EVIDENCE_COLUMNS: [Column; 6] = [
    Column::name("At"),
    Column::text("What"),
    Column::text("User"),
    Column::text("Phase"),
    Column::number("Frames"),
    Column::quiet("Population"),
];

/// Where somebody asks for evidence.
#[derive(Debug, Clone, PartialEq)]
pub enum Clue {
    /// A row of the table of errors, of disconnects, or of evidence, by its key.
    Error(String),
    Close(String),
    One(String),
    /// A cell of the tables by phase.
    Phase {
        silence: bool,
        row: String,
        column: usize,
    },
    /// A point of a chart: around that second, of this metric first.
    Moment {
        at_s: f64,
        metric: String,
    },
}

/// One piece of evidence, to be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Case {
    pub key: String,
    pub title: String,
    pub who: String,
    pub user: Option<UserId>,
    pub when: String,
    pub generator: Vec<(&'static str, String, &'static str)>,
    pub frames: Vec<FrameRow>,
}

/// What there is evidence of: errors and closes, then the slowest samples of the metrics that matter most.
pub(super) fn rows(totals: &Totals) -> Vec<Row> {
    let book = totals.evidence();
    let metrics = super::charts::latencies(totals);
    let slowest = metrics.iter().take(MOST_METRICS).flat_map(|metric| {
        let mut all: Vec<&Evidence> = book.slowest_of(metric).collect();
        all.sort_by(|left, right| right.slowest_ms().unwrap_or(0.0).total_cmp(&left.slowest_ms().unwrap_or(0.0)));
        all.truncate(SLOWEST_SHOWN);
        all
    });
    let row = |evidence: &Evidence| Row {
        key: key(evidence),
        is_part: false,
        cells: vec![
            Cell::new(format::clock(evidence.at_s)).opening(),
            Cell::new(in_words(&evidence.cause)),
            Cell::new((evidence.user + 1).to_string()),
            phase_word(evidence.phase).into(),
            format::count(evidence.frames.len() as u64).into(),
            Cell::new(&evidence.population),
        ],
    };
    book.errors_and_closes().iter().chain(slowest).map(row).collect()
}

/// Whom to look at first: who had the slowest of the metric that matters most, of late; and who had the last error.
pub(super) fn suspects(plan: &Plan, totals: &Totals) -> (Option<UserId>, Option<UserId>) {
    let book = totals.evidence();
    let recent = (totals.elapsed().as_secs_f64() - RECENT_S).max(0.0);
    let slowest = super::charts::latencies(totals).first().and_then(|metric| {
        let of_late = |evidence: &&Evidence| evidence.at_s >= recent;
        let value = |evidence: &Evidence| evidence.slowest_ms().unwrap_or(0.0);
        book.slowest_of(metric).filter(of_late).max_by(|left, right| value(left).total_cmp(&value(right)))
    });
    let errors = book.errors_and_closes().iter();
    let troubled = errors.max_by(|left, right| left.at_s.total_cmp(&right.at_s));
    (slowest.and_then(|evidence| user(plan, evidence)), troubled.and_then(|evidence| user(plan, evidence)))
}

/// The evidence that a clue leads to, the best first.
pub fn cases(run: &RunResult<'_>, clue: &Clue) -> Vec<Case> {
    let (plan, totals) = (&*run.plan, &*run.totals);
    let book = totals.evidence();
    let mut found: Vec<&Evidence> = match clue {
        Clue::Error(row) => {
            let key = table::read_key(row);
            book.all().filter(|evidence| key.as_ref().is_some_and(|key| evidence.is_of_error(key))).collect()
        }
        Clue::Close(row) => {
            let key = table::read_key(row);
            book.all().filter(|evidence| key.as_ref().is_some_and(|key| evidence.is_of_close(key))).collect()
        }
        Clue::One(wanted) => book.all().filter(|evidence| key(evidence) == *wanted).collect(),
        Clue::Phase { silence, row, column } => {
            book.all().filter(|evidence| closes::is_in(evidence, *silence, row, *column)).collect()
        }
        Clue::Moment { at_s, metric } => around(totals, *at_s, metric),
    };
    found.truncate(MOST_CASES);
    found.into_iter().map(|evidence| case(plan, evidence)).collect()
}

/// What a clue is about, in words.
pub fn title(clue: &Clue) -> String {
    match clue {
        Clue::Moment { at_s, metric } if metric.is_empty() => format!("Around {}", format::clock(*at_s)),
        Clue::Moment { at_s, metric } => format!("{metric} around {}", format::clock(*at_s)),
        _ => "How it came to that".to_owned(),
    }
}

/// The slowest sample of the metric in that second (a value is drawn where its second ends), then what else happened then.
fn around<'a>(totals: &'a Totals, at_s: f64, metric: &str) -> Vec<&'a Evidence> {
    let book = totals.evidence();
    let middle = (at_s - 0.5).max(0.0);
    let distance = |evidence: &Evidence| (evidence.at_s - middle).abs();
    let nearest = book.slowest_of(metric).min_by(|left, right| distance(left).total_cmp(&distance(right)));
    let mut others: Vec<&Evidence> = book
        .all()
        .filter(|evidence| {
            distance(evidence) <= AROUND_S && nearest.is_none_or(|nearest| !std::ptr::eq(nearest, *evidence))
        })
        .collect();
    others.sort_by(|left, right| {
        let rank = |evidence: &Evidence| (evidence.slowest_ms().is_some(), distance(evidence));
        rank(left).partial_cmp(&rank(right)).unwrap_or(std::cmp::Ordering::Equal)
    });
    nearest.into_iter().chain(others).collect()
}

fn case(plan: &Plan, evidence: &Evidence) -> Case {
    Case {
        key: key(evidence),
        title: in_words(&evidence.cause),
        who: user_name(&evidence.population, evidence.user),
        user: user(plan, evidence),
        when: format!("{}, {}", frames::time(evidence.at_s), phase_word(evidence.phase)),
        generator: evidence.generator.as_ref().map(generator).unwrap_or_default(),
        frames: evidence.frames.iter().enumerate().map(|(at, frame)| frames::row(at.to_string(), frame)).collect(),
    }
}

fn user(plan: &Plan, evidence: &Evidence) -> Option<UserId> {
    let place = plan.populations.iter().position(|population| population.name == evidence.population)?;
    Some(UserId::new(place, evidence.user))
}

fn key(evidence: &Evidence) -> String {
    format!("{} {} {} {}", evidence.at_s, evidence.population, evidence.user, in_words(&evidence.cause))
}

fn in_words(cause: &Cause) -> String {
    match cause {
        Cause::Error { operation, code } => format!("{operation}: {code}"),
        Cause::Close { code, reason, by } => {
            format!("closed {} by {} {reason}", close_code(*code), closer(*by)).trim_end().to_owned()
        }
        Cause::Slowest { metric, ms } => format!("{metric}: {}, the slowest of its time", format::millis(*ms)),
    }
}

fn generator(state: &GeneratorState) -> Vec<(&'static str, String, &'static str)> {
    let place = match &state.browser {
        Some(browser) => format!("{} of {browser}", state.worker + 1),
        None => (state.worker + 1).to_string(),
    };
    vec![
        ("Worker", place, "where the user lives"),
        (
            "Lag",
            state.lag_ms.map_or_else(|| "no value".to_owned(), format::millis),
            "its timer was late by this, at worst",
        ),
        ("Busy", format::share(state.busy_share), "share of the time that its code ran"),
        ("Unsent", format::bytes(state.buffered_bytes as f64), "handed to the browser, not yet to the network"),
        ("Waiting", format::count(state.handshake_queue.into()), "connections that waited for a handshake slot"),
        ("Page", if state.hidden { "hidden" } else { "visible" }.to_owned(), "a hidden page is slowed down"),
    ]
}

const MOST_METRICS: usize = 4;
const SLOWEST_SHOWN: usize = 3;
const MOST_CASES: usize = 8;
/// A slowest sample is looked for among the last seconds.
const RECENT_S: f64 = 60.0;
/// What happened so close to a point belongs to it.
const AROUND_S: f64 = 1.5;
