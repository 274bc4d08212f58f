//! What members of a swarm can say to each other if they are in their right minds: looked at where it comes in, and only there.
//!
//! What a part of a run may hold is in [`Snapshot::plausible`](engine::wire::Snapshot::plausible), because only the run knows
//! its time. Errors follow "its part said that" or "its conductor asked for".

use serde_json::Value;

use super::clock::Offset;
use super::message::{Card, Consent, Offer, Order, Picture, Said, ToConductor, What};
use base::time::Timestamp;
use document::Problem;
use engine::wire::{FromWorker, Guest, Implausible, ToWorker, WorkerLoad, plausible_sent};
use plan::{Action, MOST_COLUMNS, Pace, Plan, TimedAction};

/// What nobody says, or asks for, in his right mind.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unreasonable {
    #[error(transparent)]
    Implausible(#[from] Implausible),
    #[error("{found} {what}, and {most} are the most that can be")]
    Beyond { what: &'static str, found: f64, most: f64 },
    #[error("another start in the middle of a run")]
    Restart,
    #[error("part {part} of {parts}")]
    Part { part: usize, parts: usize },
    #[error("a run with a name of {0} bytes")]
    RunName(usize),
    #[error("a clip whose samples a second are none of 1 to {MOST_RATE}")]
    ClipRate,
    #[error("a plan that is none: {0}")]
    NoPlan(String),
    #[error("a plan that cannot run: {0}")]
    Plan(Problem),
}

impl ToConductor {
    /// # Errors
    /// What cannot be.
    pub fn plausible(&self) -> Result<(), Unreasonable> {
        match self {
            Self::Card(card) => card.plausible(),
            Self::Clock(offset) => offset.plausible(),
            Self::Ended { run } => short("a run's name", run, LONGEST_NAME),
            Self::Part { run, said, .. } => {
                short("a run's name", run, LONGEST_NAME)?;
                within("sayings of its workers", said.len() as f64, MOST_SAID)?;
                said.iter().try_for_each(Said::plausible)
            }
        }
    }
}

impl Card {
    fn plausible(&self) -> Result<(), Unreasonable> {
        short("its name", &self.name, LONGEST_NAME)?;
        short("its browser's name", &self.browser, LONGEST_NAME)?;
        if let Consent::Refused(why) = &self.consent {
            short("its reason", why, LONGEST_TEXT)?;
        }
        within("cores", f64::from(self.cores), MOST_CORES)?;
        within("sockets", f64::from(self.sockets), MOST_USERS)
    }
}

impl Offset {
    fn plausible(&self) -> Result<(), Unreasonable> {
        // A clock that was never set is off by decades, and that is no harm.
        within("ms between its clock and ours", self.offset.abs(), A_CENTURY_MS)?;
        within("ms of doubt about its clock", self.bound, AN_HOUR_MS)?;
        within("ms to us and back", self.round_trip, AN_HOUR_MS)
    }
}

impl Said {
    fn plausible(&self) -> Result<(), Unreasonable> {
        match &self.what {
            What::Died(text) | What::Stopped(text) | What::Limited(text) => short("a reason", text, LONGEST_TEXT),
            What::Silent | What::Lost => Ok(()),
            What::Alone(at_s) => within("s into the run", *at_s, MOST_RUN.as_secs_f64()),
            What::Message(message) => match &**message {
                FromWorker::Ready { build } => short("a build's name", build, LONGEST_NAME),
                FromWorker::Failed { message } => short("a reason", message, LONGEST_TEXT),
                // Every worker of the run gets it.
                FromWorker::Prepared { shared, .. } => {
                    let bytes = shared.iter().map(|(name, value)| name.len() + weight(value)).sum::<usize>();
                    within("bytes for everybody", bytes as f64, MOST_SHARED)
                }
                _ => Ok(()),
            },
        }
    }
}

impl Offer {
    /// # Errors
    /// What cannot be.
    pub fn plausible(&self) -> Result<(), Unreasonable> {
        short("its name", &self.conductor, LONGEST_NAME)?;
        short("a plan's name", &self.plan, LONGEST_TEXT)?;
        within("hosts", self.hosts.len().max(self.far.len()) as f64, MOST_HOSTS)?;
        self.hosts.iter().try_for_each(|host| short("a host's name", host, LONGEST_NAME))?;
        for load in &self.far {
            short("a host's name", &load.host, LONGEST_NAME)?;
            within("users within a second", load.rate, MOST_USERS * MOST_HOSTS)?;
            within("seconds of load", load.seconds, MOST_SECONDS)?;
        }
        within("seconds of load", self.seconds, MOST_SECONDS)
    }
}

impl Picture {
    /// # Errors
    /// What cannot be.
    pub fn plausible(&self) -> Result<(), Unreasonable> {
        within("tiles", self.tiles.len() as f64, MOST_TILES)?;
        let texts = self.tiles.iter().flat_map(|(label, value, note)| [label, value, note]);
        texts.chain([&self.run, &self.plan]).try_for_each(|text| short("a text", text, LONGEST_TEXT))
    }
}

impl Order {
    /// `theirs_ms`: what the conductor's clock shows, as far as that is known.
    ///
    /// # Errors
    /// What nobody in his right mind asks for.
    pub fn plausible(&self, theirs_ms: Option<f64>) -> Result<(), Unreasonable> {
        match self {
            Self::End => Ok(()),
            Self::Begin { workers } => within("workers", f64::from(*workers), MOST_WORKERS),
            Self::Worker { worker, message } => {
                within("workers", f64::from(*worker), MOST_WORKERS)?;
                to_worker(message, theirs_ms)
            }
        }
    }
}

fn to_worker(message: &ToWorker, theirs_ms: Option<f64>) -> Result<(), Unreasonable> {
    match message {
        ToWorker::Load(asked) => load(asked),
        ToWorker::Prepare { population } => within("populations", *population as f64, MOST_POPULATIONS),
        ToWorker::Start { epoch_ms, shared } => {
            let apart = theirs_ms.map_or(0.0, |now| (epoch_ms - now).abs());
            within("ms to the start", apart, MOST_APART_MS)?;
            within("populations", shared.len() as f64, MOST_POPULATIONS)
        }
        // Each browser works that out for itself.
        ToWorker::Epoch { .. } => Err(Unreasonable::Restart),
        ToWorker::Sent(sent) => Ok(plausible_sent(sent, Timestamp::ZERO + MOST_RUN)?),
        ToWorker::Act(timed) => action(timed),
        ToWorker::Stop
        | ToWorker::Leave
        | ToWorker::Hear(_)
        | ToWorker::Watch(_)
        | ToWorker::Canary { .. }
        | ToWorker::Abort
        | ToWorker::Full
        | ToWorker::Free
        | ToWorker::Try
        | ToWorker::Finish => Ok(()),
        ToWorker::GiveUp { users } => within("users", f64::from(*users), MOST_USERS),
        ToWorker::TakeIn { guests, .. } => plausible_guests(guests),
    }
}

fn plausible_guests(guests: &[Guest]) -> Result<(), Unreasonable> {
    within("guests", guests.len() as f64, MOST_GUESTS)?;
    let columns = guests.iter().map(|guest| guest.row.len()).max().unwrap_or(0);
    within("columns of an account", columns as f64, MOST_COLUMNS as f64)?;
    guests.iter().flat_map(|guest| &guest.row).try_for_each(|value| short("a value of an account", value, LONGEST_TEXT))
}

/// A plan is read again as one that somebody typed: what came from elsewhere was never checked here.
fn load(load: &WorkerLoad) -> Result<(), Unreasonable> {
    // A search steers by actions; nobody may type both, so they are looked at one after the other.
    let without_actions = Plan { actions: Vec::new(), ..load.plan.clone() };
    let without_search = Plan { search: None, ..load.plan.clone() };
    can_run(&without_actions)?;
    can_run(&without_search)?;
    let parts = load.segment.weights.len();
    within("parts of a run", parts as f64, MOST_PARTS)?;
    let part = load.segment.part;
    if part >= parts || load.segment.probe_parts.iter().any(|part| *part >= parts) {
        return Err(Unreasonable::Part { part, parts });
    }
    let is_name = load.run.len() <= LONGEST_RUN && load.run.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_name {
        return Err(Unreasonable::RunName(load.run.len()));
    }
    within("account files", load.csv.len() as f64, load.plan.populations.len() as f64)?;
    within("clips", load.clips.len() as f64, MOST_CLIPS)?;
    let is_rate = |clip: &protocol::audio::Clip| (1..=MOST_RATE).contains(&clip.rate);
    if !load.clips.iter().all(is_rate) {
        return Err(Unreasonable::ClipRate);
    }
    within("users that others play", load.lending.lent.len() as f64, MOST_USERS)?;
    plausible_guests(&load.lending.guests)?;
    within("handshakes in flight", f64::from(load.handshakes_in_flight), MOST_IN_FLIGHT)?;
    within("requests in flight", f64::from(load.fetches_in_flight), MOST_IN_FLIGHT)?;
    within("ms of standing still", f64::from(load.starve_ms), 60_000.0)?;
    Ok(())
}

fn can_run(plan: &Plan) -> Result<(), Unreasonable> {
    let document = serde_json::to_value(plan).map_err(|error| Unreasonable::NoPlan(error.to_string()))?;
    let problems = Plan::check(&document).err().unwrap_or_default();
    problems.into_iter().next().map_or(Ok(()), |problem| Err(Unreasonable::Plan(problem)))
}

fn action(timed: &TimedAction) -> Result<(), Unreasonable> {
    within("seconds to an action", timed.at_s, MOST_SECONDS)?;
    let (what, number, most) = match &timed.action {
        Action::Users { over_s, .. } => ("seconds of a change", *over_s, MOST_SECONDS),
        Action::ArrivalRate { per_s, over_s } => {
            within("seconds of a change", *over_s, MOST_SECONDS)?;
            ("arrivals a second", *per_s, MOST_USERS)
        }
        Action::Interval { pace: Pace::Factor(factor), .. } | Action::Think { factor } => ("times", *factor, 1e6),
        Action::Interval { pace: Pace::Ms(ms), .. } => ("ms of an interval", *ms, MOST_SECONDS),
        Action::Burst { messages } => ("messages at once", f64::from(*messages), MOST_USERS),
        Action::StopReading { share, for_s } => {
            within("share of the users", *share, 1.0)?;
            ("seconds of silence", *for_s, MOST_SECONDS)
        }
        Action::Drop { share }
        | Action::ReconnectStorm { share }
        | Action::StopAnsweringPings { share }
        | Action::ExpireTokens { share }
        | Action::LeaveAndRejoin { share } => ("share of the users", *share, 1.0),
        Action::Set { value, .. } => ("bytes of a value", weight(value) as f64, MOST_SHARED),
        Action::Pause | Action::Resume | Action::SendNow | Action::JoinStorm => return Ok(()),
    };
    within(what, number, most)
}

/// About the bytes that a document takes here.
fn weight(value: &Value) -> usize {
    const OF_A_VALUE: usize = 32;
    OF_A_VALUE
        + match value {
            Value::String(text) => text.len(),
            Value::Array(values) => values.iter().map(weight).sum(),
            Value::Object(map) => map.iter().map(|(name, value)| OF_A_VALUE + name.len() + weight(value)).sum(),
            _ => 0,
        }
}

fn short(what: &'static str, text: &str, most: usize) -> Result<(), Unreasonable> {
    let found = text.len();
    if found <= most { Ok(()) } else { Err(Implausible::Long { what, found, most }.into()) }
}

/// Not a number is within nothing.
fn within(what: &'static str, found: f64, most: f64) -> Result<(), Unreasonable> {
    if (0.0..=most).contains(&found) { Ok(()) } else { Err(Unreasonable::Beyond { what, found, most }) }
}

const LONGEST_NAME: usize = 1_024;
const LONGEST_TEXT: usize = 20_000;
/// Three characters; some more do no harm.
const LONGEST_RUN: usize = 16;
/// A browser has four that carry load and a probe; if others vanish it takes up their parts.
const MOST_WORKERS: f64 = 64.0;
/// Of a thousand browsers.
const MOST_PARTS: f64 = 8_192.0;
const MOST_POPULATIONS: f64 = 256.0;
const MOST_HOSTS: f64 = 1_000.0;
/// As many as some browsers hold together.
const MOST_GUESTS: f64 = 10_000.0;
const MOST_CLIPS: f64 = 1_000.0;
const MOST_RATE: u32 = 192_000;
const MOST_TILES: f64 = 100.0;
const MOST_CORES: f64 = 4_096.0;
const MOST_USERS: f64 = 1_000_000.0;
const MOST_SAID: f64 = 10_000.0;
const MOST_SHARED: f64 = 1_048_576.0;
const MOST_IN_FLIGHT: f64 = 10_000.0;
/// More than all stages of any plan take.
const MOST_SECONDS: f64 = 1e10;
/// Eight days: who comes later than that to a run does not take part in it.
const MOST_APART_MS: f64 = 691_200_000.0;
const MOST_RUN: base::time::Span = base::time::Span::from_secs(691_200);
const AN_HOUR_MS: f64 = 3_600_000.0;
const A_CENTURY_MS: f64 = 3.2e12;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        Bounds, Conductor, ConductorOutput, Generator, GeneratorOutput, LinkCommand, LinkEvent, SessionId, ToGenerator,
        Traffic, pack,
    };
    use engine::wire::Lending;
    use metrics::{Fate, SentLog, SentRecord, UserId};
    use plan::{Caps, Limits};
    use run::{Capacity, RunInput, layout};

    const SEAT: SessionId = SessionId(7);

    fn card() -> Card {
        let (name, browser, consent) = ("Kim".to_owned(), "Chromium 156".to_owned(), Consent::Given);
        let build = String::new();
        Card { name, browser, cores: 2, sockets: 250, only_watches: false, consent, offer: 0, playing: None, build }
    }

    fn load() -> WorkerLoad {
        let load = json!({"model": "closed", "start": 5, "stages": [{"duration_s": 60, "target": 5}]});
        let plan = json!({"version": 1, "name": "p", "seed": 1, "populations": [{"name": "chat", "scenario": "ktb-chat", "load": load}]});
        WorkerLoad {
            plan: Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:?}")),
            segment: layout(&[Capacity::own(2, 250)], 4).swap_remove(0).segment,
            run: "k3f".into(),
            csv: Vec::new(),
            clips: Vec::new(),
            handshakes_in_flight: 3,
            fetches_in_flight: 5,
            sockets: None,
            starve_ms: 0,
            limits: None,
            trial: None,
            is_remote: true,
            life: 0,
            lending: Lending::default(),
        }
    }

    fn said(found: Result<(), Unreasonable>) -> String {
        found.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[track_caller]
    fn check(message: ToWorker, expected: &str) {
        let order = Order::Worker { worker: 0, message: Box::new(message) };
        assert_eq!(said(order.plausible(Some(1.7e12))), expected);
    }

    #[track_caller]
    fn check_load(change: impl FnOnce(&mut WorkerLoad), expected: &str) {
        let mut load = load();
        change(&mut load);
        check(ToWorker::Load(Box::new(load)), expected);
    }

    #[test]
    fn orders_are_bounded() {
        let too_many = "200000 workers, and 64 are the most that can be";
        assert_eq!(said(Order::Begin { workers: 200_000 }.plausible(None)), too_many);
        let order = Order::Worker { worker: 200_000, message: Box::new(ToWorker::Stop) };
        assert_eq!(said(order.plausible(None)), too_many);
        check_load(|_| {}, "");
        let search = json!({"raise": "users", "from": 2, "to": 4, "step": 1, "hold_s": 2, "settle_s": 1});
        let searches = |load: &mut WorkerLoad| {
            load.plan.search = serde_json::from_value(search).ok();
            load.plan.thresholds = vec!["errors rate < 1%".into()];
            load.plan.add_action(TimedAction::now(Action::Users { users: 3, over_s: 0.0 }));
        };
        check_load(searches, "");
        check_load(|load| load.segment.part = 9, "part 9 of 2");
        check_load(|load| load.segment.weights.clear(), "part 0 of 0");
        check_load(
            |load| load.starve_ms = 3_600_000,
            "3600000 ms of standing still, and 60000 are the most that can be",
        );
        check_load(|load| load.run = "../../..".into(), "a run with a name of 8 bytes");
        check_load(
            |load| load.plan.settle_s = -1.0,
            "a plan that cannot run: settle_s: expected a number from 0 to 604800, found the number -1.0",
        );
        check(ToWorker::Epoch { epoch_ms: 0.0 }, "another start in the middle of a run");
        let start = |epoch_ms| ToWorker::Start { epoch_ms, shared: Vec::new() };
        check(start(1.7e12 + 250.0), "");
        check(start(f64::NAN), "NaN ms to the start, and 691200000 are the most that can be");
        check(start(0.0), "1700000000000 ms to the start, and 691200000 are the most that can be");
        let guest = |columns| Guest { user: UserId::new(0, 1), row: vec!["x".to_owned(); columns] };
        let take_in = |guests| ToWorker::TakeIn { guests, most: 3 };
        check(take_in(vec![guest(3)]), "");
        check(take_in(vec![guest(0); 20_000]), "20000 guests, and 10000 are the most that can be");
        check(take_in(vec![guest(300)]), "300 columns of an account, and 256 are the most that can be");
        check_load(
            |load| load.lending.guests = vec![guest(300)],
            "300 columns of an account, and 256 are the most that can be",
        );
        let act = |action| ToWorker::Act(Box::new(TimedAction::now(action)));
        check(act(Action::Drop { share: 0.5 }), "");
        check(act(Action::Drop { share: f64::INFINITY }), "inf share of the users, and 1 are the most that can be");
        let record = SentRecord {
            room: 3,
            sender: UserId::new(0, 1),
            sequence: 0,
            sent_at: Timestamp::ZERO,
            fate: Fate::Rejected,
        };
        check(ToWorker::Sent(SentLog { rooms: Vec::new(), records: vec![record] }), "a message went to room 3 of 0");
    }

    #[test]
    fn nobody_starts_anything_here_before_its_operator_has_said_yes() {
        let bounds = Bounds { limits: Limits { caps: Caps::NONE, ..Limits::default() }, users: 250 };
        let mut generator = Generator::new(Card { consent: Consent::Asked, ..card() }, bounds);
        let mut order = |number, order| {
            let message = pack(&ToGenerator::Order { run: "k3f".into(), number, order });
            generator.on_event(0.0, LinkEvent::Message { from: SEAT, message });
            generator.on_event(2_000.0 * number as f64, LinkEvent::Tick(Traffic::default()));
            std::iter::from_fn(|| generator.poll()).collect::<Vec<_>>()
        };
        for outputs in [
            order(0, Order::Begin { workers: 200_000 }),
            order(1, Order::Worker { worker: 0, message: Box::new(ToWorker::Load(Box::new(load()))) }),
        ] {
            assert!(outputs.len() < 10, "{} things to do", outputs.len());
            let starts = |output: &GeneratorOutput| {
                matches!(output, GeneratorOutput::Spawn { .. } | GeneratorOutput::Tell { .. })
            };
            assert!(!outputs.iter().any(starts), "{outputs:?}");
        }
    }

    /// What the run of a conductor hears when the browser says this.
    fn told(message: Vec<u8>) -> (Conductor, Vec<RunInput>) {
        let mut conductor = Conductor::default();
        conductor.on_event(LinkEvent::Arrived(SEAT));
        conductor.on_event(LinkEvent::Message { from: SEAT, message: pack(&ToConductor::Card(card())) });
        conductor.begin("k3f".into(), vec![None, Some(SEAT)]);
        while conductor.poll().is_some() {}
        conductor.on_event(LinkEvent::Message { from: SEAT, message });
        let outputs: Vec<_> = std::iter::from_fn(|| conductor.poll()).collect();
        let inputs = outputs.into_iter().filter_map(|output| match output {
            ConductorOutput::Run(input) => Some(input),
            _ => None,
        });
        let inputs = inputs.collect();
        (conductor, inputs)
    }

    #[test]
    fn who_says_more_than_anybody_has_to_say_is_out_if_it_plays() {
        let (mut conductor, _) = told(pack(&ToConductor::Card(card())));
        conductor.on_event(LinkEvent::Unheard(SessionId(8)));
        assert_eq!(conductor.poll(), None, "it plays nothing");
        conductor.on_event(LinkEvent::Unheard(SEAT));
        let why = "it said more at once than anybody has to say".to_owned();
        assert_eq!(conductor.poll(), Some(ConductorOutput::Run(RunInput::PutOut { worker: 1, why })));
        conductor.on_event(LinkEvent::Unheard(SEAT));
        assert_eq!((conductor.poll(), conductor.malformed()), (None, 3));
    }

    #[test]
    fn who_says_what_cannot_be_is_out_until_the_run_is_over() {
        let part = |number, what| {
            let said = vec![Said { worker: 0, what }];
            pack(&ToConductor::Part { run: "k3f".into(), number, obeyed: 0, said })
        };
        let endless = Offset { offset: 0.0, bound: f64::INFINITY, round_trip: 0.0 };
        for (message, why) in [
            (b"\0no message of ours".to_vec(), "what it handed over cannot be read"),
            (
                pack(&ToConductor::Clock(endless)),
                "inf ms of doubt about its clock, and 3600000 are the most that can be",
            ),
            (part(0, What::Died("x".repeat(30_000))), "a reason has 30000 bytes, and 20000 are the most that can be"),
        ] {
            let (mut conductor, inputs) = told(message);
            assert_eq!(inputs, [RunInput::PutOut { worker: 1, why: why.into() }]);
            // The run agrees; its page stops, and nothing more is taken from it.
            conductor.put_out(1);
            let orders = std::iter::from_fn(|| conductor.poll());
            assert_eq!(
                orders.filter(|output| matches!(output, ConductorOutput::Link(LinkCommand::Say { .. }))).count(),
                1
            );
            conductor.on_event(LinkEvent::Message { from: SEAT, message: part(0, What::Died("gone".into())) });
            assert_eq!(conductor.poll(), None);
            conductor.moves_parts = true;
            assert!(conductor.ready().is_empty() && conductor.stand_in(None).is_none());
            conductor.end();
            assert_eq!(conductor.ready().len(), 1);
        }
    }
}
