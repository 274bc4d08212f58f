//! What a browser's operator lets load do from here: which hosts get any, and how much each of them gets at most.
//!
//! Whoever plays a plan obeys the same limits: the page's own run, a script's, and a part of a swarm's. They are checked
//! before anything starts, and the engine keeps to them whatever happens later.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::model::Plan;
use base::url;

/// This machine has no caps, it is nobody else's; and it is always allowed to its operator's own plans. Somebody else's plan
/// reaches `only` what was agreed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Hosts besides this machine, in lower case.
    pub hosts: BTreeSet<String>,
    pub caps: Caps,
    /// Of hosts on the internet, besides: a slip there meets strangers.
    #[serde(default = "Caps::public")]
    pub public: Caps,
    /// Nothing but these places (see [`Plan::places`]), this machine's own included; `None`: this machine, and `hosts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<BTreeSet<String>>,
}

/// The most that each host gets from one run; `None`: no cap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// Users at the same time.
    pub users: Option<u32>,
    /// Users that start within a second.
    pub rate: Option<f64>,
    pub minutes: Option<f64>,
}

/// What one host gets of a plan, at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostLoad {
    pub host: String,
    pub users: u32,
    /// Users that start within a second.
    pub rate: f64,
    pub seconds: f64,
}

impl Default for Caps {
    /// Enough for one browser and a few more; a slip of the finger is caught.
    fn default() -> Self {
        Self { users: Some(5_000), rate: Some(1_000.0), minutes: Some(240.0) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { hosts: BTreeSet::new(), caps: Caps::default(), public: Caps::public(), only: None }
    }
}

impl Limits {
    /// What this host may get at most.
    pub fn caps_of(&self, host: &str) -> Caps {
        if url::is_public(host) { self.caps.and(&self.public) } else { self.caps }
    }

    pub fn allows(&self, host: &str) -> bool {
        match &self.only {
            Some(places) => places.iter().any(|place| url::host_of_place(place) == host),
            None => url::is_loopback(host) || self.hosts.contains(host),
        }
    }

    /// Whether this address, as it goes to the browser, may be opened.
    pub fn reaches(&self, address: &str) -> bool {
        let Some(host) = url::host(address) else { return false };
        match &self.only {
            Some(places) => {
                places.contains(&url::place_of_host(&host))
                    || url::place(address).is_some_and(|place| places.contains(&place))
            }
            None => self.allows(&host),
        }
    }

    /// # Errors
    /// Everything of the plan that goes beyond them.
    pub fn check(&self, plan: &Plan) -> Result<(), Exceeded> {
        let beyond: Vec<_> = plan.far_loads().iter().flat_map(|load| self.beyond(load)).collect();
        if beyond.is_empty() { Ok(()) } else { Err(Exceeded(beyond)) }
    }

    fn beyond(&self, load: &HostLoad) -> Vec<Excess> {
        let host = &load.host;
        let strange = (!self.allows(host)).then(|| Excess::Host(host.clone()));
        strange.into_iter().chain(self.caps_of(host).exceeded_by(load)).collect()
    }
}

/// Something of a plan that goes beyond a browser's limits.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Excess {
    #[error("load on {0} has not been allowed in this browser")]
    Host(String),
    #[error("{host} would get {} {what}, and this browser's limit is {}", shown(*found), shown(*most))]
    Cap { host: String, what: &'static str, found: f64, most: f64 },
}

/// All of it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Exceeded(pub Vec<Excess>);

impl Caps {
    pub const NONE: Self = Self { users: None, rate: None, minutes: None };

    /// For a host on the internet until its operator says otherwise: about as many users as one browser has sockets, and an hour.
    pub const fn public() -> Self {
        Self { users: Some(250), rate: Some(50.0), minutes: Some(60.0) }
    }

    /// The lower ones of both.
    fn and(&self, other: &Self) -> Self {
        let lower = |one: Option<f64>, two: Option<f64>| one.into_iter().chain(two).reduce(f64::min);
        Self {
            users: self.users.into_iter().chain(other.users).min(),
            rate: lower(self.rate, other.rate),
            minutes: lower(self.minutes, other.minutes),
        }
    }

