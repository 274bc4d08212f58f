//! Numbers that are neither times nor counters of users: the ledger's, errors, what is told of all answers, and levels by the second.

use super::definition::Name::{Before, Whole};
use super::{Better, Clocks, Definition as Of, Definition, Falsifier, Measure, MetricKind, table};

table! {
    /// A number of the run, or a series of one value a second.
    Figure {
        Users = level(Before("users.", "state"), Measure::Count, "users in this state");
        Failed = count(Whole("users.failed"), "users that gave up: a step that they need failed, they were refused, or their connection was lost for good").better(Better::Lower);
        Unreached = count(Whole("users.unreached"), "users that had 10 s and longer, and never got through log-in, connection and joining to their work").better(Better::Lower).falsified_by(&[Falsifier::Sockets]);
        Played = Of::figure(MetricKind::Counter, Measure::Share, Whole("run.played"), "share of the planned time that was played").better(Better::Higher).falsified_by(&[Falsifier::Tester]);
        Errors = count(Whole("errors"), "errors, of all operations").better(Better::Lower).falsified_by(&[Falsifier::Lateness]);
        ErrorsOf = count(Before("errors.", "operation"), "errors of the operation").better(Better::Lower).falsified_by(&[Falsifier::Lateness]);
        Disconnects = count(Whole("disconnects"), "connections that were lost and nobody planned it").better(Better::Lower);

        /// What users send is the plan's doing as much as the server's.
        Sent = ledger("delivery.sent", "messages handed to a socket");
        Accepted = ledger("delivery.accepted", "acknowledged by the server, or the sender's own echo came");
        Rejected = ledger("delivery.rejected", "the server answered with an error: nobody is owed it").better(Better::Lower);
        Unconfirmed = ledger("delivery.unconfirmed", "neither in time, and yet taken: a member has it, or the server passed it by").better(Better::Lower).falsified_by(&[Falsifier::Lateness]);
        Abandoned = ledger("delivery.abandoned", "its connection died, or the run ended, before anything was known").better(Better::Lower);
        Due = ledger("delivery.due", "(message, member) pairs that are owed");
        Delivered = ledger("delivery.delivered", "owed and arrived, however late").better(Better::Higher).falsified_by(&[Falsifier::Queue]);
        Missing = ledger("delivery.missing", "owed and not arrived").better(Better::Lower).falsified_by(&[Falsifier::Queue]);
        Duplicated = ledger("delivery.duplicated", "second and further arrivals of a message at the same member, its sender left out").better(Better::Lower);
        OwnCopies = ledger("delivery.own_copies", "arrivals of a message at its own sender beyond what the scenario says: some servers answer a sender with a copy beside the broadcast");
        Reordered = ledger("delivery.reordered", "first arrivals after a later message of the same sender at that member").better(Better::Lower);
        Late = Definition { clocks: Clocks::Two, ..ledger("delivery.late", "first arrivals more than `late_after_s` after sending") }.better(Better::Lower).falsified_by(&[Falsifier::Lateness, Falsifier::Clocks]);
        Arrived = ledger("delivery.arrived", "first arrivals, owed or not").better(Better::Higher).falsified_by(&[Falsifier::Queue]);
        Extra = ledger("delivery.extra", "arrived though not owed");

        AnswersHeard = count(Whole("voice.answers"), "answers that users listened to");
        AudioHeard = count(Whole("voice.received"), "audio received").of_unit(Measure::Milliseconds);
        Underruns = count(Whole("voice.underruns"), "underruns of these answers").better(Better::Lower).falsified_by(&[Falsifier::Lateness]);
        Starved = count(Whole("voice.starved"), "time in underruns").of_unit(Measure::Milliseconds).better(Better::Lower).falsified_by(&[Falsifier::Lateness]);
        RealTimeFactor = count(Whole("voice.real_time_factor"), "audio per time it took to arrive, over all answers").of_unit(Measure::Ratio).better(Better::Higher).falsified_by(&[Falsifier::Lateness]);

        HealthLag = health("health.lag_ms", Measure::Milliseconds, "how much later than asked for a worker's timer fired, worst");
        HealthBusy = health("health.busy_share", Measure::Share, "share of the time that our code ran in a worker, worst");
        HealthBuffered = health("health.buffered_bytes", Measure::Bytes, "what the browser has not sent yet of one socket, worst");
        HealthQueue = health("health.handshake_queue", Measure::Count, "users that wait for a handshake slot, worst worker");
        HealthSockets = health("health.sockets_open", Measure::Count, "open sockets of all workers");
        HealthStaleness = health("health.staleness_ms", Measure::Milliseconds, "how much later load workers got messages than a probe, median of the worst browser");
        HealthBacklog = health("health.backlog_ms", Measure::Milliseconds, "by how much answers to a worker's own requests were older than a probe's, worst worker");
        HealthHidden = health("health.hidden", Measure::Count, "1 while the page is hidden");
        HealthSuspect = health("health.suspect", Measure::Count, "suspect samples");
        HealthLate = health("health.late_s", Measure::Seconds, "how long load workers were late, seconds of all of them");
    }
}

