//! What came out of a comparison, in one sentence for each run but the first.

use super::words::{interval, number, subject};
use crate::format;
use catalogue::Figure;
use results::compare::{Change, CompareRow, ComparedSubject, Comparison, Judgement, LoadDifference};

/// "Run 2 is slower: message.round_trip p95 212 ms, it was 180 ms (+12 to +24 %); nothing else differs." `at`: of the runs but the
/// first. `metrics`: the one that matters most first. `invalid`: the first run, and this one.
pub fn headline(found: &Comparison, at: usize, metrics: &[String], invalid: [bool; 2]) -> String {
    let judged = Judged::of(found, at, metrics);
    let mut parts = vec![judged.sentence()];
    if let Some(rest) = judged.rest() {
        parts.push(rest);
    }
    if let Some(differs) = load(&found.loads[at]) {
        parts.push(format!("the plans differ in load ({differs}): counts are not compared"));
    } else if let Some(lengths) = lengths(found, at) {
        parts.push(lengths);
    }
    let doubtful = match invalid {
        [true, true] => Some("both runs are".to_owned()),
        [true, false] => Some("run 1 is".to_owned()),
        [false, true] => Some(format!("run {} is", at + 2)),
        [false, false] => None,
    };
    parts.extend(doubtful.map(|who| format!("take it with care, {who} INVALID or cut off")));
    parts.join("; ") + "."
}

/// Over which time what is compared: the page says it below the sentences.
pub fn basis(found: &Comparison) -> String {
    let has_counts = found.loads.iter().any(Vec::is_empty);
    let whole = "Latencies and shares are of whole runs";
    if has_counts {
        let common = format::duration(found.common_s as f64);
        format!(
            "{whole}; messages and disconnects per second are of the first {common} after the warm-up, which all runs of the same load have."
        )
    } else {
        format!("{whole}.")
    }
}

struct Judged<'a> {
    /// Which run: of those but the first.
    at: usize,
    /// Of the service, the one that says most first.
    worse: Vec<(&'a CompareRow, &'a Change)>,
    better: Vec<(&'a CompareRow, &'a Change)>,
    /// Of either, and neither good nor bad.
    different: usize,
    unsure: usize,
    compared: usize,
    /// The generator's own numbers that are worse.
    own_worse: usize,
}

impl<'a> Judged<'a> {
    fn of(found: &'a Comparison, at: usize, metrics: &[String]) -> Self {
        let changes = found.rows.iter().filter_map(|row| Some((row, row.changes[at].as_ref()?)));
        let (own, mut all): (Vec<_>, Vec<_>) = changes.partition(|(row, _)| row.subject.is_generators());
        all.sort_by_key(|(row, _)| weight(&row.subject, metrics));
        let with = |wanted: Judgement| move |(_, change): &&(&CompareRow, &Change)| change.judgement == wanted;
        Self {
            at,
            worse: all.iter().filter(with(Judgement::Worse)).copied().collect(),
            better: all.iter().filter(with(Judgement::Better)).copied().collect(),
            different: all.iter().filter(with(Judgement::Different)).count(),
            unsure: all.iter().filter(with(Judgement::Unsure)).count(),
            compared: all.len(),
            own_worse: own.iter().filter(with(Judgement::Worse)).count(),
        }
    }

    fn sentence(&self) -> String {
        let run = format!("Run {}", self.at + 2);
        if self.compared == 0 {
            return format!("{run} has too few samples in common with run 1 to compare anything");
        }
        let is = |rows: &[(&CompareRow, &Change)], slow: &str, fail: &str, few: &str| {
            let words = [(Kind::Latency, slow), (Kind::Failures, fail), (Kind::Throughput, few)];
            let said =
                words.into_iter().filter(|(kind, _)| rows.iter().any(|(row, _)| Kind::of(&row.subject) == *kind));
            said.map(|(_, word)| word.to_owned()).collect::<Vec<_>>()
        };
        let worse = is(&self.worse, "is slower", "fails more", "gets fewer messages through");
        let better = is(&self.better, "is faster", "fails less", "gets more messages through");
        let evidence: Vec<_> =
            self.worse.first().into_iter().chain(self.better.first()).map(|one| self.evidence(one)).collect();
        let claims = match (worse.is_empty(), better.is_empty()) {
            (true, true) => return format!("Between run 1 and {} no difference is shown", run.to_lowercase()),
            (false, false) => {
                let [worse, better] = [self.worse.len(), self.better.len()];
                format!("is worse in {worse} of {} numbers and better in {better}", self.compared)
            }
            _ => and(&[worse, better].concat()),
        };
        format!("{run} {claims}: {}", evidence.join(", and "))
    }

