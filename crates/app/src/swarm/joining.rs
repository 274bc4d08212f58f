//! What stands between a link and a swarm. Anybody's web page can open such a link, so nothing is connected to before the person
//! at this browser has agreed to that broker; each is asked about once.

use crate::notice::{About, NoticeKind};
use crate::page::Page;
use crate::response::{Response, Responses, wants};
use crate::swarm::model::{Asks, Joining, SwarmModel};
use crate::swarm::{Reply, SwarmContext, SwarmEffect};
use swarm::{Decision, Invite, InviteError, Role};

/// A link brought this page to a swarm's door.
pub fn follow(
    model: &mut SwarmModel,
    invite: Result<Invite, InviteError>,
    context: &SwarmContext<'_>,
) -> Responses<SwarmEffect> {
    let mut responses = vec![Response::Show(Page::Swarm)];
    let invite = match invite {
        Ok(invite) => invite,
        Err(error) => {
            let text = format!("The swarm was not joined: {error}.");
            responses.push(Response::say(NoticeKind::Problem, About::Swarm, text));
            return responses;
        }
    };
    // Whoever has opened this page can change its fragment: what it is in the middle of is not left unasked.
    let asks = match invite.role() {
        _ if context.leaves_something => Asks::Person,
        _ if context.safety.brokers.contains(&invite.broker) => {
            responses.push(Response::Do(model.enter(invite, None)));
            return responses;
        }
        // The one who conducts got the link from his own room, which can say so.
        Role::Conductor => Asks::Server,
        Role::Generator | Role::Watcher => Asks::Person,
    };
    model.joining = Some(Joining { invite, asks });
    responses.extend((asks == Asks::Server).then_some(Response::Do(SwarmEffect::AskForBroker)));
    responses
}

/// Where this page came from has named its broker, or has none.
pub fn offered(model: &mut SwarmModel, broker: Option<&str>) -> Option<SwarmEffect> {
    let mut joining = model.joining.take_if(|joining| joining.asks == Asks::Server)?;
    if broker == Some(joining.invite.broker.as_str()) {
        return Some(model.enter(joining.invite, None));
    }
    joining.asks = Asks::Person;
    model.joining = Some(joining);
    None
}

