//! The one store of the page: a signal of the model, and the one way to change it.

use std::rc::Rc;

use leptos::prelude::*;

use super::effects;
use super::sound::Sound;
use super::swarm::swarm_picture;
use crate::browser::{KeptRuns, Preflight, RunDriver, SwarmDriver, known_sockets, own_origin};
use app::listen::ListenEvent;
use app::page::PageEvent;
use app::past::PastRun;
use app::plan::path::Path;
use app::plan::{Editor, population_path};
use app::preflight::uplink::uplink;
use app::preflight::{PreflightEvent, RehearsalOrder};
use app::results::{Overlay, ResultsEvent, Screen, overlay};
use app::run::view::Tables;
use app::run::view::charts::{ChartData, ChartKind, data};
use app::run::{RunEvent, RunView};
use app::swarm::{Reply, SwarmEvent, SwarmView};
use app::trace::TraceEvent;
use app::{Event, Model, update};
use metrics::clock_doubts;
use run::preflight::ToRehearse;
use run::{Run, RunResult};
use swarm::Offer;

#[derive(Clone, Copy)]
pub struct Store {
    model: RwSignal<Model>,
    /// Change with every edit of the plan, and with every picture of the run: what shows one of them is not worked
    /// out anew for the other, four times a second.
    plan: Memo<u64>,
    run: Memo<u64>,
    tables: Memo<u64>,
    /// The one driver of runs, shared with `window.tabswarm`.
    driver: StoredValue<RunDriver, LocalStorage>,
    swarm: StoredValue<SwarmDriver, LocalStorage>,
    sound: StoredValue<Sound, LocalStorage>,
    history: StoredValue<KeptRuns, LocalStorage>,
    /// The kept run that is looked at, and those that are compared.
    opened: StoredValue<Option<Rc<PastRun>>, LocalStorage>,
    compared: StoredValue<Vec<Rc<PastRun>>, LocalStorage>,
    preflight: StoredValue<Option<Preflight>, LocalStorage>,
    /// Whose run is shown: the live one's, or the opened one's.
    shows: Shows,
}

/// Where a part of the page finds the run that it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Live,
    Past,
}

impl Shows {
    fn view(self, model: &Model) -> &RunView {
        match (self, &model.results.screen) {
            (Self::Past, Screen::Run(run)) => &run.view,
            _ => &model.run.view,
        }
    }
}

impl Store {
    /// Makes the store known to all components below.
    pub fn provide(driver: RunDriver, swarm: SwarmDriver, history: KeptRuns) -> Self {
        let model = RwSignal::new(Model::default());
        let store = Self {
            model,
            plan: Memo::new(move |_| model.with(|model| model.plan.editor.revision())),
            run: Memo::new(move |_| model.with(|model| model.run.view.revision)),
            tables: Memo::new(move |_| model.with(|model| model.run.view.tables.revision)),
            driver: StoredValue::new_local(driver.clone()),
            swarm: StoredValue::new_local(swarm.clone()),
            sound: StoredValue::new_local(Sound::default()),
            history: StoredValue::new_local(history.clone()),
            opened: StoredValue::new_local(None),
            compared: StoredValue::new_local(Vec::new()),
            shows: Shows::Live,
            preflight: StoredValue::new_local(None),
        };
        history.on_change(move || store.refresh_results());
        leptos::task::spawn_local(async move { history.open().await });
        driver.on_change(move || store.refresh());
        swarm.on_change(move || store.refresh_swarm());
        driver.on_heard(move |heard| store.dispatch(ListenEvent::Heard(Box::new(heard))));
        driver.on_seen(move |seen| store.dispatch(TraceEvent::Seen(Box::new(seen))));
        provide_context(store);
        store
    }

    /// The store of the page this component belongs to.
    pub fn here() -> Self {
        expect_context()
    }

