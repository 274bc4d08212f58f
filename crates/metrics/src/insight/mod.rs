//! What stands out in a run, in at most five sentences of a fixed form: what happened, when, to how many; what it may mean; what to do.
//!
//! Each rule is a pure function over what totals hold. It says only what was seen, and has a condition that refutes it: what the generator
//! or the tester can have done is not told of the server. The words stand in `texts`, and nowhere else.

mod after;
mod closes;
mod course;
mod generator;
mod greeting;
mod operations;
mod plateau;
mod slow;
mod stall;
mod texts;
mod users;

#[cfg(test)]
pub(crate) mod tests;

use serde::{Deserialize, Serialize};

use crate::close::ClosedBy;
use crate::totals::Totals;
use catalogue::Figure;
use course::Course;

/// More than these nobody reads.
pub const MOST_INSIGHTS: usize = 5;

/// One thing that stands out, and its sentences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Insight {
    #[serde(flatten)]
    pub what: InsightKind,
    /// Where more of it is to be seen.
    pub evidence: Section,
    /// What happened, when, and to how many.
    pub happened: String,
    /// What that may mean.
    pub may_mean: String,
    pub to_do: String,
}

/// What was seen. `at_s` and `until_s` are seconds since the run's start. The gravest come first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InsightKind {
    /// Connections were lost together.
    MassClose {
        at_s: f64,
        /// All of them within so many seconds, at least 1.
        within_s: f64,
        lost: u64,
        /// Connections that were open just before.
        of: u64,
        /// Who closed most of them first, and with which code; absent: no single one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<ClosedBy>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<u16>,
    },
    /// Nearly nobody had a connection any more, and users went on wanting one.
    NoService {
        at_s: f64,
        /// Absent: until the load ended, or until now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_s: Option<f64>,
        lasted_s: f64,
        /// Users that wanted one, the most at a time.
        users: u64,
    },
    /// An operation that was tried and never went well.
    NeverSucceeded {
        at_s: f64,
        operation: String,
        failed: u64,
        /// The most frequent one.
        code: String,
    },
    /// Most of what users measured is this generator's own.
    GeneratorLate {
        at_s: f64,
        late_s: f64,
        /// Of so many seconds, without the warm-up.
        of_s: f64,
        /// Where it was worst, in a run of several browsers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        browser: Option<String>,
    },
    /// Never more users had a connection at the same time, although more wanted one.
    Plateau { at_s: f64, most: u64, wanted: u64 },
    /// Users of a voice service were connected and heard no greeting, while others did.
    NoGreeting {
        at_s: f64,
        /// How often, and how many greetings came.
        silent: u64,
        greeted: u64,
    },
    /// An operation that had gone well did not any more.
    Ceased {
        at_s: f64,
        operation: String,
        /// How often it had gone well until then, and failed afterwards.
        before: u64,
        failed: u64,
    },
    /// Connections stayed open, and nothing came through them.
    Stalled {
        at_s: f64,
        /// Absent: until the load ended, or until now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_s: Option<f64>,
        lasted_s: f64,
        /// How often that was so; this is the longest.
        times: u64,
        /// Frames a second that had been usual.
        usual: f64,
    },
    /// An operation was answered with the same code again and again.
    Refused {
        at_s: f64,
        operation: String,
        code: String,
        count: u64,
        /// Attempts of the operation.
        of: u64,
    },
    /// Errors began with something that was done or noted.
    ErrorsAfter {
        at_s: f64,
        /// What was done, in the words of its mark.
        done: String,
        /// Errors in the ten seconds after it, and in those before.
        errors: u64,
        before: u64,
    },
    /// The usual time of a metric rose, and stayed so.
    SlowSince {
        at_s: f64,
        metric: String,
        /// Medians, milliseconds.
        before_ms: f64,
        after_ms: f64,
        /// Users that were there, the same way.
        users_before: u64,
        users_after: u64,
    },
    /// Users that had time and never got to their work, and not because of this generator.
    NeverThere { users: u64, of: u64, unprepared: u64, unconnected: u64, unjoined: u64 },
    /// What users waited for was this browser's own connections.
    OwnConnections {
        /// That never got to their work because of it.
        users: u64,
        /// How long 5 % of all requests waited at least, milliseconds; absent: it is not known, or no matter.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_ms: Option<f64>,
    },
    /// One user heard much worse than all others.
    OneUser {
        population: String,
        /// Its number in the population, from 0.
        user: u32,
        /// Time in which its player had run dry, and that of all users, seconds.
        starved_s: f64,
        all_s: f64,
    },
}

