//! Plays a rehearsal: one user of each population in workers of its own, and then the questions that remain.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::clock::Clock;
use super::reach::{look, nearby, own_origin};
use super::run_driver::{cores, user_agent};
use super::sockets_probe::{count_sockets, place_to_count};
use super::worker_host::{HostEvent, WorkerHost};
use app::preflight::uplink::uplink;
use catalogue::Metric;
use engine::wire::{FromWorker, ToWorker};
use metrics::Report;
use plan::{Limits, Plan};
use protocol::audio::Clip;
use run::preflight::{
    Around, BrowserFacts, Checklist, LONGEST_S, PATIENCE_S, State, VOICE_PATIENCE_S, browser_checks, failures, may_ask,
    most_counted, questions, rehearsal,
};
use run::{Capacity, Run, RunInput, layout, sockets};

/// What is rehearsed.
pub struct Rehearsal {
    pub plan: Plan,
    pub csv: Vec<Vec<Vec<String>>>,
    pub clips: Vec<Clip>,
    pub limits: Limits,
    /// Sockets are counted at the target, which puts idle connections on it.
    pub counts_at_target: bool,
    /// Sockets of other browsers that would play, too.
    pub others: u32,
}

/// A preflight that is under way; dropped, it ends and tells nobody.
pub struct Preflight {
    is_wanted: Rc<Cell<bool>>,
}

impl Preflight {
    /// `on_news` gets the checklist as it grows, and whether it is complete.
    pub fn start(rehearsal: Rehearsal, on_news: impl Fn(Checklist, bool) + 'static) -> Self {
        let is_wanted = Rc::new(Cell::new(true));
        let wanted = is_wanted.clone();
        spawn_local(async move {
            let tell = |checklist: Checklist, is_done| {
                if wanted.get() {
                    on_news(checklist, is_done);
                }
            };
            go(rehearsal, &wanted, &tell).await;
        });
        Self { is_wanted }
    }
}

impl Drop for Preflight {
    fn drop(&mut self) {
        self.is_wanted.set(false);
    }
}

async fn go(wanted: Rehearsal, is_wanted: &Cell<bool>, tell: &impl Fn(Checklist, bool)) {
    let plan = rehearsal(&wanted.plan);
    let mut around = Around { origin: own_origin(), nearby: nearby().await, seen: BTreeMap::new() };
    let report =
        play(&wanted, &plan, is_wanted, |report| tell(Checklist::new(&plan, report, false, &around), false)).await;
    let Some(report) = report.filter(|_| is_wanted.get()) else { return };
    for (_, kind) in failures(&plan, &report, true) {
        for question in questions(&kind) {
            // Whoever answers nothing answers no second question.
            let is_silent = around.silence(&question.url).is_some();
            let may_ask = may_ask(&question, &plan, &wanted.limits);
            if is_wanted.get() && may_ask && !is_silent && !around.seen.contains_key(&question) {
                let seen = look(&question).await;
                around.seen.insert(question, seen);
            }
        }
    }
    // By now the browser may have asked, and the person have answered.
    around.nearby = nearby().await;
    let mut checklist = Checklist::new(&plan, &report, true, &around);
    if report.run.is_empty() {
        checklist.groups.clear();
    }
    tell(checklist.clone(), false);
    let facts = look_at_browser(&wanted, &checklist, &report).await;
    checklist.groups.push(browser_checks(&wanted.plan, &facts));
    tell(checklist, true);
}

/// The stage on which it is played.
struct Stage {
    run: RefCell<Run>,
    hosts: RefCell<Vec<Option<WorkerHost<ToWorker, FromWorker>>>>,
    clock: Clock,
}

impl Stage {
    fn handle(&self, input: RunInput) {
        let now_ms = self.clock.now_ms();
        self.run.borrow_mut().handle(now_ms, input);
        loop {
            let Some((worker, message)) = self.run.borrow_mut().poll() else { return };
            let sent = self.hosts.borrow().get(worker).and_then(Option::as_ref).map(|host| host.send(&message));
            if let Some(Err(error)) = sent {
                let message = error.to_string();
                self.run.borrow_mut().handle(now_ms, RunInput::WorkerDied { worker, message });
            }
        }
    }

    fn report(&self) -> Report {
        self.run.borrow().report(Vec::new(), String::new())
    }
}

