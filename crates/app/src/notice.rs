//! One sentence about what just happened. It is about something, and goes when that is over.

use crate::model::Model;

/// Read out by screen readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub kind: NoticeKind,
    pub about: About,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// Old news as soon as something else is done.
    Done,
    Warning,
    Problem,
}

/// Whose end is the notice's end; a run's start ends them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Something that a person did on this page and cannot be helped: until the next page is shown.
    Deed,
    /// The plan as it is, and what was tried with it: until it is changed or tried again.
    Plan,
    /// A recording or a file of speech: until the next one.
    Clip,
    /// The run that goes on: until it does not.
    Run,
    /// The swarm that this page is in, or wanted to be in: until it enters or leaves one, or is told another broker.
    Swarm,
    /// A run that is not kept: until it is.
    Kept,
    /// What happened to this page before: until it is dismissed.
    Page,
}

pub(super) fn say(model: &mut Model, kind: NoticeKind, about: About, text: impl Into<String>) {
    model.notice = Some(Notice { kind, about, text: text.into() });
}

/// What notices about this were about is no more.
pub(super) fn over(model: &mut Model, about: About) {
    model.notice.take_if(|notice| notice.about == about);
}

/// Something else is done now.
pub(super) fn forget_done(model: &mut Model) {
    model.notice.take_if(|notice| notice.kind == NoticeKind::Done);
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use swarm::Role;

    use super::*;
    use crate::event::Event;
    use crate::model::Page;
    use crate::results::ResultsEvent;
    use crate::run::view::Phase;
    use crate::run::view::RunView;
    use crate::swarm::view::SwarmView;
    use crate::update;

    fn run(phase: Phase) -> Event {
        let mut view = RunView::default();
        view.status.phase = phase;
        Event::RunChanged(Box::new(view))
    }

    fn swarm(role: Option<Role>) -> Event {
        Event::SwarmChanged(Box::new(SwarmView { role, ..SwarmView::default() }))
    }

    #[test]
    fn a_notice_goes_when_what_it_is_about_is_over() {
        let edit = || Event::Set { path: "name".into(), value: Some(json!("other")) };
        let cases = [
            (About::Deed, Event::Show(Page::Results), true),
            (About::Deed, edit(), false),
            (About::Plan, edit(), true),
            (About::Plan, Event::Start, true),
            (About::Plan, Event::Show(Page::Results), false),
            (About::Clip, Event::Record, true),
            (About::Clip, edit(), false),
            (About::Run, run(Phase::Stopping), false),
            (About::Run, run(Phase::Done), true),
            (About::Swarm, swarm(Some(Role::Generator)), true),
            (About::Swarm, swarm(None), false),
            (About::Swarm, Event::TypedBroker("ws://b".into()), true),
            (About::Kept, Event::Results(ResultsEvent::NotKept(None)), true),
            (About::Kept, run(Phase::Done), false),
            (About::Page, run(Phase::Done), false),
            (About::Page, Event::DismissNotice, true),
        ];
        for (about, event, is_over) in cases {
            let mut model = Model::default();
            say(&mut model, NoticeKind::Problem, about, "told before");
            let what = format!("{about:?}, {event:?}");
            update(&mut model, event);
            let stays = model.notice.is_some_and(|notice| notice.text == "told before");
            assert_eq!(stays, !is_over, "{what}");
        }
    }

    #[test]
    fn leaving_a_swarm_ends_what_was_said_of_it() {
        let mut model = Model::default();
        update(&mut model, swarm(Some(Role::Conductor)));
        say(&mut model, NoticeKind::Warning, About::Swarm, "its clocks are too far apart");
        update(&mut model, swarm(Some(Role::Conductor)));
        assert!(model.notice.is_some());
        update(&mut model, swarm(None));
        assert_eq!(model.notice, None);
    }

    #[test]
    fn a_start_ends_what_was_said_before() {
        let mut model = Model::default();
        let plan = model.editor.plan().cloned().expect("the default plan is good");
        say(&mut model, NoticeKind::Problem, About::Page, "thrown away");
        update(&mut model, Event::Started(Box::new(plan)));
        assert_eq!(model.notice, None);
    }
}
