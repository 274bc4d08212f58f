//! Every word of an insight, made of its data: another language would be another file like this one.

use super::InsightKind;
use crate::close::ClosedBy;
use crate::user::user_name;
use crate::verdict::words::{grouped, millis};

pub(super) struct Texts {
    pub happened: String,
    pub may_mean: &'static str,
    pub to_do: &'static str,
}

/// What its mark on a chart is called.
pub(super) fn name(kind: &InsightKind) -> String {
    match kind {
        InsightKind::MassClose { lost, of, .. } => format!("{} of {} connections lost", grouped(*lost), grouped(*of)),
        InsightKind::NoService { lasted_s, .. } => format!("no service for {lasted_s:.0} s"),
        InsightKind::Stalled { lasted_s, .. } => format!("nothing came for {lasted_s:.0} s"),
        _ => String::new(),
    }
}

pub(super) fn of(kind: &InsightKind) -> Texts {
    let (may_mean, to_do) = advice(kind);
    Texts { happened: happened(kind), may_mean, to_do }
}

fn happened(kind: &InsightKind) -> String {
    match kind {
        InsightKind::MassClose { at_s, within_s, lost, of, by, code } => {
            mass_close(*at_s, *within_s, [*lost, *of], *by, *code)
        }
        InsightKind::NoService { at_s, until_s, lasted_s, users } => format!(
            "{} nearly nobody had a connection, for {lasted_s:.0} s, and {} wanted one.",
            from(*at_s, *until_s),
            counted(*users, "user")
        ),
        InsightKind::Stalled { at_s, until_s, lasted_s, times, usual } => {
            let longest = if *times > 1 { format!(", the longest of {times} times") } else { String::new() };
            format!(
                "{} nothing came from the target for {lasted_s:.0} s{longest}, where {usual:.0} frames a second had come, and the connections \
                 stayed open.",
                from(*at_s, *until_s)
            )
        }
        InsightKind::Plateau { at_s, most, wanted } => format!(
            "Never more than {} had a connection at the same time, from {} on, and up to {} wanted one.",
            counted(*most, "user"),
            clock(*at_s),
            grouped(*wanted)
        ),
        InsightKind::SlowSince { at_s, metric, before_ms, after_ms, users_before, users_after } => {
            slow_since(*at_s, metric, [*before_ms, *after_ms], [*users_before, *users_after])
        }
        InsightKind::ErrorsAfter { at_s, done, errors, before } => format!(
            "Errors began with “{done}” at {}: {} in the ten seconds after it, {} in the ten before.",
            clock(*at_s),
            grouped(*errors),
            grouped(*before)
        ),
        InsightKind::GeneratorLate { at_s, late_s, of_s, browser } => {
            let place = browser.as_ref().map_or_else(String::new, |browser| format!(", most of all in {browser}"));
            format!(
                "The generator itself was late in {late_s:.0} of {of_s:.0} seconds, from {} on{place}.",
                clock(*at_s)
            )
        }
        _ => of_operations(kind).unwrap_or_else(|| of_users(kind)),
    }
}

fn of_operations(kind: &InsightKind) -> Option<String> {
    Some(match kind {
        InsightKind::NeverSucceeded { at_s, operation, failed, code } => format!(
            "{operation} never succeeded: it failed {}, first at {}, most often with “{code}”.",
            times(*failed),
            clock(*at_s)
        ),
        InsightKind::Ceased { at_s, operation, before, failed } => format!(
            "{operation} did not succeed any more from {} on: it had {} until then, and failed {} afterwards.",
            clock(*at_s),
            times(*before),
            times(*failed)
        ),
        InsightKind::NoGreeting { at_s, silent, greeted } => format!(
            "{} a user was connected and heard no greeting, first at {}; {} came.",
            times(*silent),
            clock(*at_s),
            counted(*greeted, "greeting")
        ),
        InsightKind::Refused { at_s, operation, code, count, of } => format!(
            "{operation} ended with “{code}” in {} of {}, first at {}.",
            grouped(*count),
            counted(*of, "attempt"),
            clock(*at_s)
        ),
        _ => return None,
    })
}

fn of_users(kind: &InsightKind) -> String {
    match kind {
        InsightKind::NeverThere { users, of, unprepared, unconnected, unjoined } => {
            let places = [(unprepared, "logging in"), (unconnected, "connecting"), (unjoined, "joining")];
            let there = places.into_iter().filter(|(count, _)| **count > 0);
            let there: Vec<_> = there.map(|(count, place)| format!("{} {place}", grouped(*count))).collect();
            format!(
                "{} of {} never got to their work by the end: {} were left.",
                grouped(*users),
                counted(*of, "user"),
                there.join(", ")
            )
        }
        InsightKind::OwnConnections { users, wait_ms } => {
            let wait = wait_ms.map(|wait| format!("one request of 20 waited {} or longer", duration(wait)));
            let users =
                (*users > 0).then(|| format!("{} never got to their work because of that", counted(*users, "user")));
            let what: Vec<_> = wait.into_iter().chain(users).collect();
            format!("Users waited for their own browser, which has 6 connections for each host: {}.", what.join("; "))
        }
        InsightKind::OneUser { population, user, starved_s, all_s } => format!(
            "{} alone waited {starved_s:.1} of the {all_s:.1} s that all users waited for sound in the middle of answers.",
            user_name(population, *user)
        ),
        _ => String::new(),
    }
}