/// A person, or a program that may, answers what is asked.
pub fn answer(model: &mut SwarmModel, reply: Reply, context: &SwarmContext<'_>) -> Responses<SwarmEffect> {
    if let Some(Joining { invite, .. }) = model.joining.take_if(|joining| joining.asks == Asks::Person) {
        if reply.allows {
            let allowed = Response::AllowBroker(invite.broker.clone());
            return vec![allowed, Response::Do(model.enter(invite, None))];
        }
        // The same link, followed again, asks again.
        let forget = (!context.leaves_something).then_some(Response::Do(SwarmEffect::ForgetLink));
        let said = Response::say(NoticeKind::Warning, About::Swarm, "Nothing was connected to.");
        return [said].into_iter().chain(forget).collect();
    }
    let Some(part) = model.view.part.as_ref().filter(|_| model.view.is_asking()) else { return Vec::new() };
    let mut responses =
        wants([SwarmEffect::Decide(Decision { allows: reply.allows, offer: part.number, samples: reply.samples })]);
    let is_read = reply.allows && reply.fair_use && !context.safety.fair_use;
    responses.extend(is_read.then_some(Response::FairUseRead));
    responses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::PageEvent;
    use crate::safety::{SafetyEffect, SafetyEvent};
    use crate::swarm::SwarmEvent;
    use crate::swarm::view::PartView;
    use crate::{Effect, Model, update};
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
        update(model, PageEvent::Followed { fragment: link(role) })
    }

    fn enters(effects: &[Effect]) -> bool {
        effects.iter().any(|effect| matches!(effect, Effect::Swarm(SwarmEffect::Enter { .. })))
    }

    fn reply(model: &mut Model, allows: bool) -> Vec<Effect> {
        update(model, SwarmEvent::Reply(Reply { allows, ..Reply::default() }))
    }

    #[test]
    fn a_link_connects_to_nothing_before_its_broker_is_agreed_to_and_that_is_asked_once() {
        let mut model = Model::default();
        assert_eq!(followed(&mut model, Role::Generator), []);
        assert!(model.swarm.is_asking());
        let effects = reply(&mut model, true);
        assert!(enters(&effects) && !model.swarm.is_asking(), "{effects:?}");
        let Effect::Safety(SafetyEffect::Keep { text, .. }) = &effects[0] else { panic!("{effects:?}") };
        let mut reloaded = Model::default();
        update(&mut reloaded, SafetyEvent::Remembered(text.clone()));
        assert!(enters(&followed(&mut reloaded, Role::Generator)), "the browser remembers");
        update(&mut reloaded, SafetyEvent::RemoveBroker(BROKER.into()));
        assert!(!enters(&followed(&mut reloaded, Role::Generator)), "it was taken back");
    }

    #[test]
    fn a_no_connects_to_nothing_and_is_asked_again() {
        let mut model = Model::default();
        followed(&mut model, Role::Generator);
        assert_eq!(reply(&mut model, false), [Effect::Swarm(SwarmEffect::ForgetLink)]);
        assert!(model.safety.brokers.is_empty() && !model.swarm.is_asking());
        assert_eq!(reply(&mut model, true), [], "a yes to nothing");
        assert!(followed(&mut model, Role::Generator).is_empty() && model.swarm.is_asking());
    }

    #[test]
    fn a_link_to_conduct_is_asked_about_too_but_for_the_page_s_own_room() {
        for (offered, is_own) in [(Some(BROKER), true), (Some("ws://other/"), false), (None, false)] {
            let mut model = Model::default();
            assert_eq!(followed(&mut model, Role::Conductor), [Effect::Swarm(SwarmEffect::AskForBroker)]);
            assert!(!model.swarm.is_asking() && reply(&mut model, true).is_empty(), "nobody has asked yet");
            let effects = update(&mut model, SwarmEvent::BrokerOffered(offered.map(str::to_owned)));
            assert_eq!((enters(&effects), model.swarm.is_asking()), (is_own, !is_own), "{offered:?}");
        }
        // Somebody who is invited is asked all the same.
        let mut model = Model::default();
        followed(&mut model, Role::Generator);
        assert_eq!(update(&mut model, SwarmEvent::BrokerOffered(Some(BROKER.into()))), []);
    }

    #[test]
    fn who_opens_a_swarm_has_agreed_to_its_broker() {
        let mut model =
            Model { swarm: SwarmModel { broker: BROKER.into(), ..SwarmModel::default() }, ..Model::default() };
        let effects = update(&mut model, SwarmEvent::Open);
        assert!(
            matches!(effects[..], [Effect::Safety(SafetyEffect::Keep { .. }), Effect::Swarm(SwarmEffect::Open { .. })]),
            "{effects:?}"
        );
        assert!(enters(&followed(&mut model, Role::Conductor)), "also when its page is loaded anew");
    }

    #[test]
    fn no_link_takes_a_page_out_of_its_swarm_or_its_run_unasked() {
        let mut model = Model::default();
        model.safety.brokers.insert(BROKER.into());
        model.swarm.view.role = Some(Role::Generator);
        assert!(followed(&mut model, Role::Generator).is_empty() && model.swarm.is_asking());
        assert_eq!(reply(&mut model, false), [], "the address of the swarm it is in is needed for a reload");
        let mut model = Model::default();
        model.safety.brokers.insert(BROKER.into());
        model.run.view.status.phase = crate::run::view::Phase::Holding;
        assert!(followed(&mut model, Role::Generator).is_empty() && model.swarm.is_asking());
    }

    #[test]
    fn an_answer_names_the_offer_that_was_shown_and_allows_nothing_else() {
        let part = PartView { plan: "evening".into(), number: 4, consent: Consent::Asked, ..PartView::default() };
        let mut model = Model::default();
        model.swarm.view.part = Some(part);
        let yes = Reply { allows: true, samples: true, fair_use: true };
        let effects = update(&mut model, SwarmEvent::Reply(yes));
        let [Effect::Swarm(SwarmEffect::Decide(answer)), Effect::Safety(SafetyEffect::Keep { limits, .. })] =
            &effects[..]
        else {
            panic!("{effects:?}")
        };
        assert_eq!(*answer, Decision { allows: true, offer: 4, samples: true });
        assert!(limits.hosts.is_empty() && model.safety.fair_use);
        if let Some(part) = &mut model.swarm.view.part {
            part.consent = Consent::Given;
        }
        assert_eq!(reply(&mut model, true), []);
        assert_eq!(
            update(&mut model, SwarmEvent::TakeBack),
            [Effect::Swarm(SwarmEffect::Decide(Decision { allows: false, offer: 4, samples: false }))]
        );
    }
}
