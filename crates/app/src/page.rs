//! The page as a whole: which of its pages is shown, and how it looks.

/// What happens to the page as a whole.
#[derive(Debug, Clone, PartialEq)]
pub enum PageEvent {
    /// The page was opened at an address with this fragment and origin. It remembers the theme, and, if it was only
    /// reloaded, the text of the plan; what it does not remember is empty.
    Opened {
        fragment: String,
        origin: String,
        theme: String,
        draft: String,
        broker: String,
        browser_name: String,
    },
    /// The browser had thrown this page away.
    Discarded,
    /// A link was pasted into the address bar of the open page.
    Followed {
        fragment: String,
    },
    Show(Page),
    ChooseTheme(Theme),
    /// The key that stops everything was pressed; pressed again, it cuts everything off.
    StopKey,
    DismissNotice,
    /// An effect was done.
    Done(String),
    /// An effect failed.
    Failed(String),
}

/// What every feature may want done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageEffect {
    ApplyTheme(Theme),
    /// Another page is shown: begin at its top.
    Enter,
    /// Show a line of the JSON editor and put the cursor there.
    RevealLine(usize),
    /// Put the link with this fragment into the clipboard; `done` is said when that worked.
    CopyLink {
        fragment: String,
        done: String,
    },
    /// Put the text into the clipboard; `done` is said when that worked.
    CopyText {
        text: String,
        done: String,
    },
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
