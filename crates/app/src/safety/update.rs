//! What is asked once per browser is remembered, and can be taken back.

use crate::notice::{About, NoticeKind};
use crate::response::{Response, Responses, wants};
use crate::safety::cap::read_cap;
use crate::safety::{Safety, SafetyEffect, SafetyEvent};
use base::url;

pub fn update(model: &mut Safety, event: SafetyEvent) -> Responses<SafetyEffect> {
    match event {
        SafetyEvent::Remembered(text) => *model = Safety::remembered(&text),
        SafetyEvent::Allow => return allow(model),
        SafetyEvent::Refuse => {
            let was_asked = model.asks.take().is_some();
            let said = was_asked.then(|| Response::say(NoticeKind::Warning, About::Plan, "Nothing was started."));
            return said.into_iter().collect();
        }
        SafetyEvent::AddHost(text) => {
            let text = text.trim();
            // A whole address is taken for its host.
            let Some(host) = url::meant_host(text) else {
                let problem = format!("\"{text}\" is no host: expected a name like chat.example.");
                return vec![Response::say(NoticeKind::Problem, About::Deed, problem)];
            };
            model.limits.hosts.insert(host);
        }
        SafetyEvent::RemoveHost(host) => drop(model.limits.hosts.remove(&host)),
        SafetyEvent::AllowBroker(broker) => drop(model.brokers.insert(broker)),
        SafetyEvent::RemoveBroker(broker) => drop(model.brokers.remove(&broker)),
        SafetyEvent::RemovePlace(place) => drop(model.here.remove(&place)),
        SafetyEvent::FairUseRead => model.fair_use = true,
        SafetyEvent::SetCap { cap, text } => match read_cap(&text) {
            Ok(value) => cap.set(&mut model.limits, value),
            Err(problem) => {
                let problem = Response::say(NoticeKind::Problem, About::Deed, problem.to_string());
                return vec![problem, Response::Do(model.keep())];
            }
        },
    }
    wants([model.keep()])
}

fn allow(model: &mut Safety) -> Responses<SafetyEffect> {
    let Some(asked) = model.asks.take() else { return Vec::new() };
    model.fair_use |= asked.fair_use;
    model.limits.hosts.extend(asked.hosts.into_iter().map(|load| load.host));
    model.here.extend(asked.here);
    vec![Response::Do(model.keep()), Response::Begin(asked.then)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use plan::{Caps, Limits};

    use super::*;
    use crate::page::PageEvent;
    use crate::plan::Edit;
    use crate::plan::path::Path;
    use crate::run::{RunEffect, RunEvent};
    use crate::safety::Cap;
    use crate::{Effect, Model, update};

    fn model(target: &str) -> Model {
        let mut model = Model::default();
        let path = Path::from("populations[0].variables.target");
        update(&mut model, Edit::Set { path, value: Some(json!(target)) });
        model
    }

    fn safety(model: &mut Model, event: SafetyEvent) -> Vec<Effect> {
        update(model, event)
    }

    fn starts(effects: &[Effect]) -> bool {
        effects.iter().any(|effect| matches!(effect, Effect::Run(RunEffect::Start { .. })))
    }

    #[test]
    fn a_host_and_fair_use_are_asked_about_once() {
        let mut model = model("http://chat.example");
        assert!(!starts(&update(&mut model, RunEvent::Start)));
        let asked = model.safety.asks.clone().expect("it asks");
        assert!(asked.fair_use);
        assert_eq!(asked.hosts.iter().map(|load| load.host.as_str()).collect::<Vec<_>>(), ["chat.example"]);
        let effects = safety(&mut model, SafetyEvent::Allow);
        assert!(starts(&effects), "{effects:?}");
        assert!(starts(&update(&mut model, RunEvent::Start)), "it is not asked again");
        let [Effect::Safety(SafetyEffect::Keep { text, .. }), ..] = &effects[..] else { panic!("{effects:?}") };
        let mut reloaded = self::model("http://chat.example");
        safety(&mut reloaded, SafetyEvent::Remembered(text.clone()));
        assert!(starts(&update(&mut reloaded, RunEvent::Start)), "the browser remembers");
        safety(&mut reloaded, SafetyEvent::RemoveHost("chat.example".into()));
        assert!(!starts(&update(&mut reloaded, RunEvent::Start)), "it was taken back");
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
            update(&mut model, PageEvent::Followed { fragment: crate::plan::share::fragment(&document) });
            model
        };
        let mut model = opened("http://127.0.0.1:4280");
        assert!(!starts(&update(&mut model, RunEvent::Start)));
        assert_eq!(model.safety.asks.as_ref().map(|asked| asked.here.clone()), Some(vec!["127.0.0.1:22".to_owned()]));
        assert!(starts(&safety(&mut model, SafetyEvent::Allow)));
        assert!(starts(&update(&mut model, RunEvent::Start)), "it is not asked again");
        safety(&mut model, SafetyEvent::RemovePlace("127.0.0.1:22".into()));
        assert!(!starts(&update(&mut model, RunEvent::Start)), "it was taken back");
        assert!(starts(&update(&mut opened("http://127.0.0.1:22"), RunEvent::Start)), "the page's own server");
        // Whoever makes a plan himself knows where it goes.
        let mut own = self::model("http://127.0.0.1:22");
        own.safety.fair_use = true;
        assert!(starts(&update(&mut own, RunEvent::Start)));
    }

    #[test]
    fn a_refusal_starts_nothing_and_is_not_remembered() {
        let mut model = model("http://127.0.0.1:1");
        update(&mut model, RunEvent::Start);
        assert_eq!(safety(&mut model, SafetyEvent::Refuse), []);
        assert!(!starts(&update(&mut model, RunEvent::Start)) && model.safety.asks.is_some());
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
