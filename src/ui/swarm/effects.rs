//! Does in the browser what the swarm page asks for.

use crate::browser::{Introduction, offered_broker, random};
use crate::ui::page::set_fragment;
use crate::ui::storage::remember;
use crate::ui::store::Store;
use app::kept::{BROKER, NAME};
use app::page::PageEvent;
use app::swarm::{SwarmEffect, SwarmEvent};
use swarm::{Credentials, Generator, Invite, Keys, Secret};

pub fn run(store: Store, effect: SwarmEffect) {
    let driver = store.swarm_driver();
    match effect {
        SwarmEffect::AskForBroker => ask_for_broker(store),
        SwarmEffect::Enter { invite, credentials, name } => enter(store, *invite, credentials, name),
        SwarmEffect::Open { broker, name } => open(store, &broker, name),
        SwarmEffect::Leave => leave(store),
        // The plan of a run that goes on is not the one that was typed.
        SwarmEffect::OfferPlan(offer) => {
            if !store.driver().is_running() {
                driver.quietly(|own| own.offer(*offer));
            }
        }
        SwarmEffect::Decide(answer) => driver.change(|swarm| swarm.generate(|own| own.decide(answer))),
        SwarmEffect::AskAgain => driver.change(|swarm| swarm.generate(Generator::ask_again)),
        SwarmEffect::ForgetLink => set_fragment(""),
        SwarmEffect::StopPart => driver.change(|swarm| swarm.generate(Generator::stop)),
        SwarmEffect::WatchOnly(only) => driver.change(|swarm| swarm.watch_only(only)),
        SwarmEffect::MoveParts(moves) => driver.change(|swarm| swarm.move_parts(moves)),
        SwarmEffect::SetPatience(patience) => driver.change(|own| own.set_patience(patience)),
        SwarmEffect::NameBrowser(name) => {
            remember(NAME, &name);
            driver.rename(&name);
        }
    }
}

/// A lab that serves a room has a broker of its own.
fn ask_for_broker(store: Store) {
    leptos::task::spawn_local(async move {
        store.dispatch(SwarmEvent::BrokerOffered(offered_broker().await));
    });
}

/// The address keeps the invitation, so that a reload finds back.
fn open(store: Store, broker: &str, name: String) {
    let bytes = random().map_err(|error| error.to_string());
    let invite = bytes
        .and_then(|bytes| Invite::new(Keys::to_conduct(Secret::new(bytes)), broker).map_err(|error| error.to_string()));
    match invite {
        Ok(invite) => {
            set_fragment(&invite.own());
            remember(BROKER, broker);
            enter(store, invite, None, name);
        }
        Err(error) => store.dispatch(PageEvent::Failed(format!("The swarm was not opened: {error}."))),
    }
}

fn enter(store: Store, invite: Invite, credentials: Option<Credentials>, name: String) {
    let this = Introduction::of_this_browser(&name, store.driver().limits());
    leptos::task::spawn_local(async move {
        match store.swarm_driver().enter(invite, credentials, this).await {
            Ok(run) => {
                // They may have been changed on the way in.
                let limits = store.driver().limits();
                store.swarm_driver().change(|swarm| swarm.generate(|generator| generator.limit(limits)));
                run.into_iter().for_each(|run| store.driver().take_over(run));
            }
            Err(error) => store.dispatch(PageEvent::Failed(format!("The swarm was not entered: {error}."))),
        }
    });
}

fn leave(store: Store) {
    set_fragment("");
    store.swarm_driver().leave();
}
