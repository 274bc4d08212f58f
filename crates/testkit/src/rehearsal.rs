//! A preflight in simulated time: its machine is the one that pages drive, its users are real, the server is simulated.

use super::world::World;
use base::time::{Span, Timestamp};
use demo_service::Faults;
use run::RunInput;
use run::preflight::{
    BrowserSeen, Checklist, CountAt, Nearby, Question, QuestionSeen, Rehearsal, RehearsalInput, RehearsalOutput,
    ToRehearse,
};

pub struct SimulatedRehearsal {
    /// The workers, and the server.
    pub world: World,
    machine: Rehearsal,
    /// What was told, and whether that was all.
    pub news: Vec<(Checklist, bool)>,
    /// What the server was asked besides, and what it says to each.
    pub asked: Vec<Question>,
    answer: QuestionSeen,
    /// Where sockets were to be counted.
    pub counted: Option<CountAt>,
    workers: usize,
    next_tick: Timestamp,
    is_over: bool,
}

impl SimulatedRehearsal {
    pub fn begin(wanted: ToRehearse, faults: Faults, answer: QuestionSeen) -> Self {
        let world = World::carried(wanted.plan.clone(), Span::from_millis(5), faults);
        let machine = Rehearsal::begin(0.0, "k3f".to_owned(), wanted);
        let workers = machine.workers();
        let mut this = Self {
            world,
            machine,
            news: Vec::new(),
            asked: Vec::new(),
            answer,
            counted: None,
            workers,
            next_tick: Timestamp::ZERO,
            is_over: false,
        };
        for _ in 0..workers {
            this.world.add_worker();
        }
        this
    }

    /// Plays until it is over or `limit` has passed; `true`: it is over.
    pub fn play(&mut self, limit: Span) -> bool {
        let end = self.world.now() + limit;
        while !self.is_over && self.world.now() < end {
            self.world.play_until((self.world.now() + STEP).min(end));
            for (worker, message) in self.world.take_said() {
                self.handle(RehearsalInput::Run(RunInput::From { worker, message }));
            }
            if self.world.now() >= self.next_tick {
                self.next_tick = self.world.now() + TICK;
                self.handle(RehearsalInput::Tick);
            }
        }
        self.is_over
    }

    /// Nobody wants to know any more.
    pub fn call_off(&mut self) {
        self.handle(RehearsalInput::CallOff);
    }

    fn handle(&mut self, input: RehearsalInput) {
        let now_ms = self.world.now().as_micros() as f64 / 1e3;
        self.machine.handle(now_ms, input);
        while let Some(output) = self.machine.poll() {
            self.obey(output);
        }
    }

    fn obey(&mut self, output: RehearsalOutput) {
        match output {
            RehearsalOutput::Tell { worker, message } => self.world.on_order(worker, message),
            RehearsalOutput::Dismiss => (0..self.workers).for_each(|worker| self.world.end_worker(worker)),
            RehearsalOutput::AskNearby => self.handle(RehearsalInput::Nearby(Nearby::default())),
            RehearsalOutput::Ask(question) => {
                self.asked.push(question.clone());
                self.handle(RehearsalInput::Answered { question, seen: self.answer.clone() });
            }
            RehearsalOutput::LookAtBrowser(place) => {
                self.counted = Some(place);
                let seen = BrowserSeen { probed: None, cores: 4, clock_step_ms: 0.1, is_hidden: false };
                self.handle(RehearsalInput::Browser(seen));
            }
            RehearsalOutput::News { checklist, is_done } => self.news.push((checklist, is_done)),
            RehearsalOutput::Over => self.is_over = true,
        }
    }
}

/// How long what is said between run and workers takes.
const STEP: Span = Span::from_millis(5);
const TICK: Span = Span::from_millis(200);
