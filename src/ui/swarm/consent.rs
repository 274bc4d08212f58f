//! What a link makes this page ask: whether its broker may be talked to, and whether its conductor may play here.

use leptos::prelude::*;

use crate::ui::parts::Question;
use crate::ui::store::Store;
use app::Model;
use app::safety::FAIR_USE;
use app::swarm::view::PartView;
use app::swarm::{Asks, Joining, Reply, named, nearness};
use app::swarm::{SwarmEvent, SwarmView};
use base::url;
use swarm::Role;

/// Before anything is connected to.
#[component]
pub fn BrokerQuestion() -> impl IntoView {
    let store = Store::here();
    let joining = store.select(|model| model.swarm.joining.clone().filter(|joining| joining.asks == Asks::Person));
    let leaves = store.select(Model::leaves_something);
    let about = Signal::derive(move || joining.with(|joining| joining.as_ref().map(|joining| joining.invite.own())));
    let fact = move |pick: fn(&Joining) -> String| {
        move || joining.with(|joining| joining.as_ref().map(pick).unwrap_or_default())
    };
    let near = fact(|joining| {
        let near = url::host(&joining.invite.broker).and_then(|host| nearness(&host));
        near.map_or_else(String::new, |near| format!(" It is {near}."))
    });
    let load = fact(|joining| {
        let load = match joining.invite.role() {
            Role::Watcher => "",
            Role::Conductor | Role::Generator => {
                " No load is played by this: what a conductor wants to play here is asked about by itself."
            }
        };
        load.to_owned()
    });
    let wants = fact(|joining| {
        let wants = match joining.invite.role() {
            Role::Conductor => "The link makes this page conduct a swarm there.",
            Role::Generator => "The link makes this page a member of somebody's swarm there.",
            Role::Watcher => "The link shows how somebody's swarm does there, and plays nothing.",
        };
        wants.to_owned()
    });
    view! {
        <Question
            title="May this page talk to a broker?"
            about
            yes="Connect"
            no="Do not connect"
            on_answer=move |allows| store.dispatch(SwarmEvent::Reply(Reply { allows, ..Reply::default() }))
        >
            <p class="asked"><code>{fact(|joining| joining.invite.broker.clone())}</code></p>
            <p>"This address stands in the link that was opened."{near}" "{wants}" Whoever runs the broker sees this browser's address."</p>
            <p class="problem" hidden=move || !leaves.get()>"This page leaves what it is in the middle of, and its part ends."</p>
            <p class="hint">
                "Nothing is connected to before you agree."{load}" This broker is asked about once; \"Hosts and limits\" beside the plan takes it back."
            </p>
        </Question>
    }
}

/// Before anything of somebody else's is played here. During a run the swarm's page asks, and nothing covers its Stop.
#[component]
pub fn LoadQuestion() -> impl IntoView {
    let store = Store::here();
    let samples = RwSignal::new(false);
    let about = store.swarm(|swarm| {
        let part = swarm.part.as_ref().filter(|part| swarm.is_asking() && !part.is_playing);
        part.map(|part| part.number.to_string())
    });
    Effect::new(move || {
        about.track();
        // A tick was for what was shown.
        samples.set(false);
    });
    let fair_use = store.select(|model| !model.safety.fair_use);
    let reply = move |allows| {
        let (samples, fair_use) = (samples.get_untracked(), fair_use.get_untracked());
        store.dispatch(SwarmEvent::Reply(Reply { allows, samples, fair_use }));
    };
    let fair = FAIR_USE.map(|line| view! { <li>{line}</li> }).collect_view();
    view! {
        <Question
            title="May somebody else's load come from this browser?"
            about=Signal::derive(move || about.get())
            yes="Allow"
            no="Refuse"
            on_answer=reply
        >
            <div hidden=move || !fair_use.get()>
                <h3>"Fair use"</h3>
                <ul>{fair}</ul>
            </div>
            <Terms />
            <p>
                "What goes back to the conductor: counts, times, the names of events, operations, rooms and error codes. What servers say to this browser does not, unless you tick this:"
            </p>
            <label class="check">
                <input type="checkbox" prop:checked=samples on:change=move |event| samples.set(event_target_checked(&event)) />
                "Send samples of what servers answer: frames, error texts, close reasons"
            </label>
            <p class="hint">
                "Asked once; more users, a longer run or another place is asked about again. \"Stop this browser\" and Ctrl + . end it at any time."
            </p>
        </Question>
    }
}

/// Who conducts, where the load goes, how much of it there is, and from when on.
#[component]
pub fn Terms() -> impl IntoView {
    let store = Store::here();
    let fact = move |label: &'static str, pick: fn(&PartView) -> String| {
        let text = store.swarm(move |swarm: &SwarmView| swarm.part.as_ref().map(pick).unwrap_or_default());
        let is_empty = move || text.with(String::is_empty);
        view! { <div class="fact" hidden=is_empty><dt>{label}</dt><dd>{move || text.get()}</dd></div> }
    };
    view! {
        <dl class="facts terms">
            {fact("Conductor", |part| part.conductor.clone())}
            {fact("Plan", |part| part.plan.clone())}
            {fact("Load goes to", |part| part.places.iter().map(|place| named(place)).collect::<Vec<_>>().join("; "))}
            {fact("Each of them gets", |part| part.far.join("; "))}
            {fact("Users", |part| format!("{} over all browsers; the conductor may change that, up to {} in this one", part.users, part.most))}
            {fact("Length", |part| part.length.clone())}
            {fact("From when on", |part| part.from.to_owned())}
            {fact("Without its conductor for", |part| format!("{}, then it stops", part.patience))}
        </dl>
    }
}
