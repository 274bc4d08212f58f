//! What a person does with the swarm, and what becomes of it.

use crate::notice::{About, NoticeKind};
use crate::page::PageEffect;
use crate::response::{Response, Responses, wants};
use crate::swarm::joining::{answer, offered};
use crate::swarm::{SwarmContext, SwarmEffect, SwarmEvent, SwarmModel, SwarmView};
use plan::Plan;
use swarm::{Decision, checked_broker};

pub fn update(model: &mut SwarmModel, event: SwarmEvent, context: &SwarmContext<'_>) -> Responses<SwarmEffect> {
    match event {
        SwarmEvent::Open => open(model),
        SwarmEvent::Leave => wants([SwarmEffect::Leave]),
        SwarmEvent::TypedBroker(text) => {
            model.broker = text;
            vec![Response::over(About::Swarm)]
        }
        SwarmEvent::BrokerOffered(broker) => {
            if let (true, Some(broker)) = (model.broker.is_empty(), &broker) {
                model.broker.clone_from(broker);
            }
            wants(offered(model, broker.as_deref()))
        }
        SwarmEvent::NameBrowser(name) => {
            model.browser_name.clone_from(&name);
            wants([SwarmEffect::NameBrowser(name)])
        }
        SwarmEvent::WatchOnly(only) => wants([SwarmEffect::WatchOnly(only)]),
        SwarmEvent::MoveParts(moves) => wants([SwarmEffect::MoveParts(moves)]),
        SwarmEvent::SetPatience(patience) => wants([SwarmEffect::SetPatience(patience)]),
        SwarmEvent::GiveCredentials(credentials) => {
            wants(model.view.own.clone().map(|invite| model.enter(invite, Some(credentials))))
        }
        SwarmEvent::Reply(reply) => answer(model, reply, context),
        SwarmEvent::TakeBack => {
            let refuse = |offer| SwarmEffect::Decide(Decision { allows: false, offer, samples: false });
            wants(model.view.part.as_ref().map(|part| refuse(part.number)))
        }
        SwarmEvent::AskAgain => wants([SwarmEffect::AskAgain]),
        SwarmEvent::StopPart => wants([SwarmEffect::StopPart]),
        SwarmEvent::CopyInvite => copied(&model.view.invite, "Link copied. Whoever has it can join this swarm."),
        SwarmEvent::CopyWatchLink => {
            let done = "Link copied. Whoever has it sees how the run looks, and can do nothing.";
            copied(&model.view.watch, done)
        }
        SwarmEvent::Changed(view) => changed(model, *view, context.plan),
    }
}

fn open(model: &SwarmModel) -> Responses<SwarmEffect> {
    match checked_broker(&model.broker) {
        Ok(broker) => {
            let open = SwarmEffect::Open { broker: broker.clone(), name: model.browser_name.clone() };
            vec![Response::AllowBroker(broker), Response::Do(open)]
        }
        Err(error) => {
            let text = format!("The swarm was not opened: {error}.");
            vec![Response::say(NoticeKind::Problem, About::Swarm, text)]
        }
    }
}

fn copied(fragment: &str, done: &str) -> Responses<SwarmEffect> {
    vec![Response::Page(PageEffect::CopyLink { fragment: fragment.to_owned(), done: done.to_owned() })]
}

fn changed(model: &mut SwarmModel, view: SwarmView, plan: Option<&Plan>) -> Responses<SwarmEffect> {
    let (was_in, is_in) = (model.view.role.is_some(), view.role.is_some());
    model.view = view;
    let over = (was_in != is_in).then(|| Response::over(About::Swarm));
    let entered = (is_in && !was_in).then(|| model.offer(plan).into_iter().chain(renamed_meanwhile(model)));
    over.into_iter().chain(entered.into_iter().flatten().map(Response::Do)).collect()
}

/// What was typed while the swarm was being entered: it was entered under the name of before.
fn renamed_meanwhile(model: &SwarmModel) -> Option<SwarmEffect> {
    let chosen = model.browser_name.trim();
    (!chosen.is_empty() && chosen != model.view.name).then(|| SwarmEffect::NameBrowser(model.browser_name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Effect, Model, update};
    use swarm::Role;

    fn entering(name: &str, entered_as: &str) -> Vec<Effect> {
        let mut model = Model::default();
        model.swarm.browser_name = name.into();
        let view = SwarmView { role: Some(Role::Generator), name: entered_as.into(), ..SwarmView::default() };
        let effects = update(&mut model, SwarmEvent::Changed(Box::new(view.clone())));
        let again = update(&mut model, SwarmEvent::Changed(Box::new(view)));
        assert_eq!(again, [], "only once");
        effects
    }

    #[test]
    fn a_name_that_was_typed_while_the_swarm_was_being_entered_is_not_lost() {
        assert_eq!(entering("hall 2", "Chromium 417"), [Effect::Swarm(SwarmEffect::NameBrowser("hall 2".into()))]);
        assert_eq!(entering(" hall 2 ", "hall 2"), []);
        assert_eq!(entering(" ", "Chromium 417"), []);
    }
}
