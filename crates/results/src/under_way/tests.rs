use serde_json::{Map, json};

use super::*;
use engine::wire::FromWorker;
use run::Capacity;
use swarm::{Cast, ConductorOutput, LinkCommand, unpack};

const KIM: SessionId = SessionId(7);

struct Script {
    under_way: UnderWay,
    conductor: Conductor,
    now_ms: f64,
}

impl Script {
    /// A page with two workers, alone or with Kim's browser.
    fn new(others: &[SessionId]) -> Self {
        let plan = json!({
            "version": 1, "name": "scripted", "seed": 7,
            "populations": [{"name": "talkers", "scenario": "ktb-chat", "load": {"model": "closed", "stages": [
                {"duration_s": 20, "target": 8},
            ]}}],
        });
        let wanted = Wanted {
            run: "k3f".into(),
            plan: serde_json::from_value(plan).expect("it is a plan"),
            csv: Vec::new(),
            clips: Vec::new(),
            limits: plan::Limits::default(),
            baseline: None,
            trial: None,
            starve_ms: 0,
        };
        let around = HostPage { this: Browser::default(), keeps: true, picture: |run| picture(run) };
        let kim = || Capacity { browser: Some("Kim".into()), ..Capacity::own(2, 250) };
        let others: Vec<_> = others.iter().map(|session| (*session, kim())).collect();
        let (conducts, mut conductor) = (!others.is_empty(), Conductor::new("b"));
        let cast = Cast::of(Capacity::own(2, 250), others, 4).expect("it plays");
        let under_way = UnderWay::begin(0.0, wanted, cast, conducts.then_some(&mut conductor), around);
        Self { under_way, conductor, now_ms: 1_000.0 }
    }

    fn from(&mut self, worker: usize, message: FromWorker) -> Vec<&'static str> {
        self.input(RunInput::From { worker, message })
    }

    /// What this input brings about, in short.
    fn input(&mut self, input: RunInput) -> Vec<&'static str> {
        self.under_way.handle(self.now_ms, input, &mut self.conductor);
        let all = std::iter::from_fn(|| self.under_way.poll());
        all.map(|output| match output {
            UnderWayOutput::Tell { .. } => "tell",
            UnderWayOutput::Page(_) => "page",
            UnderWayOutput::Journal { .. } => "journal",
            UnderWayOutput::Over => "over",
            UnderWayOutput::News => "news",
        })
        .collect()
    }

    /// To others: what is shown, and how much is said.
    fn link(&mut self) -> (Vec<Picture>, usize) {
        let (mut shown, mut said) = (Vec::new(), 0);
        while let Some(output) = self.conductor.poll() {
            match output {
                ConductorOutput::Link(LinkCommand::Show(bytes)) => shown.extend(unpack::<Picture>(&bytes).ok()),
                ConductorOutput::Link(LinkCommand::Say { .. }) => said += 1,
                _ => {}
            }
        }
        (shown, said)
    }

    /// Past its epoch.
    fn start(&mut self) {
        let workers = self.under_way.run().worker_count();
        (0..workers).for_each(|worker| drop(self.from(worker, ready())));
        (0..workers).for_each(|worker| drop(self.from(worker, FromWorker::Loaded)));
        let prepared = || FromWorker::Prepared { population: 0, shared: Map::new() };
        (0..workers).for_each(|worker| drop(self.from(worker, prepared())));
        assert!(self.under_way.run().epoch_ms().is_some());
        self.now_ms += 4_000.0;
        self.input(RunInput::Tick);
        self.link();
    }
}

fn picture(run: &Run) -> Picture {
    Picture { run: run.id().to_owned(), ..Picture::default() }
}

fn ready() -> FromWorker {
    FromWorker::Ready { build: String::new() }
}

#[test]
fn a_page_alone_tells_its_own_workers_and_writes_no_journal() {
    let mut script = Script::new(&[]);
    assert_eq!(script.from(0, ready()), ["page", "tell", "news"]);
    assert_eq!(script.from(1, ready()), ["tell"], "there was news a moment ago");
    script.now_ms += 250.0;
    assert_eq!(script.input(RunInput::Tick), ["news"]);
    assert_eq!(script.link(), (Vec::new(), 0));
}

#[test]
fn workers_of_another_browser_are_told_through_the_swarm_and_it_is_shown_once_a_second() {
    let mut script = Script::new(&[KIM]);
    // It was told to begin.
    assert_eq!(script.link(), (Vec::new(), 1));
    assert_eq!(script.from(1, ready()), ["page", "journal", "news"]);
    let (shown, said) = script.link();
    assert_eq!((shown.len(), said), (1, 1));
    script.now_ms += 900.0;
    assert_eq!(script.from(0, ready()), ["tell", "news"], "the first page is still on its way");
    script.now_ms += 100.0;
    assert_eq!(script.input(RunInput::Hidden(true)), ["journal"]);
    assert_eq!(script.link().0.len(), 1);
}

#[test]
fn a_run_that_is_given_up_is_over_at_once() {
    let mut script = Script::new(&[]);
    let outputs = script.input(RunInput::Stop);
    assert_eq!(outputs[outputs.len() - 2..], ["over", "news"]);
    assert_eq!(script.under_way.run().epoch_ms(), None, "there is nothing to keep");
}

#[test]
fn whoever_was_here_before_the_page_was_loaded_anew_is_dead() {
    let mut script = Script::new(&[KIM]);
    script.start();
    let Script { under_way, mut conductor, now_ms } = script;
    let under_way = UnderWay::take_over(now_ms, under_way.run, &mut conductor, picture);
    assert_eq!(under_way.scribe().map(Scribe::key), Some(None), "it is kept at its end");
    assert!(under_way.run().status().problem.is_some_and(|problem| problem.contains("loaded anew")));
}
