//! The workers of the simulated world: the machine that real workers are, and what a browser is to it.

use std::collections::HashMap;
use std::rc::Rc;

use super::World;
use super::narrow::{Dial, Narrow};
use super::packet::{Endpoint, Packet};
use crate::rings::HostRings;
use base::time::{Span, Timestamp};
use engine::ports::{FromEdge, SocketId, SocketLoad, ToEdge};
use engine::wire::{FromWorker, ToWorker, Trial};
use engine::worker::{Worker, WorkerInput, WorkerOutput};
use metrics::{UserId, Way};

#[derive(Default)]
pub(super) struct Host {
    machine: Worker,
    rings: Rc<HostRings>,
    sockets: HashMap<SocketId, HeldSocket>,
}

struct HeldSocket {
    user: UserId,
    state: SocketState,
}

/// As a browser tells them apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SocketState {
    Connecting,
    Open,
    Closing,
}

impl Host {
    /// When it wants to be woken, rounded up to the world's microseconds: woken too early, it would only ask again.
    pub fn next_at(&self) -> Option<Timestamp> {
        let due_ms = self.machine.next_timeout_ms()?;
        let due = Timestamp::from_millis_f64(due_ms);
        let is_early = due.as_micros() as f64 / 1e3 < due_ms;
        Some(if is_early { due + Span::from_micros(1) } else { due })
    }
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
        self.workers.push(Host::default());
        let worker = self.workers.len() - 1;
        self.tell_run(worker, FromWorker::Ready { build: String::new() });
        worker
    }

    /// The worker says nothing any more, and does nothing.
    pub(crate) fn end_worker(&mut self, worker: usize) {
        self.workers[worker] = Host::default();
    }

    pub(crate) fn on_order(&mut self, worker: usize, mut message: ToWorker) {
        if let ToWorker::Load(load) = &mut message {
            // This world always has one.
            load.trial.get_or_insert(Trial { url: "ws://elsewhere.test".to_owned(), protocols: Vec::new() });
        }
        self.give(worker, WorkerInput::Told(message));
    }

    pub(super) fn give(&mut self, worker: usize, input: WorkerInput<'_>) {
        let now_ms = self.now_ms();
        self.workers[worker].machine.handle(now_ms, input);
        while let Some(output) = self.workers[worker].machine.poll() {
            self.obey(worker, output);
        }
        self.workers[worker].machine.rest(now_ms);
    }

    pub(super) fn on_packet_to_worker(&mut self, packet: Packet) {
        match packet {
            Packet::Opened(Endpoint { engine, socket }) => {
                if let Some(held) = self.workers[engine].sockets.get_mut(&socket) {
                    held.state = SocketState::Open;
                    self.happen(engine, FromEdge::Opened { socket });
                }
            }
            Packet::ToClient(Endpoint { engine, socket }, frame) => {
                self.keep(engine, socket, Way::In, Some(&frame), frame.len());
                self.happen(engine, FromEdge::Text { socket, frame: &frame });
            }
            Packet::BinaryToClient(Endpoint { engine, socket }, frame) => {
                self.keep(engine, socket, Way::In, None, frame.len());
                self.happen(engine, FromEdge::Binary { socket, frame: &frame });
            }
            Packet::Closed(peer, code) => {
                if let Some(narrow) = self.narrow_of(peer.engine) {
                    narrow.on_closed(peer);
                    self.open_pending(peer.engine);
                }
                self.close(peer, code, "");
            }
            Packet::ClosedFor(peer, code, reason) => self.close(peer, code, &reason),
            Packet::Fetched(worker, fetch, outcome) => self.happen(worker, FromEdge::Fetched { fetch, outcome }),
            // Those go to a server.
            Packet::Open(..) | Packet::ToServer(..) | Packet::Served(..) | Packet::Close(..) | Packet::Fetch(..) => {}
        }
    }

    fn close(&mut self, Endpoint { engine, socket }: Endpoint, code: u16, reason: &str) {
        if self.workers[engine].sockets.remove(&socket).is_some() {
            self.happen(engine, FromEdge::Closed { socket, code, reason });
        }
    }

    fn happen(&mut self, worker: usize, happened: FromEdge<'_>) {
        self.give(worker, WorkerInput::Edge(happened));
    }

    fn obey(&mut self, worker: usize, output: WorkerOutput) {
        match output {
            WorkerOutput::SetUp { .. } => {
                let host = &mut self.workers[worker];
                host.sockets.clear();
                host.rings = Rc::default();
                host.machine.keep_rings(host.rings.clone());
            }
            WorkerOutput::Edge(order) => self.carry_out(worker, order),
            WorkerOutput::Measure => {
                let now_ms = self.now_ms();
                self.workers[worker].machine.on_measured(now_ms, [], SocketLoad::default());
            }
            WorkerOutput::BeginTrial(_) => {
                let opened = self.narrow_of(worker).is_none_or(|narrow| !narrow.is_full());
                self.happen(worker, FromEdge::Tried { opened });
            }
            // Time that somebody wastes is no time here.
            WorkerOutput::EndTrial | WorkerOutput::BeginStarving { .. } | WorkerOutput::EndStarving => {}
            WorkerOutput::Say(FromWorker::Heard(heard)) => self.heard.push(heard),
            WorkerOutput::Say(FromWorker::Seen(seen)) => self.seen.push(*seen),
            WorkerOutput::Say(message) => self.tell_run(worker, message),
        }
    }

    fn carry_out(&mut self, engine: usize, order: ToEdge) {
        let packet = match order {
            ToEdge::Connect { socket, user, url, protocols } => {
                self.workers[engine].sockets.insert(socket, HeldSocket { user, state: SocketState::Connecting });
                let peer = Endpoint { engine, socket };
                if let Some(narrow) = self.narrow_of(engine) {
                    narrow.ask(Dial { peer, url, protocols });
                    return self.open_pending(engine);
                }
                Packet::Open(peer, url, protocols)
            }
            ToEdge::Send { socket, text } => {
                self.keep(engine, socket, Way::Out, Some(&text), text.len());
                Packet::ToServer(Endpoint { engine, socket }, text.into())
            }
            ToEdge::SendShared { socket, frame, due } => {
                let now_ms = self.now_ms();
                let machine = &mut self.workers[engine].machine;
                machine.on_shared_sent(now_ms, socket, due);
                let Some(frames) = machine.frames() else { return };
                Packet::ToServer(Endpoint { engine, socket }, frames.text(frame).clone())
            }
            ToEdge::SendBinary { .. } => return,
            ToEdge::Close { socket } => {
                let peer = Endpoint { engine, socket };
                self.begin_to_close(peer);
                if self.narrow_of(engine).is_some_and(|narrow| narrow.call_back(peer)) {
                    return;
                }
                Packet::Close(peer, 1000)
            }
            ToEdge::Fetch { fetch, user: _, request } => Packet::Fetch(engine, fetch, request),
        };
        self.net.send(self.now, Span::ZERO, packet);
    }

    /// Of a socket that never opened nothing is told any more.
    fn begin_to_close(&mut self, Endpoint { engine, socket }: Endpoint) {
        let sockets = &mut self.workers[engine].sockets;
        match sockets.get_mut(&socket) {
            Some(held) if held.state != SocketState::Connecting => held.state = SocketState::Closing,
            _ => drop(sockets.remove(&socket)),
        }
    }

    fn keep(&self, worker: usize, socket: SocketId, way: Way, text: Option<&str>, length: usize) {
        let Host { rings, sockets, .. } = &self.workers[worker];
        if let Some(HeldSocket { user, .. }) = sockets.get(&socket) {
            rings.keep(*user, self.now_ms(), way, text, length);
        }
    }
}