fn mass_close(at_s: f64, within_s: f64, [lost, of]: [u64; 2], by: Option<ClosedBy>, code: Option<u16>) -> String {
    let by = by.map(|by| match by {
        ClosedBy::Server => "by the target, or something before it",
        ClosedBy::Timeout => "by users that had waited too long",
        ClosedBy::User | ClosedBy::Service => "as planned",
    });
    let code = code.map(|code| format!("with code {code}"));
    let how: Vec<_> = by.map(str::to_owned).into_iter().chain(code).collect();
    let how = if how.is_empty() { String::new() } else { format!(", most of them {}", how.join(" ")) };
    format!(
        "At {} {} of {} were lost within {within_s:.0} s{how}.",
        clock(at_s),
        grouped(lost),
        counted(of, "open connection")
    )
}

fn slow_since(at_s: f64, metric: &str, [before, after]: [f64; 2], [users_before, users_after]: [u64; 2]) -> String {
    let users = if users_before == users_after {
        format!("with {} as before", counted(users_after, "user"))
    } else {
        format!("with {} before and {} since", counted(users_before, "user"), grouped(users_after))
    };
    format!(
        "{metric} is slow since {}: {} became {} (medians), {users}.",
        clock(at_s),
        duration(before),
        duration(after)
    )
}

/// What it may mean, and what to do.
const fn advice(kind: &InsightKind) -> (&'static str, &'static str) {
    match kind {
        InsightKind::MassClose { .. } => (
            "A process of the target may have ended or been restarted, or a proxy or network before it may have cut them.",
            "Read the target's and the proxy's logs of that second.",
        ),
        InsightKind::NoService { .. } => (
            "The target may have been down, or out of reach of this machine.",
            "Look when it started again, and what it did until it took users back.",
        ),
        InsightKind::NeverSucceeded { .. } => (
            "The scenario may not fit the target, or that part of it may be broken.",
            "Look at the frames around one of the errors; run the preflight.",
        ),
        InsightKind::GeneratorLate { .. } => (
            "Times of those seconds may be this machine's and not the target's.",
            "Close what keeps the machine busy, plan for fewer users a browser, or let other machines join.",
        ),
        InsightKind::Plateau { .. } => (
            "There may be a limit: of connections, sessions, threads or a pool.",
            "Look for that number in the target's settings, and run it with more instances.",
        ),
        InsightKind::NoGreeting { .. } => (
            "The service may carry only so many conversations at the same time, and leave the others without a word.",
            "Run it with as many users as were greeted, then with a few more; look for a limit of that size.",
        ),
        InsightKind::Ceased { .. } => (
            "The target may have reached a limit then, or that part of it may have stopped.",
            "Look for the number of successes among its limits, and at the frames around one of the errors.",
        ),
        InsightKind::Stalled { .. } => (
            "Everything may have waited for one thing: a garbage collector, a lock, a database, a paused machine.",
            "Hold that time against the target's pauses, slow queries and processor.",
        ),
        InsightKind::Refused { .. } => (
            "The target may mean it: a limit, a rule about content, a right that is missing.",
            "Look at the frames around one of the errors, and for the code in the target.",
        ),
        InsightKind::ErrorsAfter { .. } => (
            "The one may have led to the other; what is close in time need not.",
            "Do the same again, and see whether errors come again.",
        ),
        InsightKind::SlowSince { .. } => (
            "Something may have been used up since then, or have been switched on.",
            "Hold that moment against the target's resources, and the marks on the charts.",
        ),
        InsightKind::NeverThere { .. } => (
            "Log-in, connections or joining may take the target longer than these users had.",
            "Look at the times of these steps; start users more slowly, or let them stay longer.",
        ),
        InsightKind::OwnConnections { .. } => (
            "These waits are the browser's own, and may hide how fast the target is.",
            "Start users more slowly, let them log in before the run, or use more browsers.",
        ),
        InsightKind::OneUser { .. } => (
            "Its connection, or what serves it, may be worse than those of the others.",
            "Listen to this user, and look at what it shares with no other.",
        ),
    }
}

/// `From 1:00 to 1:50`, `From 1:00 on`.
fn from(at_s: f64, until_s: Option<f64>) -> String {
    match until_s {
        Some(until_s) => format!("From {} to {}", clock(at_s), clock(until_s)),
        None => format!("From {} on", clock(at_s)),
    }
}

/// `m:ss`, the second that it is in.
fn clock(at_s: f64) -> String {
    let seconds = at_s.max(0.0) as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// `1 user`, `1,040 users`
fn counted(count: u64, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {what}{ending}", grouped(count))
}

fn times(count: u64) -> String {
    counted(count, "time")
}

fn duration(ms: f64) -> String {
    if ms >= 1e3 { format!("{:.1} s", ms / 1e3) } else { millis(ms) }
}
