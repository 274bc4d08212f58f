//! The run as the page shows it: every number already has its unit, and what was not measured is no zero.

mod about;
pub mod charts;
mod closes;
mod clues;
mod contract;
mod counters;
mod delivery;
mod errors;
mod health;
mod operations;
mod search;
mod status;
pub mod table;
mod thresholds;
mod tiles;
mod verdict;
mod voice;

pub use closes::{CLOSE_COLUMNS, ClosesView, SILENCE_COLUMNS};
pub use clues::{Case, Clue, EVIDENCE_COLUMNS, cases, title as clue_title};
pub use contract::{CONSISTENCY_COLUMNS, CONTRACT_COLUMNS, ConsistencyView, ContractView};
pub use counters::COLUMNS as COUNTER_COLUMNS;
pub use delivery::{DeliveryView, RECEIVED_COLUMNS, SENT_COLUMNS};
pub use errors::{DISCONNECT_COLUMNS, ERROR_COLUMNS, phase_word};
pub use health::{HealthView, WORKER_COLUMNS, struggling};
pub use operations::{COLUMNS as OPERATION_COLUMNS, OperationTable};
pub use search::{SEARCH_COLUMNS, SearchCurve, SearchView};
pub use status::{Phase, StatusView};
pub use thresholds::{ThresholdRow, measured, note as threshold_note};
pub use tiles::Tile;
pub use verdict::{ReasonRow, VerdictView};
pub use voice::{ANSWER_COLUMNS, NoSuchUser, SpeakerRow, TURN_COLUMNS, VoiceView};

use std::sync::Arc;

use self::table::Row;
use crate::run::control::{ControlView, Happening, happenings};
use crate::run::log::{LogFilter, LogRow, rows};
use metrics::{Insight, UserId, VerdictOutcome};
use run::{Log, Run, RunResult};
use swarm::Picture;

/// A picture of the run at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunView {
    /// The run's id; empty before the first one.
    pub id: String,
    /// The plan's name.
    pub name: String,
    /// Counts the pictures of a page.
    pub revision: u64,
    pub status: StatusView,
    pub tiles: Vec<Tile>,
    pub tables: Arc<Tables>,
    pub log: Arc<LogView>,
    /// Of a past run: nothing to steer.
    pub control: ControlView,
}

/// What is counted by the second is shown by the second: nobody reads a table that changes faster, and each change
/// costs the page a layout.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tables {
    /// Counts the pictures of a page, so that charts know when to look again.
    pub revision: u64,
    /// Seconds that are over.
    second: u32,
    pub verdict: VerdictView,
    /// What stands out, the gravest first.
    pub insights: Vec<Insight>,
    pub thresholds: Vec<ThresholdRow>,
    /// How many of them are kept, in words; empty: the plan has none.
    pub kept: (String, Mood),
    /// `None`: the plan has no search.
    pub search: Option<SearchView>,
    pub operations: Vec<OperationTable>,
    pub delivery: DeliveryView,
    pub errors: Vec<Row>,
    pub disconnects: Vec<Row>,
    /// What is behind some of their codes.
    pub close_notes: Vec<String>,
    pub counters: Vec<Row>,
    pub contract: ContractView,
    pub consistency: ConsistencyView,
    pub evidence: Vec<Row>,
    /// Who was slowest of late, and who had the last error.
    pub suspects: (Option<UserId>, Option<UserId>),
    /// All of the plan, with users that are likely to be there.
    pub populations: Vec<SpeakerRow>,
    pub health: HealthView,
    /// `None`: nobody speaks.
    pub voice: Option<VoiceView>,
    /// It is over, and not a second of it was played: there is no course to draw.
    pub is_unplayed: bool,
    /// Users of another kind than voice: only they send messages that the ledger follows.
    pub has_chat: bool,
    /// Metrics whose latency over time can be shown, and those of them that are times to first audio.
    pub latencies: Vec<String>,
    /// What happened, numbered like its marks on the charts.
    pub happenings: Vec<Happening>,
    pub first_audio: Vec<String>,
}

impl RunView {
    /// Of a run that goes on, or went on, here: what its log and its desk show as well. `before`: the last picture; what has not changed
    /// since is taken over.
    pub fn live(run: &Run, filter: &LogFilter, before: &Self) -> Self {
        let control = ControlView::of(run, &before.control, before.id == run.id());
        let log_before = (before.id == run.id()).then_some(&before.log);
        let log = LogView::of(run.log(), filter, log_before);
        Self { log, control, ..Self::next(&run.result(), before) }
    }

    pub fn of(result: &RunResult<'_>) -> Self {
        let log = LogView::of(&result.log, &LogFilter::default(), None);
        Self { log, ..Self::next(result, &Self::default()) }
    }

