//! What a plan document may say: every field once, with its range and its meaning.

use document::{Constraint, Field, Object, Type, optional, or, required};
use faults::LabFaults;

use crate::choices::{Mark, Raised, Ramp, Redirects, ShapeName};
use crate::expectation::Expectation;

pub(crate) const WEEK_S: f64 = 7.0 * 24.0 * 3_600.0;
/// Of the load or of a stage.
const DURATION: Type = Type::Number(0.001, WEEK_S);
const WITHIN_A_WEEK: Type = Type::Number(0.0, WEEK_S);
const MOST_USERS: u64 = 1_000_000;
/// Arrivals per second: a hundred times what a browser can open.
const HIGHEST_RATE: f64 = 10_000.0;
const USERS: Type = Type::Whole(1, MOST_USERS);
const MILLISECONDS: Type = Type::Number(1.0, 60_000.0);
const SHARE: Type = Type::Number(0.0, 1.0);
/// Whole numbers up to here survive a browser's JSON.
const LARGEST_EXACT: u64 = (1 << 53) - 1;
/// Populations have 8 bits.
pub(crate) const MOST_POPULATIONS: usize = 256;
/// Columns of accounts. Who has more has another file in his hand.
pub const MOST_COLUMNS: usize = 256;
/// Far more than a person reads in a dialog.
pub(crate) const MOST_HOSTS: usize = 64;

pub static PLAN: Object = Object::new(
    "plan",
    "What a run is: who is simulated, how many, and what must hold. docs/plan.md explains it. Scenarios have a schema of their own, scenario.schema.json.",
    &[
        optional("$schema", Type::Text, ""),
        required("version", Type::Whole(1, 1), "always 1"),
        required("name", Type::Name, "names the report and the saved file"),
        or("seed", Type::Whole(0, LARGEST_EXACT), "1", "random choices repeat with the same seed"),
        required(
            "populations",
            Type::List(&Type::Object(&POPULATION), 1, MOST_POPULATIONS),
            "at most 256, all run at the same time",
        ),
        optional("thresholds", Type::List(&Type::Text, 0, usize::MAX), "expressions that must hold"),
        or(
            "expect",
            Type::Set(&Type::OneOf(Expectation::NAMES)),
            r#"["no_failed_users","no_disconnects","all_at_work","planned_end"]"#,
            "what is expected of the run besides; `[]`: nothing. A threshold of its own on the same takes its place",
        ),
        or(
            "warmup_s",
            WITHIN_A_WEEK,
            "0",
            "samples of the first seconds stay out of histograms; shorter than the load",
        ),
        or(
            "settle_s",
            WITHIN_A_WEEK,
            "3",
            "a stopping run waits at least so long before its users leave, and up to 10 s more while messages are still on their way",
        ),
        or("graceful_stop_s", WITHIN_A_WEEK, "15", "a user may take so long to finish before it is cut off"),
        // The ledger forgets who left ten minutes ago; a message that late is lost to everybody's patience anyway.
        or(
            "late_after_s",
            Type::Number(0.1, 60.0),
            "5",
            "a message that arrives later counts as late; one that has not arrived by then is missing",
        ),
        or(
            "contract_every",
            Type::Whole(0, 1_000_000),
            "50",
            "of inbound events with a contract every n-th is held against it, the first included; 0: none",
        ),
        or(
            "consistency_users",
            Type::Whole(0, 1_000),
            "5",
            "so many users of each population compare the server's history with what they received, at the end; 0: none",
        ),
        or("handshakes_in_flight", Type::Whole(1, 64), "4", "connections opened at the same time by one browser"),
        // A worker holds what it reads several times over, and has 4 GiB for all its users.
        or(
            "answer_limit_mib",
            Type::Number(0.001, 256.0),
            "8",
            "how much of one answer is read: a longer body is the error `body_too_large` of its operation, a longer frame the error `frame`, `too large`",
        ),
        or("mark", Type::OneOf(Mark::NAMES), "\"public\"", "how connections say which run they belong to"),
        optional("verdict", Type::Object(&VERDICT), "when the generators count as the bottleneck")
            .absent("sensible limits"),
        optional("actions", Type::List(&Type::AnyOf(ACTIONS), 0, usize::MAX), "what is done to the users meanwhile"),
        optional("search", Type::AnyOf(&[Type::Object(&SEARCH), Type::Null]), "a search for the breaking point"),
        optional(
            "lab",
            Type::AnyOf(&[Type::Object(&LabFaults::OBJECT), Type::Null]),
            "faults for `lab`, sent to it before the start and taken back at the end; only for targets that are a `lab`",
        ),
    ],
);

