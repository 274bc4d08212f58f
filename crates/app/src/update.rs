//! The one place where the page's state changes: each event goes to its feature, and what features answer is carried out here.

use crate::event::{Effect, Event};
use crate::model::Model;
use crate::notice::{About, Notice, NoticeEffect, NoticeKind};
use crate::page::{Page, PageEffect, PageEvent, Theme};
use crate::plan::{PlanEffect, share};
use crate::response::{Response, Responses, Undertaking};
use crate::results::{ResultsEffect, Screen};
use crate::run::view::Phase;
use crate::run::{RunContext, RunEffect};
use crate::safety::SafetyEvent;
use crate::swarm::{SwarmContext, SwarmEffect, SwarmModel};
use crate::trace::TraceModel;
use crate::{listen, plan, preflight, results, run, safety, swarm, trace};
use ::plan::Plan;
use ::swarm::Invite;

/// Changes the model by what happened, and says what is to be done.
pub fn update(model: &mut Model, event: impl Into<Event>) -> Vec<Effect> {
    let event = event.into();
    if event.begins().is_some_and(|undertaking| is_asked_first(model, undertaking)) {
        return Vec::new();
    }
    hand_on(model, event)
}

/// To its feature.
fn hand_on(model: &mut Model, event: Event) -> Vec<Effect> {
    let run = &model.run.view;
    match event {
        Event::Page(event) => update_page(model, event),
        Event::Plan(event) => carry_out(plan::update(&mut model.plan, event), model),
        Event::Clips(event) => carry_out(plan::update_clips(&mut model.plan, event), model),
        Event::Safety(event) => carry_out(safety::update(&mut model.safety, event), model),
        Event::Preflight(event) => carry_out(preflight::update(&mut model.preflight, event, &model.plan), model),
        Event::Run(event) => {
            let (limits, doubts) = (&model.safety.limits, &model.swarm.view.doubts);
            let context = RunContext { plan: &model.plan, limits, doubts };
            carry_out(run::update(&mut model.run, event, &context), model)
        }
        Event::Listen(event) => carry_out(listen::update(&mut model.listen, event, run), model),
        Event::Trace(event) => carry_out(trace::update(&mut model.trace, event, run), model),
        Event::Swarm(event) => in_swarm(model, |swarm, context| swarm::update(swarm, event, context)),
        Event::Results(event) => carry_out(results::update(&mut model.results, event, &model.run.log_filter), model),
    }
}

/// What a feature wants, in its order.
fn carry_out<E: Into<Effect>>(responses: Responses<E>, model: &mut Model) -> Vec<Effect> {
    responses.into_iter().flat_map(|response| respond(model, response)).collect()
}

fn respond<E: Into<Effect>>(model: &mut Model, response: Response<E>) -> Vec<Effect> {
    match response {
        Response::Do(effect) => return vec![effect.into()],
        Response::Page(effect) => return vec![effect.into()],
        Response::Notice(effect) => effect.apply(&mut model.notice),
        Response::Show(page) => model.page = page,
        Response::Begin(undertaking) => return update(model, undertaking),
        Response::AllowBroker(broker) => return update(model, SafetyEvent::AllowBroker(broker)),
        Response::FairUseRead => return update(model, SafetyEvent::FairUseRead),
        Response::PlanChanged => {
            let editor = &model.plan.editor;
            let draft = Effect::from(PlanEffect::KeepDraft(editor.text().to_owned()));
            return [draft].into_iter().chain(model.swarm.offer(editor.plan()).map(Effect::from)).collect();
        }
        Response::RunStarted(plan) => return started(model, &plan),
        Response::RunChanged => {
            // With the last user the last sound is gone.
            let effect = if model.run.view.status.phase == Phase::Done {
                model.trace.end();
                model.listen.stop()
            } else {
                model.listen.seek_on(&model.run.view)
            };
            return effect.into_iter().map(Effect::from).collect();
        }
        Response::LogFiltered => {
            if let Screen::Run(run) = &mut model.results.screen {
                run.filter_log(&model.run.log_filter);
            }
        }
    }
    Vec::new()
}

