//! What another browser's hand-over can be, if that browser counts and is in its right mind.
//!
//! Whoever takes part says numbers that nobody here can check; but what no browser can have done is known, and a hand-over that
//! says so is not added to anything. Bounds are far above what was ever measured, and low enough that all browsers of a swarm
//! together can neither fill a page's memory nor make a sum run over.

use std::collections::BTreeSet;

use super::{LogLine, Snapshot};
use base::time::{Span, Timestamp};
use metrics::{
    Completion, Evidence, HistogramDelta, LedgerDelta, MOST_LIMITS, MOST_NAMED, MOST_US, MetricsDelta, SentLog,
    UsersByState, WaitingDelta,
};
use plan::Plan;

/// What cannot be, in words that follow "its part said that".
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Implausible {
    #[error("it has a population `{0}`, and the plan has none")]
    Population(String),
    #[error("a user of population {population} {did}, and the plan has none")]
    User { population: usize, did: &'static str },
    #[error("{0} bytes are no list of latencies")]
    Latencies(usize),
    #[error("a message went to room {room} of {rooms}")]
    Room { room: u32, rooms: usize },
    #[error("{bytes} bytes, least {least_us} and most {most_us} are samples of {metric}")]
    Samples { metric: String, bytes: usize, least_us: u32, most_us: u32 },
    #[error("{}{MOST_COUNT} messages are {figure}", if *value > 0 { "more than " } else { "less than -" })]
    Figure { figure: &'static str, value: i64 },
    #[error("the fate of {decided} messages is known, and {sent} were sent")]
    Decided { decided: u64, sent: u64 },
    #[error("{0} messages are missing")]
    Missing(i64),
    #[error("of {due} deliveries {delivered} came and {missing} are missing")]
    Deliveries { due: u64, delivered: u64, missing: i64 },
    #[error("{what} at {at_s:.1} s of the run, which is not as old")]
    Time { what: &'static str, at_s: f64 },
    #[error("it has {found} {what}, and {most} are the most that can be")]
    Many { what: &'static str, found: usize, most: usize },
    #[error("there were {found} {what}, and {most} are the most that can be")]
    Count { what: String, found: u64, most: u64 },
    #[error("{found} {what}")]
    Number { what: String, found: f64 },
    #[error("{what} has {found} bytes, and {most} are the most that can be")]
    Long { what: &'static str, found: usize, most: usize },
}

/// What a hand-over is held against: what the run is, and what the same worker said before.
#[derive(Debug, Clone, PartialEq)]
pub struct PartOfRun {
    populations: BTreeSet<String>,
    /// Names of histograms and of counters, each of each population.
    most_histograms: usize,
    most_counters: usize,
}

impl PartOfRun {
    pub fn new(plan: &Plan) -> Self {
        let programs = plan.populations.iter().filter_map(|population| population.program().ok());
        let sizes = programs.map(|program| (program.operations.len(), program.events.len()));
        let (operations, events) = sizes.fold((0, 0), |all, of| (all.0 + of.0, all.1 + of.1));
        let populations = plan.populations.len() + 1;
        Self {
            populations: plan.populations.iter().map(|population| population.name.clone()).collect(),
            most_histograms: HISTOGRAMS * populations + BY_OPERATION * operations,
            most_counters: COUNTERS * populations + BY_OPERATION * (operations + events),
        }
    }

    /// Names that one worker may bring into a run.
    pub fn most_names(&self) -> usize {
        self.most_histograms + self.most_counters
    }

    /// `before`: the ledger that the same worker has handed over so far.
    fn check(&self, snapshot: &Snapshot, now: Timestamp, before: &LedgerDelta) -> Result<(), Implausible> {
        let latest = now + AHEAD;
        at("it was made", snapshot.at, latest)?;
        self.metrics(&snapshot.metrics, latest)?;
        users(&snapshot.users, self.populations.len())?;
        ledger(&snapshot.ledger, before)?;
        plausible_sent(&snapshot.sent, now)?;
        snapshot.completions.iter().try_for_each(|completion| self.completion(completion, latest))?;
        health(snapshot)?;
        few("pieces of evidence", snapshot.evidence.len(), MOST_EVIDENCE + OF_A_METRIC * self.most_histograms)?;
        snapshot.evidence.iter().try_for_each(|evidence| self.evidence(evidence, latest))?;
        let moved = || snapshot.moved.given_up.iter().chain(&snapshot.moved.taken_in);
        few("users that changed their part", moved().count(), MOST_MOVED)?;
        if let Some(user) = moved().find(|user| user.population() >= self.populations.len()) {
            return Err(Implausible::User { population: user.population(), did: "changed its part" });
        }
        few("lines of its log", snapshot.log.len(), MOST_LINES)?;
        snapshot.log.iter().try_for_each(|line| self.line(line, latest))
    }

    fn population(&self, name: &str) -> Result<(), Implausible> {
        let is_known = name.is_empty() || self.populations.contains(name);
        if is_known { Ok(()) } else { Err(Implausible::Population(head(name))) }
    }

    fn metrics(&self, metrics: &MetricsDelta, latest: Timestamp) -> Result<(), Implausible> {
        let MetricsDelta { histograms, counters, errors, disconnects, listeners, breaches, findings } = metrics;
        // The warm-up's samples are apart from the others.
        few("histograms", histograms.len(), 3 * self.most_histograms)?;
        few("counters", counters.len(), self.most_counters)?;
        few("kinds of errors", errors.len(), MOST_KINDS)?;
        few("kinds of disconnects", disconnects.len(), MOST_KINDS)?;
        few("kinds of breaches", breaches.len(), MOST_KINDS)?;
        few("kinds of findings", findings.len(), MOST_KINDS)?;
        for delta in histograms {
            self.population(&delta.population)?;
            histogram(delta)?;
        }
        for delta in counters {
            self.population(&delta.population)?;
            text("a counter's name", &delta.counter, LONGEST_NAME)?;
            // Bytes are counted, too.
            count(&delta.counter, delta.count, MOST_BYTES)?;
        }
        for delta in errors {
            let key = &delta.key;
            self.population(&key.population)?;
            text("an operation's name", &key.operation, LONGEST_NAME)?;
            text("an error's code", &key.code, LONGEST_TEXT)?;
            text("an error's sample", &delta.sample, LONGEST_TEXT)?;
            count("errors", delta.count, MOST_COUNT)?;
            at("an error came", delta.first, latest)?;
        }
        for delta in disconnects {
            self.population(&delta.key.population)?;
            text("a disconnect's reason", &delta.key.reason, LONGEST_TEXT)?;
            count("disconnects", delta.count, MOST_COUNT)?;
            at("a disconnect came", delta.first, latest)?;
        }
        for delta in breaches {
            let key = &delta.key;
            self.population(&key.population)?;
            for part in [&key.event, &key.path, &key.expected, &key.found, &delta.sample] {
                text("a breach", part, LONGEST_TEXT)?;
            }
            count("breaches", delta.count, MOST_COUNT)?;
            at("a breach came", delta.first, latest)?;
        }
        for delta in findings {
            self.population(&delta.key.population)?;
            text("a finding's name", &delta.key.finding, LONGEST_NAME)?;
            few("names of a finding", delta.about.len(), MOST_NAMED)?;
            delta.about.iter().try_for_each(|about| text("what a finding is about", about, LONGEST_TEXT))?;
            count("findings", delta.count, MOST_COUNT)?;
        }
        for delta in listeners {
            let heard = &delta.heard;
            count("answers heard", u64::from(heard.answers), u64::from(MOST_USERS))?;
            count("underruns", u64::from(heard.underruns), MOST_COUNT)?;
            for span in [heard.received, heard.after_first, heard.wall, heard.starved] {
                count("microseconds of listening", span.as_micros(), A_DAY.as_micros())?;
            }
        }
        Ok(())
    }

    fn completion(&self, completion: &Completion, latest: Timestamp) -> Result<(), Implausible> {
        at("a message was sent", completion.sent_at, latest)?;
        if completion.sender.population() >= self.populations.len() {
            return Err(Implausible::User { population: completion.sender.population(), did: "sent" });
        }
        count("members without a message", u64::from(completion.missing), u64::from(MOST_USERS))?;
        let (latencies, rest) = completion.latencies.as_chunks::<4>();
        let longest = latencies.iter().map(|bytes| u32::from_le_bytes(*bytes)).max().unwrap_or(0);
        if !rest.is_empty() {
            return Err(Implausible::Latencies(completion.latencies.len()));
        }
        count("microseconds of a fan-out", u64::from(longest), u64::from(MOST_US))
    }

    fn evidence(&self, evidence: &Evidence, latest: Timestamp) -> Result<(), Implausible> {
        use metrics::Cause;
        self.population(&evidence.population)?;
        seconds("evidence is", evidence.at_s, latest)?;
        few("frames beside it", evidence.frames.len(), MOST_FRAMES)?;
        match &evidence.cause {
            Cause::Error { operation, code } => {
                text("an operation's name", operation, LONGEST_NAME)?;
                text("an error's code", code, LONGEST_TEXT)?;
            }
            Cause::Close { reason, .. } => text("a disconnect's reason", reason, LONGEST_TEXT)?,
            Cause::Slowest { metric, ms } => {
                text("a metric's name", metric, LONGEST_NAME)?;
                number("the slowest sample's milliseconds", *ms, f64::from(MOST_US) / 1e3)?;
            }
        }
        for frame in &evidence.frames {
            seconds("a frame is", frame.at_s, latest)?;
            text("a frame", frame.text.as_deref().unwrap_or_default(), LONGEST_FRAME)?;
        }
        Ok(())
    }

    fn line(&self, line: &LogLine, latest: Timestamp) -> Result<(), Implausible> {
        self.population(&line.population)?;
        at("a line of its log was written", line.at, latest)?;
        text("a line of its log", &line.text, LONGEST_TEXT)
    }
}

impl Snapshot {
    /// Whether another browser's worker can have said this: `now` is the run's time, `before` the ledger that it has handed
    /// over so far.
    ///
    /// # Errors
    /// What cannot be.
    pub fn plausible(&self, now: Timestamp, part: &PartOfRun, before: &LedgerDelta) -> Result<(), Implausible> {
        part.check(self, now, before)
    }
}

/// As [`Snapshot::plausible`], of messages that other workers' users sent.
///
/// # Errors
/// What cannot be.
pub fn plausible_sent(sent: &SentLog, now: Timestamp) -> Result<(), Implausible> {
    use metrics::Fate;
    let latest = now + AHEAD;
    few("rooms", sent.rooms.len(), MOST_ROOMS)?;
    for record in &sent.records {
        if record.room as usize >= sent.rooms.len() {
            return Err(Implausible::Room { room: record.room, rooms: sent.rooms.len() });
        }
        at("a message was sent", record.sent_at, latest)?;
        if let Fate::Accepted(when) | Fate::Unconfirmed(when) = record.fate {
            at("a message's fate was known", when, latest)?;
        }
    }
    Ok(())
}

fn histogram(delta: &HistogramDelta) -> Result<(), Implausible> {
    text("a metric's name", &delta.metric, LONGEST_NAME)?;
    let name = head(&delta.metric);
    few("limits of one metric", delta.censored.len(), MOST_LIMITS)?;
    for censored in &delta.censored {
        count(&format!("microseconds of a sample of {name}"), u64::from(censored.limit_us), u64::from(MOST_US))?;
    }
    few("limits of one metric", delta.waiting.len(), MOST_LIMITS)?;
    for WaitingDelta { limit_us, change } in &delta.waiting {
        count(&format!("microseconds of a sample of {name}"), u64::from(*limit_us), u64::from(MOST_US))?;
        count(&format!("samples of {name} that are waited for"), change.unsigned_abs().into(), MOST_COUNT)?;
    }
    let never_came: u64 = delta.censored.iter().map(|censored| u64::from(censored.count)).sum();
    count(&format!("samples of {name} that never came"), never_came, MOST_COUNT)?;
    let mut samples = 0u64;
    for (value, times) in delta.values() {
        count(&format!("microseconds of a sample of {name}"), u64::from(value), u64::from(MOST_US))?;
        samples = samples.saturating_add(u64::from(times));
    }
    count(&format!("samples of {name}"), samples, MOST_COUNT)?;
    count(&format!("microseconds of a sample of {name}"), u64::from(delta.max_us), u64::from(MOST_US))?;
    let is_late = samples < u64::from(delta.late);
    let is_empty = samples == 0 && ((never_came == 0 && delta.waiting.is_empty()) || !delta.pairs.is_empty());
    if delta.min_us > delta.max_us || is_empty || is_late || !delta.pairs.len().is_multiple_of(8) {
        let (bytes, least_us, most_us) = (delta.pairs.len(), delta.min_us, delta.max_us);
        return Err(Implausible::Samples { metric: name, bytes, least_us, most_us });
    }
    number(&format!("microseconds of all samples of {name}"), delta.sum_us, samples as f64 * f64::from(MOST_US))
}

fn users(users: &[UsersByState], populations: usize) -> Result<(), Implausible> {
    few("populations with users", users.len(), populations)?;
    for of in users {
        for (state, users) in of.states() {
            // Of those who came and went an open load has many.
            let most = if matches!(state, "done" | "failed") { MOST_GONE } else { MOST_USERS };
            count(&format!("users that are {state}"), u64::from(users), u64::from(most))?;
        }
        for (which, users) in [
            ("were lost", of.lost),
            ("were replaced", of.replaced),
            ("never got there", of.unreached()),
            ("were held up", of.held_up),
        ] {
            count(&format!("users that {which}"), u64::from(users), u64::from(MOST_GONE))?;
        }
    }
    Ok(())
}

/// What is settled was owed, what was decided was sent, and nothing is missing less than not at all.
fn ledger(delta: &LedgerDelta, before: &LedgerDelta) -> Result<(), Implausible> {
    for (figure, value) in delta.figures() {
        if value.unsigned_abs() > MOST_COUNT {
            return Err(Implausible::Figure { figure: figure.field(), value });
        }
    }
    let mut all = *before;
    all += *delta;
    let decided = all.accepted + all.rejected + all.unconfirmed + all.abandoned;
    if decided > all.sent {
        return Err(Implausible::Decided { decided, sent: all.sent });
    }
    if all.missing < 0 {
        return Err(Implausible::Missing(all.missing));
    }
    if all.delivered + all.missing.unsigned_abs() != all.due {
        let (due, delivered, missing) = (all.due, all.delivered, all.missing);
        return Err(Implausible::Deliveries { due, delivered, missing });
    }
    Ok(())
}

fn health(snapshot: &Snapshot) -> Result<(), Implausible> {
    let health = &snapshot.health;
    few("late timers", health.lag.len(), MOST_TIMERS)?;
    number("of its time that its code ran", health.busy_share, MOST_SHARE)?;
    count("bytes that wait", health.buffered_max.max(health.buffered_sum), MOST_BYTES)?;
    let sockets =
        [health.sockets_open, health.handshake_queue, health.connecting, health.opened, health.refused, health.held];
    sockets.into_iter().try_for_each(|sockets| count("sockets", u64::from(sockets), u64::from(MOST_USERS)))
}

fn at(what: &'static str, when: Timestamp, latest: Timestamp) -> Result<(), Implausible> {
    seconds(what, when.as_secs_f64(), latest)
}

fn seconds(what: &'static str, at_s: f64, latest: Timestamp) -> Result<(), Implausible> {
    let is_possible = (0.0..=latest.as_secs_f64()).contains(&at_s);
    if is_possible { Ok(()) } else { Err(Implausible::Time { what, at_s }) }
}

fn few(what: &'static str, found: usize, most: usize) -> Result<(), Implausible> {
    if found <= most { Ok(()) } else { Err(Implausible::Many { what, found, most }) }
}

fn count(what: &str, found: u64, most: u64) -> Result<(), Implausible> {
    if found <= most { Ok(()) } else { Err(Implausible::Count { what: head(what), found, most }) }
}

fn number(what: &str, found: f64, most: f64) -> Result<(), Implausible> {
    if (0.0..=most).contains(&found) { Ok(()) } else { Err(Implausible::Number { what: what.to_owned(), found }) }
}

fn text(what: &'static str, found: &str, most: usize) -> Result<(), Implausible> {
    let length = found.len();
    if length <= most { Ok(()) } else { Err(Implausible::Long { what, found: length, most }) }
}

/// As much of a name as belongs into a sentence.
fn head(name: &str) -> String {
    name.chars().take(60).collect()
}

/// A conductor's clock may stand still while its machine sleeps, and generators go on meanwhile.
const AHEAD: Span = Span::from_secs(600);
const A_DAY: Span = Span::from_secs(86_400);
/// A browser sends and gets some ten thousand messages a second, and hands over once a second.
const MOST_COUNT: u64 = 1_000_000_000;
/// Of traffic, or waiting.
const MOST_BYTES: u64 = 1_000_000_000_000;
/// As many as a plan may have.
const MOST_USERS: u32 = 1_000_000;
const MOST_GONE: u32 = 100_000_000;
/// Workers tell two hundred kinds apart, and one more for all others.
const MOST_KINDS: usize = 256;
/// Of any population: those of connecting and voice are some fifty; strangers among a server's events are two hundred.
const HISTOGRAMS: usize = 100;
const COUNTERS: usize = 500;
const BY_OPERATION: usize = 24;
/// Far more than one browser holds.
const MOST_MOVED: usize = 100_000;
const MOST_ROOMS: usize = 100_000;
/// Fires of a timer between two hand-overs.
const MOST_TIMERS: usize = 1_000_000;
/// One, and what a clock of coarse steps makes of it.
const MOST_SHARE: f64 = 2.0;
/// Errors and closes; the slowest samples are some for each metric.
const MOST_EVIDENCE: usize = 64;
const OF_A_METRIC: usize = 16;
const MOST_FRAMES: usize = 64;
const MOST_LINES: usize = 256;
/// Bytes. A server has its say in texts: workers cut them to some hundred characters, of four bytes each.
const LONGEST_NAME: usize = 1_024;
const LONGEST_TEXT: usize = 20_000;
const LONGEST_FRAME: usize = 4_096;

#[cfg(test)]
mod tests;
