//! A verdict in words: its sentence, and what was counted of what.

use std::collections::BTreeMap;

use super::JudgedRun;
use super::generators::Doubt;
use super::words::{clock, counted, grouped, seconds, shown, times_of};
use crate::threshold::ThresholdResult;
use crate::totals::{EndedBy, Totals};
use base::time::{Span, Timestamp};
use catalogue::{Counter, Figure, Metric};
use plan::{Expectation, Subject, Threshold};

/// Both parts of it: what was broken for certain, and what nobody can tell.
pub(super) fn sentence(
    case: &JudgedRun<'_>,
    doubts: &[Doubt],
    broken: &[&ThresholdResult],
    open: &[&ThresholdResult],
) -> String {
    let more = |count: usize, what: &str| match count {
        0 => String::new(),
        1 => format!(" One more is {what}."),
        _ => format!(" {count} more are {what}."),
    };
    let early = case.totals.ending().filter(|ending| ending.by == EndedBy::Nobody && !broken.is_empty());
    let early = early.map(|ending| format!("Ended at {}:", times_of(&ending)));
    // Why nobody was left says more than that the run was short.
    let of_users =
        |result: &&&ThresholdResult| early.is_some() && result.threshold == Expectation::NoFailedUsers.expression();
    let failed = broken.iter().find(of_users).or(broken.first()).map(|result| {
        let what = in_words(result, case.totals).unwrap_or_else(|| {
            let actual = measured(result).unwrap_or_default();
            format!("`{}` is broken: {actual}", result.threshold)
        });
        format!("{what}.{}", more(broken.len() - 1, "broken"))
    });
    let doubt = match (case.problem, doubts.first()) {
        (Some(problem), _) => Some(format!("These numbers are not those of the planned run: {problem}.")),
        (None, Some(doubt)) if doubt.is_own => Some(format!("The generators were the bottleneck: {}.", doubt.short)),
        (None, Some(doubt)) => Some(format!("Not all came in time to be judged: {}.", doubt.short)),
        (None, None) => None,
    };
    let unjudged = open.first().map(|result| {
        let why = result.why.as_deref().filter(|why| doubts.first().is_none_or(|doubt| doubt.short != **why));
        let why = if is_of_held_up(result) { Some(held_up(case.totals)) } else { why.map(str::to_owned) };
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        format!("`{}` cannot be judged{why}.{}", result.threshold, more(open.len() - 1, "not judged"))
    });
    let parts: Vec<_> = early.into_iter().chain(failed).chain(doubt).chain(unjudged).collect();
    let held = match case.thresholds {
        _ if !parts.is_empty() => return parts.join(" "),
        None => "The generators kept up: the search shows what the server holds.",
        Some([]) => "The generators kept up. Nothing was asked of the server.",
        Some(_) => "Every threshold holds, and the generators kept up.",
    };
    let unasked = unasked(case);
    let unasked = (!unasked.is_empty()).then(|| format!("{}: no threshold is about that.", unasked.join(", ")));
    [Some(held.to_owned()), silence(case), unasked, long_waits(case.totals)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The users went on sending, and nothing came any more; `None`: something did.
pub(super) fn silence(case: &JudgedRun<'_>) -> Option<String> {
    let timeline = case.totals.timeline();
    let of_load = case.totals.ending().map(|ending| ending.at.min(ending.planned).as_secs_f64() as usize);
    let end = of_load.map_or(timeline.closed() as usize, |end| end.min(timeline.seconds() as usize));
    let frames = |counter: Counter| {
        let values = timeline.value(counter.name()).unwrap_or_default();
        (0..end).map(|second| values.get(second).is_some_and(|count| *count > 0.0)).collect::<Vec<_>>()
    };
    let since = frames(Counter::FramesIn).iter().rposition(|came| *came)? + 1;
    let has_sent = frames(Counter::FramesOut).get(since..).is_some_and(|sent| sent.contains(&true));
    let at = clock(Timestamp::ZERO + Span::from_secs(since as u64));
    (end >= since + SILENT_S && has_sent).then(|| match case.so_far {
        true => format!("Nothing has come from the server since {at}."),
        false => format!("Nothing came from the server after {at}, and the load went on."),
    })
}

/// The same where that was for longer than a run's end explains, or nobody timed it.
pub(super) fn long_waits(totals: &Totals) -> Option<String> {
    let longest = totals.histogram(Metric::AudioCutWait.name()).and_then(|waits| waits.quantile(1.0));
    cut_waiting(totals).filter(|_| longest.is_none_or(|longest| longest >= LONG_WAIT))
}

/// Who was cut while waiting for a sound, and for how long at most; `None`: nobody.
pub fn cut_waiting(totals: &Totals) -> Option<String> {
    let count = |counter: Counter| totals.counter(counter.name()).unwrap_or_default();
    let (turns, greetings) = (count(Counter::TurnsCutWaiting), count(Counter::GreetingsCut));
    let waits = match (turns, greetings) {
        (0, 0) => return None,
        (turns, 0) => format!("{} still waited for an answer", counted(turns, "turn")),
        (0, greetings) => format!("{} still waited for a greeting", counted(greetings, "user")),
        (turns, greetings) => {
            let users = counted(greetings, "user");
            format!("{} still waited for an answer and {users} for a greeting", counted(turns, "turn"))
        }
    };
    // Those of the warm-up are counted and not timed.
    let longest = totals.histogram(Metric::AudioCutWait.name()).and_then(|waits| waits.quantile(1.0));
    let longest = longest.map_or_else(String::new, |longest| format!(", for {} at most", seconds(longest)));
    Some(format!("{waits} when they left or the run ended{longest}: whether it would have come is not known."))
}

/// What went wrong and no threshold is about.
pub(super) fn unasked(case: &JudgedRun<'_>) -> Vec<String> {
    let thresholds = case.thresholds.unwrap_or_default();
    let subjects: Vec<_> = thresholds.iter().filter_map(|result| result.threshold.parse::<Threshold>().ok()).collect();
    let asks = |is_about: &dyn Fn(&Subject) -> bool| subjects.iter().any(|threshold| is_about(&threshold.subject));
    let mut unasked = Vec::new();
    let ledger = case.totals.delivery();
    for figure in [Figure::Missing, Figure::Duplicated] {
        let count = ledger.figure(figure).unwrap_or_default().unsigned_abs();
        if count > 0
            && !asks(&|subject| matches!(subject, Subject::Delivery { figure: about, .. } if is_about(*about, figure)))
        {
            unasked.push(match figure {
                Figure::Missing => format!("{} of {} deliveries are missing", grouped(count), grouped(ledger.due)),
                _ => format!("{} deliveries came twice", grouped(count)),
            });
        }
    }
    let unheard = ledger.unconfirmed + ledger.abandoned;
    if unheard > 0 && !asks(&|subject| matches!(subject, Subject::Delivery { .. })) {
        unasked.push(format!(
            "{} of {} messages were neither confirmed nor refused",
            grouped(unheard),
            grouped(ledger.sent)
        ));
    }
    let asked_operation = |name: &str| {
        asks(&|subject| match subject {
            Subject::Errors { operation, code: None } | Subject::ErrorRate { operation } => {
                operation.as_ref().is_none_or(|asked| asked.eq_ignore_ascii_case(name))
            }
            _ => false,
        })
    };
    let rest = case.totals.operations().iter().filter(|(name, _)| !asked_operation(name));
    let (failed, all) =
        rest.fold((0, 0), |(failed, all), (_, of)| (failed + of.failed, all + of.failed + of.succeeded));
    if failed > 0 {
        unasked.push(format!("{} of {} attempts failed", grouped(failed), grouped(all)));
    }
    unasked
}

/// What is owed has come or is missing, so whoever asks for the one asks for the other.
fn is_about(asked: Figure, figure: Figure) -> bool {
    asked == figure || (figure == Figure::Missing && asked == Figure::Delivered)
}

fn is_of_held_up(result: &ThresholdResult) -> bool {
    let threshold = result.threshold.parse::<Threshold>();
    threshold.is_ok_and(|threshold| matches!(threshold.subject, Subject::Standing(Figure::Unreached)))
}

/// `612 ms`, or `more than 10 s` where no more is known.
pub(super) fn measured(result: &ThresholdResult) -> Option<String> {
    let value = shown(result.actual?, result.unit);
    Some(if result.at_least { format!("more than {value}") } else { value })
}

/// Who never got there, where they were then, and how many of them the generator itself held up.
fn unreached(totals: &Totals) -> String {
    let users = totals.users_by_state();
    let places = [(users.unprepared, "logging in"), (users.unconnected, "connecting"), (users.unjoined, "joining")];
    let there = places.into_iter().filter(|(count, _)| *count > 0);
    let there: Vec<_> = there.map(|(count, place)| format!("{} were still {place}", grouped(count.into()))).collect();
    let (of, all) = (grouped(users.unreached().into()), counted(users.all().into(), "user"));
    let who = match users.held_up {
        0 => return format!("{of} of {all} never got to their work: {} at the end", there.join(", ")),
        held_up if held_up == users.unreached() => "they all".to_owned(),
        held_up => format!("{} of them", grouped(held_up.into())),
    };
    // Whose doing it is that a log-in takes so long is not known here.
    let took = totals.log_in_time().map(|took| format!(", and a log-in took {}", seconds(took)));
    format!(
        "{of} of {all} never got to their work: {} at the end; {who} waited too long for the browser, which has 6 connections per \
         host{}",
        there.join(", "),
        took.unwrap_or_default(),
    )
}

/// The same where nobody else can be blamed.
fn held_up(totals: &Totals) -> String {
    format!(
        "{}. Spread the start, let users log in before the run, or use more browsers if the server can take more",
        unreached(totals)
    )
}

/// Of deliveries and users how many of how many.
pub(super) fn in_words(result: &ThresholdResult, totals: &Totals) -> Option<String> {
    let threshold = result.threshold.parse::<Threshold>().ok()?;
    let figure = match threshold.subject {
        Subject::Delivery { figure, .. } => figure,
        Subject::Standing(Figure::Unreached) => return Some(unreached(totals)),
        Subject::Standing(Figure::Failed) => return Some(failed_users(totals)),
        Subject::Disconnects { code } if threshold.window.is_none() => {
            let totals = Some(totals).filter(|_| threshold.population.is_none());
            return Some(lost_connections(result.actual? as u64, code, totals));
        }
        Subject::Standing(_) => return Some(format!("the run ended at {}", times_of(&totals.ending()?))),
        _ => return None,
    };
    let is_told = threshold.window.is_none() && figure.is_of_receivers() && figure != Figure::Delivered;
    let count = totals.delivery().figure(figure).filter(|_| is_told)?;
    let whole = totals.delivery().figure(figure.whole())?;
    let (count, whole) = (grouped(count.unsigned_abs()), grouped(whole.unsigned_abs()));
    Some(format!("{count} of {whole} deliveries {}", figure.field()))
}

/// How many connections were lost, and, where the users of all populations are meant, who had none in the end.
fn lost_connections(lost: u64, code: Option<u16>, totals: Option<&Totals>) -> String {
    let with = code.map_or_else(String::new, |code| format!(" with {code}"));
    let what = if lost == 1 { "connection" } else { "connections" };
    let lost = format!("{} {what} lost{with} that nobody planned", grouped(lost));
    let Some(users) = totals.filter(|totals| totals.users.ending.is_some()).map(|totals| totals.users.at_end) else {
        return lost;
    };
    let (without, with) = (users.unconnected_now(), users.connected_now());
    let all = counted(u64::from(without) + u64::from(with), "user");
    match (without, with) {
        (0, 0) => lost,
        (0, _) => format!("{lost}; all of {all} had one when the load ended"),
        _ => format!("{lost}; {} of {all} had none when the load ended", grouped(without.into())),
    }
}

/// How many gave up, and what went wrong most often.
fn failed_users(totals: &Totals) -> String {
    let users = totals.users_by_state();
    // In whatever phase and population it was.
    let mut errors: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (key, error) in totals.errors() {
        let of_all = errors.entry((&key.operation, &key.code)).or_default();
        *of_all = of_all.saturating_add(error.count);
    }
    let most = errors.into_iter().max_by_key(|(_, count)| *count);
    let most = most.map_or_else(String::new, |((operation, code), count)| {
        format!("; the most frequent error is {operation} {code} ({})", grouped(count))
    });
    let all = counted(users.all().into(), "user");
    match users.replaced {
        0 => format!("{} of {all} failed{most}", grouped(users.gave_up().into())),
        _ => format!("{all} failed {} times{most}", grouped(users.gave_up().into())),
    }
}

/// Services that are in order begin to answer within this.
const LONG_WAIT: Span = Span::from_secs(2);

/// Seconds without a frame, while users send, that are worth a word.
const SILENT_S: usize = 5;