/// A part of the run's page, and of a saved report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    Charts,
    /// What happened, as a list.
    Marks,
    Operations,
    Errors,
    Disconnects,
    Generator,
    Conversations,
}

impl Section {
    /// The anchor of that part in an address.
    pub const fn anchor(self) -> &'static str {
        match self {
            Self::Charts => "charts",
            Self::Marks => "annotations",
            Self::Operations => "operations",
            Self::Errors => Figure::Errors.name(),
            Self::Disconnects => Figure::Disconnects.name(),
            Self::Generator => "health",
            Self::Conversations => "conversations",
        }
    }
}

impl From<InsightKind> for Insight {
    fn from(what: InsightKind) -> Self {
        let texts::Texts { happened, may_mean, to_do } = texts::of(&what);
        Self { evidence: what.evidence(), what, happened, may_mean: may_mean.to_owned(), to_do: to_do.to_owned() }
    }
}

impl InsightKind {
    const fn evidence(&self) -> Section {
        match self {
            Self::MassClose { .. } => Section::Disconnects,
            Self::NoService { .. } | Self::Plateau { .. } | Self::Stalled { .. } | Self::SlowSince { .. } => {
                Section::Charts
            }
            Self::NeverSucceeded { .. }
            | Self::Ceased { .. }
            | Self::Refused { .. }
            | Self::NeverThere { .. }
            | Self::NoGreeting { .. } => Section::Errors,
            Self::ErrorsAfter { .. } => Section::Marks,
            Self::OwnConnections { .. } => Section::Operations,
            Self::GeneratorLate { .. } => Section::Generator,
            Self::OneUser { .. } => Section::Conversations,
        }
    }

    /// What happened to many at once is a mark of its own on the charts: when, and its name.
    pub fn mark(&self) -> Option<(f64, String)> {
        let at_s = match self {
            Self::MassClose { at_s, .. } | Self::NoService { at_s, .. } | Self::Stalled { at_s, .. } => *at_s,
            _ => return None,
        };
        Some((at_s, texts::name(self)))
    }
}

/// What stands out in a run so far, at most [`MOST_INSIGHTS`], the gravest first.
pub fn insights(totals: &Totals) -> Vec<Insight> {
    let course = &Course::of(totals);
    let no_service = closes::no_service(course);
    let never_succeeded = operations::never_succeeded(course);
    let no_greeting = greeting::no_greeting(course).filter(|_| never_succeeded.is_none());
    let ceased = operations::ceased(course).filter(|_| no_service.is_none() && no_greeting.is_none());
    let refused = operations::refused(course).filter(|refused| !ceased.as_ref().is_some_and(|it| is_same(it, refused)));
    let all = [
        closes::mass_close(course),
        no_service,
        never_succeeded,
        generator::late(course),
        plateau::plateau(course),
        no_greeting,
        ceased,
        stall::stalled(course),
        refused,
        after::errors_after(course),
        slow::slow_since(course),
        users::never_there(totals),
        users::own_connections(totals),
        users::one_user(totals),
    ];
    all.into_iter().flatten().take(MOST_INSIGHTS).map(Insight::from).collect()
}

/// Those that are marks of their own on charts, as [`insights`] tells them.
pub fn mass_events(totals: &Totals) -> Vec<InsightKind> {
    let course = &Course::of(totals);
    [closes::mass_close(course), closes::no_service(course), stall::stalled(course)].into_iter().flatten().collect()
}

/// Both are about the same operation.
fn is_same(ceased: &InsightKind, refused: &InsightKind) -> bool {
    matches!((ceased, refused), (InsightKind::Ceased { operation: a, .. }, InsightKind::Refused { operation: b, .. }) if a == b)
}
