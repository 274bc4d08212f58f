//! What a conductor and its generators say to each other: two enums, the whole contract.
//!
//! MessagePack with field names (plans hold whole JSON documents, so the format must describe itself), deflated when that
//! pays. Each message arrives once and in order, until one of the two pages is loaded anew; then orders and parts,
//! which are numbered, go on where the other end says that it is.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::clock::Offset;
use super::envelope::Refusal;
use super::scan::{Allowance, scan};
use base::time::Span;
use engine::wire::{FromWorker, ToWorker};
use plan::{HostLoad, Plan};
use run::{Halt, Status};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToGenerator {
    /// What the next run will be: its operator is asked whether this browser may.
    Offer(Offer),
    /// Numbered from 0 in each run. What was obeyed before is not obeyed again.
    Order { run: String, number: u64, order: Order },
    /// Parts below this number are safe with the conductor.
    Kept { run: String, below: u64 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Order {
    /// Start so many workers; each says `Ready`.
    Begin { workers: u32 },
    /// To one of them, from 0.
    Worker { worker: u32, message: Box<ToWorker> },
    /// The run is over.
    End,
}

/// What an operator decides on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Offer {
    /// Tells offers of a conductor apart.
    pub number: u32,
    /// The conductor's name.
    pub conductor: String,
    pub plan: String,
    /// Hosts that load goes to.
    pub hosts: BTreeSet<String>,
    /// The same with their ports.
    #[serde(default)]
    pub places: BTreeSet<String>,
    /// Start was pressed: load begins as soon as everybody has answered.
    #[serde(default)]
    pub starts: bool,
    /// What those of them get that are not this machine.
    pub far: Vec<HostLoad>,
    /// The most users of the whole run at a time.
    pub users: u32,
    /// Length of the load, seconds.
    pub seconds: f64,
    /// Of the conductor's page. Two builds in one run would count differently.
    #[serde(default)]
    pub build: String,
    #[serde(default)]
    pub patience: Patience,
}

/// How long a browser plays on while it hears nothing of its conductor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Patience {
    Seconds(u32),
    ToThePlansEnd,
}

impl Default for Patience {
    fn default() -> Self {
        Self::Seconds(USUAL_S)
    }
}

impl Patience {
    /// At least so long it waits, whatever the plan is.
    pub fn seconds(self) -> f64 {
        match self {
            Self::Seconds(seconds) => f64::from(seconds),
            Self::ToThePlansEnd => f64::from(USUAL_S),
        }
    }

    /// When a browser without a conductor has stopped by itself for sure; `None`: at the plan's end.
    pub fn gone_after(self) -> Option<Span> {
        match self {
            Self::Seconds(seconds) => Some(Span::from_secs(u64::from(seconds)) + MARGIN),
            Self::ToThePlansEnd => None,
        }
    }
}

const USUAL_S: u32 = 8;
/// A generator counts from what it heard last and looks four times a second.
const MARGIN: Span = Span::from_secs(2);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToConductor {
    /// Who this is; again whenever something of it changes.
    Card(Card),
    /// What its workers said: in each run numbered from 0. `obeyed`: orders up to here were obeyed.
    Part { run: String, number: u64, obeyed: u64, said: Vec<Said> },
    /// All that its page had before it was loaded anew is delivered: it may play again.
    Ended { run: String },
    /// Its clock, as it knows it.
    Clock(Offset),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub name: String,
    /// Like "Chromium 156".
    pub browser: String,
    pub cores: u32,
    pub sockets: u32,
    /// Its operator wants it to observe: it plays a probe, and no load.
    pub only_watches: bool,
    pub consent: Consent,
    /// The offer that this is the answer to.
    pub offer: u32,
    /// The run that it plays in, and the number of the order that it waits for.
    pub playing: Option<(String, u64)>,
    /// Of its page.
    #[serde(default)]
    pub build: String,
}