    fn next(result: &RunResult<'_>, before: &Self) -> Self {
        let (totals, status) = (&*result.totals, StatusView::of(&result.status));
        let is_same_second = before.id == result.id
            && before.status.phase == status.phase
            && before.tables.second == totals.timeline().closed();
        Self {
            id: result.id.clone().into_owned(),
            name: result.plan.name.clone(),
            revision: before.revision + 1,
            tiles: tiles::tiles(&status, totals),
            tables: if is_same_second { Arc::clone(&before.tables) } else { Arc::new(Tables::of(result, before)) },
            log: Arc::default(),
            control: ControlView::default(),
            status,
        }
    }
}

/// The run for the other browsers of a swarm.
pub fn picture(run: &Run) -> Picture {
    let status = run.status();
    let tiles = tiles::tiles(&StatusView::of(&status), run.totals());
    Picture {
        run: run.id().to_owned(),
        plan: run.plan().name.clone(),
        halt: run.halt(),
        tiles: tiles.into_iter().map(|tile| (tile.label.to_owned(), tile.value, tile.note)).collect(),
        status,
    }
}

impl RunView {
    /// What the browser's tab is called.
    pub fn title(&self) -> String {
        match self.status.phase {
            Phase::Idle => "Tabswarm".to_owned(),
            _ => format!("{} · {} – Tabswarm", self.status.word(), self.name),
        }
    }
}

impl Tables {
    /// Populations that speak.
    pub fn speakers(&self) -> &[SpeakerRow] {
        self.voice.as_ref().map_or(&[], |voice| &voice.speakers)
    }

    fn of(result: &RunResult<'_>, before: &RunView) -> Self {
        let (totals, plan) = (&*result.totals, &*result.plan);
        let is_over = result.status.phase == Phase::Done;
        let thresholds = thresholds::rows(&result.thresholds);
        let kinds = voice::Kinds::of(totals);
        Self {
            revision: before.tables.revision + 1,
            second: totals.timeline().closed(),
            verdict: VerdictView::of(result.status.verdict.as_ref()),
            insights: result.insights().into_owned(),
            kept: thresholds::summary(&thresholds),
            thresholds,
            search: result.search.as_ref().map(|search| SearchView::of(search, result.search_level, is_over)),
            operations: operations::tables(totals),
            delivery: DeliveryView::of(totals, result.clock_bound, is_over),
            errors: errors::errors(totals),
            disconnects: errors::disconnects(totals),
            close_notes: errors::close_notes(totals),
            counters: counters::rows(totals),
            contract: ContractView::of(totals),
            consistency: ConsistencyView::of(totals),
            evidence: clues::rows(totals),
            suspects: clues::suspects(plan, totals),
            populations: voice::everybody(plan, totals),
            health: HealthView::of(totals, is_over),
            voice: VoiceView::of(plan, totals, &kinds, is_over),
            has_chat: kinds.has_others,
            is_unplayed: is_over && totals.timeline().seconds() == 0,
            happenings: happenings(totals.annotations().all()),
            latencies: charts::latencies(totals),
            first_audio: charts::first_audio(totals),
        }
    }
}

/// The newest lines of the log that pass the filter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogView {
    pub rows: Vec<LogRow>,
    /// Lines that are gone.
    pub left_out: u64,
    /// Lines since the run's start.
    count: u64,
    filter: LogFilter,
}

impl LogView {
    /// `before`: an earlier look at the same log.
    pub fn of(log: &Log, filter: &LogFilter, before: Option<&Arc<Self>>) -> Arc<Self> {
        let (lines, left_out) = (log.lines(), log.left_out());
        let count = left_out + lines.len() as u64;
        if let Some(before) = before.filter(|before| before.count == count && before.filter == *filter) {
            return Arc::clone(before);
        }
        Arc::new(Self { rows: rows(lines.iter(), left_out, filter), left_out, count, filter: filter.clone() })
    }
}

/// How a shown value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mood {
    #[default]
    Plain,
    Good,
    Warn,
    Bad,
    /// It goes on.
    Live,
}

impl Mood {
    pub const fn of(outcome: VerdictOutcome) -> Self {
        match outcome {
            VerdictOutcome::Pass => Self::Good,
            VerdictOutcome::Fail => Self::Bad,
            VerdictOutcome::Invalid => Self::Warn,
        }
    }

    /// The style's name for it.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Live => "live",
        }
    }
}

/// Of a worker that has said this once.
#[cfg(test)]
fn totals_of(metrics: &metrics::MetricsDelta) -> metrics::Totals {
    let mut adding = metrics::Aggregator::new(metrics::TotalsConfig { workers: 1, ..<_>::default() });
    let part = metrics::SnapshotPart {
        at: base::time::Timestamp::from_micros(1),
        metrics,
        users: &[],
        ledger: &metrics::LedgerDelta::default(),
        completions: &[],
        health: &metrics::HealthDelta::default(),
    };
    adding.absorb(0, part);
    adding.into()
}
