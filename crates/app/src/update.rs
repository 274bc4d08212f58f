//! The one place where the page's state changes.

use crate::event::{Effect, Event};
use crate::model::{Model, Page};
use crate::notice::{About, NoticeKind, forget_done, over, say};
use crate::plan::clips::update as sound;
use crate::plan::share;
use crate::plan::update::{aimed_at, edit_plan, replace_plan, save_plan, save_script, share_plan};
use crate::preflight;
use crate::presets;
use crate::results::{ResultsEffect, Screen};
use crate::safety;
use crate::swarm::joining;
use plan::Plan;
use swarm::Invite;

/// Changes the model by what happened, and says what is to be done.
#[expect(clippy::too_many_lines, reason = "a line for each event")]
pub fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Opened { fragment, origin, theme, draft, broker, browser_name } => {
            (model.broker, model.browser_name, model.origin) = (broker, browser_name, origin.clone());
            model.theme = crate::model::Theme::named(&theme);
            let mut effects = vec![Effect::ApplyTheme(model.theme)];
            effects.extend(opened(model, &fragment, &origin, draft));
            return effects;
        }
        Event::Followed { fragment } => return follow(model, &fragment),
        Event::Show(page) => return show(model, page),
        Event::ChooseTheme(theme) => {
            model.theme = theme;
            return vec![Effect::ApplyTheme(theme)];
        }
        Event::DismissNotice => model.notice = None,
        Event::SavePlan => {
            say(
                model,
                NoticeKind::Done,
                About::Deed,
                "Saved as it is: with the passwords and tokens that the plan may have.".to_owned(),
            );
            return vec![save_plan(&model.editor)];
        }
        Event::SharePlan => return vec![share_plan(&model.editor)],
        Event::SaveScript => return save_script(model),
        Event::GoTo { line } => return vec![Effect::RevealLine(line)],
        Event::PlayClip(_)
        | Event::ClipEnded
        | Event::Record
        | Event::RecordingBegan
        | Event::RecordingGoesOn { .. }
        | Event::EndRecording
        | Event::DiscardRecording
        | Event::RecordingFailed(_) => return sound::update(model, event),
        Event::ChooseSpeaker(_)
        | Event::TypeSpeaker(_)
        | Event::Listen
        | Event::ListenToAny
        | Event::StopListening
        | Event::SetVolume(_)
        | Event::Heard(_) => return sound::hear(model, event),
        Event::See(event) => return crate::trace::update::update(model, event),
        Event::Start => return start(model),
        Event::Stop => return vec![Effect::Stop],
        Event::Abort => return vec![Effect::Abort],
        Event::Act(action) => return vec![Effect::Act(action)],
        Event::NoteDown { at_s, text } => return vec![Effect::NoteAt { at_s, text }],
        Event::RecordSession => return vec![Effect::RecordSession],
        Event::StopKey => return stop_all(model),
        Event::Safety(event) => return safety::update(model, event),
        Event::Preflight(event) => return preflight::update(model, event),
        Event::Started(plan) => return started(model, &plan),
        Event::Refused(problem) => say(model, NoticeKind::Problem, About::Plan, problem),
        Event::RunChanged(view) => {
            model.run = *view;
            // With the last user the last sound is gone.
            if model.run.status.phase == crate::run::view::Phase::Done {
                over(model, About::Run);
                model.seeing.end();
                return model.hearing.stop();
            }
            return model.hearing.seek_on(&model.run);
        }
        Event::FilterLog { level, words } => {
            model.log_filter = crate::run::log::LogFilter { level, words };
            if let Screen::Run(run) = &mut model.results.screen {
                run.filter_log(&model.log_filter);
            }
            return vec![Effect::Refresh];
        }
        Event::Save(format) => {
            model.results.is_saved = true;
            return vec![Effect::Save(format)];
        }
        Event::Discarded => say(model, NoticeKind::Warning, About::Page, DISCARDED.to_owned()),
        Event::OpenSwarm
        | Event::LeaveSwarm
        | Event::TypedBroker(_)
        | Event::NameBrowser(_)
        | Event::WatchOnly(_)
        | Event::MoveParts(_)
        | Event::SetPatience(_)
        | Event::GiveCredentials(_)
        | Event::StopPart
        | Event::CopyInvite
        | Event::CopyWatchLink
        | Event::SwarmChanged(_) => return crate::swarm::update::update(model, event),
        Event::BrokerOffered(_) | Event::Reply(_) | Event::TakeBack | Event::AskAgain => {
            return joining::update(model, event);
        }
        Event::Results(event) => return crate::results::update(model, event),
        Event::Done(text) => say(model, NoticeKind::Done, About::Deed, text),
        Event::Failed(text) => say(model, NoticeKind::Problem, About::Deed, text),
        edit => {
            edit_plan(model, edit);
            let mut effects = vec![Effect::KeepDraft(model.editor.text().to_owned())];
            effects.extend(crate::swarm::update::offer(model));
            return effects;
        }
    }
    Vec::new()
}

