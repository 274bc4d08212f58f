//! Which workers the browsers of a run give to it, and what each of them plays.

use serde::{Deserialize, Serialize};

use plan::Segment;

/// What one worker plays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub segment: Segment,
    /// Handshakes that this worker may have in flight.
    pub handshakes: u32,
    /// HTTP exchanges that it may have in flight.
    pub fetches: u32,
    /// The browser it belongs to, by its name; `None`: the conductor's own.
    pub browser: Option<String>,
    /// What that browser can hold.
    #[serde(rename = "room")]
    pub budget: SocketBudget,
}

/// WebSockets that a browser can hold at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SocketBudget {
    /// 0: nobody knows.
    pub sockets: u32,
    /// The number is the browser's own and cannot be changed: asking for more is no use.
    pub is_fixed: bool,
}

impl SocketBudget {
    /// What of it is there for users.
    pub fn for_users(self) -> u32 {
        self.sockets.saturating_sub(SPARE)
    }
}

/// What one browser can give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// `None`: the conductor's own.
    pub browser: Option<String>,
    /// Logical processors.
    pub cores: u32,
    /// Sockets that it can hold, its probe's included: users are dealt in proportion.
    pub sockets: u32,
    /// Its cap cannot be raised.
    pub is_capped: bool,
    /// It plays a probe and no load: an observer, whose own work hides nothing from it.
    pub only_watches: bool,
}

impl Part {
    /// It plays the probe and nobody else.
    pub fn is_probe(&self) -> bool {
        self.segment.is_probe()
    }
}

impl Capacity {
    /// The conductor's own browser, or the only one of a run.
    pub const fn own(cores: u32, sockets: u32) -> Self {
        Self { browser: None, cores, sockets, is_capped: true, only_watches: false }
    }

    fn budget(&self) -> SocketBudget {
        SocketBudget { sockets: self.sockets + SPARE, is_fixed: self.is_capped }
    }

    /// Workers that play the load. One core is left to the page and the browser's own processes, one handshake to the probe.
    fn load_workers(&self, handshakes_in_flight: u32) -> u32 {
        let most = if self.only_watches { 0 } else { self.cores.saturating_sub(1).clamp(1, MAX_LOAD_WORKERS) };
        most.min(handshakes_in_flight.saturating_sub(PROBES).max(1))
    }
}

/// WebSockets that a page of this browser can hold at the same time, with a few to spare for what is no user
/// (measured: Chromium 255, Firefox 200 unless its user raises it).
pub fn sockets(user_agent: &str) -> u32 {
    if user_agent.contains("Firefox/") { 190 } else { 250 }
}

/// Whether a browser of this name (see [`browser_name`]) can hold so many and never more.
pub fn is_capped(browser: &str) -> bool {
    ["Chromium ", "Edge ", "Opera "].iter().any(|name| browser.starts_with(name))
}

/// The browser's name and version, like "Chromium 156".
pub fn browser_name(user_agent: &str) -> String {
    let version = |product: &str| {
        let rest = user_agent.split_once(product)?.1;
        rest.split(['.', ' ']).next().filter(|version| !version.is_empty())
    };
    let known =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chromium"), ("Version/", "Safari")];
    let found = known.iter().find_map(|(product, name)| Some(format!("{name} {}", version(product)?)));
    found.unwrap_or_else(|| "a browser".to_owned())
}

/// The place among `browsers` of each part's own, in the order of [`layout`].
pub fn homes(browsers: &[Capacity], handshakes_in_flight: u32) -> Vec<usize> {
    let loads = browsers
        .iter()
        .enumerate()
        .flat_map(|(home, browser)| std::iter::repeat_n(home, browser.load_workers(handshakes_in_flight) as usize));
    loads.chain(0..browsers.len()).collect()
}

/// The parts of a run on these browsers, in their order; the conductor's own comes first among them.
///
/// Each browser has a probe, a worker of its own with one user: as it has nothing else to do, it shows what the others would see
/// if they were not busy, and a browser's probe beside another's shows what the whole browser does not see. Probes come last, have no
/// weight among the users, and need one handshake each.
pub fn layout(browsers: &[Capacity], handshakes_in_flight: u32) -> Vec<Part> {
    let mut shares = Vec::new();
    for browser in browsers {
        let workers = browser.load_workers(handshakes_in_flight);
        // All workers of a browser alike, so that proportions stay small numbers.
        let weight = (browser.sockets.saturating_sub(PROBES) / workers.max(1)).max(1);
        let handshakes = split(handshakes_in_flight.saturating_sub(PROBES), workers);
        let fetches = split(CONNECTIONS_PER_HOST - PROBES, workers);
        shares.extend(handshakes.zip(fetches).map(|(handshakes, fetches)| (weight, handshakes, fetches)));
    }
    let probe_parts: Vec<usize> = (shares.len()..shares.len() + browsers.len()).collect();
    shares.extend(browsers.iter().map(|_| (0, PROBES, PROBES)));
    let weights: Vec<u32> = shares.iter().map(|(weight, ..)| *weight).collect();
    let of_parts = shares.into_iter().zip(homes(browsers, handshakes_in_flight)).enumerate();
    let part = |(part, ((_, handshakes, fetches), home)): (usize, ((u32, u32, u32), usize))| Part {
        segment: Segment { part, weights: weights.clone(), probe_parts: probe_parts.clone() },
        handshakes,
        fetches,
        browser: browsers[home].browser.clone(),
        budget: browsers[home].budget(),
    };
    of_parts.map(part).collect()
}

