//! Does in the browser what the model asks for.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, HtmlTextAreaElement};

use super::download;
use super::sound;
use super::store::Store;
use crate::browser::{Introduction, offered_broker, random};
use app::kept::{BROKER, DRAFT, Kept, NAME, Place, SAFETY, THEME};
use app::text_file::TextFile;
use app::{Effect, Event, Page, Theme};
use plan::{Limits, Plan};
use protocol::audio::Clip;
use swarm::{Credentials, Generator, Invite, Keys, Role, Secret};

/// The JSON editor's id; a problem is shown there.
pub const EDITOR_ID: &str = "plan-json";

pub fn run(store: Store, effect: Effect) {
    match effect {
        Effect::Download { name, text } => report(store, download::text_file(&name, "application/json", &text)),
        Effect::CopyLink { fragment, done } => copy_link(store, &fragment, done),
        Effect::RevealLine(line) => reveal_line(line),
        Effect::ApplyTheme(theme) => apply_theme(theme),
        Effect::KeepDraft(text) => keep_draft(&text),
        Effect::EnterPage => enter_page(),
        Effect::Start { plan, csv, clips } => start(store, *plan, csv, clips),
        Effect::PlayClip(clip) => sound::play(store, &clip),
        Effect::StopClip => sound::stop_clip(store),
        Effect::Record => sound::record(store),
        Effect::EndRecording { name, rate } => sound::end_recording(store, name, rate),
        Effect::DiscardRecording => sound::discard_recording(store),
        Effect::Hear { user, volume } => sound::hear(store, user, volume),
        Effect::StopHearing => sound::stop_hearing(store),
        Effect::SetVolume(volume) => sound::set_volume(store, volume),
        Effect::PlayPieces { rate, pieces } => sound::play_pieces(store, rate, &pieces),
        Effect::Watch(user) => store.driver().watch(user),
        Effect::Canary { user, order } => store.driver().canary(user, order),
        Effect::RevealUser => reveal_user(),
        Effect::CopyText { text, done } => copy_text(store, &text, done),
        Effect::NoteDown(text) => store.driver().note_down(text),
        Effect::Stop => store.driver().stop(),
        Effect::Abort => store.driver().abort(),
        Effect::Act(action) => store.driver().act(*action),
        Effect::NoteAt { at_s, text } => store.driver().note_at(at_s, text),
        Effect::RecordSession => record_session(store),
        Effect::Refresh => store.refresh(),
        Effect::Results(effect) => super::results::effects::run(store, effect),
        Effect::Save(format) => download::save_current(store, format),
        Effect::AskForBroker => ask_for_broker(store),
        Effect::EnterSwarm { invite, credentials, name } => enter_swarm(store, *invite, credentials, name),
        Effect::OpenSwarm { broker, name } => open_swarm(store, &broker, name),
        Effect::LeaveSwarm => leave_swarm(store),
        Effect::OfferPlan(offer) if !store.driver().is_running() => store.swarm_driver().offer(*offer),
        Effect::OfferPlan(_) => {}
        Effect::Decide(answer) => store.swarm_driver().change(|swarm| swarm.generate(|own| own.decide(answer))),
        Effect::AskAgain => store.swarm_driver().change(|swarm| swarm.generate(Generator::ask_again)),
        Effect::ForgetLink => set_fragment(""),
        Effect::Preflight(order) => store.rehearse(*order),
        Effect::CancelPreflight => store.cancel_rehearsal(),
        Effect::KeepSafety { text, limits } => keep_safety(store, &text, limits),
        Effect::StopPart => store.swarm_driver().change(|swarm| swarm.generate(Generator::stop)),
        Effect::WatchOnly(only) => store.swarm_driver().change(|swarm| swarm.watch_only(only)),
        Effect::MoveParts(moves) => store.swarm_driver().change(|swarm| swarm.moves_parts = moves),
        Effect::SetPatience(patience) => store.swarm_driver().set_patience(patience),
        Effect::NameBrowser(name) => {
            remember(NAME, &name);
            store.swarm_driver().change(|swarm| swarm.rename(&name));
        }
    }
}