/// The plan of the link; else what stood here before a reload; else the default plan.
fn opened(model: &mut Model, fragment: &str, origin: &str, draft: String) -> Vec<Effect> {
    if let Some(document) = presets::plan(presets::DEFAULT_PLAN) {
        replace_plan(model, aimed_at(document, origin));
    }
    if !draft.is_empty() && share::read_fragment(fragment).is_none() {
        model.editor.edit_text(draft);
        model.preset = None;
    }
    follow(model, fragment)
}

/// Opens the plan of a link, if it holds one.
fn follow(model: &mut Model, fragment: &str) -> Vec<Effect> {
    if let Some(invite) = Invite::read(fragment) {
        return joining::follow(model, invite);
    }
    match share::read_fragment(fragment) {
        None => Vec::new(),
        Some(Err(error)) => {
            say(model, NoticeKind::Problem, About::Deed, format!("The link was not opened: {error}."));
            Vec::new()
        }
        Some(Ok(document)) => {
            replace_plan(model, document);
            model.preset = None;
            model.is_foreign = true;
            Vec::new()
        }
    }
}

fn show(model: &mut Model, page: Page) -> Vec<Effect> {
    forget_done(model);
    let changed = model.page != page;
    model.page = page;
    if changed {
        over(model, About::Deed);
    }
    let asks = changed && page == Page::Swarm && model.broker.is_empty() && model.swarm.role.is_none();
    let looks = (changed && page == Page::Results).then_some(Effect::Results(ResultsEffect::LookAgain));
    let effects = [changed.then_some(Effect::EnterPage), asks.then_some(Effect::AskForBroker), looks];
    effects.into_iter().flatten().collect()
}

fn start(model: &mut Model) -> Vec<Effect> {
    if model.run.status.is_running() {
        return Vec::new();
    }
    over(model, About::Plan);
    if let Some(plan) = model.editor.plan().cloned() {
        if safety::ask(model, &plan, Event::Start) {
            return Vec::new();
        }
        if let Err(exceeded) = model.safety.limits.check(&plan) {
            let text = format!("Not started: {exceeded}. \"Hosts and limits\" beside the plan has them.");
            say(model, NoticeKind::Problem, About::Plan, text);
            return Vec::new();
        }
        if !model.swarm.doubts.is_empty() {
            say(model, NoticeKind::Warning, About::Swarm, model.swarm.doubts.join(" "));
        }
        let (csv, clips) = (model.editor.csv_rows(), sound::needed(&model.editor, &plan));
        return vec![Effect::Start { plan: Box::new(plan), csv, clips }];
    }
    let problems = model.editor.problems();
    let text = match problems {
        [only] => format!("The plan has a problem: {}.", only.message),
        all => format!("The plan has {} problems; they are listed beside it.", all.len()),
    };
    let effects = problems.first().map(|problem| Effect::RevealLine(problem.line));
    model.page = Page::Plan;
    say(model, NoticeKind::Problem, About::Plan, text);
    effects.into_iter().collect()
}

/// In every browser of a swarm: a conductor's run stops everywhere, a generator stops its own part.
fn stop_all(model: &mut Model) -> Vec<Effect> {
    model.safety.asks = None;
    model.joining = None;
    let plays = model.swarm.part.as_ref().is_some_and(|part| part.is_playing);
    let run = match model.run.status.phase {
        crate::run::view::Phase::Stopping => Effect::Abort,
        _ => Effect::Stop,
    };
    if plays || model.run.status.is_running() {
        let again = "The STOP key was pressed: nobody sends any more, users leave. Press it again to cut them off.";
        let text = if run == Effect::Abort { "The STOP key was pressed again: everybody is cut off." } else { again };
        // It stands for whoever comes to the page after the run.
        say(model, NoticeKind::Warning, About::Deed, text);
    }
    let part = plays.then_some(Effect::StopPart);
    preflight::cancel(model).into_iter().chain([run]).chain(part).collect()
}

/// A run started by the address or by JavaScript shows like one started by the button.
fn started(model: &mut Model, plan: &Plan) -> Vec<Effect> {
    if model.editor.plan() != Some(plan)
        && let Ok(document) = serde_json::to_value(plan)
    {
        replace_plan(model, document);
        model.preset = None;
    }
    model.notice = None;
    model.results.is_saved = false;
    model.hearing = model.hearing.afresh();
    model.seeing = crate::trace::Seeing::default();
    show(model, Page::Run)
}

