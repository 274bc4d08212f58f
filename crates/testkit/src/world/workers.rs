//! The workers of the simulated world: what the edge does for an engine, without a browser.

use std::collections::HashMap;
use std::rc::Rc;

use super::World;
use super::packet::{Endpoint, Packet};
use crate::narrow::{Dial, Narrow};
use crate::rings::HostRings;
use base::time::{Span, Timestamp};
use engine::ports::{FetchId, FromEdge, Input, Output, SocketId, ToEdge};
use engine::wire::{FromWorker, ToWorker};
use engine::{Engine, Exchange, Rings};
use metrics::{UserId, Way};
use run::RunInput;

#[derive(Default)]
pub(super) struct Worker {
    pub engine: Option<Engine>,
    pub rings: Rc<HostRings>,
    pub owners: HashMap<SocketId, UserId>,
    /// Requests that are under way.
    pub exchanges: HashMap<FetchId, (UserId, Exchange)>,
    /// The world's time at the run's epoch (before it: when the worker was loaded).
    pub epoch: Timestamp,
    pub done: bool,
    pub finished: bool,
}

impl World {
    /// These workers live in a browser that opens only so many sockets; the number tells such browsers apart.
    pub(crate) fn narrow(&mut self, browser: usize, most: usize, worker: usize) {
        while self.narrow.len() <= browser {
            self.narrow.push(Narrow::new(most));
        }
        self.narrow[browser].house(worker);
    }

    fn narrow_of(&mut self, worker: usize) -> Option<&mut Narrow> {
        self.narrow.iter_mut().find(|browser| browser.houses(worker))
    }

    /// What the worker's browser opens by now.
    fn open_pending(&mut self, worker: usize) {
        while let Some(Dial { peer, url, protocols }) = self.narrow_of(worker).and_then(Narrow::next) {
            self.net.send(self.now, Span::ZERO, Packet::Open(peer, url, protocols));
        }
    }

    /// One more worker, somewhere. It says that it is ready.
    pub(crate) fn add_worker(&mut self) -> usize {
        self.workers.push(Worker::default());
        let worker = self.workers.len() - 1;
        self.tell_run(worker, FromWorker::Ready { build: String::new() });
        worker
    }

    /// The worker says nothing any more, and does nothing.
    pub(crate) fn end_worker(&mut self, worker: usize) {
        self.workers[worker] = Worker { finished: true, ..Worker::default() };
    }

    pub(crate) fn on_order(&mut self, worker: usize, message: ToWorker) {
        match message {
            ToWorker::Load(load) => {
                let answer = match Engine::new(&load) {
                    Ok(mut engine) => {
                        let rings = Rc::new(HostRings::default());
                        engine.keep_rings(rings.clone());
                        let epoch = self.now;
                        self.workers[worker] = Worker { engine: Some(engine), rings, epoch, ..Worker::default() };
                        FromWorker::Loaded
                    }
                    Err(error) => FromWorker::Failed { message: error.to_string() },
                };
                self.tell_run(worker, answer);
            }
            ToWorker::Prepare { population } => self.give(worker, Input::Prepare { population }),
            ToWorker::Start { epoch_ms, shared } => {
                let epoch = Timestamp::from_millis_f64(epoch_ms);
                let wait = epoch.since(self.now) - self.net.latency;
                self.net.send(self.now, wait, Packet::Epoch(worker, epoch, shared));
            }
            // Simulated workers share one clock.
            ToWorker::Epoch { .. } => {}
            ToWorker::Sent(sent) => self.give(worker, Input::Sent(sent)),
            ToWorker::Stop => self.give(worker, Input::Stop),
            ToWorker::Leave => self.give(worker, Input::Leave),
            ToWorker::Hear(user) => self.give(worker, Input::Hear(user)),
            ToWorker::Act(action) => self.give(worker, Input::Act(*action)),
            ToWorker::Watch(user) => self.give(worker, Input::Watch(user)),
            ToWorker::Canary { user, order } => self.give(worker, Input::Canary { user, order }),
            ToWorker::Abort => self.give(worker, Input::Abort),
            ToWorker::Full => self.give(worker, Input::Full),
            ToWorker::Free => self.give(worker, Input::Free),
            ToWorker::GiveUp { users } => self.give(worker, Input::GiveUp { users }),
            ToWorker::TakeIn { guests, most } => self.give(worker, Input::TakeIn { guests, most }),
            ToWorker::Try => {
                let opened = self.narrow_of(worker).is_none_or(|narrow| !narrow.is_full());
                self.give(worker, Input::Edge(FromEdge::Tried { opened }));
            }
            ToWorker::Finish => {
                self.give(worker, Input::Finish);
                self.snapshot_of(worker);
                self.workers[worker].finished = true;
                self.tell_run(worker, FromWorker::Finished);
            }
        }
    }

    pub(super) fn give(&mut self, worker: usize, input: Input<'_>) {
        let wall_ms = self.now_ms();
        let Worker { engine: Some(engine), epoch, .. } = &mut self.workers[worker] else { return };
        let now = Timestamp::from_micros(self.now.since(*epoch).as_micros());
        engine.handle(now, wall_ms, input);
        while let Some(output) = self.workers[worker].engine.as_mut().and_then(Engine::poll) {
            self.on_output(worker, output);
        }
    }