async fn play(wanted: &Rehearsal, plan: &Plan, is_wanted: &Cell<bool>, on_news: impl Fn(&Report)) -> Option<Report> {
    let parts = layout(&[Capacity::own(2, sockets(&user_agent()))], plan.handshakes_in_flight.max(2));
    let workers = parts.len();
    let id = super::identity::run_id().ok()?;
    let clock = Clock::new();
    let run = Run::new(clock.now_ms(), plan.clone(), wanted.csv.clone(), id, parts);
    let run = run.with_clips(wanted.clips.clone()).within(wanted.limits.clone());
    let stage = Rc::new(Stage { run: RefCell::new(run), hosts: RefCell::default(), clock });
    for worker in 0..workers {
        let listener = Rc::downgrade(&stage);
        let host = WorkerHost::spawn(&format!("tabswarm preflight {}", worker + 1), move |event| {
            let Some(stage) = listener.upgrade() else { return };
            stage.handle(match event {
                HostEvent::Message(message) => RunInput::From { worker, message },
                HostEvent::Died(message) => RunInput::WorkerDied { worker, message },
            });
        });
        let (host, refusal) = match host {
            Ok(host) => (Some(host), None),
            Err(error) => (None, Some(error.to_string())),
        };
        stage.hosts.borrow_mut().push(host);
        if let Some(message) = refusal {
            stage.handle(RunInput::WorkerDied { worker, message });
        }
    }
    let begin_ms = stage.clock.now_ms();
    let has_voice =
        plan.populations.iter().any(|population| population.program().is_ok_and(|program| program.audio.is_some()));
    let patience_s = if has_voice { VOICE_PATIENCE_S } else { PATIENCE_S };
    let (mut done, mut news_ms, mut settled_ms) = (0, begin_ms, None);
    while is_wanted.get() {
        TimeoutFuture::new(POLL_MS).await;
        stage.handle(RunInput::Tick);
        let report = stage.report();
        on_news(&report);
        let checklist = Checklist::new(plan, &report, false, &Around::default());
        let now_ms = stage.clock.now_ms();
        if checklist.done() > done {
            (done, news_ms) = (checklist.done(), now_ms);
        }
        // What comes again and again is watched a little longer: a rate limit lets the first one pass.
        let since_ms = checklist.is_settled().then(|| *settled_ms.get_or_insert(now_ms));
        let has_seen_enough = since_ms.is_some_and(|since_ms| checklist.has_failed() || now_ms - since_ms >= LINGER_MS);
        let is_over = has_seen_enough || stage.run.borrow().is_done();
        let is_late = now_ms - news_ms > patience_s * 1e3 || now_ms - begin_ms > LONGEST_S * 1e3;
        if is_over || is_late {
            break;
        }
    }
    let report = stage.report();
    // Its users leave as they would: a server that counts them must not keep them.
    stage.handle(RunInput::Abort);
    TimeoutFuture::new(FAREWELL_MS).await;
    stage.hosts.borrow_mut().clear();
    Some(report)
}

async fn look_at_browser(wanted: &Rehearsal, checklist: &Checklist, report: &Report) -> BrowserFacts {
    let mut users = 0_u32;
    wanted.plan.populations.iter().for_each(|population| users = users.saturating_add(population.load.max_users()));
    let known = sockets(&user_agent());
    let is_reachable =
        checklist.groups.iter().flat_map(|group| &group.checks).all(|check| check.state != State::Failed);
    let place = place_to_count(&wanted.plan, wanted.counts_at_target && is_reachable).await;
    let probed = match place {
        Some(place) => {
            let most = users.clamp(1, known).min(most_counted(&place, &wanted.limits));
            Some((count_sockets(&place, most).await, most, base::url::origin(&place)))
        }
        None => None,
    };
    BrowserFacts {
        known_sockets: known,
        probed,
        others: wanted.others,
        cores: cores(),
        clock_step_ms: clock_step(),
        timer_lag_ms: report
            .metrics
            .iter()
            .find(|entry| entry.name == Metric::WorkerLag.name())
            .map(|entry| entry.stats.p99),
        is_hidden: web_sys::window().and_then(|window| window.document()).is_some_and(|document| document.hidden()),
        uplink: uplink(&wanted.plan).map(|uplink| (uplink.text, uplink.is_heavy)),
    }
}

/// The smallest step that the clock makes, milliseconds.
fn clock_step() -> f64 {
    let clock = Clock::new();
    let step = || {
        let before = clock.now_ms();
        let mut now = before;
        // A clock that stands still is no reason to hang.
        for _ in 0..LOOKS {
            now = clock.now_ms();
            if now > before {
                break;
            }
        }
        now - before
    };
    (0..STEPS).map(|_| step()).filter(|step| *step > 0.0).fold(f64::INFINITY, f64::min).min(WORST_STEP_MS)
}

const POLL_MS: u32 = 200;
const LINGER_MS: f64 = 1_000.0;
/// For the closes to go out.
const FAREWELL_MS: u32 = 150;
const LOOKS: u32 = 1_000_000;
const STEPS: u32 = 20;
const WORST_STEP_MS: f64 = 1_000.0;
