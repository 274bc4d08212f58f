//! From the call to start to the run's first input.

use std::rc::Rc;

use gloo_timers::callback::Interval;

use super::{Current, Host, Inner, SessionId, StartError, TICK_MS, Watches, cores, user_agent};
use crate::browser::freeze::Freezing;
use crate::browser::sockets_probe::{at_broker, at_lab};
use crate::browser::visibility::Visibility;
use crate::browser::wake::WakeLock;
use crate::browser::worker_host::{HostEvent, WorkerError, WorkerHost};
use crate::browser::{identity, lab};
use metrics::Baseline;
use plan::{Limits, Plan};
use protocol::audio::Clip;
use results::Start;
use run::{Capacity, Run, RunInput, browser_name, homes, is_capped, layout, sockets, trial};
use swarm::{Beginning, Journal, Offer};

impl Inner {
    pub(super) async fn start(
        self: &Rc<Self>,
        limits: Limits,
        plan: Plan,
        csv: Vec<Vec<Vec<String>>>,
        clips: Vec<Clip>,
    ) -> Result<(), StartError> {
        self.history.ready().await;
        let lab = lab::set_faults(&plan).await?;
        let others = self.gather(&plan).await;
        let baseline = self.baseline(&plan).await;
        let place = match self.swarm.with(|swarm| swarm.map(|swarm| at_broker(&swarm.invite.broker))) {
            Some(broker) => Some(broker),
            None => at_lab().await,
        };
        let trial = trial(&plan, place);
        // Nothing is waited for from here on, so a STOP either was before this or meets the run.
        if self.gives_up.get() {
            return Err(StartError::Stopped);
        }
        let only_watches = self.swarm.with(|swarm| swarm.is_some_and(|swarm| swarm.only_watches));
        let agent = user_agent();
        let is_capped = is_capped(&browser_name(&agent));
        let own = Capacity { only_watches, is_capped, ..Capacity::own(cores(), sockets(&agent)) };
        let sessions: Vec<_> = [None].into_iter().chain(others.iter().map(|(session, _)| Some(*session))).collect();
        let browsers: Vec<_> = [own].into_iter().chain(others.into_iter().map(|(_, capacity)| capacity)).collect();
        if browsers.iter().all(|browser| browser.only_watches) {
            return Err(StartError::NobodyPlays);
        }
        let homes = homes(&browsers, plan.handshakes_in_flight);
        let places: Vec<_> = homes.into_iter().map(|home| sessions[home]).collect();
        let parts = layout(&browsers, plan.handshakes_in_flight);
        let run_id = identity::run_id()?;
        let (at_ms, start_delay_ms) = (self.clock.now_ms(), if browsers.len() > 1 { SWARM_START_MS } else { START_MS });
        let journal = self.swarm.conducts().then(|| {
            let (run, plan, parts, places) = (run_id.clone(), plan.clone(), parts.clone(), places.clone());
            let patience = self.swarm.patience();
            Journal::begin(Beginning { at_ms, run, plan, parts, places, start_delay_ms, patience })
        });
        let run =
            Run::new(at_ms, plan, csv, run_id.clone(), parts.clone()).starting_after(start_delay_ms).within(limits);
        let run = run.trying(trial).with_clips(clips).starving(self.starve_ms.take());
        let host = |(worker, place): (usize, &Option<SessionId>)| match place {
            None => self.spawn(worker),
            Some(_) => Ok(Host::Elsewhere),
        };
        let hosts = places.iter().enumerate().map(host).collect::<Result<_, _>>()?;
        let run = match &baseline {
            Some(baseline) => run.with_baseline(baseline),
            None => run,
        };
        let start = Start::new(at_ms, &run_id, run.plan(), &parts, start_delay_ms, self.browsers(&run));
        let start = start.with_baseline(baseline);
        let recorder = Some(self.history.record(start));
        self.show(Current { lab, recorder, ..Current::new(run, hosts, self.swarm.clone(), journal) });
        self.swarm.forget_below((at_ms / 1e3) as u64);
        self.swarm.begin(run_id, places);
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
        self.swarm.offer(Offer { starts: true, ..Offer::of(plan) });
        let since_ms = self.clock.now_ms();
        let is_wanted = || self.swarm.is_waiting() && !self.gives_up.get();
        while is_wanted() && self.clock.now_ms() < since_ms + CONSENT_MS {
            gloo_timers::future::TimeoutFuture::new(POLL_MS).await;
        }
        self.swarm.ready()
    }

    fn spawn(self: &Rc<Self>, worker: usize) -> Result<Host, WorkerError> {
        let on_event = self.sender(move |event| match event {
            HostEvent::Message(message) => RunInput::From { worker, message },
            HostEvent::Died(message) => RunInput::WorkerDied { worker, message },
        });
        WorkerHost::spawn(&format!("tabswarm {}", worker + 1), on_event).map(Host::Here)
    }

    /// A page's timer alone would not do, for a hidden page's timers hardly run: every worker message moves time on too.
    fn ticker(self: &Rc<Self>) -> Interval {
        let tick = self.sender(|()| RunInput::Tick);
        Interval::new(TICK_MS as u32, move || tick(()))
    }
}

/// From the decision to start to the epoch: enough for every worker of this page to hear of it.
const START_MS: f64 = 250.0;
/// From the decision to start to the epoch, in a swarm: orders have to reach everybody.
const SWARM_START_MS: f64 = 3_000.0;
/// How long operators are waited for.
const CONSENT_MS: f64 = 60_000.0;
const POLL_MS: u32 = 100;
