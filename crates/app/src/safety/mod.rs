//! Who may be put under load from here, and how much: what is asked once per browser, remembered, and can be taken back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::{Effect, Event};
use crate::format;
use crate::model::Model;
use crate::notice::{About, NoticeKind, say};
use base::url;
use plan::{HostLoad, Limits, Plan};

/// What this browser remembers, and what it asks just now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Safety {
    pub limits: Limits,
    /// The statement of fair use has been read.
    pub fair_use: bool,
    /// Brokers that links may lead to, by their addresses.
    pub brokers: BTreeSet<String>,
    /// Places on this machine that somebody else's plan may go to.
    pub here: BTreeSet<String>,
    pub asks: Option<Asked>,
}

/// What a person is asked before a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The statement of fair use is shown, too.
    pub fair_use: bool,
    /// What each host gets that was not allowed before.
    pub hosts: Vec<HostLoad>,
    /// Places on this machine, where the plan is somebody else's.
    pub here: Vec<String>,
    /// What goes on when all is allowed.
    then: Event,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SafetyEvent {
    /// What the browser had written down; empty: nothing.
    Remembered(String),
    /// The answer to what was asked.
    Allow,
    Refuse,
    /// A host is allowed by name, as settings do it.
    AddHost(String),
    RemoveHost(String),
    RemoveBroker(String),
    RemovePlace(String),
    /// A number, or nothing for no cap.
    SetCap {
        cap: Cap,
        text: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    Users,
    Rate,
    Minutes,
    PublicUsers,
    PublicRate,
    PublicMinutes,
}

/// As it is written down.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Kept {
    fair_use: bool,
    limits: Limits,
    brokers: BTreeSet<String>,
    here: BTreeSet<String>,
}

pub fn update(model: &mut Model, event: SafetyEvent) -> Vec<Effect> {
    match event {
        SafetyEvent::Remembered(text) => {
            // What cannot be read is as good as nothing: it is asked again.
            let kept: Kept = serde_json::from_str(&text).unwrap_or_default();
            // What an agreement with a conductor says is never this browser's own limit.
            let limits = Limits { only: None, ..kept.limits };
            let Kept { fair_use, brokers, here, .. } = kept;
            model.safety = Safety { limits, fair_use, brokers, here, asks: None };
        }
        SafetyEvent::Allow => {
            let Some(asked) = model.safety.asks.take() else { return Vec::new() };
            model.safety.fair_use |= asked.fair_use;
            model.safety.limits.hosts.extend(asked.hosts.into_iter().map(|load| load.host));
            model.safety.here.extend(asked.here);
            let mut effects = vec![keep(model)];
            effects.extend(crate::update::update(model, asked.then));
            return effects;
        }
        SafetyEvent::Refuse => {
            if model.safety.asks.take().is_some() {
                say(model, NoticeKind::Warning, About::Plan, "Nothing was started.".to_owned());
            }
            return Vec::new();
        }
        SafetyEvent::AddHost(text) => {
            let text = text.trim();
            // A whole address is taken for its host.
            let Some(host) = url::meant_host(text) else {
                say(
                    model,
                    NoticeKind::Problem,
                    About::Deed,
                    format!("\"{text}\" is no host: expected a name like chat.example."),
                );
                return Vec::new();
            };
            model.safety.limits.hosts.insert(host);
        }
        SafetyEvent::RemoveHost(host) => drop(model.safety.limits.hosts.remove(&host)),
        SafetyEvent::RemoveBroker(broker) => drop(model.safety.brokers.remove(&broker)),
        SafetyEvent::RemovePlace(place) => drop(model.safety.here.remove(&place)),
        SafetyEvent::SetCap { cap, text } => match read_cap(&text) {
            Ok(value) => cap.set(&mut model.safety.limits, value),
            Err(problem) => say(model, NoticeKind::Problem, About::Deed, problem),
        },
    }
    vec![keep(model)]
}

/// What has to be asked before this plan may start, for `then` to go on with: nothing, if all of it was allowed before.
pub fn ask(model: &mut Model, plan: &Plan, then: Event) -> bool {
    let strange = |load: &HostLoad| !model.safety.limits.allows(&load.host);
    let hosts: Vec<HostLoad> = plan.far_loads().into_iter().filter(strange).collect();
    let here = strange_places(model, plan);
    let fair_use = !model.safety.fair_use;
    let asks = fair_use || !hosts.is_empty() || !here.is_empty();
    if asks {
        model.safety.asks = Some(Asked { fair_use, hosts, here, then });
    }
    asks
}