/// The run's plan has become what was done to it; it is opened like any other plan.
fn record_session(store: Store) {
    let plan = store.driver().with_run(|run| run.and_then(|run| serde_json::to_string_pretty(run.plan()).ok()));
    if let Some(text) = plan {
        store.dispatch(Event::PlanRead { name: "this session".to_owned(), file: Ok(TextFile::utf8(text)) });
        store.dispatch(Event::Show(Page::Plan));
    }
}

fn start(store: Store, plan: Plan, csv: Vec<Vec<Vec<String>>>, clips: Vec<Clip>) {
    let driver = store.driver();
    // Its own row is always there.
    if store.peek(|model| model.swarm.role == Some(Role::Conductor) && model.swarm.roster.len() > 1) {
        let text = "Start waits until the other browsers have answered, a minute at the most; Ctrl + . calls it off.";
        store.dispatch(Event::Done(text.to_owned()));
    }
    leptos::task::spawn_local(async move {
        if let Err(error) = driver.start(plan, csv, clips).await {
            store.dispatch(Event::Refused(error.to_string()));
        }
    });
}

fn report(store: Store, outcome: Result<(), JsValue>) {
    if let Err(error) = outcome {
        store.dispatch(Event::Failed(format!("The browser refused: {error:?}.")));
    }
}

fn copy_link(store: Store, fragment: &str, done: String) {
    let location = window().location();
    let address = location.href().unwrap_or_default();
    let page = address.split('#').next().unwrap_or_default();
    let link = format!("{page}{fragment}");
    // The address bar shows the link too, for browsers that refuse the clipboard; but for a page in a swarm, which finds its way back
    // there by its address. Setting `location.hash` instead would count as following the link.
    let in_swarm = store.swarm_driver().with(|swarm| swarm.is_some());
    if !in_swarm {
        let history = window().history();
        report(store, history.and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(fragment))));
    }
    let copied = window().navigator().clipboard().write_text(&link);
    leptos::task::spawn_local(async move {
        store.dispatch(match wasm_bindgen_futures::JsFuture::from(copied).await {
            Ok(_) => Event::Done(done),
            Err(_) if in_swarm => Event::Done(format!("The browser refused the clipboard. The link is {link}")),
            Err(_) => {
                Event::Done(format!("{done} The browser refused the clipboard: take the link from the address bar."))
            }
        });
    });
}

fn copy_text(store: Store, text: &str, done: String) {
    let copied = window().navigator().clipboard().write_text(text);
    leptos::task::spawn_local(async move {
        store.dispatch(match wasm_bindgen_futures::JsFuture::from(copied).await {
            Ok(_) => Event::Done(done),
            Err(_) => Event::Failed("The browser refused the clipboard.".to_owned()),
        });
    });
}

/// The panel that led there closes first and would take the focus back.
fn reveal_user() {
    request_animation_frame(|| {
        if let Some(card) = document().get_element_by_id(super::run::SEE_ID) {
            card.scroll_into_view();
            // Focusing an element that is there cannot fail.
            let _ = card.unchecked_into::<HtmlElement>().focus();
        }
    });
}

