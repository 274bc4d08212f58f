//! What is known of a number.

/// One row of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Definition {
    pub name: Name,
    pub kind: MetricKind,
    pub unit: Measure,
    pub clocks: Clocks,
    pub better: Better,
    /// Empty: nothing.
    pub falsified_by: &'static [Falsifier],
    /// How important it is, from 0; [`Definition::UNRANKED`]: no more than others.
    pub rank: u8,
    /// What one sample proves to have gone well.
    pub proves: Option<Success>,
    /// From a request to its answer on the same socket: all of them late together show frames that wait in the browser.
    pub shows_backlog: bool,
    /// It stands among the operations; else in the generator's own panel.
    pub is_tabled: bool,
    /// Runs are compared by it.
    pub is_compared: bool,
    /// What docs/metrics.md says: what it counts; of a time from when it is taken.
    pub help: &'static str,
    /// Of a time: until when.
    pub until: &'static str,
    pub chapter: Chapter,
    /// The version that had it first.
    pub since: &'static str,
}

/// A name, or what is alike in many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// `connect`
    Whole(&'static str),
    /// `<operation>.ack`: whose it is, and what stands behind that.
    Behind(&'static str, &'static str),
    /// `events.in.<event>`: what stands in front, and of what.
    Before(&'static str, &'static str),
    /// `<answer>.first_audio.turn_1` to `…turn_9_on`: whose it is, and what stands between that and the number.
    Numbered(&'static str, &'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// One sample is one success of an operation.
    Operation,
    /// A part or another view of an operation, or of a conversation.
    Part,
    /// Of the generator itself: it is the evidence, and nothing of the target's.
    Generator,
    /// How often something happened.
    Counter,
    /// How much of something is there, now.
    Level,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Milliseconds,
    Seconds,
    Bytes,
    /// So many.
    Count,
    /// 0 to 1.
    Share,
    /// One quantity per another of its kind.
    Ratio,
}

/// By how many clocks it is taken, in a run of several browsers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clocks {
    /// It is no time between two events.
    None,
    One,
    /// It begins in one browser and ends in another.
    Two,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Lower,
    Higher,
    /// It is as it is.
    Neither,
}

/// What of the generator's own can make a number that is not the target's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Falsifier {
    /// Its timers or its users' steps were late, or frames waited in its browser.
    Lateness,
    /// Its browser opened no further socket, or let users wait for a handshake.
    Sockets,
    /// Frames that nobody had read when their sockets were closed, or that went with a worker.
    Queue,
    /// The clocks of two browsers are not known well enough.
    Clocks,
    /// Whoever watches has stopped the run.
    Tester,
}

/// How it is known that an operation went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    /// Its answer came, or the sender's own echo.
    Answered,
    /// The server acknowledged it: enough where no answer is waited for.
    Acknowledged,
}

/// Where docs/metrics.md has a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chapter {
    /// Times of operations and of the generator.
    Latencies,
    /// Times of conversations.
    Listening,
    Counters,
    /// Counters of conversations.
    Answers,
    /// In no table: its name stands in the text.
    Text,
}

impl Definition {
    pub const UNRANKED: u8 = u8::MAX;

    const PLAIN: Self = Self {
        name: Name::Whole(""),
        kind: MetricKind::Part,
        unit: Measure::Milliseconds,
        clocks: Clocks::One,
        better: Better::Lower,
        falsified_by: &[Falsifier::Lateness],
        rank: Self::UNRANKED,
        proves: None,
        shows_backlog: false,
        is_tabled: true,
        is_compared: true,
        help: "",
        until: "",
        chapter: Chapter::Latencies,
        since: "0.1",
    };

    /// A part of an operation, or another view of it; what is more is said by the others below.
    pub(super) const fn time(name: Name, help: &'static str, until: &'static str) -> Self {
        Self { name, help, until, ..Self::PLAIN }
    }

    /// As often as it was measured the operation went well.
    pub(super) const fn operation(name: Name, help: &'static str, until: &'static str) -> Self {
        Self { kind: MetricKind::Operation, proves: Some(Success::Answered), ..Self::time(name, help, until) }
    }

    /// The generator's own: evidence itself, so that nothing is held against it.
    pub(super) const fn generator(name: &'static str, help: &'static str, until: &'static str) -> Self {
        Self { kind: MetricKind::Generator, falsified_by: &[], ..Self::time(Name::Whole(name), help, until) }
    }

