//! What comes from the others: who may say it, and what it changes.

use super::{Link, LinkEvent, LinkOutput};
use crate::clock::{ClockExchange, ClockSync};
use crate::envelope::{Opened, Refusal};
use crate::key::Role;
use crate::line::{Line, make_room};
use crate::packet::{PacketBody, SwarmPacket};
use crate::peer::{Loading, Peer, SessionId};
use crate::scan::Allowance;
use crate::stream::{Arrival, Fragment};

impl Link {
    pub(super) fn on_message(&mut self, now_ms: f64, topic: &str, payload: &[u8]) -> Result<(), Refusal> {
        if topic == self.topics.beacon() {
            // Nobody conducts any more.
            if payload.is_empty() {
                return Ok(());
            }
            let opened = self.opener.open_retained(topic, payload)?;
            return match SwarmPacket::decode(&opened.packet)?.body {
                PacketBody::Beacon { card } => self.on_beacon(now_ms, &opened, card),
                _ => Err(Refusal::Malformed),
            };
        }
        let opened = match self.opener.open(topic, payload) {
            Err(Refusal::Key) if topic == self.topics.conductor() => {
                self.opener.open_retained(&self.topics.will(), payload)?
            }
            other => other?,
        };
        let from = opened.from;
        let SwarmPacket { to, body } = SwarmPacket::decode(&opened.packet)?;
        if to.is_some_and(|to| to != self.sealer.peer()) {
            return Err(Refusal::Stale);
        }
        match (self.role, body) {
            (Role::Conductor, PacketBody::Ask { connection, asked, beacon }) if to.is_some() => {
                return self.on_ask(now_ms, &opened, connection, asked, beacon);
            }
            (Role::Conductor, PacketBody::Gone { connection }) => self.on_gone(from, connection),
            (Role::Generator, PacketBody::Answer { asked, heard, answered }) if self.is_conductor(from) => {
                self.on_heard(now_ms, from.session);
                self.clock.add(ClockExchange { asked, heard, answered, received: now_ms });
                if let Some(offset) = self.clock.offset(now_ms) {
                    self.tell(LinkEvent::Clock(offset));
                }
            }
            (Role::Generator | Role::Watcher, PacketBody::Live { picture }) if self.is_conductor(from) => {
                self.tell(LinkEvent::Live(picture));
            }
            (_, PacketBody::Data(fragment)) if to.is_some() => return self.on_data(now_ms, from, fragment),
            (_, PacketBody::Confirm { below }) if to.is_some() => self.known(from)?.out.confirm(below),
            (Role::Generator | Role::Watcher, _) if !self.is_conductor(from) => return Err(Refusal::Foreign),
            _ => return Err(Refusal::Malformed),
        }
        Ok(())
    }

    /// From the holder of the key that the link names, or it would not have been opened.
    fn on_beacon(&mut self, now_ms: f64, opened: &Opened, card: Vec<u8>) -> Result<(), Refusal> {
        let Opened { from, number, .. } = *opened;
        if self.role == Role::Conductor {
            return self.on_conductor_s_beacon(from.loading, number);
        }
        match self.lines.get(&from.session).map(|line| line.peer) {
            Some(known) if known.loading > from.loading => return Err(Refusal::Replay),
            Some(known) if known == from => {
                // It may be back: an answer will show.
                if self.lines.get(&from.session).is_some_and(|line| line.is_away) {
                    self.ask_ms = f64::NEG_INFINITY;
                }
                // A retained beacon says who conducts, not that he is there: only the next one does.
                if number > self.beacon && self.role == Role::Watcher {
                    self.on_heard(now_ms, from.session);
                }
                self.beacon = self.beacon.max(number);
            }
            _ => {
                self.arrive(now_ms, opened);
                // Another loading may run on another clock.
                self.clock = ClockSync::default();
                (self.ask_ms, self.beacon) = (f64::NEG_INFINITY, number);
            }
        }
        if self.card != card {
            self.card.clone_from(&card);
            self.tell(LinkEvent::Card(card));
        }
        Ok(())
    }

    /// Its own one comes back. The one of an earlier loading may be left with the broker; two of them are somebody's who speaks.
    fn on_conductor_s_beacon(&mut self, loading: Loading, number: u64) -> Result<(), Refusal> {
        let own = self.sealer.peer().loading;
        if loading == own {
            return Ok(());
        }
        let before = self.other_beacon.replace((loading, number));
        let goes_on = before.is_some_and(|(known, last)| known == loading && last < number);
        if loading > own || goes_on {
            self.tell(LinkEvent::Rival);
        }
        Err(Refusal::Stale)
    }

