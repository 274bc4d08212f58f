//! What a person does with the swarm.

use crate::event::{Effect, Event};
use crate::model::Model;
use crate::notice::{About, NoticeKind, over, say};
use crate::swarm::joining::{allow_broker, enter};
use swarm::{Offer, Role, checked_broker};

pub fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::OpenSwarm => return open(model),
        Event::LeaveSwarm => return vec![Effect::LeaveSwarm],
        Event::TypedBroker(text) => {
            model.broker = text;
            over(model, About::Swarm);
        }
        Event::NameBrowser(name) => {
            model.browser_name.clone_from(&name);
            return vec![Effect::NameBrowser(name)];
        }
        Event::WatchOnly(only) => return vec![Effect::WatchOnly(only)],
        Event::MoveParts(moves) => return vec![Effect::MoveParts(moves)],
        Event::SetPatience(patience) => return vec![Effect::SetPatience(patience)],
        Event::GiveCredentials(credentials) => {
            let invite = model.swarm.own.clone();
            return invite.map(|invite| enter(model, invite, Some(credentials))).into_iter().collect();
        }
        Event::StopPart => return vec![Effect::StopPart],
        Event::CopyInvite => {
            let done = "Link copied. Whoever has it can join this swarm.".to_owned();
            return vec![Effect::CopyLink { fragment: model.swarm.invite.clone(), done }];
        }
        Event::CopyWatchLink => {
            let done = "Link copied. Whoever has it sees how the run looks, and can do nothing.".to_owned();
            return vec![Effect::CopyLink { fragment: model.swarm.watch.clone(), done }];
        }
        Event::SwarmChanged(view) => {
            let entered = model.swarm.role.is_none() && view.role.is_some();
            if view.role.is_some() != model.swarm.role.is_some() {
                over(model, About::Swarm);
            }
            model.swarm = *view;
            if entered {
                return offer(model).into_iter().chain(renamed_meanwhile(model)).collect();
            }
        }
        _ => {}
    }
    Vec::new()
}

/// The plan that everybody's operator is asked about, while this page conducts.
pub fn offer(model: &Model) -> Option<Effect> {
    let plan = model.editor.plan().filter(|_| model.swarm.role == Some(Role::Conductor))?;
    Some(Effect::OfferPlan(Box::new(Offer::of(plan))))
}

/// What was typed while the swarm was being entered: it was entered under the name of before.
fn renamed_meanwhile(model: &Model) -> Option<Effect> {
    let chosen = model.browser_name.trim();
    (!chosen.is_empty() && chosen != model.swarm.name).then(|| Effect::NameBrowser(model.browser_name.clone()))
}

fn open(model: &mut Model) -> Vec<Effect> {
    match checked_broker(&model.broker) {
        Ok(broker) => {
            let keep = allow_broker(model, &broker);
            vec![keep, Effect::OpenSwarm { broker, name: model.browser_name.clone() }]
        }
        Err(error) => {
            say(model, NoticeKind::Problem, About::Swarm, format!("The swarm was not opened: {error}."));
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::view::SwarmView;

    fn entering(name: &str, entered_as: &str) -> Vec<Effect> {
        let mut model = Model { browser_name: name.into(), ..Model::default() };
        let view = SwarmView { role: Some(Role::Generator), name: entered_as.into(), ..SwarmView::default() };
        let effects = update(&mut model, Event::SwarmChanged(Box::new(view.clone())));
        let again = update(&mut model, Event::SwarmChanged(Box::new(view)));
        assert_eq!(again, [], "only once");
        effects
    }

    #[test]
    fn a_name_that_was_typed_while_the_swarm_was_being_entered_is_not_lost() {
        assert_eq!(entering("hall 2", "Chromium 417"), [Effect::NameBrowser("hall 2".into())]);
        assert_eq!(entering(" hall 2 ", "hall 2"), []);
        assert_eq!(entering(" ", "Chromium 417"), []);
    }
}
