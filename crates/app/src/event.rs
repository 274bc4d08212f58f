//! What can happen to the page, and what the page then wants done. Nothing here does anything itself.

use std::sync::Arc;

use serde_json::Value;

use crate::listen::Piece;
use crate::model::{Page, Theme};
use crate::plan::field::FieldKind;
use crate::plan::path::Path;
use crate::preflight::{PreflightEvent, RehearsalOrder};
use crate::results::{ResultsEffect, ResultsEvent};
use crate::run::view::RunView;
use crate::safety::SafetyEvent;
use crate::save::Format;
use crate::swarm::joining::Reply;
use crate::swarm::view::SwarmView;
use crate::text_file::ReadFile;
use crate::trace::SeeEvent;
use engine::wire::{Canary, HeardMoment, LogLevel};
use metrics::UserId;
use plan::{Limits, Plan, TimedAction};
use protocol::audio::Clip;
use swarm::{Credentials, Decision, Invite, Offer, Patience};

/// One thing that happened: a person's doing, or a run's.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
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
    DismissNotice,

    /// Text was typed into a field of the form.
    Typed {
        path: Path,
        kind: FieldKind,
        text: String,
    },
    /// A value was chosen; `None` takes it out of the plan.
    Set {
        path: Path,
        value: Option<Value>,
    },
    TypedJson(String),
    ChoosePlan(String),
    SelectPopulation(usize),
    AddPopulation,
    RemovePopulation(usize),
    ChooseScenario(String),
    ChooseLoad(crate::plan::load_form::LoadKind),
    ExpandShape,
    /// A search for the breaking point, with a load that is long enough for it.
    FitSearch,
    AddStage,
    RemoveStage(usize),
    ChooseAccounts {
        csv: bool,
    },
    /// A file of accounts was dropped or selected for the open population.
    AccountsRead {
        name: String,
        file: ReadFile,
    },
    AddThreshold(String),
    RemoveThreshold(usize),
    /// A plan file was opened.
    PlanRead {
        name: String,
        file: ReadFile,
    },
    /// A file of audio was decoded, or a recording.
    ClipRead(Clip),
    RenameClip {
        from: String,
        to: String,
    },
    RemoveClip(String),
    SavePlan,
    SharePlan,
    /// The plan as a k6 script.
    SaveScript,
    /// A problem was clicked.
    GoTo {
        line: usize,
    },

    /// By name. Played again, it stops.
    PlayClip(String),
    ClipEnded,
    Record,
    RecordingBegan,
    /// About ten times a second.
    RecordingGoesOn {
        seconds: f64,
        level: f64,
    },
    EndRecording,
    DiscardRecording,
    RecordingFailed(String),

    /// Whom to listen to.
    ChooseSpeaker(String),
    TypeSpeaker(String),
    Listen,
    /// To any of them, each time to another one.
    ListenToAny,
    StopListening,
    SetVolume(f64),
    Heard(Box<HeardMoment>),
    /// Of one user that somebody looks at.
    See(SeeEvent),

    Start,
    Stop,
    Abort,
    /// The tester steers the run.
    Act(Box<TimedAction>),
    NoteDown {
        at_s: f64,
        text: String,
    },
    /// Opens the run's plan, with all that was done to it.
    RecordSession,
    /// The key that stops everything was pressed; pressed again, it cuts everything off.
    StopKey,
    Safety(SafetyEvent),
    Preflight(PreflightEvent),
    /// A run begins, whoever asked for it; it obeys this plan.
    Started(Box<Plan>),
    /// The run could not even begin.
    Refused(String),
    /// At most four times a second, and when its phase changes.
    RunChanged(Box<RunView>),
    FilterLog {
        level: LogLevel,
        words: String,
    },
    /// Save the run as a file.
    Save(Format),

    /// Opens a swarm that this page conducts, at the broker whose address is typed.
    OpenSwarm,
    LeaveSwarm,
    TypedBroker(String),
    /// Where this page came from offers a broker, or none.
    BrokerOffered(Option<String>),
    NameBrowser(String),
    /// Whether the conductor's own browser plays no load.
    WatchOnly(bool),
    /// Whether the users of a browser that vanishes move to the others.
    MoveParts(bool),
    /// How long browsers play on without the conductor.
    SetPatience(Patience),
    /// The broker asks for these. They are kept in memory only.
    GiveCredentials(Credentials),
    /// The operator's answer to what a dialog asks: whether a link's broker may be talked to, whether a conductor may play here.
    Reply(Reply),
    /// The conductor may not play here any more.
    TakeBack,
    /// What was refused is to be asked again.
    AskAgain,
    /// The operator's STOP of this browser's part.
    StopPart,
    CopyInvite,
    CopyWatchLink,
    SwarmChanged(Box<SwarmView>),

    /// Something about kept runs.
    Results(ResultsEvent),

    /// An effect was done.
    Done(String),
    /// An effect failed.
    Failed(String),
}