pub static POPULATION: Object = Object::new(
    "population",
    "Users who are alike.",
    &[
        required("name", Type::Name, "differs from other names by more than case and punctuation"),
        required(
            "scenario",
            Type::AnyOf(&[Type::Text, Type::Document(&scenario::SCENARIO)]),
            "a preset's id or a whole scenario",
        ),
        optional("variables", Type::Map(&Type::Text, &Type::Any, usize::MAX), "values for the scenario's variables")
            .absent("its defaults"),
        optional(
            "accounts",
            Type::AnyOf(&[Type::Object(&PATTERN), Type::Object(&FILE)]),
            "where `${account.<column>}` comes from",
        )
        .absent("a pattern with `email`, `password`, `name`"),
        optional(
            "hosts",
            Type::List(&Type::Name, 0, MOST_HOSTS),
            "hosts besides those of its addresses: where an address is made up while the run goes, and where redirects may lead",
        ),
        or(
            "redirects",
            Type::OneOf(Redirects::NAMES),
            "\"refuse\"",
            "what is done with an answer that sends a request elsewhere",
        ),
        required("load", Type::AnyOf(LOADS), "how many users when"),
    ],
);

pub(crate) static PATTERN: Object = Object::new(
    "accounts_by_pattern",
    "Texts with {run}, {population} and {n}. A usual column that the scenario uses and that is not given has its usual pattern.",
    &[
        or("source", Type::OneOf(&["pattern"]), "\"pattern\"", ""),
        required("columns", Type::Map(&Type::Text, &Type::Text, MOST_COLUMNS), "a text for each"),
    ],
);
pub(crate) static FILE: Object = Object::new(
    "accounts_of_a_file",
    "Rows of a file that is given to the page and never becomes part of the plan.",
    &[
        required("source", Type::OneOf(&["csv"]), ""),
        required("columns", Type::List(&Type::Name, 0, MOST_COLUMNS), "their names"),
    ],
);

/// What a load may be, each with its name in `model`.
pub(crate) static LOADS: &[Type] =
    &[Type::Object(&CLOSED), Type::Object(&OPEN), Type::Object(&SHAPE), Type::Object(&BATCH)];
pub static CLOSED: Object = Object::new(
    "closed_load",
    "A number of users, in stages.",
    &[
        required("model", Type::OneOf(&["closed"]), ""),
        or("start", Type::Whole(0, MOST_USERS), "0", "users from the very start"),
        required("stages", Type::List(&Type::Object(&STAGE_OF_USERS), 1, usize::MAX), ""),
    ],
);
pub static OPEN: Object = Object::new(
    "open_load",
    "Arrivals per second, in stages.",
    &[
        required("model", Type::OneOf(&["open"]), ""),
        or("start_rate", Type::Number(0.0, HIGHEST_RATE), "0", "arrivals per second at the start"),
        required("stages", Type::List(&Type::Object(&STAGE_OF_ARRIVALS), 1, usize::MAX), ""),
        required("max_users", USERS, "arrivals beyond so many users at the same time are dropped and counted"),
    ],
);
pub static SHAPE: Object = Object::new(
    "shaped_load",
    "A ready-made closed load.",
    &[
        required("model", Type::OneOf(&["shape"]), ""),
        required("name", Type::OneOf(ShapeName::NAMES), ""),
        required("users", USERS, "at the most"),
        required("duration_s", DURATION, ""),
    ],
);
pub static BATCH: Object = Object::new(
    "load_in_batches",
    "Some more users at once every so many seconds.",
    &[
        required("model", Type::OneOf(&["batch"]), ""),
        required("users", USERS, "in the end"),
        required("size", USERS, "so many join at once"),
        required("every_s", DURATION, "between batches"),
        required("hold_s", DURATION, "with all users"),
    ],
);
const RAMP: Field =
    or("ramp", Type::OneOf(Ramp::NAMES), "\"linear\"", "`step`: jumps to the target at the stage's start and holds it");
pub(crate) static STAGE_OF_USERS: Object = Object::new(
    "stage_of_users",
    "",
    &[
        required("duration_s", DURATION, ""),
        required("target", Type::Number(0.0, MOST_USERS as f64), "users at its end"),
        RAMP,
    ],
);
pub(crate) static STAGE_OF_ARRIVALS: Object = Object::new(
    "stage_of_arrivals",
    "",
    &[
        required("duration_s", DURATION, ""),
        required("target", Type::Number(0.0, HIGHEST_RATE), "arrivals per second at its end"),
        RAMP,
    ],
);

pub static VERDICT: Object = Object::new(
    "verdict",
    "When the generators count as the run's bottleneck, see docs/metrics.md.",
    &[
        or(
            "lag_ms",
            MILLISECONDS,
            "50",
            "a worker's timer that fires later than this makes the samples of that hand-over suspect",
        ),
        or("pacing_ms", MILLISECONDS, "50", "so does a tenth of users' steps that begin later than this"),
        or("buffered_bytes", Type::Number(1.0, 1e9), "1000000", "so does a socket with more than this left to send"),
        or(
            "handshake_queue",
            Type::Number(0.0, 1e6),
            "20",
            "so do more users than this waiting for a handshake slot; samples of connections only",
        ),
        or(
            "clock_ms",
            Type::Number(0.1, 60_000.0),
            "25",
            "clocks of several browsers known no better than this make times from one to another suspect",
        ),
        or(
            "behind_ms",
            MILLISECONDS,
            "50",
            "a browser's load is behind a probe when it sees messages more than this later",
        ),
        or("behind_share", Type::Number(0.0, 100.0), "0.5", "and by more than this share of what the probe sees"),
        or(
            "suspect_share",
            SHARE,
            "0.1",
            "the run is invalid when more than this share of it is suspect for one reason",
        ),
        or("suspect_s", Type::Number(0.0, 3_600.0), "3", "and at least so many seconds of it"),
    ],
);

