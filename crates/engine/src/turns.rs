//! Whose turn it is: handshakes and exchanges wait for one of their slots, and for what the guard says of their address.

use super::Engine;
use super::crowd::QueueTicket;
use super::guard::Passage;
use crate::ports::{FetchFailure, FetchId, FetchOutcome, FetchRequest, Output, ToEdge};
use crate::user::User;
use base::time::Timestamp;

impl Engine {
    /// Opens sockets and starts exchanges as far as slots are free.
    pub(super) fn give_slots(&mut self, now: Timestamp, wall_ms: f64) {
        while self.sockets.has_room()
            && let Some(seat) = self.next_handshake(now)
        {
            let Some(slot) = self.crowd.slot_at(seat) else {
                self.handshakes.give_back();
                continue;
            };
            self.open_for(now, wall_ms, seat, slot);
        }
        while let Some((seat, task, request)) = self.next_fetch() {
            let place = self.crowd.slot_at(seat).and_then(|slot| Some((slot, self.crowd.get_mut(slot)?.id())));
            let Some((slot, user)) = place else {
                self.fetches.give_back();
                continue;
            };
            let fetch = self.crowd.next_fetch(slot);
            let mut wanted = false;
            self.with_user(now, wall_ms, slot, |user, ctx| wanted = user.on_fetch_sent(ctx, task, fetch));
            if !wanted {
                self.crowd.end_fetch(fetch);
                self.fetches.give_back();
                continue;
            }
            match self.guard.on_request(user, &request.url, now) {
                Ok(()) => self.out.push_back(Output::Edge(ToEdge::Fetch { fetch, user, request })),
                Err((cause, detail)) => {
                    self.on_fetched(now, wall_ms, fetch, &FetchOutcome::Blocked { cause, detail });
                }
            }
        }
    }

    /// Whoever has begun its way goes first: otherwise all would log in before anybody connects.
    fn next_fetch(&mut self) -> Option<(QueueTicket, u32, FetchRequest)> {
        let crowd = &self.crowd;
        let has_begun = |seat: QueueTicket| {
            crowd.slot_at(seat).and_then(|slot| crowd.get(slot)).is_some_and(User::has_begun_its_way)
        };
        self.fetches.take_first(|(seat, ..)| has_begun(*seat)).or_else(|| self.fetches.take())
    }

    /// A user has a handshake slot: its socket is opened, unless the guard has something against its address.
    fn open_for(&mut self, now: Timestamp, wall_ms: f64, seat: QueueTicket, slot: u32) {
        let mut opening = None;
        self.with_user(now, wall_ms, slot, |user, ctx| opening = user.opening(ctx));
        let Some((opening, user)) = opening.zip(self.crowd.get_mut(slot)) else { return self.handshakes.give_back() };
        let id = user.id();
        let host = match self.guard.way(id, &opening.url, now) {
            Passage::Open(host) => host,
            Passage::Wait(host) => {
                user.wait_for(host);
                return self.handshakes.put_back(seat);
            }
            Passage::Refused(why) => {
                self.handshakes.give_back();
                return self.with_user(now, wall_ms, slot, |user, ctx| user.on_not_allowed(ctx, &why));
            }
        };
        let socket = self.sockets.ask(slot);
        let (url, protocols) = (opening.url.clone(), opening.protocols.clone());
        if let Some(host) = host {
            self.guard.on_opened(id, socket, host, now);
        }
        self.with_user(now, wall_ms, slot, |user, ctx| user.open(ctx, socket, opening));
        self.out.push_back(Output::Edge(ToEdge::Connect { socket, user: id, url, protocols }));
    }

    pub(super) fn on_fetched(&mut self, now: Timestamp, wall_ms: f64, fetch: FetchId, outcome: &FetchOutcome) {
        let Some(slot) = self.crowd.end_fetch(fetch) else { return };
        self.fetches.give_back();
        let away = self.landed_elsewhere(now, slot, outcome);
        let outcome = away.as_ref().unwrap_or(outcome);
        self.with_user(now, wall_ms, slot, |user, ctx| user.on_fetched(ctx, fetch, outcome));
    }

    /// Redirects that were followed have led where nobody was asked about: the answer counts for nothing.
    fn landed_elsewhere(&mut self, now: Timestamp, slot: u32, outcome: &FetchOutcome) -> Option<FetchOutcome> {
        let FetchOutcome::Answer { landed: Some(address), .. } = outcome else { return None };
        let user = self.crowd.get_mut(slot)?.id();
        let (_, detail) = self.guard.on_request(user, address, now).err()?;
        Some(FetchOutcome::Blocked { cause: FetchFailure::RedirectedAway, detail })
    }
}
