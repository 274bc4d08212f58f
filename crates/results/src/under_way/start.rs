//! How a run begins, or goes on where a page that was loaded anew left it.

use super::{Scribe, UnderWay, players};
use engine::wire::Trial;
use metrics::{Baseline, Browser};
use plan::{Limits, Plan};
use protocol::audio::Clip;
use run::{Run, RunInput};
use swarm::{Beginning, Cast, Conductor, Journal, Picture, Redaction};

/// What is to be run.
#[derive(Debug)]
pub struct Wanted {
    /// What it is called.
    pub run: String,
    pub plan: Plan,
    /// The account rows of each population's file.
    pub csv: Vec<Vec<Vec<String>>>,
    /// What voice users can say besides the shipped ones.
    pub clips: Vec<Clip>,
    pub limits: Limits,
    pub baseline: Option<Baseline>,
    pub trial: Option<Trial>,
    /// See [`Run::starving`].
    pub starve_ms: u32,
}

/// The page that a run begins in.
#[derive(Debug)]
pub struct HostPage {
    pub this: Browser,
    /// Pages of kept runs can be written.
    pub keeps: bool,
    /// What the others see of a run.
    pub picture: fn(&Run) -> Picture,
}

impl UnderWay {
    /// The cast is told; this page's own workers are there already.
    pub fn begin(at_ms: f64, wanted: Wanted, cast: Cast, conductor: Option<&mut Conductor>, around: HostPage) -> Self {
        let (start_delay_ms, Cast { parts, places }) = (cast.start_delay_ms(), cast);
        let beginning = Beginning {
            places: places.clone(),
            patience: conductor.as_ref().map(|conductor| conductor.patience()).unwrap_or_default(),
            baseline: wanted.baseline.clone(),
            ..Beginning::of(at_ms, &wanted.run, &wanted.plan, &parts, start_delay_ms)
        };
        let conducts = conductor.is_some();
        let run = Run::new(at_ms, wanted.plan, wanted.csv, wanted.run.clone(), parts.clone());
        let run = run.starting_after(start_delay_ms).within(wanted.limits).trying(wanted.trial);
        let run = run.with_clips(wanted.clips).starving(wanted.starve_ms);
        let run = match &wanted.baseline {
            Some(baseline) => run.with_baseline(baseline),
            None => run,
        };
        let nobody = &mut Conductor::default();
        let conductor = conductor.unwrap_or(nobody);
        let beginning = Beginning { browsers: players(&run, conductor, &around.this), ..beginning };
        let journal = conducts.then(|| Journal::begin(beginning.clone(), Redaction::Nothing));
        let scribe = Scribe::begin(beginning, around.keeps);
        conductor.begin(wanted.run, places);
        Self { journal, scribe: Some(scribe), ..Self::of(run, around.picture) }
    }

    /// A run that this page conducted before it was loaded anew. What it played itself is lost from then on.
    pub fn take_over(now_ms: f64, run: Run, conductor: &mut Conductor, picture: fn(&Run) -> Picture) -> Self {
        let scribe = (!run.is_done()).then(Scribe::default);
        let mut under_way = Self { journal: Some(Journal::default()), scribe, ..Self::of(run, picture) };
        for worker in conductor.own_workers() {
            let message = "the conductor's page was loaded anew".to_owned();
            under_way.handle(now_ms, RunInput::WorkerDied { worker, message }, conductor);
        }
        under_way
    }

    fn of(run: Run, picture: fn(&Run) -> Picture) -> Self {
        Self {
            run,
            journal: None,
            page: 0,
            scribe: None,
            picture,
            last_told_ms: 0.0,
            last_shown_ms: 0.0,
            out: std::collections::VecDeque::new(),
        }
    }
}