/// What a browser does to a page that nobody looks at, when it needs memory.
const DISCARDED: &str = "The browser had thrown this page away to save memory, and has loaded it anew. A run that went on here \
                         was cut off then: what was written down of it is under Results.";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::Theme;
    use crate::plan::field::FieldKind;
    use crate::plan::load_form;
    use crate::plan::path::Path;
    use crate::results::ResultsEvent;
    use crate::run::view::{Phase, RunView};
    use crate::text_file::{Encoding, ReadFile, TextFile, TextFileError};

    /// Without the drafts that every edit leaves.
    fn after(events: impl IntoIterator<Item = Event>) -> (Model, Vec<Effect>) {
        let mut model = Model::default();
        model.safety.fair_use = true;
        let all = events.into_iter().flat_map(|event| update(&mut model, event));
        let effects = all.filter(|effect| !matches!(effect, Effect::KeepDraft(_))).collect();
        (model, effects)
    }

    fn typed(path: &str, text: &str) -> Event {
        Event::Typed { path: path.into(), kind: FieldKind::Number, text: text.into() }
    }

    fn open(fragment: &str, origin: &str) -> Event {
        Event::Opened {
            fragment: fragment.into(),
            origin: origin.into(),
            theme: String::new(),
            draft: String::new(),
            broker: String::new(),
            browser_name: String::new(),
        }
    }

    #[track_caller]
    fn check_target(origin: &str, expected: Option<&str>) {
        let (model, _) = after([open("", origin)]);
        let target = Path::from("populations[0].variables.target");
        let preset = presets::plan(presets::DEFAULT_PLAN).unwrap();
        let expected = expected.map(Value::from).or_else(|| target.find(&preset).cloned());
        assert_eq!(target.find(model.editor.document()).cloned(), expected, "{origin}");
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
        let (model, effects) = after([Event::Start]);
        let expected =
            Effect::Start { plan: Box::new(model.editor.plan().unwrap().clone()), csv: vec![vec![]], clips: vec![] };
        assert_eq!(effects, [expected]);
    }

    #[test]
    fn a_bad_plan_does_not_start_and_shows_why() {
        let (model, effects) = after([Event::Show(Page::Run), typed("seed", "abc"), Event::Start]);
        assert!(matches!(effects[..], [Effect::EnterPage, Effect::RevealLine(_)]), "{effects:?}");
        assert_eq!(model.page, Page::Plan);
        assert!(model.notice.is_some_and(|notice| notice.kind == NoticeKind::Problem));
    }

    #[test]
    fn nothing_starts_during_a_run() {
        let mut view = RunView::default();
        view.status.phase = Phase::Holding;
        let (_, effects) = after([Event::RunChanged(Box::new(view)), Event::Start]);
        assert_eq!(effects, []);
    }

    #[test]
    fn a_link_opens_its_plan_and_never_starts_it() {
        let mut document = presets::plan(presets::DEFAULT_PLAN).unwrap();
        Path::from("name").put(&mut document, "shared".into());
        let fragment = share::fragment(&document);
        let (model, effects) = after([open(&fragment, "http://127.0.0.1:1")]);
        assert_eq!((model.editor.document(), effects.len(), model.preset), (&document, 1, None));
        for wish in ["&autostart=1", "&autostart=true", "&start=1", "&run"] {
            let link = format!("{fragment}{wish}");
            let (model, effects) =
                after([open(&link, "http://127.0.0.1:1"), Event::Followed { fragment: link.clone() }]);
            assert_eq!((model.editor.document(), effects.len()), (&document, 1), "{wish}: {effects:?}");
        }
    }

    #[test]
    fn a_reload_keeps_what_was_typed_and_a_link_wins_over_it() {
        let effects = update(&mut Model::default(), typed("seed", "77"));
        let [Effect::KeepDraft(draft)] = &effects[..] else { panic!("{effects:?}") };
        let reload = |fragment: &str| Event::Opened {
            fragment: fragment.into(),
            origin: "http://127.0.0.1:1".into(),
            theme: "dark".into(),
            draft: draft.clone(),
            broker: String::new(),
            browser_name: String::new(),
        };
        let (model, _) = after([reload("")]);
        assert_eq!((model.editor.text(), model.theme), (draft.as_str(), Theme::Dark));
        let shared = presets::plan("batch").unwrap();
        let (model, _) = after([reload(&share::fragment(&shared))]);
        assert_eq!(model.editor.document(), &shared);
    }

    #[test]
    fn a_damaged_link_says_so_and_leaves_the_default_plan() {
        let (model, _) = after([open("#plan=%%%", "http://127.0.0.1:1")]);
        assert!(model.editor.plan().is_some());
        assert!(model.notice.is_some_and(|notice| notice.text.contains("base64url")));
    }

    #[test]
    fn a_run_started_elsewhere_shows_with_its_plan() {
        let plan = Plan { name: "by script".into(), ..Model::default().editor.plan().unwrap().clone() };
        let (model, effects) = after([Event::Started(Box::new(plan.clone()))]);
        assert_eq!((model.page, model.editor.plan()), (Page::Run, Some(&plan)));
        assert_eq!(effects, [Effect::EnterPage]);
    }

    #[test]
    fn another_plan_for_the_same_kind_of_server_keeps_the_target() {
        let path = Path::from("populations[0].variables.target");
        let target = Event::Set { path: path.clone(), value: Some("http://x".into()) };
        let (model, _) = after([target.clone(), Event::ChoosePlan("batch".into())]);
        assert_eq!(path.find(model.editor.document()), Some(&json!("http://x")));
        let (model, _) = after([target, Event::ChoosePlan("websocket-json".into())]);
        assert_eq!(path.find(model.editor.document()), path.find(&presets::plan("websocket-json").unwrap()));
    }

    #[test]
    fn secrets_are_left_out_of_links_and_named() {
        let secret = Event::Set { path: "populations[0].variables.token".into(), value: Some("abc".into()) };
        let (_, effects) = after([secret, Event::SharePlan]);
        let [Effect::CopyLink { fragment, done }] = &effects[..] else { panic!("{effects:?}") };
        assert!(done.contains("populations[0].variables.token"), "{done}");
        let shared = share::read_fragment(fragment).unwrap().unwrap();
        assert_eq!(Path::from("populations[0].variables.token").find(&shared), Some(&json!("")));
    }

    #[test]
    fn a_bad_accounts_file_is_named_with_its_problem() {
        #[track_caller]
        fn check(file: ReadFile, expected: &str) {
            let (model, _) = after([Event::AccountsRead { name: "a.csv".into(), file }]);
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
        let (model, _) = after([Event::Done("copied".into()), typed("seed", "2")]);
        assert_eq!(model.notice, None);
        let (model, _) = after([Event::Failed("refused".into()), typed("seed", "2")]);
        assert!(model.notice.is_some());
    }

    #[test]
    fn a_run_that_is_not_kept_is_said_once_and_asked_for_before_the_page_goes() {
        let unkept = || Event::Results(ResultsEvent::NotKept(Some("not kept: full".into())));
        let (mut model, _) = after([unkept()]);
        assert_eq!(model.notice.as_ref().map(|notice| notice.text.as_str()), Some("not kept: full"));
        update(&mut model, Event::DismissNotice);
        update(&mut model, unkept());
        assert_eq!(model.notice, None, "nobody needs to be told twice");
        assert!(!model.would_lose_a_run(), "there is none");
        model.run.status.phase = Phase::Done;
        assert!(model.would_lose_a_run());
        update(&mut model, Event::Save(crate::save::Format::Json));
        assert!(!model.would_lose_a_run());
        update(&mut model, Event::Results(ResultsEvent::NotKept(None)));
        assert_eq!(model.results.not_kept, None);
    }

    #[test]
    fn a_page_that_was_thrown_away_says_so() {
        let (model, _) = after([Event::Discarded]);
        assert!(model.notice.is_some_and(|notice| notice.text.contains("thrown this page away")));
    }

    #[test]
    fn a_file_that_is_no_json_stays_in_the_editor() {
        let (model, _) = after([Event::PlanRead { name: "p.json".into(), file: Ok(TextFile::utf8("{")) }]);
        assert_eq!((model.editor.text(), model.editor.plan()), ("{", None));
    }

    #[test]
    fn stages_and_thresholds_come_and_go() {
        let (model, _) = after([
            Event::ChooseLoad(load_form::LoadKind::Closed),
            Event::AddStage,
            Event::RemoveStage(0),
            Event::AddThreshold("errors rate < 1%".into()),
            Event::RemoveThreshold(0),
        ]);
        let stages = Path::from("populations[0].load.stages").find(model.editor.document()).unwrap();
        assert!(stages.as_array().is_some_and(|stages| stages.last().is_some()));
        let thresholds = Path::from("thresholds").find(model.editor.document()).unwrap();
        assert_eq!(thresholds.as_array().and_then(|all| all.last()), Some(&json!("errors rate < 1%")));
    }

    #[test]
    fn the_theme_goes_round_and_is_applied() {
        assert_eq!(Theme::ALL.map(Theme::next), [Theme::Light, Theme::Dark, Theme::System]);
        let (model, effects) = after([Event::ChooseTheme(Theme::Dark)]);
        assert_eq!((model.theme, effects), (Theme::Dark, vec![Effect::ApplyTheme(Theme::Dark)]));
    }
}
