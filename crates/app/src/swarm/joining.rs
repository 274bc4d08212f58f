//! What stands between a link and a swarm. Anybody's web page can open such a link, so nothing is connected to before the person
//! at this browser has agreed to that broker; each is asked about once.

use crate::event::{Effect, Event};
use crate::model::{Model, Page};
use crate::notice::{About, NoticeKind, say};
use crate::safety;
use base::url;
use swarm::{Credentials, Decision, Invite, InviteError, Role};

/// A link that was followed and leads nowhere yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Joining {
    pub invite: Invite,
    pub asks: Asks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Where this page came from, whether that broker is its own.
    Server,
    Person,
}

/// What a person says to what this page asks about a swarm just now: its broker, or its load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reply {
    pub allows: bool,
    /// Samples of what servers answer may go to the conductor.
    pub samples: bool,
    /// The statement of fair use was shown.
    pub fair_use: bool,
}

/// A link brought this page to a swarm's door.
pub fn follow(model: &mut Model, invite: Result<Invite, InviteError>) -> Vec<Effect> {
    model.page = Page::Swarm;
    let invite = match invite {
        Ok(invite) => invite,
        Err(error) => {
            say(model, NoticeKind::Problem, About::Swarm, format!("The swarm was not joined: {error}."));
            return Vec::new();
        }
    };
    // Whoever has opened this page can change its fragment: what it is in the middle of is not left unasked.
    if leaves_something(model) {
        model.joining = Some(Joining { invite, asks: Asks::Person });
        return Vec::new();
    }
    if model.safety.brokers.contains(&invite.broker) {
        return vec![enter(model, invite, None)];
    }
    // The one who conducts got the link from his own room, which can say so.
    let asks = if invite.role() == Role::Conductor { Asks::Server } else { Asks::Person };
    model.joining = Some(Joining { invite, asks });
    if asks == Asks::Server { vec![Effect::AskForBroker] } else { Vec::new() }
}

/// Where this page came from has named its broker, or has none.
pub fn offered(model: &mut Model, broker: Option<String>) -> Vec<Effect> {
    let waits = model.joining.take_if(|joining| joining.asks == Asks::Server);
    let Some(mut joining) = waits else { return Vec::new() };
    if broker.as_deref() == Some(joining.invite.broker.as_str()) {
        return vec![enter(model, joining.invite, None)];
    }
    joining.asks = Asks::Person;
    model.joining = Some(joining);
    Vec::new()
}

/// A person, or a program that may, answers what is asked.
pub fn answer(model: &mut Model, reply: Reply) -> Vec<Effect> {
    if let Some(joining) = model.joining.take_if(|joining| joining.asks == Asks::Person) {
        if reply.allows {
            let keep = allow_broker(model, &joining.invite.broker);
            return vec![keep, enter(model, joining.invite, None)];
        }
        say(model, NoticeKind::Warning, About::Swarm, "Nothing was connected to.".to_owned());
        // The same link, followed again, asks again.
        return if leaves_something(model) { Vec::new() } else { vec![Effect::ForgetLink] };
    }
    let Some(part) = model.swarm.part.as_ref().filter(|_| model.swarm.is_asking()) else { return Vec::new() };
    let answer = Decision { allows: reply.allows, offer: part.number, samples: reply.samples };
    let mut effects = vec![Effect::Decide(answer)];
    if reply.allows && reply.fair_use && !model.safety.fair_use {
        model.safety.fair_use = true;
        effects.push(safety::keep(model));
    }
    effects
}

/// Its own operator opens a swarm there, or says yes to it: it is not asked about again.
pub fn allow_broker(model: &mut Model, broker: &str) -> Effect {
    model.safety.brokers.insert(broker.to_owned());
    safety::keep(model)
}

/// Something is asked by a dialog.
pub fn is_asking(model: &Model) -> bool {
    model.joining.as_ref().is_some_and(|joining| joining.asks == Asks::Person) || model.swarm.is_asking()
}