/// To somebody else's plan this machine is as strange as any other, but for the server that this page came from.
fn strange_places(model: &Model, plan: &Plan) -> Vec<String> {
    if !model.is_foreign {
        return Vec::new();
    }
    let own = url::place(&model.origin);
    let is_strange = |place: &String| {
        url::is_loopback(url::host_of_place(place)) && own.as_ref() != Some(place) && !model.safety.here.contains(place)
    };
    plan.places().into_iter().filter(is_strange).collect()
}

pub(super) fn keep(model: &Model) -> Effect {
    let Safety { limits, fair_use, brokers, here, .. } = model.safety.clone();
    let text = serde_json::to_string(&Kept { fair_use, limits: limits.clone(), brokers, here }).expect("plain data");
    Effect::KeepSafety { text, limits }
}

fn read_cap(text: &str) -> Result<Option<f64>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    number.map(Some).ok_or_else(|| format!("\"{text}\" is no limit: expected a number from 0 on, or nothing for none."))
}

impl Cap {
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Users, "Users at a time", ""),
        (Self::Rate, "New users within a second", "/s"),
        (Self::Minutes, "Length of the load", "min"),
        (Self::PublicUsers, "Public host: users", ""),
        (Self::PublicRate, "Public host: new within a second", "/s"),
        (Self::PublicMinutes, "Public host: length", "min"),
    ];

    /// As it stands in its field; empty: there is none.
    pub fn shown(self, limits: &Limits) -> String {
        let Limits { caps, public, .. } = limits;
        let value = match self {
            Self::Users => caps.users.map(f64::from),
            Self::Rate => caps.rate,
            Self::Minutes => caps.minutes,
            Self::PublicUsers => public.users.map(f64::from),
            Self::PublicRate => public.rate,
            Self::PublicMinutes => public.minutes,
        };
        value.map_or_else(String::new, |value| value.to_string())
    }

    fn set(self, limits: &mut Limits, value: Option<f64>) {
        let Limits { caps, public, .. } = limits;
        match self {
            Self::Users => caps.users = value.map(|value| value as u32),
            Self::Rate => caps.rate = value,
            Self::Minutes => caps.minutes = value,
            Self::PublicUsers => public.users = value.map(|value| value as u32),
            Self::PublicRate => public.rate = value,
            Self::PublicMinutes => public.minutes = value,
        }
    }
}

/// What a host gets, in one line.
pub fn in_words(load: &HostLoad) -> String {
    let users = if load.users == 1 { "user" } else { "users" };
    format!(
        "up to {} {users} at a time, {} of them new within a second at most, for {}",
        format::count(load.users.into()),
        format::number(load.rate),
        format::duration(load.seconds)
    )
}