const LEVEL: Type = Type::Number(0.1, 1_000_000.0);
pub static SEARCH: Object = Object::new(
    "search",
    "A search for the breaking point: the largest load at which all thresholds hold.",
    &[
        required(
            "raise",
            Type::OneOf(Raised::NAMES),
            "users at the same time, arrivals per second, or messages per second",
        ),
        optional("population", Type::Text, "the population whose load is raised").absent("the first"),
        required("from", LEVEL, "the first level that is tried"),
        required("to", LEVEL, "the highest one"),
        required("step", LEVEL, "how much is added as long as all thresholds hold"),
        or("hold_s", Type::Number(2.0, 3_600.0), "20", "how long a level is measured"),
        or("settle_s", Type::Number(1.0, 600.0), "5", "how long a level has before that"),
        or(
            "precision",
            Type::Number(0.001, 0.5),
            "0.05",
            "the search is over when the level that broke is no more than this share above the one that held",
        ),
    ],
);

const AT: Field = or("at_s", WITHIN_A_WEEK, "0", "from the run's start");
const WHOSE: Field = optional("population", Type::Name, "whom it meets").absent("each that it suits");
const OVER: Field = or("over_s", WITHIN_A_WEEK, "0", "how long the change takes");
const OF_USERS: Field = or("share", SHARE, "1", "of the users");
/// From a hundred times as fast to a hundred times as slow.
const FACTOR: Type = Type::Number(0.01, 100.0);

macro_rules! actions {
    ($($kind:literal: $meaning:literal [$($field:expr),*] $(one of $names:expr)?;)+) => {
        /// What an action may be, each with its name in `do`.
        pub(crate) static ACTIONS: &[Type] = &[$(Type::Object({
            static KIND: Object = Object::new(
                concat!("action_", $kind),
                $meaning,
                &[AT, WHOSE, required("do", Type::OneOf(&[$kind]), ""), $($field),*],
            )$(.with(&[Constraint::OneOf($names)]))?;
            &KIND
        })),+];
    };
}

actions! {
    "users": "A closed load: so many users from then to the load's end, instead of its shape."
        [required("users", Type::Whole(0, MOST_USERS), ""), OVER];
    "arrival_rate": "An open load: so many arrivals a second."
        [required("per_s", Type::Number(0.0, HIGHEST_RATE), ""), OVER];
    "interval": "The timer ticks in the scenario's intervals times the factor, or always in so many milliseconds: one of both."
        [optional("timer", Type::Name, "").absent("each that sends messages"), optional("factor", FACTOR, ""),
         optional("ms", Type::Number(1.0, 3_600_000.0), "")] one of &["factor", "ms"];
    "think": "Every think time from then on." [required("factor", Type::Number(0.0, 100.0), "")];
    "set": "A live variable." [required("variable", Type::Name, ""), required("value", Type::Any, "")];
    "pause": "Timers stand still, nobody sends a message, reacts or begins to speak; connections stay." [];
    "resume": "All goes on where it stood." [];
    "send_now": "One message more of each user." [];
    // A user runs at most 256 blocks at a time; some are its own.
    "burst": "So many more of each user, at once." [required("messages", Type::Whole(1, 100), "")];
    "drop": "Connections are closed without the protocol's goodbye, and come back after the scenario's back-off." [OF_USERS];
    "reconnect_storm": "The same without back-off." [OF_USERS];
    "stop_reading": "Users hang." [OF_USERS, required("for_s", Type::Number(0.1, 600.0), "")];
    "stop_answering_pings": "Socket.IO only: until the server closes the connection." [OF_USERS];
    "expire_tokens": "They reconnect with a token that nobody issued." [OF_USERS];
    "leave_and_rejoin": "The scenario's rejoin steps over the open connection." [OF_USERS];
    "join_storm": "The scenario's storm steps, all users at once." [];
}

/// The fields of an action that does this; `None`: nobody knows one.
pub fn action_fields(kind: &str) -> Option<&'static [Field]> {
    tagged(ACTIONS, "do", kind).map(|action| action.fields)
}

/// Of a union: the object whose tag (its field `tag`) is called so.
pub(crate) fn tagged(union: &'static [Type], tag: &str, name: &str) -> Option<&'static Object> {
    union.iter().find_map(|one| match one {
        Type::Object(object) if object.field(tag).of.names() == Some(&[name]) => Some(*object),
        _ => None,
    })
}

/// The names that the tag of a union may have.
pub(crate) fn tags(union: &'static [Type], tag: &str) -> Vec<&'static str> {
    let names =
        union.iter().filter_map(|one| if let Type::Object(object) = one { object.field(tag).of.names() } else { None });
    names.flatten().copied().collect()
}