/// `total` in `parts` shares that differ by at most one, none below one.
fn split(total: u32, parts: u32) -> impl Iterator<Item = u32> {
    (0..parts).map(move |part| (total / parts + u32::from(part < total % parts)).max(1))
}

/// Probes of a browser, and with that their sockets, handshakes and HTTP exchanges at a time.
const PROBES: u32 = 1;

/// Of what a browser can hold: left out of the dealing of users, and one of them is the link's to a swarm.
const SPARE: u32 = 4;

/// HTTP/1.1 connections that browsers open to one host at the same time.
const CONNECTIONS_PER_HOST: u32 = 6;

/// More workers than this gain nothing: all sockets of a browser share one network process, and 255 of them is its cap.
const MAX_LOAD_WORKERS: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cores: u32, handshakes_in_flight: u32, expected: &[u32]) {
        let parts = layout(&[Capacity::own(cores, 250)], handshakes_in_flight);
        assert_eq!(parts.iter().map(|part| part.handshakes).collect::<Vec<_>>(), expected);
        for (index, part) in parts.iter().enumerate() {
            assert_eq!(part.segment.part, index);
            assert_eq!(part.segment.weights.len(), parts.len());
            assert_eq!(part.is_probe(), index == parts.len() - 1);
        }
    }

    #[test]
    fn handshakes_are_split_over_the_parts_and_the_probe_is_last() {
        check(0, 4, &[3, 1]);
        check(1, 4, &[3, 1]);
        check(2, 4, &[3, 1]);
        check(3, 4, &[2, 1, 1]);
        check(4, 4, &[1, 1, 1, 1]);
        check(5, 8, &[2, 2, 2, 1, 1]);
        // Never more than the plan says, if that lets the probe have one.
        check(64, 4, &[1, 1, 1, 1]);
        check(64, 2, &[1, 1]);
        check(2, 0, &[1, 1]);
    }

    #[test]
    fn browsers_are_known_by_their_user_agent() {
        let chromium = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36";
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
        assert_eq!((sockets(chromium), browser_name(chromium).as_str()), (250, "Chromium 156"));
        assert_eq!((sockets(firefox), browser_name(firefox).as_str()), (190, "Firefox 153"));
        assert_eq!(browser_name("curl"), "a browser");
        assert_eq!(["Chromium 156", "Firefox 153", "a browser"].map(is_capped), [true, false, false]);
    }

    #[test]
    fn several_browsers_share_by_what_they_can_hold() {
        let kim =
            Capacity { browser: Some("Kim".into()), cores: 4, sockets: 190, is_capped: false, only_watches: false };
        let parts = layout(&[Capacity::own(2, 250), kim], 4);
        let seen: Vec<_> = parts.iter().map(|part| (part.browser.as_deref(), part.handshakes, part.fetches)).collect();
        let kims = [(Some("Kim"), 1, 2), (Some("Kim"), 1, 2), (Some("Kim"), 1, 1)];
        assert_eq!(seen, [&[(None, 3, 5)][..], &kims, &[(None, 1, 1), (Some("Kim"), 1, 1)]].concat());
        assert_eq!(parts[0].segment.weights, [249, 63, 63, 63, 0, 0]);
        assert_eq!(parts[0].segment.probe_parts, [4, 5]);
    }

    #[track_caller]
    fn check_probes(own_watches: bool, kim_watches: bool, expected: &[(Option<&str>, bool)]) {
        let own = Capacity { only_watches: own_watches, ..Capacity::own(2, 250) };
        let kim = Capacity { browser: Some("Kim".into()), only_watches: kim_watches, ..Capacity::own(2, 250) };
        let browsers = [own, kim];
        let parts = layout(&browsers, 4);
        let found: Vec<_> = parts.iter().map(|part| (part.browser.as_deref(), part.is_probe())).collect();
        assert_eq!(found, expected);
        let homes = homes(&browsers, 4).into_iter().map(|home| browsers[home].browser.as_deref());
        assert!(homes.eq(found.iter().map(|(browser, _)| *browser)));
    }

    #[test]
    fn every_browser_has_a_probe_and_an_observer_nothing_else() {
        const KIM: Option<&str> = Some("Kim");
        check_probes(false, false, &[(None, false), (KIM, false), (None, true), (KIM, true)]);
        check_probes(true, false, &[(KIM, false), (None, true), (KIM, true)]);
        check_probes(false, true, &[(None, false), (None, true), (KIM, true)]);
    }
}