/// Begins at the top, for eyes and for keyboards: the button that was pressed may be gone.
pub fn enter_page() {
    focus_page();
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// The keyboard goes on in the page, not in nothing.
pub fn focus_page() {
    if let Ok(Some(main)) = document().query_selector("main") {
        // Focusing an element that is there cannot fail.
        let _ = main.unchecked_into::<HtmlElement>().focus();
    }
}

/// Opens the editor, puts the cursor on the line and scrolls it into view.
fn reveal_line(line: usize) {
    let Some(editor) = document().get_element_by_id(EDITOR_ID) else { return };
    if let Ok(Some(details)) = editor.closest("details") {
        // Setting an attribute of an element that is there cannot fail.
        let _ = details.set_attribute("open", "");
    }
    let editor: HtmlTextAreaElement = editor.unchecked_into();
    let text = editor.value();
    let lengths = text.split('\n').map(|line| line.encode_utf16().count() as u32 + 1);
    let start: u32 = lengths.clone().take(line - 1).sum();
    let end = start + lengths.clone().nth(line - 1).unwrap_or(1) - 1;
    let _ = editor.focus();
    let _ = editor.set_selection_range(start, end);
    let height = f64::from(editor.scroll_height()) / lengths.count().max(1) as f64;
    editor.set_scroll_top(((line as f64 - 4.0) * height).max(0.0) as i32);
    editor.scroll_into_view();
}

/// A lab that serves a room has a broker of its own.
fn ask_for_broker(store: Store) {
    leptos::task::spawn_local(async move {
        store.dispatch(Event::BrokerOffered(offered_broker().await));
    });
}

/// The address keeps the invitation, so that a reload finds back.
fn open_swarm(store: Store, broker: &str, name: String) {
    let bytes = random().map_err(|error| error.to_string());
    let invite = bytes
        .and_then(|bytes| Invite::new(Keys::to_conduct(Secret::new(bytes)), broker).map_err(|error| error.to_string()));
    match invite {
        Ok(invite) => {
            set_fragment(&invite.own());
            remember(BROKER, broker);
            enter_swarm(store, invite, None, name);
        }
        Err(error) => store.dispatch(Event::Failed(format!("The swarm was not opened: {error}."))),
    }
}

fn enter_swarm(store: Store, invite: Invite, credentials: Option<Credentials>, name: String) {
    let this = Introduction::of_this_browser(&name, store.driver().limits());
    leptos::task::spawn_local(async move {
        match store.swarm_driver().enter(invite, credentials, this).await {
            Ok(run) => {
                // They may have been changed on the way in.
                let limits = store.driver().limits();
                store.swarm_driver().change(|swarm| swarm.generate(|generator| generator.limit(limits)));
                run.into_iter().for_each(|run| store.driver().take_over(run));
            }
            Err(error) => store.dispatch(Event::Failed(format!("The swarm was not entered: {error}."))),
        }
    });
}

fn leave_swarm(store: Store) {
    set_fragment("");
    store.swarm_driver().leave();
}

fn keep_safety(store: Store, text: &str, limits: Limits) {
    remember(SAFETY, text);
    store.driver().set_limits(limits.clone());
    store.swarm_driver().change(|swarm| swarm.generate(|generator| generator.limit(limits)));
}

pub fn set_fragment(fragment: &str) {
    let path = window().location().pathname().unwrap_or_default();
    if let Ok(history) = window().history() {
        // It fails only for an address of another origin.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("{path}{fragment}")));
    }
}

fn apply_theme(theme: Theme) {
    let Some(root) = document().document_element() else { return };
    let _ = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.name()),
    };
    remember(THEME, theme.name());
}

/// An address that holds a plan holds another one from now on.
fn keep_draft(text: &str) {
    remember(DRAFT, text);
    let location = window().location();
    if location.hash().is_ok_and(|hash| hash.starts_with("#plan"))
        && let (Ok(path), Ok(history)) = (location.pathname(), window().history())
    {
        // It fails only for an address of another origin.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
}

/// What the page wrote down under this name; empty if it did not.
pub fn remembered(kept: Kept) -> String {
    let stored = storage(kept.place).and_then(|storage| storage.get_item(kept.name).ok().flatten());
    stored.unwrap_or_default()
}

/// A page without storage forgets on reload, which is all that is lost.
fn remember(kept: Kept, text: &str) {
    if let Some(storage) = storage(kept.place) {
        let _ = storage.set_item(kept.name, text);
    }
}

fn storage(place: Place) -> Option<web_sys::Storage> {
    match place {
        Place::Tab => window().session_storage().ok().flatten(),
        Place::Browser => window().local_storage().ok().flatten(),
        Place::Database => None,
    }
}
