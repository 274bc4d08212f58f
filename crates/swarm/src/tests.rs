//! A conductor and a generator that hear each other at once: who does what when, without a network.

use serde_json::json;

mod names;

use super::*;
use base::time::{Span, Timestamp};
use engine::wire::{FromWorker, Lending, LogLevel, LogLine, Snapshot, ToWorker, WorkerLoad};
use metrics::Baseline;
use plan::{Action, Caps, Limits, Plan, TimedAction};
use run::{Capacity, Halt, RunInput, layout};

const GENERATOR: SessionId = SessionId(7);
const CONDUCTOR: SessionId = SessionId(1);

struct Pair {
    conductor: Conductor,
    generator: Generator,
    now_ms: f64,
    /// What the run heard, what the generator's page was asked to do.
    run: Vec<RunInput>,
    page: Vec<GeneratorOutput>,
    /// The conductor's page does not hear.
    is_deaf: bool,
}

const BUILD: &str = "00c0ffee";

fn card() -> Card {
    let (name, browser, consent) = ("Kim".to_owned(), "Chromium 156".to_owned(), Consent::Asked);
    Card {
        name,
        browser,
        cores: 2,
        sockets: 250,
        only_watches: false,
        consent,
        offer: 0,
        playing: None,
        build: BUILD.into(),
    }
}

fn limits(hosts: &[&str], users: u32) -> Bounds {
    let hosts = hosts.iter().map(|&host| host.to_owned()).collect();
    Bounds { limits: Limits { hosts, caps: Caps { users: Some(150), ..Caps::NONE }, ..Limits::default() }, users }
}