/// Something has to be asked before load begins; it goes on when that is allowed.
fn is_asked_first(model: &mut Model, undertaking: Undertaking) -> bool {
    let is_busy = match undertaking {
        Undertaking::Run => model.run.view.status.is_running(),
        Undertaking::Preflight => model.preflight.is_running,
    };
    let foreign_to = model.plan.is_foreign.then_some(model.origin.as_str());
    let plan = model.plan.editor.plan().filter(|_| !is_busy);
    let asked = plan.and_then(|plan| model.safety.asked_before(plan, foreign_to, undertaking));
    let is_asked = asked.is_some();
    if is_asked {
        model.safety.asks = asked;
        NoticeEffect::Over(About::Plan).apply(&mut model.notice);
    }
    is_asked
}

/// Lets the swarm's part of the page answer, with what it needs to know of the rest.
fn in_swarm(
    model: &mut Model,
    answer: impl FnOnce(&mut SwarmModel, &SwarmContext<'_>) -> Responses<SwarmEffect>,
) -> Vec<Effect> {
    let (leaves_something, plan) = (model.leaves_something(), model.plan.editor.plan());
    let context = SwarmContext { safety: &model.safety, plan, leaves_something };
    carry_out(answer(&mut model.swarm, &context), model)
}

/// What concerns the page as a whole, and so several features.
fn update_page(model: &mut Model, event: PageEvent) -> Vec<Effect> {
    let said = match event {
        PageEvent::Opened { fragment, origin, theme, draft, broker, browser_name } => {
            (model.swarm.broker, model.swarm.browser_name, model.origin) = (broker, browser_name, origin);
            let theme = choose_theme(model, Theme::named(&theme));
            return [theme].into_iter().chain(opened(model, &fragment, draft)).collect();
        }
        PageEvent::Followed { fragment } => return follow(model, &fragment),
        PageEvent::Show(page) => return show(model, page),
        PageEvent::ChooseTheme(theme) => return vec![choose_theme(model, theme)],
        PageEvent::StopKey => return stop_all(model),
        PageEvent::DismissNotice => None,
        PageEvent::Discarded => Some(Notice::new(NoticeKind::Warning, About::Page, DISCARDED)),
        PageEvent::Done(text) => Some(Notice::new(NoticeKind::Done, About::Deed, text)),
        PageEvent::Failed(text) => Some(Notice::new(NoticeKind::Problem, About::Deed, text)),
    };
    model.notice = said;
    Vec::new()
}

fn choose_theme(model: &mut Model, theme: Theme) -> Effect {
    model.theme = theme;
    PageEffect::ApplyTheme(theme).into()
}

/// The plan of the link; else what stood here before a reload; else the default plan.
fn opened(model: &mut Model, fragment: &str, draft: String) -> Vec<Effect> {
    model.plan.begin(&model.origin);
    if !draft.is_empty() && share::read_fragment(fragment).is_none() {
        model.plan.restore(draft);
    }
    follow(model, fragment)
}

/// Opens the plan of a link, if it holds one.
fn follow(model: &mut Model, fragment: &str) -> Vec<Effect> {
    if let Some(invite) = Invite::read(fragment) {
        return in_swarm(model, |swarm, context| swarm::follow(swarm, invite, context));
    }
    match share::read_fragment(fragment) {
        None => {}
        Some(Err(error)) => {
            let text = format!("The link was not opened: {error}.");
            model.notice = Some(Notice::new(NoticeKind::Problem, About::Deed, text));
        }
        Some(Ok(document)) => {
            model.plan.open(document);
            model.plan.is_foreign = true;
        }
    }
    Vec::new()
}

fn show(model: &mut Model, page: Page) -> Vec<Effect> {
    NoticeEffect::ForgetDone.apply(&mut model.notice);
    if model.page == page {
        return Vec::new();
    }
    model.page = page;
    NoticeEffect::Over(About::Deed).apply(&mut model.notice);
    let asks = page == Page::Swarm && model.swarm.broker.is_empty() && model.swarm.view.role.is_none();
    let asks = asks.then(|| Effect::from(SwarmEffect::AskForBroker));
    let looks = (page == Page::Results).then(|| Effect::from(ResultsEffect::LookAgain));
    [PageEffect::Enter.into()].into_iter().chain(asks).chain(looks).collect()
}

/// In every browser of a swarm: a conductor's run stops everywhere, a generator stops its own part.
fn stop_all(model: &mut Model) -> Vec<Effect> {
    model.safety.asks = None;
    model.swarm.joining = None;
    let plays = model.swarm.view.part.as_ref().is_some_and(|part| part.is_playing);
    let is_pressed_again = model.run.view.status.phase == Phase::Stopping;
    if plays || model.run.view.status.is_running() {
        let text = if is_pressed_again {
            "The STOP key was pressed again: everybody is cut off."
        } else {
            "The STOP key was pressed: nobody sends any more, users leave. Press it again to cut them off."
        };
        // It stands for whoever comes to the page after the run.
        model.notice = Some(Notice::new(NoticeKind::Warning, About::Deed, text));
    }
    let mut effects = carry_out(preflight::cancel(&mut model.preflight), model);
    effects.push(if is_pressed_again { RunEffect::Abort } else { RunEffect::Stop }.into());
    effects.extend(plays.then(|| Effect::from(SwarmEffect::StopPart)));
    effects
}

/// A run started by the address or by JavaScript shows like one started by the button.
fn started(model: &mut Model, plan: &Plan) -> Vec<Effect> {
    if model.plan.editor.plan() != Some(plan)
        && let Ok(document) = serde_json::to_value(plan)
    {
        model.plan.open(document);
    }
    model.notice = None;
    model.listen = model.listen.afresh();
    model.trace = TraceModel::default();
    show(model, Page::Run)
}

/// What a browser does to a page that nobody looks at, when it needs memory.
const DISCARDED: &str = "The browser had thrown this page away to save memory, and has loaded it anew. A run that went on here \
                         was cut off then: what was written down of it is under Results.";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::field::FieldKind;
    use crate::plan::path::Path;
    use crate::plan::{Edit, PlanEvent, load_form};
    use crate::presets;
    use crate::run::save::Format;
    use crate::run::{RunEvent, RunView};
    use crate::text_file::{Encoding, ReadFile, TextFile, TextFileError};

    /// Without the drafts that every edit leaves.
    fn after(events: impl IntoIterator<Item = Event>) -> (Model, Vec<Effect>) {
        let mut model = Model::default();
        model.safety.fair_use = true;
        let all = events.into_iter().flat_map(|event| update(&mut model, event));
        let effects = all.filter(|effect| !matches!(effect, Effect::Plan(PlanEffect::KeepDraft(_)))).collect();
        (model, effects)
    }

    fn typed(path: &str, text: &str) -> Event {
        Edit::Typed { path: path.into(), kind: FieldKind::Number, text: text.into() }.into()
    }

    fn open(fragment: &str, origin: &str) -> Event {
        PageEvent::Opened {
            fragment: fragment.into(),
            origin: origin.into(),
            theme: String::new(),
            draft: String::new(),
            broker: String::new(),
            browser_name: String::new(),
        }
        .into()
    }

    #[track_caller]
    fn check_target(origin: &str, expected: Option<&str>) {
        let (model, _) = after([open("", origin)]);
        let target = Path::from("populations[0].variables.target");
        let preset = presets::plan(presets::DEFAULT_PLAN).unwrap();
        let expected = expected.map(Value::from).or_else(|| target.find(&preset).cloned());
        assert_eq!(target.find(model.plan.editor.document()).cloned(), expected, "{origin}");
    }

    #[test]
    fn the_default_plan_targets_a_local_server_that_served_the_page() {
        check_target("http://127.0.0.1:4280", Some("http://127.0.0.1:4280"));
        check_target("http://localhost:8080", Some("http://localhost:8080"));
        check_target("http://[::1]:8080", Some("http://[::1]:8080"));
        check_target("https://tabswarm.example", None);
        check_target("https://localhost.example", None);
        check_target("null", None);
    }

    #[test]
    fn a_good_plan_starts_with_its_accounts() {
        let (model, effects) = after([RunEvent::Start.into()]);
        let expected = Effect::Run(RunEffect::Start {
            plan: Box::new(model.plan.editor.plan().unwrap().clone()),
            csv: vec![vec![]],
            clips: vec![],
        });
        assert_eq!(effects, [expected]);
    }

    #[test]
    fn a_bad_plan_does_not_start_and_shows_why() {
        let (model, effects) = after([PageEvent::Show(Page::Run).into(), typed("seed", "abc"), RunEvent::Start.into()]);
        assert!(
            matches!(effects[..], [Effect::Page(PageEffect::Enter), Effect::Page(PageEffect::RevealLine(_))]),
            "{effects:?}"
        );
        assert_eq!(model.page, Page::Plan);
        assert!(model.notice.is_some_and(|notice| notice.kind == NoticeKind::Problem));
    }

    #[test]
    fn nothing_starts_during_a_run() {
        let mut view = RunView::default();
        view.status.phase = Phase::Holding;
        let (_, effects) = after([RunEvent::Changed(Box::new(view)).into(), RunEvent::Start.into()]);
        assert_eq!(effects, []);
    }

    #[test]
    fn a_link_opens_its_plan_and_never_starts_it() {
        let mut document = presets::plan(presets::DEFAULT_PLAN).unwrap();
        Path::from("name").put(&mut document, "shared".into());
        let fragment = share::fragment(&document);
        let (model, effects) = after([open(&fragment, "http://127.0.0.1:1")]);
        assert_eq!((model.plan.editor.document(), effects.len(), model.plan.preset), (&document, 1, None));
        for wish in ["&autostart=1", "&autostart=true", "&start=1", "&run"] {
            let link = format!("{fragment}{wish}");
            let (model, effects) =
                after([open(&link, "http://127.0.0.1:1"), PageEvent::Followed { fragment: link.clone() }.into()]);
            assert_eq!((model.plan.editor.document(), effects.len()), (&document, 1), "{wish}: {effects:?}");
        }
    }

    #[test]
    fn a_reload_keeps_what_was_typed_and_a_link_wins_over_it() {
        let effects = update(&mut Model::default(), typed("seed", "77"));
        let [Effect::Plan(PlanEffect::KeepDraft(draft))] = &effects[..] else { panic!("{effects:?}") };
        let reload = |fragment: &str| {
            PageEvent::Opened {
                fragment: fragment.into(),
                origin: "http://127.0.0.1:1".into(),
                theme: "dark".into(),
                draft: draft.clone(),
                broker: String::new(),
                browser_name: String::new(),
            }
            .into()
        };
        let (model, _) = after([reload("")]);
        assert_eq!((model.plan.editor.text(), model.theme), (draft.as_str(), Theme::Dark));
        let shared = presets::plan("batch").unwrap();
        let (model, _) = after([reload(&share::fragment(&shared))]);
        assert_eq!(model.plan.editor.document(), &shared);
    }

    #[test]
    fn a_damaged_link_says_so_and_leaves_the_default_plan() {
        let (model, _) = after([open("#plan=%%%", "http://127.0.0.1:1")]);
        assert!(model.plan.editor.plan().is_some());
        assert!(model.notice.is_some_and(|notice| notice.text.contains("base64url")));
    }

    #[test]
    fn a_run_started_elsewhere_shows_with_its_plan() {
        let plan = Plan { name: "by script".into(), ..Model::default().plan.editor.plan().unwrap().clone() };
        let (model, effects) = after([RunEvent::Started(Box::new(plan.clone())).into()]);
        assert_eq!((model.page, model.plan.editor.plan()), (Page::Run, Some(&plan)));
        assert_eq!(effects, [Effect::Page(PageEffect::Enter)]);
    }

    #[test]
    fn another_plan_for_the_same_kind_of_server_keeps_the_target() {
        let path = Path::from("populations[0].variables.target");
        let target = Event::from(Edit::Set { path: path.clone(), value: Some("http://x".into()) });
        let (model, _) = after([target.clone(), Edit::ChoosePreset("batch".into()).into()]);
        assert_eq!(path.find(model.plan.editor.document()), Some(&json!("http://x")));
        let (model, _) = after([target, Edit::ChoosePreset("websocket-json".into()).into()]);
        assert_eq!(path.find(model.plan.editor.document()), path.find(&presets::plan("websocket-json").unwrap()));
    }

    #[test]
    fn secrets_are_left_out_of_links_and_named() {
        let secret = Edit::Set { path: "populations[0].variables.token".into(), value: Some("abc".into()) }.into();
        let (_, effects) = after([secret, PlanEvent::Share.into()]);
        let [Effect::Page(PageEffect::CopyLink { fragment, done })] = &effects[..] else { panic!("{effects:?}") };
        assert!(done.contains("populations[0].variables.token"), "{done}");
        let shared = share::read_fragment(fragment).unwrap().unwrap();
        assert_eq!(Path::from("populations[0].variables.token").find(&shared), Some(&json!("")));
    }

    #[test]
    fn a_bad_accounts_file_is_named_with_its_problem() {
        #[track_caller]
        fn check(file: ReadFile, expected: &str) {
            let (model, _) = after([Edit::AccountsRead { name: "a.csv".into(), file }.into()]);
            assert_eq!(model.notice.unwrap().text, expected);
        }
        let none = "a.csv was not read: the file has a line of column names and no accounts below it.";
        check(Ok(TextFile::utf8("x")), none);
        let archive = "a.csv was not read: it is a workbook or an archive and no text: save it as CSV in UTF-8.";
        check(Err(TextFileError::Archive), archive);
        let korean = TextFile { text: "name\n김".into(), encoding: Encoding::Cp949 };
        check(Ok(korean), "1 account read from a.csv as CP949. They stay in this page.");
    }

    #[test]
    fn good_news_goes_with_the_next_edit_and_problems_stay() {
        let (model, _) = after([PageEvent::Done("copied".into()).into(), typed("seed", "2")]);
        assert_eq!(model.notice, None);
        let (model, _) = after([PageEvent::Failed("refused".into()).into(), typed("seed", "2")]);
        assert!(model.notice.is_some());
    }

    #[test]
    fn a_run_that_is_not_kept_is_said_once_and_asked_for_before_the_page_goes() {
        let unkept = || RunEvent::NotKept(Some("not kept: full".into())).into();
        let (mut model, _) = after([unkept()]);
        assert_eq!(model.notice.as_ref().map(|notice| notice.text.as_str()), Some("not kept: full"));
        update(&mut model, PageEvent::DismissNotice);
        update(&mut model, unkept());
        assert_eq!(model.notice, None, "nobody needs to be told twice");
        assert!(!model.run.would_be_lost(), "there is none");
        model.run.view.status.phase = Phase::Done;
        assert!(model.run.would_be_lost());
        update(&mut model, RunEvent::Save(Format::Json));
        assert!(!model.run.would_be_lost());
        update(&mut model, RunEvent::NotKept(None));
        assert_eq!(model.run.not_kept, None);
    }

    #[test]
    fn a_page_that_was_thrown_away_says_so() {
        let (model, _) = after([PageEvent::Discarded.into()]);
        assert!(model.notice.is_some_and(|notice| notice.text.contains("thrown this page away")));
    }

    #[test]
    fn a_file_that_is_no_json_stays_in_the_editor() {
        let (model, _) = after([Edit::FileRead { name: "p.json".into(), file: Ok(TextFile::utf8("{")) }.into()]);
        assert_eq!((model.plan.editor.text(), model.plan.editor.plan()), ("{", None));
    }

    #[test]
    fn stages_and_thresholds_come_and_go() {
        let (model, _) = after([
            Edit::ChooseLoad(load_form::LoadKind::Closed).into(),
            Edit::AddStage.into(),
            Edit::RemoveStage(0).into(),
            Edit::AddThreshold("errors rate < 1%".into()).into(),
            Edit::RemoveThreshold(0).into(),
        ]);
        let stages = Path::from("populations[0].load.stages").find(model.plan.editor.document()).unwrap();
        assert!(stages.as_array().is_some_and(|stages| stages.last().is_some()));
        let thresholds = Path::from("thresholds").find(model.plan.editor.document()).unwrap();
        assert_eq!(thresholds.as_array().and_then(|all| all.last()), Some(&json!("errors rate < 1%")));
    }

    #[test]
    fn the_theme_goes_round_and_is_applied() {
        assert_eq!(Theme::ALL.map(Theme::next), [Theme::Light, Theme::Dark, Theme::System]);
        let (model, effects) = after([PageEvent::ChooseTheme(Theme::Dark).into()]);
        assert_eq!((model.theme, effects), (Theme::Dark, vec![Effect::Page(PageEffect::ApplyTheme(Theme::Dark))]));
    }
}