/// This page is in a swarm or plays a run, which joining another one ends.
pub fn leaves_something(model: &Model) -> bool {
    model.swarm.role.is_some() || model.run.status.is_running()
}

pub(crate) fn enter(model: &Model, invite: Invite, credentials: Option<Credentials>) -> Effect {
    Effect::EnterSwarm { invite: Box::new(invite), credentials, name: model.browser_name.clone() }
}

/// Where an address leads, if it is nearer than a person may think.
pub fn nearness(host: &str) -> Option<&'static str> {
    if url::means_this_machine(host) {
        Some("this very machine")
    } else if url::says_private(host) || !host.contains(['.', ':']) {
        Some("a machine of your own network")
    } else {
        None
    }
}

/// A place as it is asked about.
pub fn named(place: &str) -> String {
    let host = url::host_of_place(place);
    let port = if place.len() == url::place_of_host(host).len() { ", any port" } else { "" };
    nearness(host).map_or_else(|| format!("{place}{port}"), |near| format!("{place}{port} ({near})"))
}

pub(crate) fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Reply(reply) => answer(model, reply),
        Event::BrokerOffered(broker) => {
            if let (true, Some(broker)) = (model.broker.is_empty(), &broker) {
                model.broker.clone_from(broker);
            }
            offered(model, broker)
        }
        Event::TakeBack => {
            let part = model.swarm.part.as_ref();
            let refuse = |number| Effect::Decide(Decision { allows: false, offer: number, samples: false });
            part.map(|part| refuse(part.number)).into_iter().collect()
        }
        Event::AskAgain => vec![Effect::AskAgain],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safety::SafetyEvent;
    use crate::swarm::view::PartView;
    use crate::swarm::view::SwarmView;
    use crate::update;
    use swarm::{Consent, Keys, Secret};

    const BROKER: &str = "ws://192.168.0.9:9001/";

    fn link(role: Role) -> String {
        let invite = Invite::new(Keys::to_conduct(Secret::new([7; 32])), BROKER).expect("a good address");
        match role {
            Role::Conductor => invite.own(),
            Role::Generator => invite.to_join().expect("it conducts"),
            Role::Watcher => invite.to_watch(),
        }
    }

    fn followed(model: &mut Model, role: Role) -> Vec<Effect> {
        update(model, Event::Followed { fragment: link(role) })
    }

    fn enters(effects: &[Effect]) -> bool {
        effects.iter().any(|effect| matches!(effect, Effect::EnterSwarm { .. }))
    }

    fn reply(model: &mut Model, allows: bool) -> Vec<Effect> {
        update(model, Event::Reply(Reply { allows, ..Reply::default() }))
    }

    #[test]
    fn a_link_connects_to_nothing_before_its_broker_is_agreed_to_and_that_is_asked_once() {
        let mut model = Model::default();
        assert_eq!(followed(&mut model, Role::Generator), []);
        assert!(is_asking(&model));
        let effects = reply(&mut model, true);
        assert!(enters(&effects) && !is_asking(&model), "{effects:?}");
        let Effect::KeepSafety { text, .. } = &effects[0] else { panic!("{effects:?}") };
        let mut reloaded = Model::default();
        update(&mut reloaded, Event::Safety(SafetyEvent::Remembered(text.clone())));
        assert!(enters(&followed(&mut reloaded, Role::Generator)), "the browser remembers");
        update(&mut reloaded, Event::Safety(SafetyEvent::RemoveBroker(BROKER.into())));
        assert!(!enters(&followed(&mut reloaded, Role::Generator)), "it was taken back");
    }

    #[test]
    fn a_no_connects_to_nothing_and_is_asked_again() {
        let mut model = Model::default();
        followed(&mut model, Role::Generator);
        assert_eq!(reply(&mut model, false), [Effect::ForgetLink]);
        assert!(model.safety.brokers.is_empty() && !is_asking(&model));
        assert_eq!(reply(&mut model, true), [], "a yes to nothing");
        assert!(followed(&mut model, Role::Generator).is_empty() && is_asking(&model));
    }

    #[test]
    fn a_link_to_conduct_is_asked_about_too_but_for_the_page_s_own_room() {
        for (offered, is_own) in [(Some(BROKER), true), (Some("ws://other/"), false), (None, false)] {
            let mut model = Model::default();
            assert_eq!(followed(&mut model, Role::Conductor), [Effect::AskForBroker]);
            assert!(!is_asking(&model) && reply(&mut model, true).is_empty(), "nobody has asked yet");
            let effects = update(&mut model, Event::BrokerOffered(offered.map(str::to_owned)));
            assert_eq!((enters(&effects), is_asking(&model)), (is_own, !is_own), "{offered:?}");
        }
        // Somebody who is invited is asked all the same.
        let mut model = Model::default();
        followed(&mut model, Role::Generator);
        assert_eq!(update(&mut model, Event::BrokerOffered(Some(BROKER.into()))), []);
    }

    #[test]
    fn who_opens_a_swarm_has_agreed_to_its_broker() {
        let mut model = Model { broker: BROKER.into(), ..Model::default() };
        let effects = update(&mut model, Event::OpenSwarm);
        assert!(matches!(effects[..], [Effect::KeepSafety { .. }, Effect::OpenSwarm { .. }]), "{effects:?}");
        assert!(enters(&followed(&mut model, Role::Conductor)), "also when its page is loaded anew");
    }

    #[test]
    fn no_link_takes_a_page_out_of_its_swarm_or_its_run_unasked() {
        let mut model = Model::default();
        model.safety.brokers.insert(BROKER.into());
        model.swarm.role = Some(Role::Generator);
        assert!(followed(&mut model, Role::Generator).is_empty() && is_asking(&model));
        assert_eq!(reply(&mut model, false), [], "the address of the swarm it is in is needed for a reload");
        let mut model = Model::default();
        model.safety.brokers.insert(BROKER.into());
        model.run.status.phase = crate::run::view::Phase::Holding;
        assert!(followed(&mut model, Role::Generator).is_empty() && is_asking(&model));
    }

    #[test]
    fn an_answer_names_the_offer_that_was_shown_and_allows_nothing_else() {
        let part = PartView { plan: "evening".into(), number: 4, consent: Consent::Asked, ..PartView::default() };
        let mut model = Model { swarm: SwarmView { part: Some(part), ..SwarmView::default() }, ..Model::default() };
        let yes = Reply { allows: true, samples: true, fair_use: true };
        let effects = update(&mut model, Event::Reply(yes));
        let [Effect::Decide(answer), Effect::KeepSafety { limits, .. }] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(*answer, Decision { allows: true, offer: 4, samples: true });
        assert!(limits.hosts.is_empty() && model.safety.fair_use);
        if let Some(part) = &mut model.swarm.part {
            part.consent = Consent::Given;
        }
        assert_eq!(reply(&mut model, true), []);
        assert_eq!(
            update(&mut model, Event::TakeBack),
            [Effect::Decide(Decision { allows: false, offer: 4, samples: false })]
        );
    }

    #[test]
    fn places_are_named_by_what_they_are_to_a_visitor() {
        #[track_caller]
        fn check(place: &str, expected: &str) {
            assert_eq!(named(place), expected);
        }
        check("127.0.0.1:4280", "127.0.0.1:4280 (this very machine)");
        check("[::1]:80", "[::1]:80 (this very machine)");
        check("127.1", "127.1, any port (this very machine)");
        check("192.168.0.1:80", "192.168.0.1:80 (a machine of your own network)");
        check("printer:80", "printer:80 (a machine of your own network)");
        check("chat.example:443", "chat.example:443");
        check("chat.example", "chat.example, any port");
    }
}