    fn on_ask(
        &mut self,
        now_ms: f64,
        opened: &Opened,
        connection: u32,
        asked: f64,
        beacon: u64,
    ) -> Result<(), Refusal> {
        let from = opened.from;
        if opened.is_new {
            self.make_room(from.session, beacon)?;
            self.arrive(now_ms, opened);
        }
        let said = self.beacon;
        let line = self.known(from)?;
        let is_back = line.hear(now_ms, Some(connection));
        line.beacon = said;
        if is_back {
            self.tell(LinkEvent::Back(from.session));
        }
        self.say(now_ms, from, PacketBody::Answer { asked, heard: now_ms, answered: now_ms });
        Ok(())
    }

    /// For one more of those that play no part, whose question names that beacon.
    fn make_room(&mut self, session: SessionId, beacon: u64) -> Result<(), Refusal> {
        if self.lines.contains_key(&session) {
            return Ok(());
        }
        if beacon < self.admits_from {
            return Err(Refusal::Replay);
        }
        if beacon > self.beacon {
            return Err(Refusal::Malformed);
        }
        let unseated = || self.lines.values().filter(|line| !self.seated.contains(&line.peer.session));
        if self.seated.contains(&session) || unseated().count() < MOST_UNSEATED {
            return Ok(());
        }
        let silent = unseated().min_by(|a, b| a.heard_ms().total_cmp(&b.heard_ms()));
        let silent = silent.map(|line| (line.peer.session, line.beacon));
        // All of them were heard since that beacon: the next one makes room.
        let (silent, last) = silent.filter(|(_, last)| *last < beacon).ok_or(Refusal::Crowded)?;
        self.admits_from = self.admits_from.max(last + 1);
        self.lines.remove(&silent);
        self.opener.forget(silent);
        self.tell(LinkEvent::Forgotten(silent));
        Ok(())
    }

    fn on_gone(&mut self, from: Peer, connection: u32) {
        let line = self.lines.get_mut(&from.session).filter(|line| line.peer == from);
        if line.is_some_and(|line| line.lose(connection)) {
            self.tell(LinkEvent::Away(from.session));
        }
    }

    fn on_data(&mut self, now_ms: f64, from: Peer, fragment: Fragment) -> Result<(), Refusal> {
        let longest = if self.role == Role::Conductor { Allowance::PART } else { Allowance::ORDER };
        let Arrival { messages, is_too_long } = self.known(from)?.take(fragment, 1 + longest.bytes);
        self.on_heard(now_ms, from.session);
        messages.into_iter().for_each(|message| self.tell(LinkEvent::Message { from: from.session, message }));
        let crowded = make_room(&mut self.lines, |session| self.seated.contains(&session), MOST_KEPT);
        crowded.iter().for_each(|_| self.traffic.refused.count(Refusal::Crowded));
        let unheard = crowded.into_iter().chain(is_too_long.then_some(from.session));
        unheard.for_each(|session| self.out.push_back(LinkOutput::Tell(LinkEvent::Unheard(session))));
        if is_too_long { Err(Refusal::Malformed) } else { Ok(()) }
    }

    fn on_heard(&mut self, now_ms: f64, session: SessionId) {
        if self.lines.get_mut(&session).is_some_and(|line| line.hear(now_ms, None)) {
            self.tell(LinkEvent::Back(session));
        }
    }

    fn arrive(&mut self, now_ms: f64, opened: &Opened) {
        let from = opened.from;
        self.opener.admit(opened);
        self.lines.insert(from.session, Line::new(from, now_ms));
        self.tell(LinkEvent::Arrived(from.session));
    }

    /// Who has introduced itself.
    fn known(&mut self, from: Peer) -> Result<&mut Line, Refusal> {
        match self.lines.get_mut(&from.session) {
            Some(line) if line.peer == from => Ok(line),
            Some(_) => Err(Refusal::Stale),
            None => Err(Refusal::Foreign),
        }
    }

    fn is_conductor(&self, from: Peer) -> bool {
        self.lines.get(&from.session).is_some_and(|line| line.peer == from)
    }
}

/// A swarm has some hundred browsers; whoever invents more than this gains no memory of ours.
const MOST_UNSEATED: usize = 1_024;
/// Bytes of messages that are not whole yet, of all others together: one that is as long as anything can be, and its last pieces.
const MOST_KEPT: usize = 65 * 1_024 * 1_024;