/// The ledger's numbers, in the order in which they are told.
pub const LEDGER: [Figure; 14] = [
    Figure::Sent,
    Figure::Accepted,
    Figure::Rejected,
    Figure::Unconfirmed,
    Figure::Abandoned,
    Figure::Due,
    Figure::Delivered,
    Figure::Missing,
    Figure::Duplicated,
    Figure::OwnCopies,
    Figure::Reordered,
    Figure::Late,
    Figure::Arrived,
    Figure::Extra,
];

/// Those of the ledger that are counted at receivers.
const OF_RECEIVERS: [Figure; 6] =
    [Figure::Due, Figure::Delivered, Figure::Missing, Figure::Duplicated, Figure::Reordered, Figure::Late];

/// What became of the users and of the run.
pub const STANDING: [Figure; 3] = [Figure::Failed, Figure::Unreached, Figure::Played];

/// What people call a delivery that is owed and has not arrived.
const LOST: &str = "lost";
/// In front of each of the ledger's numbers.
const DELIVERY: &str = "delivery.";

impl Figure {
    /// The ledger's name of it, as reports and thresholds on `delivery.<field>` have it.
    pub fn field(self) -> &'static str {
        self.name().strip_prefix(DELIVERY).unwrap_or_default()
    }

    /// The ledger counts it at receivers: it says nothing while no delivery is owed.
    pub fn is_of_receivers(self) -> bool {
        OF_RECEIVERS.contains(&self)
    }

    /// What a share of a ledger's number is of: copies that came are held against what came, owed ones against what is owed, and messages
    /// against what was sent.
    pub const fn whole(self) -> Self {
        match self {
            Self::Sent | Self::Accepted | Self::Rejected | Self::Unconfirmed | Self::Abandoned => Self::Sent,
            Self::Duplicated | Self::OwnCopies | Self::Reordered | Self::Late | Self::Extra => Self::Arrived,
            _ => Self::Due,
        }
    }

    /// What stands behind `delivery.`; `None`: it is none of the ledger's numbers.
    pub fn ledger_field(name: &str) -> Option<&str> {
        name.strip_prefix(DELIVERY)
    }

    /// The ledger's number of that field.
    pub fn of_field(field: &str) -> Option<Self> {
        let field = if field == LOST { Self::Missing.field() } else { field };
        LEDGER.into_iter().find(|known| known.field() == field)
    }
}

const fn count(name: super::Name, help: &'static str) -> Definition {
    Of::figure(MetricKind::Counter, Measure::Count, name, help)
}

const fn ledger(name: &'static str, help: &'static str) -> Definition {
    count(Whole(name), help)
}

const fn level(name: super::Name, unit: Measure, help: &'static str) -> Definition {
    Of::figure(MetricKind::Level, unit, name, help)
}

const fn health(name: &'static str, unit: Measure, help: &'static str) -> Definition {
    Definition { kind: MetricKind::Generator, better: Better::Lower, ..level(Whole(name), unit, help) }
}
