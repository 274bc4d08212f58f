//! What this browser can give to a run, and what it cannot.

use super::checklist::{Check, Group, State};
use plan::Plan;

/// As the page found it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BrowserFacts {
    /// WebSockets that it is known to hold at the same time.
    pub known_sockets: u32,
    /// How many it opened of those that it was asked for, and where; `None`: it was not tried.
    pub probed: Option<(u32, u32, String)>,
    /// Of other browsers of the swarm that would play.
    pub others: u32,
    pub cores: u32,
    /// The smallest step of its clock, milliseconds.
    pub clock_step_ms: f64,
    /// How late the workers' timers came while the preflight's users were at it, 99 of 100 of them; `None`: none came.
    pub timer_lag_ms: Option<f64>,
    pub is_hidden: bool,
    /// What microphones need, if there are any: a sentence, and whether it may be too much.
    pub uplink: Option<(String, bool)>,
}

/// What a further browser brings, as a rule.
const PER_BROWSER: u32 = 250;
/// A coarser clock blurs what a local server takes.
const COARSE_MS: f64 = 0.2;
/// Later than a browser with nothing else to do ever is.
const LATE_MS: f64 = 20.0;

pub fn browser_checks(plan: &Plan, facts: &BrowserFacts) -> Group {
    let users = plan.populations.iter().map(|population| population.load.max_users()).fold(0, u32::saturating_add);
    let mut checks = vec![sockets(facts), capacity(users, facts), cores(facts.cores), clock(facts.clock_step_ms)];
    checks.extend(facts.timer_lag_ms.map(timers));
    checks.push(tab(facts.is_hidden));
    if let Some((text, is_heavy)) = &facts.uplink {
        let remedy =
            if *is_heavy { "Measure from a machine with a faster uplink, or with fewer microphones." } else { "" };
        checks.push(check("Uplink", !is_heavy, text.clone(), remedy));
    }
    Group { title: "This browser".to_owned(), checks }
}

/// How many more browsers these users need.
pub fn more_browsers(users: u32, facts: &BrowserFacts) -> u32 {
    // All that it was asked for says nothing about more.
    let short = facts.probed.as_ref().filter(|(open, asked, _)| open < asked);
    let own = short.map_or(facts.known_sockets, |(open, ..)| *open);
    users.saturating_sub(own + facts.others).div_ceil(PER_BROWSER)
}

fn check(title: &str, is_good: bool, detail: String, remedy: &str) -> Check {
    let state = if is_good { State::Good } else { State::Warning };
    Check { title: title.to_owned(), state, detail, remedy: if is_good { String::new() } else { remedy.to_owned() } }
}

fn sockets(facts: &BrowserFacts) -> Check {
    match &facts.probed {
        Some((open, asked, place)) => {
            let detail = format!("{open} of {asked} were open at the same time at {place}.");
            check(
                "Sockets",
                open == asked,
                detail,
                "Whether the browser or that place opened no more is not known. Tabs of one browser share its sockets: close others and try again.",
            )
        }
        None => check(
            "Sockets",
            true,
            format!("About {}, as browsers of this kind go; not tried.", facts.known_sockets),
            "",
        ),
    }
}

fn capacity(users: u32, facts: &BrowserFacts) -> Check {
    let people = if users == 1 { "user" } else { "users" };
    match more_browsers(users, facts) {
        0 => check("Enough browsers", true, format!("This plan needs no more browsers for {users} {people}."), ""),
        more => {
            let noun = if more == 1 { "browser" } else { "browsers" };
            let detail = format!("This plan needs {more} more {noun} for {users} {people}.");
            check("Enough browsers", false, detail, "Open a swarm (page Swarm) and let them join by its link.")
        }
    }
}

fn cores(cores: u32) -> Check {
    let detail = format!("{cores}, of which one is left to the page.");
    check(
        "Processor cores",
        cores > 1,
        detail,
        "With a single core the page and the load disturb each other: use another machine for real runs.",
    )
}