    /// A look at a conversation.
    pub(super) const fn voice(name: Name, help: &'static str, until: &'static str) -> Self {
        Self { is_compared: false, chapter: Chapter::Listening, ..Self::time(name, help, until) }
    }

    pub(super) const fn counter(name: Name, help: &'static str) -> Self {
        Self {
            name,
            help,
            kind: MetricKind::Counter,
            unit: Measure::Count,
            clocks: Clocks::None,
            better: Better::Neither,
            falsified_by: &[],
            chapter: Chapter::Counters,
            ..Self::PLAIN
        }
    }

    /// Nobody wants any of it.
    pub(super) const fn bad(name: Name, help: &'static str) -> Self {
        Self { better: Better::Lower, ..Self::counter(name, help) }
    }

    /// By the second, or of the ledger: it stands in the text of its chapter.
    pub(super) const fn figure(kind: MetricKind, unit: Measure, name: Name, help: &'static str) -> Self {
        Self { kind, unit, chapter: Chapter::Text, ..Self::counter(name, help) }
    }

    pub(super) const fn ranked(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    pub(super) const fn falsified_by(self, falsified_by: &'static [Falsifier]) -> Self {
        Self { falsified_by, ..self }
    }

    pub(super) const fn in_chapter(self, chapter: Chapter) -> Self {
        Self { chapter, ..self }
    }

    pub(super) const fn better(self, better: Better) -> Self {
        Self { better, ..self }
    }

    pub(super) const fn of_unit(self, unit: Measure) -> Self {
        Self { unit, ..self }
    }

    /// It begins in one browser and ends in another.
    pub(super) const fn of_two_clocks(self) -> Self {
        Self { clocks: Clocks::Two, falsified_by: &[Falsifier::Lateness, Falsifier::Clocks], ..self }
    }

    pub(super) const fn of_connecting(self) -> Self {
        Self { falsified_by: &[Falsifier::Lateness, Falsifier::Sockets], ..self }
    }

    /// From a request to its answer on the same socket.
    pub(super) const fn of_requests(self) -> Self {
        Self { shows_backlog: true, ..self }
    }

    pub(super) const fn proving(self, success: Success) -> Self {
        Self { proves: Some(success), ..self }
    }

    /// It stands in the generator's own panel.
    pub(super) const fn in_own_panel(self) -> Self {
        Self { is_tabled: false, ..self }
    }

    pub(super) const fn not_compared(self) -> Self {
        Self { is_compared: false, ..self }
    }
}

impl Name {
    /// What is the same in all names of the pattern.
    pub const fn fixed(self) -> &'static str {
        match self {
            Self::Whole(fixed) | Self::Behind(_, fixed) | Self::Before(fixed, _) | Self::Numbered(_, fixed) => fixed,
        }
    }

    pub(super) fn of(self, whose: &str) -> String {
        match self {
            Self::Whole(name) => name.to_owned(),
            Self::Behind(_, ending) | Self::Numbered(_, ending) => format!("{whose}{ending}"),
            Self::Before(beginning, _) => format!("{beginning}{whose}"),
        }
    }

    /// Whose this name is; `None`: it is none of these. The pattern that is nothing but an operation's name takes every name.
    pub(super) fn whose(self, name: &str) -> Option<&str> {
        let whose = match self {
            Self::Whole(whole) => (name == whole).then_some(name),
            Self::Behind(_, ending) => name.strip_suffix(ending),
            Self::Before(beginning, _) => name.strip_prefix(beginning),
            Self::Numbered(_, between) => {
                let (whose, number) = name.rsplit_once(between)?;
                number.starts_with(|c: char| c.is_ascii_digit()).then_some(whose)
            }
        };
        whose.filter(|whose| !whose.is_empty())
    }

    /// As the docs write it.
    pub fn shown(self) -> String {
        match self {
            Self::Whole(name) => name.to_owned(),
            Self::Behind(whose, ending) => format!("<{whose}>{ending}"),
            Self::Before(beginning, whose) => format!("{beginning}<{whose}>"),
            Self::Numbered(whose, between) => format!("<{whose}>{between}<n>"),
        }
    }
}