/// What is asked of everybody once.
pub const FAIR_USE: [&str; 4] = [
    "Tabswarm puts real load on real servers. Use it on servers that you run, or whose owner has said that you may.",
    "A network, a CDN or a cloud provider stands between you and the server: they may have rules for load tests, too.",
    "Begin small, watch the server, and stop when somebody else suffers.",
    "Use accounts and data that were made for tests.",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use plan::Caps;

    use super::*;
    use crate::plan::path::Path;
    use crate::update;

    fn model(target: &str) -> Model {
        let mut model = Model::default();
        let path = Path::from("populations[0].variables.target");
        update(&mut model, Event::Set { path, value: Some(json!(target)) });
        model
    }

    fn safety(model: &mut Model, event: SafetyEvent) -> Vec<Effect> {
        update(model, Event::Safety(event))
    }

    fn starts(effects: &[Effect]) -> bool {
        effects.iter().any(|effect| matches!(effect, Effect::Start { .. }))
    }

    #[test]
    fn a_host_and_fair_use_are_asked_about_once() {
        let mut model = model("http://chat.example");
        assert!(!starts(&update(&mut model, Event::Start)));
        let asked = model.safety.asks.clone().expect("it asks");
        assert!(asked.fair_use);
        assert_eq!(asked.hosts.iter().map(|load| load.host.as_str()).collect::<Vec<_>>(), ["chat.example"]);
        let effects = safety(&mut model, SafetyEvent::Allow);
        assert!(starts(&effects), "{effects:?}");
        assert!(starts(&update(&mut model, Event::Start)), "it is not asked again");
        let [Effect::KeepSafety { text, .. }, ..] = &effects[..] else { panic!("{effects:?}") };
        let mut reloaded = self::model("http://chat.example");
        safety(&mut reloaded, SafetyEvent::Remembered(text.clone()));
        assert!(starts(&update(&mut reloaded, Event::Start)), "the browser remembers");
        safety(&mut reloaded, SafetyEvent::RemoveHost("chat.example".into()));
        assert!(!starts(&update(&mut reloaded, Event::Start)), "it was taken back");
        assert!(reloaded.safety.asks.is_some_and(|asked| !asked.fair_use));
    }

    #[test]
    fn somebody_else_s_plan_is_asked_about_for_this_machine_too() {
        let document = json!({"version": 1, "name": "p", "seed": 1, "populations": [{
            "name": "u", "scenario": "ktb-chat", "variables": {"target": "http://127.0.0.1:22"},
            "load": {"model": "closed", "start": 1, "stages": [{"duration_s": 1, "target": 1}]},
        }]});
        let opened = |origin: &str| {
            let mut model = Model { origin: origin.into(), ..Model::default() };
            model.safety.fair_use = true;
            update(&mut model, Event::Followed { fragment: crate::plan::share::fragment(&document) });
            model
        };
        let mut model = opened("http://127.0.0.1:4280");
        assert!(!starts(&update(&mut model, Event::Start)));
        assert_eq!(model.safety.asks.as_ref().map(|asked| asked.here.clone()), Some(vec!["127.0.0.1:22".to_owned()]));
        assert!(starts(&safety(&mut model, SafetyEvent::Allow)));
        assert!(starts(&update(&mut model, Event::Start)), "it is not asked again");
        safety(&mut model, SafetyEvent::RemovePlace("127.0.0.1:22".into()));
        assert!(!starts(&update(&mut model, Event::Start)), "it was taken back");
        assert!(starts(&update(&mut opened("http://127.0.0.1:22"), Event::Start)), "the page's own server");
        // Whoever makes a plan himself knows where it goes.
        let mut own = self::model("http://127.0.0.1:22");
        own.safety.fair_use = true;
        assert!(starts(&update(&mut own, Event::Start)));
    }

    #[test]
    fn a_refusal_starts_nothing_and_is_not_remembered() {
        let mut model = model("http://127.0.0.1:1");
        update(&mut model, Event::Start);
        assert_eq!(safety(&mut model, SafetyEvent::Refuse), []);
        assert!(!starts(&update(&mut model, Event::Start)) && model.safety.asks.is_some());
    }

    #[test]
    fn what_cannot_be_read_allows_nothing() {
        for text in ["", "{", r#"{"limits": {"hosts": 3}}"#, r#"{"limits": {"host": []}, "fair_use": true}"#] {
            let mut model = Model::default();
            safety(&mut model, SafetyEvent::Remembered(text.into()));
            assert_eq!(model.safety, Safety::default(), "{text}");
        }
    }

    #[track_caller]
    fn check_host(text: &str, expected: Option<&str>) {
        let mut model = Model::default();
        safety(&mut model, SafetyEvent::AddHost(text.into()));
        assert_eq!(model.safety.limits.hosts.iter().map(String::as_str).next(), expected, "{text}");
        assert_eq!(model.notice.is_some(), expected.is_none());
    }

    #[test]
    fn hosts_are_added_by_name_or_by_address() {
        check_host(" Chat.example ", Some("chat.example"));
        check_host("chat.example:5001", Some("chat.example"));
        check_host("wss://chat.example/socket", Some("chat.example"));
        check_host("", None);
        check_host("two words", None);
    }

    #[track_caller]
    fn check_cap(cap: Cap, text: &str, expected: Caps) {
        let mut model = Model::default();
        safety(&mut model, SafetyEvent::SetCap { cap, text: text.into() });
        assert_eq!(model.safety.limits.caps, expected, "{text}");
    }

    #[test]
    fn caps_are_numbers_or_none() {
        let caps = Caps::default();
        check_cap(Cap::Users, "20", Caps { users: Some(20), ..caps });
        check_cap(Cap::Rate, " 2.5 ", Caps { rate: Some(2.5), ..caps });
        check_cap(Cap::Minutes, "", Caps { minutes: None, ..caps });
        check_cap(Cap::Users, "-1", caps);
        check_cap(Cap::Minutes, "long", caps);
        let mut model = Model::default();
        safety(&mut model, SafetyEvent::SetCap { cap: Cap::PublicUsers, text: "900".into() });
        let public = Caps { users: Some(900), ..Caps::public() };
        assert_eq!(model.safety.limits, Limits { public, ..Limits::default() });
    }
}