    pub(super) fn on_packet_to_worker(&mut self, packet: Packet) {
        match packet {
            Packet::Opened(peer) => self.give(peer.engine, Input::Edge(FromEdge::Opened { socket: peer.socket })),
            Packet::ToClient(peer, frame) => {
                self.keep(peer.engine, peer.socket, Way::In, Some(&frame), frame.len());
                self.give(peer.engine, Input::Edge(FromEdge::Text { socket: peer.socket, frame: &frame }));
            }
            Packet::BinaryToClient(peer, frame) => {
                self.keep(peer.engine, peer.socket, Way::In, None, frame.len());
                self.give(peer.engine, Input::Edge(FromEdge::Binary { socket: peer.socket, frame: &frame }));
            }
            Packet::Closed(peer, code) => {
                if let Some(narrow) = self.narrow_of(peer.engine) {
                    narrow.on_closed(peer);
                    self.open_pending(peer.engine);
                }
                self.give(peer.engine, Input::Edge(FromEdge::Closed { socket: peer.socket, code, reason: "" }));
            }
            Packet::ClosedFor(peer, code, reason) => {
                self.give(peer.engine, Input::Edge(FromEdge::Closed { socket: peer.socket, code, reason: &reason }));
            }
            Packet::Epoch(worker, epoch, shared) => {
                self.workers[worker].epoch = epoch;
                self.give(worker, Input::Start { shared });
            }
            Packet::Fetched(worker, fetch, outcome) => {
                let now_ms = self.now_ms();
                let Worker { rings, exchanges, .. } = &mut self.workers[worker];
                if let Some((user, exchange)) = exchanges.remove(&fetch) {
                    let line = exchange.response(&outcome, now_ms);
                    rings.note(user, now_ms, Way::Response, &line);
                }
                self.give(worker, Input::Edge(FromEdge::Fetched { fetch, outcome }));
            }
            // Those go to a server.
            Packet::Open(..) | Packet::ToServer(..) | Packet::Served(..) | Packet::Close(..) | Packet::Fetch(..) => {}
        }
    }

    fn on_output(&mut self, engine: usize, output: Output) {
        let packet = match output {
            Output::Edge(ToEdge::Connect { socket, user, url, protocols }) => {
                self.workers[engine].owners.insert(socket, user);
                let peer = Endpoint { engine, socket };
                if let Some(narrow) = self.narrow_of(engine) {
                    narrow.ask(Dial { peer, url, protocols });
                    return self.open_pending(engine);
                }
                Packet::Open(peer, url, protocols)
            }
            Output::Edge(ToEdge::Send { socket, text }) => {
                self.keep(engine, socket, Way::Out, Some(&text), text.len());
                Packet::ToServer(Endpoint { engine, socket }, text.into())
            }
            Output::Edge(ToEdge::SendShared { socket, population, frame, due }) => {
                let Worker { engine: Some(sender), epoch, .. } = &mut self.workers[engine] else { return };
                sender.on_shared_sent(population, due, Timestamp::from_micros(self.now.since(*epoch).as_micros()));
                Packet::ToServer(Endpoint { engine, socket }, sender.frames().text(frame).clone())
            }
            Output::Edge(ToEdge::SendBinary { .. }) => return,
            Output::Edge(ToEdge::Close { socket }) => {
                let peer = Endpoint { engine, socket };
                if self.narrow_of(engine).is_some_and(|narrow| narrow.call_back(peer)) {
                    return;
                }
                Packet::Close(peer, 1000)
            }
            Output::Edge(ToEdge::Fetch { fetch, user, request }) => {
                let (exchange, now_ms) = (Exchange::begin(&request, self.now_ms()), self.now_ms());
                let Worker { rings, exchanges, .. } = &mut self.workers[engine];
                rings.note(user, now_ms, Way::Request, &exchange.request());
                exchanges.insert(fetch, (user, exchange));
                Packet::Fetch(engine, fetch, request)
            }
            Output::Prepared { population, shared } => {
                return self.tell_run(engine, FromWorker::Prepared { population, shared });
            }
            Output::Failed { message } => return self.tell_run(engine, FromWorker::Failed { message }),
            Output::Heard(heard) => return self.heard.push(heard),
        };
        self.net.send(self.now, Span::ZERO, packet);
    }

    fn keep(&self, worker: usize, socket: SocketId, way: Way, text: Option<&str>, length: usize) {
        let Worker { rings, owners, .. } = &self.workers[worker];
        if let Some(user) = owners.get(&socket) {
            rings.keep(*user, self.now_ms(), way, text, length);
        }
    }

    pub(super) fn snapshot(&mut self) {
        if self.carried.is_none() {
            self.command(RunInput::Tick);
            self.run.overdue().into_iter().for_each(|input| self.command(input));
        }
        for worker in 0..self.workers.len() {
            if self.workers[worker].finished {
                continue;
            }
            self.snapshot_of(worker);
            let is_done = self.workers[worker].engine.as_ref().is_some_and(Engine::is_done);
            if is_done && !std::mem::replace(&mut self.workers[worker].done, true) {
                self.tell_run(worker, FromWorker::Done);
            }
        }
    }

    fn snapshot_of(&mut self, worker: usize) {
        let Worker { engine: Some(engine), epoch, .. } = &mut self.workers[worker] else { return };
        let now = Timestamp::from_micros(self.now.since(*epoch).as_micros());
        let wall_ms = self.now.as_micros() as f64 / 1e3;
        self.seen.extend(engine.look(now, wall_ms));
        let mut snapshot = engine.snapshot(now);
        if let Some(narrow) = self.narrow_of(worker) {
            snapshot.health.connecting = narrow.pending_of(worker);
            snapshot.health.sockets_open -= snapshot.health.connecting;
        }
        self.tell_run(worker, FromWorker::Snapshot(Box::new(snapshot)));
    }
}