/// Whether its operator lets it play what was offered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Consent {
    /// Nothing was offered yet, or it is being asked.
    #[default]
    Asked,
    Given,
    /// Why not.
    Refused(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub worker: u32,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    Message(Box<FromWorker>),
    /// The worker broke, was refused or is gone.
    Died(String),
    /// Its users leave, and not because the run says so.
    Stopped(String),
    /// Its users left at this second of the run, because nobody conducted them any more.
    Alone(f64),
    /// It has handed nothing over for two seconds, and for ten: its page listens for it.
    Silent,
    Lost,
    /// It does less than the run asks: its operator's limits do not let it.
    Limited(String),
}

/// The run as everybody may see it, once a second.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Picture {
    pub run: String,
    pub plan: String,
    pub status: Status,
    /// What everybody is to do now, whatever orders still wait on the way to him.
    pub halt: Option<Halt>,
    /// Label, value, note.
    pub tiles: Vec<(String, String, String)>,
}

impl Offer {
    /// To play this plan.
    pub fn of(plan: &Plan) -> Self {
        let users = (0..plan.populations.len()).map(|index| plan.most_users(index));
        Self {
            plan: plan.name.clone(),
            hosts: plan.hosts(),
            places: plan.places(),
            far: plan.far_loads(),
            users: users.fold(0, u32::saturating_add),
            seconds: plan.duration_s(),
            ..Self::default()
        }
    }
}

pub fn pack(message: &impl Serialize) -> Vec<u8> {
    let plain = rmp_serde::to_vec_named(message).expect("messages hold nothing that MessagePack cannot");
    if plain.len() < WORTH_DEFLATING {
        return [&[PLAIN], plain.as_slice()].concat();
    }
    [&[DEFLATED], miniz_oxide::deflate::compress_to_vec(&plain, LEVEL).as_slice()].concat()
}

/// What this browser has written down itself.
///
/// # Errors
/// As [`unpack_within`].
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    unpack_within(bytes, &Allowance::NOTES)
}

/// What somebody else says, who may mean harm: nothing is made of it that is beyond what such a message can need.
///
/// # Errors
/// The bytes hold something else, or more than that.
pub fn unpack_within<T: DeserializeOwned>(bytes: &[u8], most: &Allowance) -> Result<T, Refusal> {
    let malformed = || Refusal::Malformed;
    let (&kind, rest) = bytes.split_first().ok_or_else(malformed)?;
    let read = |plain: &[u8]| {
        scan(plain, most)?;
        rmp_serde::from_slice(plain).map_err(|_| malformed())
    };
    match kind {
        PLAIN => read(rest),
        DEFLATED => {
            let plain = miniz_oxide::inflate::decompress_to_vec_with_limit(rest, most.bytes);
            read(&plain.map_err(|_| malformed())?)
        }
        _ => Err(malformed()),
    }
}