    /// A part of the model. Whoever reads it hears only of changes of that part.
    pub fn select<T: PartialEq + Send + Sync + 'static>(
        self,
        pick: impl Fn(&Model) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| self.model.with(&pick))
    }

    /// A part of the plan's form.
    pub fn plan<T: PartialEq + Send + Sync + 'static>(
        self,
        pick: impl Fn(&Editor) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| {
            self.plan.get();
            self.model.with_untracked(|model| pick(&model.plan.editor))
        })
    }

    /// A part of what is shown of the run.
    pub fn run<T: PartialEq + Send + Sync + 'static>(
        self,
        pick: impl Fn(&RunView) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| {
            self.run.get();
            self.model.with_untracked(|model| pick(self.shows.view(model)))
        })
    }

    /// A part of what is shown of the run once a second.
    pub fn tables<T: PartialEq + Send + Sync + 'static>(
        self,
        pick: impl Fn(&Tables) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| {
            self.tables.get();
            self.model.with_untracked(|model| pick(&self.shows.view(model).tables))
        })
    }

    /// The same store for whoever shows the opened run.
    pub fn past(self) -> Self {
        let model = self.model;
        let shows = Shows::Past;
        Self {
            run: Memo::new(move |_| model.with(|model| shows.view(model).revision)),
            tables: Memo::new(move |_| model.with(|model| shows.view(model).tables.revision)),
            shows,
            ..self
        }
    }

    /// The run that is shown is over, and not this page's.
    pub fn is_past(self) -> bool {
        self.shows == Shows::Past
    }

    /// The data of a chart of the run that is shown. Whoever reads it hears of every second.
    pub fn chart(self, kind: ChartKind, metric: &str) -> ChartData {
        self.tables.get();
        self.with_result(|run| run.map(|run| data(kind, run, metric))).unwrap_or_default()
    }

    /// The data of a chart of all compared runs.
    pub fn overlay(self, what: Overlay, names: &[String], metric: &str) -> ChartData {
        let runs = self.compared.get_value();
        overlay(what, names, &runs.iter().map(Rc::as_ref).collect::<Vec<_>>(), metric)
    }

    /// The run that is shown.
    pub fn with_result<T>(self, read: impl FnOnce(Option<&RunResult<'_>>) -> T) -> T {
        match self.shows {
            Shows::Live => self.driver().with_run(|run| read(run.map(Run::result).as_ref())),
            Shows::Past => self.with_past(|run| read(run.map(|run| &run.result))),
        }
    }

    pub fn with_past<T>(self, read: impl FnOnce(Option<&PastRun>) -> T) -> T {
        self.opened.with_value(|run| read(run.as_deref()))
    }

    pub fn set_past(self, run: Rc<PastRun>) {
        self.opened.set_value(Some(run));
    }

    pub fn set_compared(self, runs: Vec<Rc<PastRun>>) {
        self.compared.set_value(runs);
    }

    pub fn history(self) -> KeptRuns {
        self.history.get_value()
    }

    fn refresh_results(self) {
        let history = self.history();
        let (entries, problem) = (history.entries(), history.problem());
        self.dispatch(ResultsEvent::Listed { entries, problem });
        // The run itself may be the one who tells.
        leptos::task::spawn_local(async move { self.refresh_keeping() });
    }

    /// Whether the run that is shown is kept.
    fn refresh_keeping(self) {
        let not_kept = self.driver.with_value(|driver| driver.status().not_kept);
        if self.peek(|model| model.run.not_kept != not_kept) {
            self.dispatch(RunEvent::NotKept(not_kept));
        }
    }

    /// A look at the model from outside of any component's rendering.
    pub fn peek<T>(self, read: impl FnOnce(&Model) -> T) -> T {
        self.model.with_untracked(read)
    }

    /// A place in the plan's open population, like `load.users`.
    pub fn in_population(self, inside: &'static str) -> Signal<Path> {
        let population = self.plan(Editor::population);
        Signal::derive(move || population_path(population.get()).join(inside))
    }

    /// A part of what is shown of the swarm.
    pub fn swarm<T: PartialEq + Send + Sync + 'static>(
        self,
        pick: impl Fn(&SwarmView) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        self.select(move |model| pick(&model.swarm.view))
    }

    pub fn driver(self) -> RunDriver {
        self.driver.get_value()
    }

    pub fn swarm_driver(self) -> SwarmDriver {
        self.swarm.get_value()
    }

    fn refresh_swarm(self) {
        let users = self.peek(|model| model.plan.editor.plan().map(|plan| Offer::of(plan).users));
        let mut view = swarm_picture(&self.swarm_driver(), &self.driver(), users);
        let bound_ms = self.swarm_driver().clock_bound_ms();
        view.doubts =
            self.peek(|model| model.plan.editor.plan().map(|plan| clock_doubts(plan, bound_ms)).unwrap_or_default());
        if self.peek(|model| model.swarm.view != view) {
            self.dispatch(SwarmEvent::Changed(Box::new(view)));
        }
    }

    /// One user of each population goes first; the one before, if there is any, ends.
    pub fn rehearse(self, order: RehearsalOrder) {
        let swarm = self.swarm_driver();
        let others = swarm.ready().iter().map(|(_, capacity)| capacity.sockets).sum();
        let wanted = ToRehearse {
            uplink: uplink(&order.plan).map(|uplink| (uplink.text, uplink.is_heavy)),
            plan: *order.plan,
            csv: order.csv,
            clips: order.clips,
            limits: self.driver().limits(),
            counts_at_target: order.counts_at_target,
            others,
            sockets: known_sockets(),
            origin: own_origin(),
        };
        let preflight = Preflight::start(wanted, move |checklist, is_done| {
            let checklist = Box::new(checklist);
            self.dispatch(PreflightEvent::News { checklist, is_done });
        });
        match preflight {
            Ok(preflight) => self.preflight.set_value(Some(preflight)),
            Err(error) => self.dispatch(PageEvent::Failed(format!("Nothing was tried: {error}."))),
        }
    }

    pub fn cancel_rehearsal(self) {
        self.preflight.set_value(None);
    }

    /// What sounds just now. `change` must not dispatch.
    pub fn with_sound<T>(self, change: impl FnOnce(&mut Sound) -> T) -> T {
        self.sound.try_update_value(change).expect("the store lives as long as the page")
    }

    /// Shows the run as it is now. A run that was started by the address or by JavaScript is noticed here.
    pub fn refresh(self) {
        let news = self.driver.with_value(|driver| {
            driver.with_run(|run| {
                let run = run?;
                let (is_new, view) = self.peek(|model| {
                    (model.run.view.id != run.id(), RunView::live(run, &model.run.log_filter, &model.run.view))
                });
                let started = is_new.then(|| RunEvent::Started(Box::new(run.plan().clone())));
                Some((started, RunEvent::Changed(Box::new(view))))
            })
        });
        if let Some((started, changed)) = news {
            self.dispatch(changed);
            started.into_iter().for_each(|started| self.dispatch(started));
            self.refresh_keeping();
        }
    }

    /// Answers what is asked about a swarm just now; `false`: nothing is.
    pub fn reply(self, reply: Reply) -> bool {
        let is_asked = self.peek(|model| model.swarm.is_asking());
        if is_asked {
            self.dispatch(SwarmEvent::Reply(reply));
        }
        is_asked
    }

    pub fn dispatch(self, event: impl Into<Event>) {
        self.happened(event.into());
    }

    fn happened(self, event: Event) {
        let effects = self.model.try_update(|model| update(model, event)).unwrap_or_default();
        for effect in effects {
            effects::run(self, effect);
        }
    }
}
