//! From the call to start to the run's first input.

use std::rc::Rc;

use gloo_timers::callback::Interval;

use super::{Current, EngineHost, Inner, StartError, Watches, picture};
use crate::browser::freeze::Freezing;
use crate::browser::identity;
use crate::browser::lab::set_faults;
use crate::browser::machine::{cores, known_sockets, user_agent};
use crate::browser::recorder::Pages;
use crate::browser::sockets_probe::at_lab;
use crate::browser::visibility::Visibility;
use crate::browser::wake::WakeLock;
use crate::browser::worker_host::{HostEvent, WorkerError};
use metrics::Baseline;
use plan::{Limits, Plan};
use protocol::audio::Clip;
use results::{HostPage, UnderWay, Wanted};
use run::{Capacity, RunInput, browser_name, is_capped, trial};
use swarm::{Cast, Membership, Offer, SessionId};

impl Inner {
    pub(super) async fn start(
        self: &Rc<Self>,
        limits: Limits,
        plan: Plan,
        csv: Vec<Vec<Vec<String>>>,
        clips: Vec<Clip>,
    ) -> Result<(), StartError> {
        self.history.ready().await;
        let lab = set_faults(&plan).await?;
        let others = self.gather(&plan).await;
        let baseline = self.baseline(&plan).await;
        let place = match self.swarm.with(|swarm| swarm.map(|swarm| swarm.invite().trial())) {
            Some(broker) => Some(broker),
            None => at_lab().await,
        };
        let trial = trial(&plan, place);
        // Nothing is waited for from here on, so a STOP either was before this or meets the run.
        if self.gives_up.get() {
            return Err(StartError::Stopped);
        }
        let only_watches = self.swarm.with(|swarm| swarm.is_some_and(Membership::only_watches));
        let is_capped = is_capped(&browser_name(&user_agent()));
        let own = Capacity { only_watches, is_capped, ..Capacity::own(cores(), known_sockets()) };
        let cast = Cast::of(own, others, plan.handshakes_in_flight).ok_or(StartError::NobodyPlays)?;
        let (run, at_ms) = (identity::run_id()?, self.clock.now_ms());
        let host = |worker| Ok((worker, self.spawn(worker)?));
        let hosts = cast.own_workers().map(host).collect::<Result<_, WorkerError>>()?;
        let wanted = Wanted { run, plan, csv, clips, limits, baseline, trial, starve_ms: self.starve_ms.take() };
        let around = HostPage { this: self.this_browser(), keeps: self.history.begin(), picture };
        self.swarm.quietly(|own| own.forget_journal((at_ms / 1e3) as u64));
        let under_way = self.swarm.conduct(|conductor| UnderWay::begin(at_ms, wanted, cast, conductor, around));
        let key = under_way.scribe().and_then(|scribe| scribe.key()).map(str::to_owned);
        let pages = Some(Pages::new(self.history.clone(), key));
        self.show(Current { under_way, hosts, pages, lab, watches: None });
        Ok(())
    }

    /// The given report, else the kept run that is pinned for this plan.
    async fn baseline(&self, plan: &Plan) -> Option<Baseline> {
        let given = self.given.borrow_mut().take();
        let (name, report) = match given {
            Some(report) => (report.run.clone(), report),
            None => self.history.baseline(&plan.name).await?,
        };
        Some(Baseline::of(plan, name, &report))
    }

    /// From here on this is the page's run.
    pub(super) fn show(self: &Rc<Self>, current: Current) {
        *self.current.borrow_mut() = Some(current);
        let watches = Watches {
            _visibility: Visibility::watch(self.sender(RunInput::Hidden)),
            _freezing: Freezing::watch(self.sender(RunInput::Frozen)),
            _wake: WakeLock::hold(),
            _ticker: self.ticker(),
        };
        if let Some(current) = &mut *self.current.borrow_mut() {
            current.watches = Some(watches);
        }
    }

    /// The browsers of the swarm that play this plan: everybody's operator is asked, and not waited for without end.
    async fn gather(&self, plan: &Plan) -> Vec<(SessionId, Capacity)> {
        self.swarm.quietly(|own| own.offer(Offer { starts: true, ..Offer::of(plan) }));
        let since_ms = self.clock.now_ms();
        let is_wanted =
            || self.swarm.conductor(|conductor| conductor.is_waiting()).unwrap_or(false) && !self.gives_up.get();
        while is_wanted() && self.clock.now_ms() < since_ms + CONSENT_MS {
            gloo_timers::future::TimeoutFuture::new(POLL_MS).await;
        }
        self.swarm.ready()
    }

    fn spawn(self: &Rc<Self>, worker: usize) -> Result<EngineHost, WorkerError> {
        let on_event = self.sender(move |event| match event {
            HostEvent::Message(message) => RunInput::From { worker, message },
            HostEvent::Died(message) => RunInput::WorkerDied { worker, message },
        });
        EngineHost::spawn(&format!("tabswarm {}", worker + 1), on_event)
    }

    /// A page's timer alone would not do, for a hidden page's timers hardly run: every worker message moves time on too.
    fn ticker(self: &Rc<Self>) -> Interval {
        let tick = self.sender(|()| RunInput::Tick);
        Interval::new(TICK_MS, move || tick(()))
    }
}

/// How long operators are waited for.
const CONSENT_MS: f64 = 60_000.0;
const POLL_MS: u32 = 100;
const TICK_MS: u32 = 250;