    /// "message.round_trip p95 212 ms, it was 180 ms (+12 to +24 %)".
    fn evidence(&self, (row, change): &(&CompareRow, &Change)) -> String {
        let value = |run: usize| row.values[run].map(|value| number(&row.subject, value)).unwrap_or_default();
        let (was, is) = (value(0), value(self.at + 1));
        format!("{} {is}, it was {was} ({})", subject(&row.subject), interval(&row.subject, change))
    }

    /// What is not said yet.
    fn rest(&self) -> Option<String> {
        let is_mixed = !self.worse.is_empty() && !self.better.is_empty();
        let more = |rows: &[_], word: &str| match rows.len().saturating_sub(1) {
            _ if is_mixed => None,
            0 => None,
            1 => Some(format!("1 more number is {word}")),
            more => Some(format!("{more} more numbers are {word}")),
        };
        let some = |count: usize, word: &str| match count {
            0 => None,
            1 => Some(format!("1 number is {word}")),
            count => Some(format!("{count} numbers are {word}")),
        };
        let said: Vec<String> = [
            more(&self.worse, "worse"),
            more(&self.better, "better"),
            some(self.different, "different"),
            some(self.unsure, "not sure to differ"),
            some(self.own_worse, "worse of the generator itself"),
        ]
        .into_iter()
        .flatten()
        .collect();
        let is_alone = !is_mixed && said.is_empty() && self.worse.len() + self.better.len() > 0;
        if is_alone { Some("nothing else differs".to_owned()) } else { (!said.is_empty()).then(|| said.join(", ")) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Failures,
    Latency,
    Throughput,
}

impl Kind {
    fn of(subject: &ComparedSubject) -> Self {
        match subject {
            ComparedSubject::Quantile { .. } => Self::Latency,
            ComparedSubject::Rate { series: Figure::Disconnects }
            | ComparedSubject::Errors { .. }
            | ComparedSubject::Delivery { .. } => Self::Failures,
            ComparedSubject::Rate { .. } => Self::Throughput,
        }
    }
}

/// What says most comes first: what failed, then latencies by their metric's importance, p95 before p50 and p99.
fn weight(subject: &ComparedSubject, metrics: &[String]) -> (Kind, usize, u8) {
    let (place, detail) = match subject {
        ComparedSubject::Quantile { metric, share } => {
            let place = metrics.iter().position(|known| known == metric).unwrap_or(metrics.len());
            (place, [0.95, 0.50].iter().position(|known| known == share).unwrap_or(2) as u8)
        }
        _ => (0, 0),
    };
    (Kind::of(subject), place, detail)
}

/// "40 and 15 users, send_min_ms 1000 and 500"; `None`: the same load.
pub fn load(differences: &[LoadDifference]) -> Option<String> {
    let pair = |a: &str, b: &str| format!("{a} and {b}");
    let said = differences.iter().take(MOST_SAID).map(|one| match one {
        LoadDifference::Users(a, b) => pair(&a.to_string(), &format!("{b} users")),
        LoadDifference::Arrivals(a, b) => {
            pair(&format::number(*a), &format!("{} arrivals a second", format::number(*b)))
        }
        LoadDifference::Duration(a, b) => pair(&format::duration(*a), &format::duration(*b)),
        LoadDifference::Course => "another course".to_owned(),
        LoadDifference::Populations(a, b) => pair(&a.to_string(), &format!("{b} populations")),
        LoadDifference::Scenario => "other scenarios".to_owned(),
        LoadDifference::Actions => "other actions".to_owned(),
        LoadDifference::Variable { name, values } => {
            let [a, b] =
                values.clone().map(|value| value.map_or_else(|| "not given".to_owned(), |one| format::foreign(&one)));
            format!("{} {}", format::foreign(name), pair(&a, &b))
        }
    });
    let mut said: Vec<String> = said.collect();
    match differences.len().saturating_sub(MOST_SAID) {
        0 => {}
        more => said.push(format!("{more} more")),
    }
    (!said.is_empty()).then(|| said.join(", "))
}

/// Of the same plan, and one of them was stopped.
fn lengths(found: &Comparison, at: usize) -> Option<String> {
    let (first, other) = (*found.lengths_s.first()?, *found.lengths_s.get(at + 1)?);
    let is_other = first.abs_diff(other) as f64 > LENGTHS_DIFFER * first.max(other) as f64;
    let said = |seconds: usize| format::duration(seconds as f64);
    is_other.then(|| format!("it lasted {}, run 1 {}", said(other), said(first)))
}

fn and(words: &[String]) -> String {
    match words {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => words.concat(),
    }
}

const MOST_SAID: usize = 3;
/// Runs of one plan end within some seconds of each other.
const LENGTHS_DIFFER: f64 = 0.1;

#[cfg(test)]
#[path = "headline_tests.rs"]
mod tests;
