//! From a message's sending (or its first arrival here) to the moment when it is known who was owed it, and who has it.

use std::cmp::Reverse;

use super::room::MARGIN;
use super::{Ledger, Missed};
use crate::delta::{Completion, Fate};
use crate::user::UserId;
use base::time::{Span, Timestamp};

/// A message between its sending, or its first arrival here, and its settlement.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) sent_at: Timestamp,
    /// Unknown while a message of another worker has only arrived here.
    pub(super) room: Option<u32>,
    pub(super) fate: Option<Fate>,
    /// Our own, and its sender's patience is over.
    pub(super) is_overdue: bool,
    /// When it was known that a member has it, since it is overdue.
    pub(super) seen: Option<Timestamp>,
    /// Fan-out latencies of first arrivals here, microseconds.
    pub(super) latencies: Vec<u32>,
}

impl InFlight {
    pub(super) fn new(sent_at: Timestamp, latencies: Vec<u32>) -> Self {
        Self { sent_at, room: None, fate: None, is_overdue: false, seen: None, latencies }
    }

    /// From when on neither an arrival in time nor a leaving can change what is owed and what came; `None` while the
    /// fate is unknown.
    pub(super) fn settles_at(&self, late_after: Span) -> Option<Timestamp> {
        let late = self.sent_at + late_after;
        Some(match self.fate? {
            Fate::Accepted(at) | Fate::Unconfirmed(at) => late.max(at + MARGIN),
            Fate::Rejected | Fate::Abandoned => late,
        })
    }
}

impl Ledger {
    pub(super) fn settle_due(&mut self, now: Timestamp) {
        let now = if self.finished { Timestamp::NEVER } else { now };
        while let Some(&Reverse((at, message))) = self.agenda.peek()
            && at <= now
        {
            self.agenda.pop();
            let Some(flight) = self.in_flight.get(&message) else { continue };
            match flight.settles_at(self.late_after) {
                Some(at) if at <= now => self.settle(message),
                Some(_) => {}
                None if let Some(seen) = flight.seen => {
                    if seen + MARGIN <= now {
                        self.decide(message, Fate::Unconfirmed(seen));
                    }
                }
                // Nobody ever said that it sent this.
                None if self.finished => {}
                None => drop(self.in_flight.remove(&message)),
            }
        }
    }

    fn settle(&mut self, message: (u32, u32)) {
        let Some(mut flight) = self.in_flight.remove(&message) else { return };
        let (sender, sequence) = (UserId(message.0), message.1);
        let state = self.senders.entry(sender).or_default();
        state.settled.insert(sequence);
        state.last_sent = state.last_sent.max(flight.sent_at);
        let (mut due, mut missing, mut by) = (0u64, 0u32, Vec::new());
        if let (Some(room), Some(Fate::Accepted(at) | Fate::Unconfirmed(at))) = (flight.room, flight.fate) {
            let comes_back = self.own_copies_of(sender) > 0;
            let owed = self.rooms[room as usize].members.iter().filter(|m| m.is_owed(flight.sent_at, at));
            for member in owed.filter(|member| comes_back || member.user != sender) {
                due += 1;
                let pair = self.pairs.entry((member.user.0, sender.0)).or_default();
                if !pair.arrived.contains(sequence) {
                    pair.missing.get_or_insert_default().push(sequence);
                    missing += 1;
                    if by.len() < MOST_MISSED_BY {
                        by.push(member.user);
                    }
                }
            }
            self.completions.push(Completion {
                sender,
                sequence,
                sent_at: flight.sent_at,
                missing,
                latencies: flight.latencies.iter().flat_map(|micros| micros.to_le_bytes()).collect(),
            });
        }
        if !by.is_empty() && self.missed.len() < MOST_MISSED {
            self.missed.push(Missed { sender, sequence, by });
        }
        let delivered = due - u64::from(missing);
        self.delta.due += due;
        self.delta.missing += i64::from(missing);
        self.delta.delivered += delivered;
        self.delta.extra += (flight.latencies.len() as u64).saturating_sub(delivered);
        flight.latencies.clear();
        self.spare.push(flight.latencies);
    }
}

/// Of a message so many who missed it are named.
const MOST_MISSED_BY: usize = 3;
/// More than findings name in one hand-over, so that those of each population have some.
const MOST_MISSED: usize = 64;
