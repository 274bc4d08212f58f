//! One sentence about what just happened. It is about something, and goes when that is over.

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

/// What becomes of the notice that is shown: an effect that the page has on itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeEffect {
    Say(Notice),
    /// Said unless a problem is shown, which must not vanish behind it.
    Mention(Notice),
    /// What notices about this were about is no more.
    Over(About),
    /// Something else is done now.
    ForgetDone,
}

impl NoticeEffect {
    pub fn apply(self, shown: &mut Option<Notice>) {
        match self {
            Self::Say(notice) => *shown = Some(notice),
            Self::Mention(notice) => {
                if shown.as_ref().is_none_or(|shown| shown.kind != NoticeKind::Problem) {
                    *shown = Some(notice);
                }
            }
            Self::Over(about) => drop(shown.take_if(|shown| shown.about == about)),
            Self::ForgetDone => drop(shown.take_if(|shown| shown.kind == NoticeKind::Done)),
        }
    }
}

impl Notice {
    pub fn new(kind: NoticeKind, about: About, text: impl Into<String>) -> Self {
        Self { kind, about, text: text.into() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use swarm::Role;

    use super::*;
    use crate::page::{Page, PageEvent};
    use crate::plan::{ClipEvent, Edit};
    use crate::run::view::Phase;
    use crate::run::{RunEvent, RunView};
    use crate::swarm::{SwarmEvent, SwarmView};
    use crate::{Event, Model, update};

    fn say(model: &mut Model, kind: NoticeKind, about: About, text: &str) {
        NoticeEffect::Say(Notice::new(kind, about, text)).apply(&mut model.notice);
    }

    fn run(phase: Phase) -> Event {
        let mut view = RunView::default();
        view.status.phase = phase;
        RunEvent::Changed(Box::new(view)).into()
    }

    fn swarm(role: Option<Role>) -> Event {
        SwarmEvent::Changed(Box::new(SwarmView { role, ..SwarmView::default() })).into()
    }

    #[test]
    fn a_notice_goes_when_what_it_is_about_is_over() {
        let edit = || Edit::Set { path: "name".into(), value: Some(json!("other")) }.into();
        let cases = [
            (About::Deed, PageEvent::Show(Page::Results).into(), true),
            (About::Deed, edit(), false),
            (About::Plan, edit(), true),
            (About::Plan, RunEvent::Start.into(), true),
            (About::Plan, PageEvent::Show(Page::Results).into(), false),
            (About::Clip, ClipEvent::Record.into(), true),
            (About::Clip, edit(), false),
            (About::Run, run(Phase::Stopping), false),
            (About::Run, run(Phase::Done), true),
            (About::Swarm, swarm(Some(Role::Generator)), true),
            (About::Swarm, swarm(None), false),
            (About::Swarm, SwarmEvent::TypedBroker("ws://b".into()).into(), true),
            (About::Kept, RunEvent::NotKept(None).into(), true),
            (About::Kept, run(Phase::Done), false),
            (About::Page, run(Phase::Done), false),
            (About::Page, PageEvent::DismissNotice.into(), true),
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
        let plan = model.plan.editor.plan().cloned().expect("the default plan is good");
        say(&mut model, NoticeKind::Problem, About::Page, "thrown away");
        update(&mut model, RunEvent::Started(Box::new(plan)));
        assert_eq!(model.notice, None);
    }
}