    /// What of the load goes beyond them.
    pub fn exceeded_by(&self, load: &HostLoad) -> Vec<Excess> {
        let HostLoad { host, users, rate, seconds } = load;
        let minutes = seconds / 60.0;
        let checks = [
            (f64::from(*users), self.users.map(f64::from), "users at a time"),
            (*rate, self.rate, "new users within a second"),
            (minutes, self.minutes, "minutes of load"),
        ];
        let excess = |(found, cap, what): (f64, Option<f64>, &'static str)| {
            let most = cap.filter(|&cap| found > cap)?;
            Some(Excess::Cap { host: host.clone(), what, found, most })
        };
        checks.into_iter().filter_map(excess).collect()
    }
}

fn shown(number: f64) -> String {
    let rounded = (number * 100.0).round() / 100.0;
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn plan(populations: &[(&str, Value)]) -> Plan {
        let population = |(target, load): &(&str, Value)| json!({"name": target, "scenario": "ktb-chat", "variables": {"target": target}, "load": load});
        let populations: Vec<_> = populations.iter().map(population).collect();
        serde_json::from_value(json!({"version": 1, "name": "p", "seed": 1, "populations": populations}))
            .expect("a plan")
    }

    #[track_caller]
    fn check_loads(populations: &[(&str, Value)], expected: &[(&str, u32, f64, f64)]) {
        let loads = plan(populations).far_loads();
        let found: Vec<_> =
            loads.iter().map(|load| (load.host.as_str(), load.users, load.rate, load.seconds)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_each_host_gets() {
        let ramp = json!({"model": "closed", "stages": [{"duration_s": 10, "target": 100}]});
        let crowd = json!({"model": "closed", "start": 30, "stages": [{"duration_s": 60, "target": 30}]});
        let open =
            json!({"model": "open", "start_rate": 2, "max_users": 500, "stages": [{"duration_s": 5, "target": 7.5}]});
        check_loads(&[("http://127.0.0.1:1", ramp.clone())], &[]);
        check_loads(&[("http://a.example", ramp.clone())], &[("a.example", 100, 10.0, 10.0)]);
        check_loads(&[("http://a.example", crowd.clone())], &[("a.example", 30, 30.0, 60.0)]);
        check_loads(
            &[("http://b.example", open), ("wss://A.example", ramp), ("https://a.example:1", crowd)],
            &[("a.example", 130, 40.0, 60.0), ("b.example", 500, 7.5, 5.0)],
        );
    }

    fn texts(limits: &Limits, plan: &Plan) -> Vec<String> {
        let beyond = limits.check(plan).err().map(|exceeded| exceeded.0);
        beyond.into_iter().flatten().map(|excess| excess.to_string()).collect()
    }

    #[track_caller]
    fn check_limits(hosts: &[&str], caps: Caps, expected: &[&str]) {
        let limits = Limits { hosts: hosts.iter().map(|&host| host.to_owned()).collect(), caps, ..Limits::default() };
        let crowd = json!({"model": "closed", "start": 30, "stages": [{"duration_s": 90, "target": 30}]});
        let plan = plan(&[("http://a.example", crowd.clone()), ("http://localhost:1", crowd)]);
        assert_eq!(texts(&limits, &plan), expected);
    }

    #[test]
    fn everything_beyond_the_limits_is_named_at_once() {
        let caps = Caps { users: Some(30), rate: Some(30.0), minutes: Some(1.5) };
        check_limits(&["a.example"], caps, &[]);
        check_limits(&["a.example"], Caps::NONE, &[]);
        check_limits(&["b.example"], caps, &["load on a.example has not been allowed in this browser"]);
        check_limits(
            &[],
            Caps { users: Some(29), rate: Some(12.5), minutes: Some(1.25) },
            &[
                "load on a.example has not been allowed in this browser",
                "a.example would get 30 users at a time, and this browser's limit is 29",
                "a.example would get 30 new users within a second, and this browser's limit is 12.5",
                "a.example would get 1.5 minutes of load, and this browser's limit is 1.25",
            ],
        );
    }

    #[test]
    fn a_host_on_the_internet_has_lower_caps_until_they_are_raised() {
        let crowd = json!({"model": "closed", "start": 300, "stages": [{"duration_s": 90, "target": 300}]});
        let plan = plan(&[("https://chat.com", crowd.clone()), ("http://10.0.0.7", crowd)]);
        let hosts = ["chat.com".to_owned(), "10.0.0.7".to_owned()].into();
        let mut limits = Limits { hosts, ..Limits::default() };
        let expected = [
            "chat.com would get 300 users at a time, and this browser's limit is 250",
            "chat.com would get 300 new users within a second, and this browser's limit is 50",
        ];
        assert_eq!(texts(&limits, &plan), expected);
        limits.public = Caps { users: None, rate: Some(300.0), minutes: None };
        assert_eq!(limits.check(&plan), Ok(()));
        limits.caps.users = Some(200);
        assert_eq!(texts(&limits, &plan).len(), 2, "the general ones hold, too");
    }

    #[test]
    fn somebody_else_s_plan_reaches_only_what_was_agreed_to() {
        #[track_caller]
        fn check(only: Option<&[&str]>, address: &str, expected: bool) {
            let only = only.map(|places| places.iter().map(|&place| place.to_owned()).collect());
            let limits = Limits { hosts: ["a.example".to_owned()].into(), only, ..Limits::default() };
            assert_eq!(limits.reaches(address), expected, "{address}");
        }
        check(None, "http://127.0.0.1:1/", true);
        check(None, "http://a.example:1/", true);
        check(None, "http://b.example/", false);
        let agreed = ["127.0.0.1:4280", "b.example:443", "c.example"];
        check(Some(&agreed), "ws://127.0.0.1:4280/x", true);
        check(Some(&agreed), "ws://127.0.0.1:4281/x", false);
        check(Some(&agreed), "http://localhost:4280/", false);
        check(Some(&agreed), "http://a.example/", false);
        check(Some(&agreed), "wss://b.example/", true);
        check(Some(&agreed), "ws://b.example/", false);
        check(Some(&agreed), "ws://c.example:9/", true);
        check(Some(&[]), "http://127.0.0.1:1/", false);
    }

    #[test]
    fn limits_are_read_as_they_are_written() {
        let read = |text: &str| serde_json::from_str::<Limits>(text);
        assert_eq!(read("{}").unwrap(), Limits::default());
        let caps = Caps { users: None, ..Caps::default() };
        let limits = Limits { hosts: ["a.example".to_owned()].into(), caps, ..Limits::default() };
        assert_eq!(read(r#"{"hosts": ["a.example"], "caps": {"users": null}}"#).unwrap(), limits);
        assert_eq!(read(&serde_json::to_string(&limits).unwrap()).unwrap(), limits);
        assert!(read(r#"{"host": []}"#).is_err());
    }
}