const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;
const WORTH_DEFLATING: usize = 256;
/// Snapshots shrink to a third at this level in a tenth of the time that the best one takes.
const LEVEL: u8 = 3;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use base::time::Span;
    use engine::wire::{Lending, WorkerLoad};
    use metrics::{Histogram, HistogramDelta};
    use run::{Capacity, layout};

    #[test]
    fn a_whole_plan_crosses_unharmed() {
        let document = json!({
            "version": 1, "name": "p", "seed": 9_007_199_254_740_991u64, "thresholds": ["errors rate < 1%"],
            "populations": [
                {"name": "a", "scenario": "ktb-chat", "variables": {"room_size": 7, "room_ids": ["x"], "emoji": "👍"},
                 "accounts": {"source": "csv", "columns": ["email", "password"]},
                 "load": {"model": "shape", "name": "spike", "users": 100, "duration_s": 60.5}},
                {"name": "b", "scenario": "voice-guest", "load": {"model": "open", "stages": [{"duration_s": 1, "target": 5}], "max_users": 3}},
            ],
        });
        let plan = Plan::check(&document).unwrap_or_else(|problems| panic!("{problems:?}"));
        let load = WorkerLoad {
            segment: layout(&[Capacity::own(4, 250)], 4).swap_remove(1).segment,
            plan,
            run: "k3f".into(),
            csv: vec![vec![vec!["a@b".into(), "geheim".into()], Vec::new()], Vec::new()],
            clips: Vec::new(),
            handshakes_in_flight: 2,
            fetches_in_flight: 3,
            sockets: Some(60),
            trial: None,
            starve_ms: 0,
            limits: None,
            is_remote: true,
            life: 0,
            lending: Lending::default(),
        };
        let order = Order::Worker { worker: 1, message: Box::new(ToWorker::Load(Box::new(load))) };
        let message = ToGenerator::Order { run: "k3f".into(), number: 3, order };
        assert_eq!(unpack::<ToGenerator>(&pack(&message)), Ok(message));
    }

    fn deflated(plain: &[u8]) -> Vec<u8> {
        [&[DEFLATED], miniz_oxide::deflate::compress_to_vec(plain, 1).as_slice()].concat()
    }

    #[test]
    fn what_inflates_without_end_is_refused() {
        let bomb = deflated(&vec![0; Allowance::PART.bytes + 1]);
        assert_eq!(unpack_within::<ToConductor>(&bomb, &Allowance::PART), Err(Refusal::Malformed));
    }

    /// Sixty million nils in 58 kB made 3.1 GB of a worker's answer.
    #[test]
    fn values_without_end_are_refused_before_they_are_made() {
        let shared = json!({"x": [null, null]}).as_object().cloned().unwrap_or_default();
        let message = FromWorker::Prepared { population: 0, shared };
        let said = vec![Said { worker: 0, what: What::Message(Box::new(message)) }];
        let part = ToConductor::Part { run: "k3f".into(), number: 0, obeyed: 0, said };
        let plain = rmp_serde::to_vec_named(&part).expect("a part");
        let two_nils = plain.windows(3).position(|window| window == [0x92, 0xc0, 0xc0]).expect("they are in it");
        let many = |nils: u32| {
            let (before, after) = (&plain[..two_nils], &plain[two_nils + 3..]);
            let nils = [[0xdd].as_slice(), &nils.to_be_bytes(), &vec![0xc0; nils as usize]].concat();
            deflated(&[before, &nils, after].concat())
        };
        assert!(unpack_within::<ToConductor>(&many(1_000), &Allowance::PART).is_ok());
        // Within what may be inflated, and thirty times that as values.
        let bomb = many(4_000_000);
        assert!(bomb.len() < 50_000, "{} bytes", bomb.len());
        assert_eq!(unpack_within::<ToConductor>(&bomb, &Allowance::PART), Err(Refusal::Malformed));
    }

    proptest! {
        /// What several browsers measured is what one would have measured.
        #[test]
        fn merged_percentiles_are_those_of_one_histogram(
            samples in prop::collection::vec((0..4usize, 0..3_600_000_000u64), 1..300)
        ) {
            let (mut single, mut merged) = (Histogram::new(), Histogram::new());
            let mut parts: [Vec<Span>; 4] = Default::default();
            for (browser, micros) in samples {
                single.record(Span::from_micros(micros));
                parts[browser].push(Span::from_micros(micros));
            }
            for part in parts {
                if let Some(delta) = HistogramDelta::of("m".into(), "p".into(), false, &part) {
                    merged.absorb(&unpack::<HistogramDelta>(&pack(&delta)).expect("it was packed"));
                }
            }
            for quantile in [0.0, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0] {
                prop_assert_eq!(merged.quantile(quantile), single.quantile(quantile));
            }
            prop_assert_eq!(merged.stats(), single.stats());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, kind in 0..3u8) {
            let bytes = [&[kind], bytes.as_slice()].concat();
            let _ = unpack::<ToConductor>(&bytes);
            let _ = unpack::<ToGenerator>(&bytes);
            let _ = unpack::<Picture>(&bytes);
            let _ = unpack::<Offer>(&bytes);
        }

        #[test]
        fn no_broken_message_makes_it_panic(at in 0..400usize, byte: u8) {
            let card = Card {
                name: "Kim".into(), browser: "Chromium 156".into(), cores: 4, sockets: 250, only_watches: true,
                consent: Consent::Refused("no".into()), offer: 3, playing: Some(("k3f".into(), 7)), build: "b".into(),
            };
            let mut bytes = pack(&ToConductor::Card(card));
            let length = bytes.len();
            bytes[at % length] = byte;
            let _ = unpack::<ToConductor>(&bytes);
        }
    }
}
