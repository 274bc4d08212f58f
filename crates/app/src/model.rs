//! Everything the page shows, in one value.

use crate::listen::Hearing;
use crate::notice::Notice;
use crate::plan::Editor;
use crate::plan::clips::recording::ClipRecording;
use crate::preflight::PreflightView;
use crate::presets;
use crate::results::ResultsView;
use crate::run::log::LogFilter;
use crate::run::view::RunView;
use crate::safety::Safety;
use crate::swarm::joining::Joining;
use crate::swarm::view::SwarmView;
use crate::trace::Seeing;

#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub page: Page,
    pub theme: Theme,
    pub editor: Editor,
    /// The preset that the plan was made from, if it was.
    pub preset: Option<String>,
    pub run: RunView,
    pub log_filter: LogFilter,
    pub recording: ClipRecording,
    /// The clip that is played just now, by its name.
    pub playing: Option<String>,
    pub hearing: Hearing,
    pub seeing: Seeing,
    pub notice: Option<Notice>,
    pub preflight: PreflightView,
    pub safety: Safety,
    /// A link to a swarm that waits for an answer.
    pub joining: Option<Joining>,
    pub swarm: SwarmView,
    pub results: ResultsView,
    /// The broker's address as it is typed, and this browser's name in swarms.
    pub broker: String,
    pub browser_name: String,
    /// Where this page came from, and whether its plan came from somebody else: by a link, or in a file.
    pub origin: String,
    pub is_foreign: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Page {
    #[default]
    Plan,
    Run,
    Swarm,
    Results,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    Light,
    Dark,
}

impl Model {
    /// Closing the page would lose a run: one that goes on, or one that is over and kept nowhere.
    pub fn would_lose_a_run(&self) -> bool {
        let is_over = self.run.status.phase == crate::run::view::Phase::Done;
        self.run.status.is_running() || is_over && self.results.not_kept.is_some() && !self.results.is_saved
    }
}

impl Default for Model {
    fn default() -> Self {
        let document = presets::plan(presets::DEFAULT_PLAN).expect("the default plan comes with the program");
        Self {
            page: Page::default(),
            theme: Theme::default(),
            editor: Editor::new(document),
            preset: Some(presets::DEFAULT_PLAN.to_owned()),
            run: RunView::default(),
            log_filter: LogFilter::default(),
            recording: ClipRecording::default(),
            playing: None,
            hearing: Hearing::default(),
            seeing: Seeing::default(),
            notice: None,
            preflight: PreflightView::default(),
            safety: Safety::default(),
            joining: None,
            swarm: SwarmView::default(),
            results: ResultsView::default(),
            broker: String::new(),
            browser_name: String::new(),
            origin: String::new(),
            is_foreign: false,
        }
    }
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What a stored name means; anything else is the system's choice.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or_default()
    }

    /// The next one in the toggle's round.
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}