fn clock(step_ms: f64) -> Check {
    let detail = format!("{step_ms:.3} ms between two steps of the clock.");
    check(
        "Clock",
        step_ms <= COARSE_MS,
        detail,
        "Times below a few milliseconds are blurred. Firefox: privacy.resistFingerprinting makes clocks coarse.",
    )
}

fn timers(lag_ms: f64) -> Check {
    let detail = format!("99 of 100 came at most {lag_ms:.1} ms late.");
    check(
        "Timers",
        lag_ms <= LATE_MS,
        detail,
        "Close other tabs and programs: a user whose timer is late is late itself, and nobody else's fault.",
    )
}

fn tab(is_hidden: bool) -> Check {
    let detail = if is_hidden {
        "This tab is hidden: load goes on in workers, the picture and the swarm's page are slowed down."
    } else {
        "This tab is visible. If it is hidden, load goes on in workers and the picture is slowed down."
    };
    check("Hidden tab", !is_hidden, detail.to_owned(), "Leave the tab in front, in a window of its own.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_more(users: u32, probed: Option<u32>, others: u32, expected: u32) {
        let probed = probed.map(|open| (open, 250, "lab".to_owned()));
        let facts = BrowserFacts { known_sockets: 250, probed, others, ..BrowserFacts::default() };
        assert_eq!(more_browsers(users, &facts), expected);
    }

    #[test]
    fn the_number_of_browsers_that_are_missing() {
        check_more(250, None, 0, 0);
        check_more(251, None, 0, 1);
        check_more(1_000, None, 0, 3);
        check_more(1_000, None, 750, 0);
        check_more(250, Some(200), 0, 1);
        check_more(10, Some(0), 0, 1);
    }

    #[track_caller]
    fn check_texts(facts: &BrowserFacts, users: u32, expected: &[(&str, State, &str)]) {
        let plan = serde_json::json!({"version": 1, "name": "p", "seed": 1, "populations": [{
            "name": "a", "scenario": "ktb-chat", "load": {"model": "closed", "start": users, "stages": []},
        }]});
        let group = browser_checks(&serde_json::from_value(plan).expect("a plan"), facts);
        let found: Vec<_> =
            group.checks.iter().map(|check| (check.title.as_str(), check.state, check.detail.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_a_browser_can_give_in_words() {
        let good = BrowserFacts {
            known_sockets: 250,
            cores: 8,
            clock_step_ms: 0.005,
            timer_lag_ms: Some(1.25),
            ..BrowserFacts::default()
        };
        check_texts(
            &good,
            100,
            &[
                ("Sockets", State::Good, "About 250, as browsers of this kind go; not tried."),
                ("Enough browsers", State::Good, "This plan needs no more browsers for 100 users."),
                ("Processor cores", State::Good, "8, of which one is left to the page."),
                ("Clock", State::Good, "0.005 ms between two steps of the clock."),
                ("Timers", State::Good, "99 of 100 came at most 1.2 ms late."),
                (
                    "Hidden tab",
                    State::Good,
                    "This tab is visible. If it is hidden, load goes on in workers and the picture is slowed down.",
                ),
            ],
        );
        let poor = BrowserFacts {
            known_sockets: 250,
            probed: Some((40, 250, "http://127.0.0.1:4280".to_owned())),
            cores: 1,
            clock_step_ms: 1.0,
            timer_lag_ms: Some(35.0),
            is_hidden: true,
            uplink: Some(("Needs up to 6 MB/s.".to_owned(), true)),
            ..BrowserFacts::default()
        };
        check_texts(
            &poor,
            600,
            &[
                ("Sockets", State::Warning, "40 of 250 were open at the same time at http://127.0.0.1:4280."),
                ("Enough browsers", State::Warning, "This plan needs 3 more browsers for 600 users."),
                ("Processor cores", State::Warning, "1, of which one is left to the page."),
                ("Clock", State::Warning, "1.000 ms between two steps of the clock."),
                ("Timers", State::Warning, "99 of 100 came at most 35.0 ms late."),
                (
                    "Hidden tab",
                    State::Warning,
                    "This tab is hidden: load goes on in workers, the picture and the swarm's page are slowed down.",
                ),
                ("Uplink", State::Warning, "Needs up to 6 MB/s."),
            ],
        );
    }
}
