//! The watched user's conversation as a chat window. What servers say is text here, and never markup.

use leptos::prelude::*;

use crate::ui::parts::{Select, keyed, unique_id};
use crate::ui::store::Store;
use app::trace::{Bubble, ReplyRow, SeeState, TraceEvent, Voice, conversation};

#[component]
pub fn Conversation() -> impl IntoView {
    let store = Store::here();
    let bubbles = store.select(|model| conversation(&model.trace, &model.run.view));
    let is_empty = Memo::new(move |_| bubbles.with(Vec::is_empty));
    let place = NodeRef::<leptos::html::Ol>::new();
    // The newest line stays in view, as in every chat window, unless somebody reads further up.
    let follows = StoredValue::new(true);
    let on_scroll = move |_| {
        if let Some(list) = place.get_untracked() {
            follows.set_value(list.scroll_height() - list.scroll_top() - list.client_height() < NEAR_END);
        }
    };
    Effect::new(move || {
        bubbles.track();
        let Some(list) = place.get() else { return };
        if follows.get_value() {
            request_animation_frame(move || list.set_scroll_top(list.scroll_height()));
        }
    });
    view! {
        <section class="talk" aria-label="Conversation">
            <h3>"Conversation"</h3>
            <p class="hint" hidden=move || !is_empty.get()>"Nothing has been said yet, or nothing that the scenario looks into."</p>
            <ol node_ref=place on:scroll=on_scroll tabindex="0" aria-label="Messages, newest last">
                {keyed(move || bubbles.get(), |bubble: &Bubble| bubble.id.clone(), bubble)}
            </ol>
            <Canary />
        </section>
    }
}

fn bubble(bubble: Memo<Bubble>) -> impl IntoView {
    let store = Store::here();
    let reactions = store.select(|model| if model.trace.sight.taken { model.trace.reactions() } else { Vec::new() });
    let Bubble { by, name, time, frame, .. } = bubble.get_untracked();
    let answers = move || {
        let frame = frame.filter(|_| by != Voice::System)?;
        let button = move |(reaction, label): (usize, String)| {
            let on_click = move |_| store.dispatch(TraceEvent::React { reaction, frame });
            view! { <button class="quiet" on:click=on_click>{label}</button> }
        };
        Some(reactions.get().into_iter().map(button).collect_view())
    };
    view! {
        <li class=by.class() class:pending=move || bubble.with(|bubble| bubble.pending)>
            <span class="unseen">{if by == Voice::Own { "itself: " } else { "" }}</span>
            <span class="who">{name}</span>
            <span class="text">{move || bubble.with(|bubble| bubble.text.clone())}</span>
            <time>{time}{move || bubble.with(|bubble| if bubble.pending { ", on its way" } else { "" })}</time>
            <span class="answers">{answers}</span>
        </li>
    }
}

/// What a person has the user do.
#[component]
fn Canary() -> impl IntoView {
    let store = Store::here();
    let see = move |event| store.dispatch(event);
    let is_on = store.select(|model| matches!(model.trace.state, SeeState::On(_)));
    let is_taken = store.select(|model| model.trace.sight.taken);
    let can_say = store.select(|model| model.trace.can_say());
    let timers = store.select(|model| model.trace.timers());
    let draft = store.select(|model| model.trace.draft.clone());
    let replies = store.select(|model| model.trace.replies.iter().cloned().collect::<Vec<_>>());
    let clips = store.select(|model| model.trace.clips());
    let clip = store.select(|model| model.trace.clip().unwrap_or_default());
    let options = Signal::derive(move || clips.get().into_iter().map(|name| (name.clone(), name)).collect::<Vec<_>>());
    let id = unique_id("say");
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            see(TraceEvent::Say);
        }
    };
    let timer = move |(timer, label): (usize, String)| {
        view! { <button on:click=move |_| see(TraceEvent::Tick(timer))>{format!("Do \"{label}\" now")}</button> }
    };
    view! {
        <div class="canary">
            <div class="row">
                <button
                    class=move || if is_taken.get() { "danger" } else { "" }
                    disabled=move || !is_on.get()
                    on:click=move |_| see(if is_taken.get_untracked() { TraceEvent::Release } else { TraceEvent::Take })
                >
                    {move || if is_taken.get() { "Give it back to its script" } else { "Take over" }}
                </button>
                <span class="row" hidden=move || !is_taken.get()>{move || timers.get().into_iter().map(timer).collect_view()}</span>
            </div>
            <div class="say" hidden=move || !is_taken.get() || !can_say.get()>
                <label class="unseen" for=id.clone()>"Message"</label>
                <input
                    id=id
                    type="text"
                    autocomplete="off"
                    placeholder="Write as this user"
                    prop:value=draft
                    on:input=move |event| see(TraceEvent::Draft(event_target_value(&event)))
                    on:keydown=on_key
                />
                <button class="primary" on:click=move |_| see(TraceEvent::Say)>"Send"</button>
            </div>
            <div class="say" hidden=move || !is_taken.get() || clips.with(Vec::is_empty)>
                <Select label="Clip" bare=true options value=clip on_choose=move |clip| see(TraceEvent::ChooseClip(clip)) />
                <button class="primary" on:click=move |_| see(TraceEvent::Speak)>"Speak"</button>
            </div>
            <ul class="replies" role="log" aria-label="Answers to what was done by hand" hidden=move || !is_taken.get()>
                {keyed(move || replies.get(), |reply: &ReplyRow| reply.id, |reply: Memo<ReplyRow>| {
                    let ReplyRow { kind, text, .. } = reply.get_untracked();
                    view! { <li class=kind.words().2>{text}</li> }
                })}
            </ul>
        </div>
    }
}

/// Whoever is so close to the end, in pixels, follows it.
const NEAR_END: i32 = 160;