/// One thing to do in the browser.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Hand a file to the person.
    Download {
        name: String,
        text: String,
    },
    /// Put the link with this fragment into the clipboard; `done` is said when that worked.
    CopyLink {
        fragment: String,
        done: String,
    },
    /// Show a line of the JSON editor and put the cursor there.
    RevealLine(usize),
    ApplyTheme(Theme),
    /// Remember the text of the plan, for a reload.
    KeepDraft(String),
    /// Another page is shown: begin at its top.
    EnterPage,
    /// Begin a run with this plan, these account rows and these clips.
    Start {
        plan: Box<Plan>,
        csv: Vec<Vec<Vec<String>>>,
        clips: Vec<Clip>,
    },
    Stop,
    Abort,
    Act(Box<TimedAction>),
    /// A mark on the charts, at that time.
    NoteAt {
        at_s: f64,
        text: String,
    },
    /// Hand in the run's plan as a file, and show it.
    RecordSession,
    /// One user of each population goes first.
    Preflight(Box<RehearsalOrder>),
    CancelPreflight,
    /// Write down what was allowed, and obey it.
    KeepSafety {
        text: String,
        limits: Limits,
    },
    Save(Format),
    /// Ask where this page came from whether there is a broker, too.
    AskForBroker,
    EnterSwarm {
        invite: Box<Invite>,
        credentials: Option<Credentials>,
        name: String,
    },
    /// A new swarm: its key is drawn by the browser.
    OpenSwarm {
        broker: String,
        name: String,
    },
    LeaveSwarm,
    /// Tells the swarm which plan is next.
    OfferPlan(Box<Offer>),
    Decide(Decision),
    AskAgain,
    /// Take the link out of the address.
    ForgetLink,
    StopPart,
    WatchOnly(bool),
    MoveParts(bool),
    SetPatience(Patience),
    NameBrowser(String),
    /// Play a clip in place of the one before.
    PlayClip(Arc<Clip>),
    StopClip,
    /// Ask for the microphone, and record.
    Record,
    /// Hand the recording in as a clip of this name and rate.
    EndRecording {
        name: String,
        rate: u32,
    },
    DiscardRecording,
    /// Have the workers tell of this user, and be ready to play.
    Hear {
        user: UserId,
        volume: f64,
    },
    StopHearing,
    /// Have the workers tell of this user, or of nobody any more.
    Watch(Option<UserId>),
    Canary {
        user: UserId,
        order: Canary,
    },
    /// Bring the watched user into view.
    RevealUser,
    /// Put the text into the clipboard; `done` is said when that worked.
    CopyText {
        text: String,
        done: String,
    },
    /// A mark on the charts, now.
    NoteDown(String),
    SetVolume(f64),
    PlayPieces {
        rate: u32,
        pieces: Vec<Piece>,
    },
    Results(ResultsEffect),
    /// Build the run's view anew: what it shows was changed, not the run.
    Refresh,
}