fn plan(target: &str, users: u32) -> Plan {
    let plan = json!({
        "version": 1, "name": "evening", "seed": 1,
        "populations": [{
            "name": "users", "scenario": "ktb-chat", "variables": {"target": target},
            "load": {"model": "closed", "start": users, "stages": [{"duration_s": 60, "target": users}]},
        }],
    });
    Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn load(target: &str, users: u32) -> ToWorker {
    let kim = Capacity { browser: Some("Kim".into()), ..Capacity::own(2, 250) };
    let part = layout(&[Capacity::own(2, 250), kim], 4).swap_remove(1);
    ToWorker::Load(Box::new(WorkerLoad {
        plan: plan(target, users),
        segment: part.segment,
        run: "k3f".into(),
        csv: Vec::new(),
        clips: Vec::new(),
        handshakes_in_flight: 3,
        fetches_in_flight: 5,
        sockets: None,
        trial: None,
        starve_ms: 0,
        limits: None,
        is_remote: true,
        life: 0,
        lending: Lending::default(),
    }))
}

impl Pair {
    fn new(limits: Bounds) -> Self {
        let mut pair = Self {
            conductor: Conductor::new(BUILD),
            generator: Generator::new(card(), limits),
            now_ms: 1_000_000.0,
            run: Vec::new(),
            page: Vec::new(),
            is_deaf: false,
        };
        pair.conductor.on_event(LinkEvent::Arrived(GENERATOR));
        pair.hear(LinkEvent::Arrived(CONDUCTOR));
        pair.hear(LinkEvent::Clock(Offset { offset: 500.0, bound: 1.0, round_trip: 2.0 }));
        pair
    }

    /// A run of three workers, of which the second is the generator's.
    fn playing(limits: Bounds) -> Self {
        Self::playing_at(limits, "http://127.0.0.1:9", 100)
    }

    /// Its operator has agreed to so much.
    fn playing_at(limits: Bounds, target: &str, users: u32) -> Self {
        let mut pair = Self::new(limits);
        pair.offer(target, users);
        pair.answer(true, false);
        pair.conductor.begin("k3f".into(), vec![None, Some(GENERATOR), None]);
        pair.settle();
        pair
    }

    fn offer(&mut self, target: &str, users: u32) {
        self.conductor.offer(Offer::of(&plan(target, users)));
        self.settle();
    }

    /// The generator's operator answers what is shown to him.
    fn answer(&mut self, allows: bool, samples: bool) {
        let offer = self.generator.offered().expect("something was offered").number;
        self.generator.decide(Decision { allows, offer, samples });
        self.settle();
    }

    fn consent(&self) -> Option<Consent> {
        self.seat().card.map(|card| card.consent)
    }

    fn hear(&mut self, event: LinkEvent) {
        self.generator.on_event(self.now_ms, event);
        self.settle();
    }

    fn pass(&mut self, millis: u32) {
        for _ in 0..millis / 250 {
            self.now_ms += 250.0;
            self.hear(LinkEvent::Tick(Traffic::default()));
        }
    }

    /// Until nobody has anything to say.
    fn settle(&mut self) {
        loop {
            let (from, to) = (self.generator.poll(), if self.is_deaf { None } else { self.conductor.poll() });
            if from.is_none() && to.is_none() {
                return;
            }
            match to {
                Some(ConductorOutput::Link(LinkCommand::Say { message, .. })) => {
                    self.generator.on_event(self.now_ms, LinkEvent::Message { from: CONDUCTOR, message });
                }
                Some(ConductorOutput::Run(input)) => self.run.push(input),
                _ => {}
            }
            match from {
                Some(GeneratorOutput::Link(LinkCommand::Say { message, .. })) if !self.is_deaf => {
                    self.conductor.on_event(LinkEvent::Message { from: GENERATOR, message });
                }
                Some(GeneratorOutput::Link(_)) | None => {}
                Some(output) => self.page.push(output),
            }
        }
    }

    fn tell(&mut self, message: ToWorker) {
        self.conductor.tell(1, message);
        self.settle();
    }

    fn asked(&mut self) -> Vec<GeneratorOutput> {
        let page = std::mem::take(&mut self.page);
        page.into_iter()
            .filter(|output| {
                use GeneratorOutput::{Agreed, Forget, Keep};
                !matches!(output, Keep { .. } | Forget { .. } | Agreed(_))
            })
            .collect()
    }

    fn heard(&mut self) -> Vec<RunInput> {
        std::mem::take(&mut self.run)
    }

    fn says(&mut self, message: FromWorker) {
        self.generator.on_worker(0, message);
        self.settle();
    }

    fn seat(&self) -> Seat {
        self.conductor.seats().next().expect("one has come").clone()
    }
}

fn settled() -> FromWorker {
    FromWorker::Snapshot(Box::new(Snapshot { settled: true, ..Snapshot::default() }))
}

fn to_worker(message: ToWorker) -> GeneratorOutput {
    GeneratorOutput::Tell { worker: 0, message: Box::new(message) }
}

fn from_worker(message: FromWorker) -> RunInput {
    RunInput::From { worker: 1, message }
}

#[test]
fn a_run_goes_through_as_if_its_worker_were_here() {
    let mut pair = Pair::playing(limits(&[], 250));
    assert_eq!(pair.asked(), [GeneratorOutput::Dismiss, GeneratorOutput::Spawn { workers: 1 }]);
    pair.says(FromWorker::Loaded);
    assert_eq!(pair.heard(), [from_worker(FromWorker::Loaded)]);
    pair.tell(ToWorker::Start { epoch_ms: 2_000_000.0, shared: Vec::new() });
    // Its own clock is half a second behind the conductor's.
    assert_eq!(pair.asked(), [to_worker(ToWorker::Start { epoch_ms: 1_999_500.0, shared: Vec::new() })]);
    pair.hear(LinkEvent::Clock(Offset { offset: 501.5, bound: 1.0, round_trip: 2.0 }));
    assert_eq!(pair.asked(), [to_worker(ToWorker::Epoch { epoch_ms: 1_999_498.5 })]);
    pair.hear(LinkEvent::Clock(Offset { offset: 501.4, bound: 1.0, round_trip: 2.0 }));
    assert_eq!(pair.asked(), []);
    pair.conductor.end();
    pair.settle();
    assert_eq!(pair.asked(), [GeneratorOutput::Dismiss]);
    assert_eq!(pair.generator.run(), None);
}

#[test]
fn an_operator_is_asked_whatever_the_hosts_and_again_for_more_than_he_agreed_to() {
    // What its operator allows his own plans is no yes to somebody else's.
    let mut pair = Pair::new(limits(&["chat.example"], 250));
    for (target, users, is_asked) in [
        ("http://127.0.0.1:4280", 10, true),
        ("http://127.0.0.1:4280", 10, false),
        ("http://127.0.0.1:4280", 9, false),
        ("http://127.0.0.1:4280", 11, true),
        ("http://127.0.0.1:4281", 10, true),
        ("http://chat.example:5001", 10, true),
        ("http://chat.example:5002", 10, true),
        ("http://127.0.0.1:4280", 11, false),
    ] {
        pair.offer(target, users);
        let expected = if is_asked { Consent::Asked } else { Consent::Given };
        assert_eq!(pair.consent(), Some(expected), "{users} users of {target}");
        assert_eq!((pair.conductor.is_waiting(), pair.conductor.ready().len()), (is_asked, usize::from(!is_asked)));
        if is_asked {
            pair.answer(true, false);
            assert_eq!((pair.conductor.is_waiting(), pair.conductor.ready().len()), (false, 1));
        }
    }
    assert_eq!(pair.generator.limits(), &limits(&["chat.example"], 250).limits, "his own limits are as they were");
}

#[test]
fn a_yes_is_to_what_was_shown() {
    let mut pair = Pair::new(limits(&[], 250));
    pair.offer("http://127.0.0.1:4280", 10);
    let shown = pair.generator.offered().expect("it was offered").number;
    pair.offer("http://127.0.0.1:22", 10);
    pair.generator.decide(Decision { allows: true, offer: shown, samples: true });
    pair.settle();
    assert_eq!(pair.consent(), Some(Consent::Asked));
}

#[test]
fn what_was_agreed_to_outlives_a_reload_and_can_be_taken_back() {
    let mut pair = Pair::new(limits(&[], 250));
    pair.offer("http://127.0.0.1:4280", 10);
    pair.answer(true, false);
    let note = pair.page.iter().rev().find_map(|output| match output {
        GeneratorOutput::Agreed(note) => Some(note.clone()),
        _ => None,
    });
    pair.generator = Generator::new(card(), limits(&[], 250));
    pair.generator.recall(&note.expect("it was written down"));
    pair.conductor.on_event(LinkEvent::Arrived(GENERATOR));
    pair.hear(LinkEvent::Arrived(CONDUCTOR));
    assert_eq!(pair.consent(), Some(Consent::Given));
    pair.answer(false, false);
    assert!(matches!(pair.consent(), Some(Consent::Refused(_))));
    // The same again is no new question, until its operator wants to be asked.
    pair.offer("http://127.0.0.1:4280", 10);
    assert!(matches!(pair.consent(), Some(Consent::Refused(_))));
    pair.generator.ask_again();
    pair.settle();
    assert_eq!(pair.consent(), Some(Consent::Asked));
    pair.generator.recall(b"no note");
}

#[test]
fn samples_of_answers_go_back_only_where_the_operator_wants_it() {
    for samples in [false, true] {
        let mut pair = Pair::new(limits(&[], 250));
        pair.offer("http://127.0.0.1:9", 10);
        pair.answer(true, samples);
        pair.conductor.begin("k3f".into(), vec![None, Some(GENERATOR), None]);
        pair.settle();
        pair.tell(load("http://127.0.0.1:9", 10));
        pair.heard();
        let (at, level) = (Timestamp::ZERO, LogLevel::Error);
        let log = vec![LogLine { at, level, population: String::new(), user: Some(1), text: "failed: secret".into() }];
        pair.says(FromWorker::Snapshot(Box::new(Snapshot { log, settled: true, ..Snapshot::default() })));
        pair.pass(1_000);
        let heard = format!("{:?}", pair.heard());
        assert!(heard.contains("settled: true") && heard.contains("secret") == samples, "{heard}");
        // What `once` saves would be handed over to everybody.
        pair.asked();
        pair.tell(ToWorker::Prepare { population: 0 });
        assert_eq!(pair.asked().len(), usize::from(samples));
    }
}

#[test]
fn who_is_not_allowed_does_not_play() {
    let mut pair = Pair::new(limits(&[], 250));
    pair.offer("http://chat.example", 10);
    pair.answer(false, false);
    assert!(matches!(pair.consent(), Some(Consent::Refused(_))));
    // A conductor that does not care is not obeyed.
    pair.conductor.begin("k3f".into(), vec![None, Some(GENERATOR), None]);
    pair.settle();
    assert_eq!(pair.asked(), [GeneratorOutput::Dismiss]);
    let why = "its operator has not allowed this run".to_owned();
    assert_eq!(pair.heard(), [RunInput::WorkerDied { worker: 1, message: why }]);
    assert_eq!(pair.generator.refused(), 1);
}

#[test]
fn plans_beyond_the_limits_are_refused_where_they_would_play() {
    #[track_caller]
    fn check(limits: Bounds, agreed: &str, target: &str, users: u32, expected: Option<&str>) {
        let mut pair = Pair::playing_at(limits, agreed, 100);
        pair.asked();
        pair.tell(load(target, users));
        match expected {
            Some(why) => {
                assert_eq!(pair.asked(), []);
                assert_eq!(pair.heard(), [RunInput::WorkerDied { worker: 1, message: why.into() }]);
            }
            None => assert_eq!(pair.asked().len(), 1),
        }
    }
    let (here, far) = ("http://127.0.0.1:9", "http://chat.example");
    check(limits(&[], 250), here, here, 10, None);
    check(limits(&[], 250), far, far, 10, None);
    let more = Some("it is more than its operator has agreed to");
    check(limits(&["chat.example"], 250), here, far, 10, more);
    check(limits(&[], 250), far, here, 10, more);
    check(limits(&[], 250), here, "http://127.0.0.1:10", 10, more);
    check(limits(&[], 250), here, here, 101, more);
    let many = "its part has 49 users, and its operator allows 20 in this browser";
    check(limits(&[], 20), here, here, 100, Some(many));
}

#[test]
fn an_offer_beyond_the_limits_is_refused_whatever_its_operator_answers() {
    let mut pair = Pair::new(limits(&["chat.example"], 250));
    let capped = "chat.example would get 200 users at a time, and this browser's limit is 150";
    pair.offer("http://chat.example", 200);
    assert_eq!(pair.consent(), Some(Consent::Refused(capped.into())));
    pair.answer(true, false);
    assert_eq!(pair.consent(), Some(Consent::Refused(capped.into())));
}

#[test]
fn a_generator_s_load_knows_its_own_limits() {
    let mut pair = Pair::playing_at(limits(&["other.example"], 250), "http://chat.example", 10);
    pair.asked();
    pair.tell(load("http://chat.example", 10));
    let asked = pair.asked();
    let [GeneratorOutput::Tell { message, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    let ToWorker::Load(load) = &**message else { panic!("{message:?}") };
    let only = Some(["chat.example:80".to_owned()].into());
    assert_eq!(load.limits, Some(Limits { only, ..limits(&["chat.example"], 250).limits }));
}

#[test]
fn more_users_than_its_browser_holds_are_not_played_and_the_conductor_hears_it() {
    let mut pair = Pair::playing(limits(&[], 20));
    pair.tell(load("http://127.0.0.1:9", 10));
    pair.asked();
    pair.heard();
    let users = |users| ToWorker::Act(Box::new(TimedAction::now(Action::Users { users, over_s: 0.0 })));
    pair.tell(users(15));
    pair.tell(users(60));
    let [allowed, clamped] = <[GeneratorOutput; 2]>::try_from(pair.asked()).expect("two orders");
    // Its part of 43 users are twenty: those with the numbers of one worker of four, two of which are probes.
    assert_eq!((allowed, clamped), (to_worker(users(15)), to_worker(users(43))));
    pair.says(FromWorker::Loaded);
    let text = "a part of 60 users would be more than it can hold: it plays that of 43".to_owned();
    assert_eq!(pair.generator.limits_met(), [text.as_str()].into());
    assert_eq!(pair.heard(), [RunInput::Limited { worker: 1, text }, from_worker(FromWorker::Loaded)]);
    pair.tell(users(15));
    assert_eq!(pair.generator.limits_met(), [].into());
}

#[test]
fn its_page_says_what_its_operator_s_limits_keep_its_workers_from() {
    let mut pair = Pair::playing(limits(&[], 20));
    let (at, level) = (Timestamp::ZERO, LogLevel::Warning);
    let line = |user, text: &str| LogLine { at, level, population: String::new(), user, text: text.to_owned() };
    let log = vec![line(Some(1), "was cut off"), line(None, "users wait to connect")];
    pair.says(FromWorker::Snapshot(Box::new(Snapshot { log, ..Snapshot::default() })));
    assert_eq!(pair.generator.limits_met(), ["users wait to connect"].into());
}

#[test]
fn without_a_conductor_it_stops_within_ten_seconds() {
    let mut pair = Pair::playing(limits(&[], 250));
    pair.asked();
    // The link says so after almost three seconds.
    pair.pass(2_750);
    pair.hear(LinkEvent::Away(CONDUCTOR));
    pair.pass(5_000);
    assert_eq!(pair.asked(), []);
    pair.hear(LinkEvent::Back(CONDUCTOR));
    pair.pass(5_000);
    assert_eq!(pair.asked(), [], "it came back in time");
    pair.hear(LinkEvent::Away(CONDUCTOR));
    pair.pass(6_000);
    assert_eq!(pair.asked(), [to_worker(ToWorker::Stop)]);
    pair.pass(6_000);
    assert_eq!(pair.asked(), [], "once");
}

/// How long after it was heard last a generator stops that nobody conducts, in milliseconds; `None`: not within two minutes.
#[track_caller]
fn check_patience(patience: Patience, expected_ms: Option<u32>) {
    let mut pair = Pair::new(limits(&[], 250));
    pair.conductor.set_patience(patience);
    pair.offer("http://127.0.0.1:4280", 10);
    pair.conductor.begin("k3f".into(), vec![None, Some(GENERATOR), None]);
    pair.settle();
    assert_eq!(pair.generator.patience(), patience);
    let epoch_ms = pair.now_ms + 500.0;
    pair.tell(ToWorker::Start { epoch_ms, shared: Vec::new() });
    pair.asked();
    let heard_ms = pair.now_ms;
    pair.pass(2_500);
    pair.hear(LinkEvent::Away(CONDUCTOR));
    while pair.now_ms < heard_ms + 120_000.0 && !pair.page.contains(&to_worker(ToWorker::Stop)) {
        pair.pass(250);
    }
    let stopped = pair.page.contains(&to_worker(ToWorker::Stop));
    assert_eq!(stopped.then_some((pair.now_ms - heard_ms) as u32), expected_ms, "{patience:?}");
}

#[test]
fn a_generator_waits_as_long_as_its_conductor_wants_it_to() {
    check_patience(Patience::Seconds(4), Some(4_000));
    check_patience(Patience::default(), Some(8_000));
    check_patience(Patience::Seconds(15), Some(15_000));
    // The plan lasts a minute.
    check_patience(Patience::ToThePlansEnd, Some(60_000));
    check_patience(Patience::Seconds(300), None);
}

#[test]
fn what_stopped_by_itself_says_when_and_plays_again() {
    let mut pair = Pair::playing(limits(&[], 250));
    pair.tell(ToWorker::Start { epoch_ms: pair.now_ms + 500.0, shared: Vec::new() });
    pair.heard();
    pair.asked();
    pair.is_deaf = true;
    pair.hear(LinkEvent::Away(CONDUCTOR));
    for _ in 0..10 {
        pair.pass(1_000);
        pair.says(FromWorker::Snapshot(Box::default()));
    }
    pair.is_deaf = false;
    assert_eq!(pair.asked(), [to_worker(ToWorker::Stop)]);
    assert_eq!(pair.generator.ended(), Some(&PartEnd::Alone { at_s: 8.0 }));
    // Its stream says again what nobody heard.
    pair.hear(LinkEvent::Back(CONDUCTOR));
    pair.hear(LinkEvent::Arrived(CONDUCTOR));
    let (handed_over, said): (Vec<_>, Vec<_>) =
        pair.heard().into_iter().partition(|input| matches!(input, RunInput::From { .. }));
    // The last one waits for the next part.
    assert_eq!((handed_over.len(), said), (9, vec![RunInput::Alone { worker: 1, at_s: 8.0 }]));
    assert_eq!(pair.conductor.stand_in(None), None, "it plays a part already");
    assert_eq!(pair.conductor.stand_in(Some("Kim")), Some((GENERATOR, "Kim".to_owned())));
    pair.conductor.seat_worker(Some(GENERATOR));
    pair.conductor.begin_more(GENERATOR);
    pair.settle();
    assert_eq!(pair.asked(), [GeneratorOutput::Spawn { workers: 2 }]);
    assert_eq!(pair.generator.ended(), None, "it plays again");
    pair.generator.on_worker(1, settled());
    pair.settle();
    assert_eq!(pair.asked(), [], "the new one plays on");
    pair.says(settled());
    assert_eq!(pair.asked(), [to_worker(ToWorker::Leave)]);
}

#[test]
fn who_comes_back_a_moment_later_finds_its_part_vacant() {
    let mut pair = Pair::new(limits(&[], 250));
    pair.offer("http://127.0.0.1:4280", 10);
    pair.answer(true, false);
    let spare = Some((GENERATOR, "Kim".to_owned()));
    assert_eq!(pair.conductor.stand_in(None), spare);
    for event in [LinkEvent::Lost("gone".into()), LinkEvent::Connected] {
        pair.conductor.on_event(event);
    }
    for _ in 0..12 {
        assert_eq!(pair.conductor.stand_in(None), None);
        assert_eq!(pair.conductor.stand_in(Some("Kim")), spare);
        pair.conductor.on_event(LinkEvent::Tick(Traffic::default()));
    }
    assert_eq!(pair.conductor.stand_in(None), spare);
}

#[test]
fn whose_operator_stopped_it_plays_no_further_part_of_that_run() {
    let mut pair = Pair::playing(limits(&[], 250));
    pair.generator.stop();
    pair.settle();
    pair.asked();
    pair.heard();
    pair.conductor.seat_worker(Some(GENERATOR));
    pair.conductor.begin_more(GENERATOR);
    pair.settle();
    assert_eq!(pair.asked(), []);
    let why = "its operator stopped it".to_owned();
    assert_eq!(pair.generator.ended(), Some(&PartEnd::Stopped(why.clone())));
    assert_eq!(pair.heard(), [RunInput::WorkerDied { worker: 3, message: why }]);
}

#[test]
fn stop_does_not_wait_behind_what_is_on_its_way() {
    let mut pair = Pair::playing(limits(&[], 250));
    pair.asked();
    let mut show = |run: &str, halt| {
        let picture = Picture { run: run.into(), halt, ..Picture::default() };
        pair.hear(LinkEvent::Live(pack(&picture)));
        pair.asked()
    };
    assert_eq!(show("k3f", None), []);
    assert_eq!(show("another", Some(Halt::Abort)), []);
    assert_eq!(show("k3f", Some(Halt::Stop)), [to_worker(ToWorker::Stop)]);
    assert_eq!(show("k3f", Some(Halt::Stop)), [], "once");
    assert_eq!(show("k3f", Some(Halt::Abort)), [to_worker(ToWorker::Abort)]);
    assert_eq!(show("k3f", Some(Halt::Stop)), []);
}

#[test]
fn what_the_conductor_has_not_written_down_is_kept_for_it() {
    let mut pair = Pair::playing(limits(&[], 250));
    pair.says(FromWorker::Loaded);
    pair.conductor.keep(GENERATOR, 1);
    pair.settle();
    assert_eq!((pair.generator.unkept(), pair.heard().len()), (0, 1));
    pair.is_deaf = true;
    pair.says(FromWorker::Done);
    pair.says(FromWorker::Finished);
    assert_eq!(pair.generator.unkept(), 2);
    pair.is_deaf = false;
    // The conductor's page is there anew: it hears all that it has not confirmed, once.
    pair.hear(LinkEvent::Arrived(CONDUCTOR));
    assert_eq!(pair.heard(), [from_worker(FromWorker::Done), from_worker(FromWorker::Finished)]);
    pair.hear(LinkEvent::Arrived(CONDUCTOR));
    assert_eq!(pair.heard(), []);
}

#[test]
fn a_generator_s_page_that_is_loaded_anew_delivers_what_it_had() {
    let mut pair = Pair::playing(limits(&[], 250));
    pair.says(FromWorker::Loaded);
    pair.is_deaf = true;
    pair.says(FromWorker::Done);
    let parts = std::mem::take(&mut pair.page).into_iter().filter_map(|output| match output {
        GeneratorOutput::Keep { number, part } => Some((number, part)),
        _ => None,
    });
    let parts = parts.collect::<Vec<_>>();
    pair.is_deaf = false;
    pair.heard();
    pair.generator = Generator::new(card(), limits(&[], 250));
    let next = parts.len() as u64;
    pair.generator.resume("k3f".into(), 1, parts, next);
    pair.conductor.on_event(LinkEvent::Arrived(GENERATOR));
    pair.hear(LinkEvent::Arrived(CONDUCTOR));
    let heard = pair.heard();
    let died = RunInput::WorkerDied { worker: 1, message: "its page was loaded anew or closed".into() };
    assert_eq!(heard, [from_worker(FromWorker::Done), died]);
    // Once that is safe it may play again, from the beginning.
    assert_eq!(pair.generator.run(), Some("k3f"));
    pair.conductor.keep(GENERATOR, 99);
    pair.settle();
    assert_eq!((pair.generator.run(), pair.seat().workers.len()), (None, 0));
    pair.offer("http://127.0.0.1:4280", 20);
    pair.answer(true, false);
    assert_eq!(pair.conductor.stand_in(None), Some((GENERATOR, "Kim".to_owned())));
    pair.asked();
    pair.conductor.seat_worker(Some(GENERATOR));
    pair.conductor.begin_more(GENERATOR);
    pair.settle();
    assert_eq!(pair.asked(), [GeneratorOutput::Dismiss, GeneratorOutput::Spawn { workers: 1 }]);
    pair.says(FromWorker::Loaded);
    assert_eq!(pair.heard(), [RunInput::From { worker: 3, message: FromWorker::Loaded }]);
}

#[test]
fn a_generator_that_has_forgotten_the_run_is_lost_to_it() {
    let mut pair = Pair::playing(limits(&[], 250));
    pair.generator = Generator::new(card(), limits(&[], 250));
    pair.conductor.on_event(LinkEvent::Arrived(GENERATOR));
    pair.hear(LinkEvent::Arrived(CONDUCTOR));
    let died = RunInput::WorkerDied { worker: 1, message: "its page was loaded anew".into() };
    assert_eq!(pair.heard(), [died]);
}

#[test]
fn a_conductor_that_plays_its_notes_again_goes_on_where_it_was() {
    let kim = Capacity { browser: Some("Kim".into()), ..Capacity::own(2, 250) };
    let parts = layout(&[Capacity::own(2, 250), kim], 4);
    let plan = plan("http://127.0.0.1:9", 10);
    let beginning = Beginning {
        places: vec![None, Some(GENERATOR), None],
        patience: Patience::Seconds(60),
        baseline: Some(Baseline { run: "tuesday".into(), ..Baseline::default() }),
        ..Beginning::of(1_000.0, "k3f", &plan, &parts, 3_000.0)
    };
    let mut journal = Journal::begin(beginning, Redaction::Nothing);
    let mut pair = Pair::playing(limits(&[], 250));
    let mut run = run::Run::new(1_000.0, plan, Vec::new(), "k3f".into(), parts).starting_after(3_000.0);
    let mut pages = Vec::new();
    let ready = || FromWorker::Ready { build: BUILD.into() };
    for (at_ms, message) in [(1_100.0, ready()), (1_200.0, FromWorker::Loaded)] {
        pair.says(message.clone());
        for worker in [0, 2] {
            pair.run.push(RunInput::From { worker, message: message.clone() });
        }
        for input in pair.heard() {
            journal.input(at_ms, &input);
            run.handle(at_ms, input);
            while let Some((worker, message)) = run.poll() {
                pair.conductor.tell(worker, message);
            }
        }
        pair.settle();
        pages.extend(journal.page_of(&pair.conductor));
    }
    // The page is loaded anew.
    let Replayed { run: again, conductor, beginning } =
        replay(BUILD, pages.iter().map(Vec::as_slice)).expect("there are notes");
    assert_eq!((again.status(), again.log().lines()), (run.status(), run.log().lines()));
    assert_eq!(conductor.patience(), Patience::Seconds(60));
    assert_eq!(beginning.baseline.map(|baseline| baseline.run).as_deref(), Some("tuesday"));
    pair.conductor = conductor;
    pair.conductor.take_over();
    pair.asked();
    pair.conductor.on_event(LinkEvent::Arrived(GENERATOR));
    pair.hear(LinkEvent::Arrived(CONDUCTOR));
    assert_eq!(pair.asked(), [], "it has obeyed all that already");
    pair.says(FromWorker::Done);
    assert_eq!(
        pair.heard(),
        [RunInput::Away { worker: 1 }, RunInput::Back { worker: 1 }, from_worker(FromWorker::Done)]
    );
    assert!(replay(BUILD, [[1u8, 2].as_slice()]).is_none());
}

#[test]
fn orders_are_obeyed_once_even_if_the_conductor_repeats_itself() {
    let mut pair = Pair::playing(limits(&[], 250));
    pair.tell(ToWorker::Stop);
    pair.asked();
    let card = Card { playing: Some(("k3f".into(), 0)), ..pair.generator.card().clone() };
    // As if it had heard nothing yet: everything is said again.
    pair.conductor.on_event(LinkEvent::Message { from: GENERATOR, message: pack(&ToConductor::Card(card)) });
    pair.settle();
    assert_eq!(pair.asked(), []);
}

#[test]
fn away_and_back_reach_the_run() {
    let mut pair = Pair::playing(limits(&[], 250));
    pair.conductor.on_event(LinkEvent::Away(GENERATOR));
    pair.conductor.on_event(LinkEvent::Away(GENERATOR));
    pair.conductor.on_event(LinkEvent::Back(GENERATOR));
    pair.settle();
    assert_eq!(pair.heard(), [RunInput::Away { worker: 1 }, RunInput::Back { worker: 1 }]);
}

#[test]
fn its_own_stop_is_its_operator_s() {
    let mut pair = Pair::playing(limits(&[], 250));
    pair.asked();
    pair.generator.stop();
    pair.settle();
    assert_eq!(pair.asked(), [to_worker(ToWorker::Stop)]);
    assert_eq!(pair.heard(), [RunInput::Stopped { worker: 1, why: "its operator stopped it".into() }]);
    pair.says(settled());
    pair.says(settled());
    assert_eq!(pair.asked(), [to_worker(ToWorker::Leave)]);
    pair.generator.stop();
    pair.settle();
    assert_eq!(pair.asked(), [to_worker(ToWorker::Abort)]);
}

#[test]
fn a_page_of_another_build_gets_no_part_and_nobody_waits_for_it() {
    let mut pair = Pair::new(limits(&[], 250));
    pair.offer("http://127.0.0.1:4280", 10);
    pair.answer(true, false);
    assert_eq!(pair.conductor.ready().len(), 1);
    let old = Card { build: "an older one".into(), ..pair.generator.card().clone() };
    pair.conductor.on_event(LinkEvent::Message { from: GENERATOR, message: pack(&ToConductor::Card(old.clone())) });
    assert_eq!(pair.conductor.ready().len(), 0);
    let asked = Card { consent: Consent::Asked, ..old };
    pair.conductor.on_event(LinkEvent::Message { from: GENERATOR, message: pack(&ToConductor::Card(asked)) });
    assert!(!pair.conductor.is_waiting());
    // What a page of today offers says which build it is.
    assert_eq!(pair.generator.offered().map(|offer| offer.build.as_str()), Some(BUILD));
}

#[test]
fn how_wrong_clocks_are_is_known_before_the_start() {
    let pair = Pair::new(limits(&[], 250));
    assert!((pair.conductor.expected_clock_bound() - 1.0).abs() < 1e-9);
    assert!(Conductor::default().expected_clock_bound().abs() < 1e-9);
}

#[test]
fn a_browser_says_which_of_its_workers_is_silent_before_anybody_else_can_know() {
    let mut pair = Pair::playing(limits(&[], 250));
    pair.tell(ToWorker::Start { epoch_ms: 1_001_500.0, shared: Vec::new() });
    let speaks = |pair: &mut Pair, at_s: u64| {
        let at = Timestamp::ZERO + Span::from_secs(at_s);
        pair.says(FromWorker::Snapshot(Box::new(Snapshot { at, ..Snapshot::default() })));
    };
    let found = |pair: &mut Pair| {
        let is_word = |input: &RunInput| matches!(input, RunInput::Silent { .. } | RunInput::Lost { .. });
        pair.heard().into_iter().filter(is_word).collect::<Vec<_>>()
    };
    // Before the epoch nobody hands over.
    pair.pass(1_000);
    for second in 1..=5 {
        pair.pass(1_000);
        speaks(&mut pair, second);
    }
    pair.pass(1_750);
    assert_eq!((found(&mut pair), pair.generator.silent_since()), (vec![], None));
    pair.pass(250);
    assert_eq!(found(&mut pair), [RunInput::Silent { worker: 1 }]);
    assert_eq!(pair.generator.silent_since().map(|since| since.as_secs_f64()), Some(5.0));
    pair.pass(7_750);
    assert_eq!(found(&mut pair), []);
    pair.pass(250);
    assert_eq!(found(&mut pair), [RunInput::Lost { worker: 1 }]);
    // It is heard again, and ends: nobody waits for it then.
    speaks(&mut pair, 15);
    assert_eq!(pair.generator.silent_since(), None);
    pair.says(FromWorker::Done);
    pair.pass(20_000);
    assert_eq!(found(&mut pair), []);
}
