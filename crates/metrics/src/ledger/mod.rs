//! The delivery ledger of one worker: what its members are owed, and what they got.
//!
//! ```text
//!           send            fate known            settled                  late arrival
//! message ───┼───────────────────┼──────────────────┼───────────────────────────┼──────▶ time
//!            │◀── late_after or acceptance + MARGIN ─▶│ due = delivered + missing │ missing - 1, delivered + 1
//! ```
//!
//! A worker knows all about its own receivers and about messages that its own users sent; the fate of all others comes
//! in [`SentLog`]s. A message is settled once, when its fate is known and no arrival or leaving that still counts can
//! be ahead; until then only arrivals are noted. Results are sums over receivers, so parts add up to the whole.
//! docs/metrics.md states the rules, and the memory they take.

mod forget;
mod room;
mod sequences;
mod settlement;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use self::room::{MARGIN, Room};
use self::sequences::{Inserted, Sequences};
use self::settlement::InFlight;
use super::delta::{Completion, Fate, LedgerDelta, SentLog, SentRecord};
use super::ids::IdMap;
use super::tag::Tag;
use super::user::UserId;
use base::time::{Span, Timestamp};
use catalogue::Figure;

/// What an arrived tag meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    pub tag: Tag,
    /// `false`: a duplicate.
    pub first: bool,
    /// The receiver is its sender.
    pub own: bool,
    /// It was sent before the receiver last entered a room, or comes while it is in none: nobody owed it then. So comes a history that is
    /// played again, and its time says nothing of the server.
    pub is_history: bool,
    /// What is wrong with it.
    pub found: Option<Figure>,
    /// From the actual sending to now.
    pub latency: Span,
}

/// A message that members of this worker were owed and had not got when it was settled.
#[derive(Debug, PartialEq, Eq)]
pub struct Missed {
    pub sender: UserId,
    pub sequence: u32,
    /// The first few of them.
    pub by: Vec<UserId>,
}

#[derive(Debug)]
pub struct Ledger {
    run: String,
    late_after: Span,
    /// By the sender's population: how often a message comes to its own sender; what is not said: once.
    own_copies: Vec<u8>,
    first_sequence: u32,
    rooms: Vec<Room>,
    room_numbers: HashMap<String, u32>,
    memberships: IdMap<UserId, Membership>,
    senders: IdMap<UserId, Sender>,
    /// By receiver and sender.
    pairs: IdMap<(u32, u32), Pair>,
    in_flight: IdMap<(u32, u32), InFlight>,
    /// When to look at a message in flight again.
    agenda: BinaryHeap<Reverse<(Timestamp, (u32, u32))>>,
    /// Latency lists of settled messages, to be used again.
    spare: Vec<Vec<u32>>,
    /// So many entries are a reason to forget those that nothing will ask for.
    crowded: usize,
    finished: bool,
    /// Since the load is over: messages of before are still looked out for.
    sent_before: Option<Timestamp>,
    /// When one of these last reached a member for the first time.
    arrived_at: Option<Timestamp>,
    delta: LedgerDelta,
    log: SentLog,
    /// Places of our rooms in `log.rooms`.
    logged_rooms: IdMap<u32, u32>,
    completions: Vec<Completion>,
    /// The first since they were taken.
    missed: Vec<Missed>,
}

/// Rooms a user is in now, so that a lost connection leaves all of them.
#[derive(Debug, Default)]
struct Membership {
    rooms: Vec<u32>,
    /// When it last entered one of them.
    entered: Timestamp,
    /// Its connection went, and it has entered none since.
    is_gone: bool,
    /// When it left the last of them.
    left: Timestamp,
}

#[derive(Debug, Default)]
struct Sender {
    next_sequence: u32,
    /// When it sent the newest message that is known here.
    last_sent: Timestamp,
    settled: Sequences,
    /// Where it gets its messages more than once: what came a second time, a third time, and so on.
    again: Vec<Sequences>,
}

/// One receiver's view of one sender.
#[derive(Debug, Default)]
struct Pair {
    arrived: Sequences,
    /// Settled as missing; what still comes is taken out again.
    #[expect(clippy::box_collection, reason = "there are millions of pairs and most miss nothing")]
    missing: Option<Box<Vec<u32>>>,
}

impl Sender {
    /// A message came to its sender again: whether that is one of so many copies that were to come.
    fn is_wanted_copy(&mut self, sequence: u32, copies: u8) -> bool {
        self.again.resize_with(usize::from(copies.saturating_sub(1)), Sequences::default);
        self.again.iter_mut().any(|seen| seen.insert(sequence) != Inserted::Again)
    }
}

impl Ledger {
    pub fn new(run: &str, late_after: Span) -> Self {
        Self {
            run: run.to_owned(),
            late_after,
            own_copies: Vec::new(),
            first_sequence: 0,
            rooms: Vec::new(),
            room_numbers: HashMap::new(),
            memberships: IdMap::default(),
            senders: IdMap::default(),
            pairs: IdMap::default(),
            in_flight: IdMap::default(),
            agenda: BinaryHeap::new(),
            spare: Vec::new(),
            crowded: forget::CROWDED,
            finished: false,
            sent_before: None,
            arrived_at: None,
            delta: LedgerDelta::default(),
            log: SentLog::default(),
            logged_rooms: IdMap::default(),
            completions: Vec::new(),
            missed: Vec::new(),
        }
    }

    /// Of users whom so many other workers have played before: nobody has seen these numbers of theirs.
    #[must_use]
    pub fn in_life(mut self, life: u32) -> Self {
        self.first_sequence = life.min(u32::MAX / PER_LIFE - 1) * PER_LIFE;
        self
    }

    /// Messages come so often to their own senders, by the sender's population.
    #[must_use]
    pub fn with_own_copies(mut self, own_copies: Vec<u8>) -> Self {
        self.own_copies = own_copies;
        self
    }

    fn own_copies_of(&self, sender: UserId) -> u8 {
        self.own_copies.get(sender.population()).copied().unwrap_or(1)
    }

    /// The user is a member from now on. Until it leaves, entering again changes nothing.
    pub fn enter(&mut self, now: Timestamp, room: &str, member: UserId) {
        let room = self.room(room);
        self.rooms[room as usize].enter(now, member);
        let membership = self.memberships.entry(member).or_default();
        if !membership.rooms.contains(&room) {
            membership.rooms.push(room);
            (membership.entered, membership.is_gone) = (now, false);
        }
    }

    /// The user leaves one room (`None`: all its rooms, its connection is gone).
    pub fn leave(&mut self, now: Timestamp, room: Option<&str>, member: UserId) {
        let Some(Membership { rooms, left: left_at, is_gone, .. }) = self.memberships.get_mut(&member) else { return };
        *is_gone |= room.is_none();
        let left = match room {
            None => std::mem::take(rooms),
            Some(name) => {
                let number = self.room_numbers.get(name);
                let place = rooms.iter().position(|room| Some(room) == number);
                place.map(|place| rooms.swap_remove(place)).into_iter().collect()
            }
        };
        if rooms.is_empty() && !left.is_empty() {
            *left_at = now;
        }
        left.into_iter().for_each(|room| self.rooms[room as usize].leave(now, member));
    }

    /// The names of the rooms that the user is in.
    pub fn rooms_of(&self, member: UserId) -> Vec<String> {
        let rooms = self.memberships.get(&member).map_or(&[][..], |membership| &membership.rooms);
        rooms.iter().map(|room| self.rooms[*room as usize].name.clone()).collect()
    }

    /// A message goes out now. The tag's text belongs into its payload.
    pub fn send(&mut self, now: Timestamp, room: &str, sender: UserId) -> Tag {
        let room = self.room(room);
        let state = self.senders.entry(sender).or_default();
        let tag = Tag { sender, sequence: self.first_sequence + state.next_sequence, sent_at: now };
        state.next_sequence += 1;
        state.last_sent = now;
        let latencies = self.spare.pop().unwrap_or_default();
        self.in_flight.insert(key(&tag), InFlight { room: Some(room), ..InFlight::new(now, latencies) });
        self.delta.sent += 1;
        tag
    }

    /// The fate of a sent message became known (own echo counts by itself; call this for acks and errors).
    /// The first fate that becomes known is the one that counts.
    pub fn accepted(&mut self, now: Timestamp, sender: UserId, sequence: u32) {
        self.decide((sender.0, sequence), Fate::Accepted(now));
    }

    /// The server answered with an error.
    pub fn rejected(&mut self, sender: UserId, sequence: u32) {
        self.decide((sender.0, sequence), Fate::Rejected);
    }

    /// The server has taken it, although its sender had neither acknowledgement nor echo: it has passed it by for a later one.
    pub fn passed_by(&mut self, now: Timestamp, sender: UserId, sequence: u32) {
        self.decide((sender.0, sequence), Fate::Unconfirmed(now));
    }

    /// Neither acknowledgement nor echo came in time. That alone says nothing: the server may still take it, or refuse it. Who has it
    /// shows that it was taken.
    pub fn overdue(&mut self, now: Timestamp, sender: UserId, sequence: u32) {
        let message = (sender.0, sequence);
        let Some(flight) = self.in_flight.get_mut(&message) else { return };
        flight.is_overdue = true;
        if !flight.latencies.is_empty() {
            self.note_seen(now, message);
        }
    }

    /// Some member has it. Its sender's echo or acknowledgement may be on its way, too.
    fn note_seen(&mut self, now: Timestamp, message: (u32, u32)) {
        if let Some(flight) = self.in_flight.get_mut(&message).filter(|flight| flight.seen.is_none()) {
            flight.seen = Some(now);
            self.agenda.push(Reverse((now + MARGIN, message)));
        }
    }

    /// The connection died before anything was known.
    pub fn abandoned(&mut self, sender: UserId, sequence: u32) {
        self.abandon((sender.0, sequence));
    }

    fn abandon(&mut self, message: (u32, u32)) {
        let seen = self.in_flight.get(&message).and_then(|flight| flight.seen);
        self.decide(message, seen.map_or(Fate::Abandoned, Fate::Unconfirmed));
    }

    /// A frame of the delivery event arrived; `None`: it carries no tag of this run.
    pub fn receive(&mut self, now: Timestamp, receiver: UserId, frame: &str) -> Option<Receipt> {
        let tag = Tag::find(&self.run, frame)?;
        let latency = now.since(tag.sent_at);
        let copies = self.own_copies_of(tag.sender);
        let pair = self.pairs.entry((receiver.0, tag.sender.0)).or_default();
        let inserted = pair.arrived.insert(tag.sequence);
        let first = inserted != Inserted::Again;
        let own = tag.sender == receiver;
        // What comes to a sender that is to get none is one too many already.
        let is_repeated = !first && own && copies > 1;
        let is_wanted = is_repeated && self.senders.entry(receiver).or_default().is_wanted_copy(tag.sequence, copies);
        let is_surplus = !first && !is_wanted;
        // What was sent while it was in is none, however late it comes, unless its connection is another one by now.
        let is_replay = |member: &Membership| {
            let is_out = member.rooms.is_empty() && (member.is_gone || tag.sent_at > member.left);
            is_out || tag.sent_at < member.entered
        };
        let replayed = self.memberships.get(&receiver).is_some_and(is_replay);
        let is_reordered = inserted == Inserted::Older && !replayed;
        let is_late = first && latency > self.late_after && !replayed;
        if first {
            self.delta.arrived += 1;
            self.delta.reordered += u64::from(is_reordered);
            self.delta.late += u64::from(is_late);
            if self.sent_before.is_some_and(|end| tag.sent_at <= end) {
                self.arrived_at = Some(now);
            }
            if own {
                self.decide(key(&tag), Fate::Accepted(now));
            }
            self.note_arrival(now, receiver, &tag, latency);
        } else if own {
            self.delta.own_copies += u64::from(is_surplus && !replayed);
        } else {
            self.delta.duplicated += u64::from(!replayed);
        }
        let found = match (first, own) {
            _ if replayed => None,
            (false, _) if !is_surplus => None,
            (false, true) => Some(Figure::OwnCopies),
            (false, false) => Some(Figure::Duplicated),
            (true, _) if is_reordered => Some(Figure::Reordered),
            (true, _) => is_late.then_some(Figure::Late),
        };
        Some(Receipt { tag, first, own, is_history: replayed, found, latency })
    }

    /// The load is over here: what others send from now on is not waited for.
    pub fn look_out(&mut self, sent_before: Timestamp) {
        self.sent_before = Some(sent_before);
    }

    /// When a message that was sent before the load's end last reached a member for the first time.
    pub fn arrived_at(&self) -> Option<Timestamp> {
        self.arrived_at
    }

    /// What other workers' users sent. Telling it twice changes nothing.
    pub fn absorb(&mut self, sent: &SentLog) {
        for record in &sent.records {
            let message = (record.sender.0, record.sequence);
            let Some(name) = sent.rooms.get(record.room as usize) else { continue };
            if record.sequence == u32::MAX || self.is_settled(message) {
                continue;
            }
            let room = self.room(name);
            let spare = &mut self.spare;
            let new = || InFlight::new(record.sent_at, spare.pop().unwrap_or_default());
            let flight = self.in_flight.entry(message).or_insert_with(new);
            if flight.fate.is_none() {
                (flight.sent_at, flight.room, flight.fate) = (record.sent_at, Some(room), Some(record.fate));
                let at = flight.settles_at(self.late_after).unwrap_or(Timestamp::ZERO);
                self.agenda.push(Reverse((at, message)));
            }
        }
    }

    /// Of what was handed over last: who missed what. Of many only the first.
    pub fn take_missed(&mut self) -> Vec<Missed> {
        std::mem::take(&mut self.missed)
    }

    /// Settles what is due by now and hands over everything since the last call.
    pub fn drain(&mut self, now: Timestamp) -> (LedgerDelta, SentLog, Vec<Completion>) {
        self.settle_due(now);
        self.forget(now);
        self.logged_rooms.clear();
        (std::mem::take(&mut self.delta), std::mem::take(&mut self.log), std::mem::take(&mut self.completions))
    }

    /// The run is over for this worker: settles everything that is known, now and from here on. Own messages without a
    /// fate count as abandoned; messages of others whose fate comes later are settled by the next `drain`.
    pub fn finish(&mut self, now: Timestamp) {
        let open = self.in_flight.iter().filter(|(_, flight)| flight.fate.is_none() && flight.room.is_some());
        let mut open: Vec<_> = open.map(|(&message, _)| message).collect();
        open.sort_unstable();
        open.into_iter().for_each(|message| self.abandon(message));
        self.finished = true;
        self.settle_due(now);
    }

    fn room(&mut self, name: &str) -> u32 {
        if let Some(&room) = self.room_numbers.get(name) {
            return room;
        }
        let room = self.rooms.len() as u32;
        self.rooms.push(Room::new(name));
        self.room_numbers.insert(name.to_owned(), room);
        room
    }

    fn is_settled(&self, (sender, sequence): (u32, u32)) -> bool {
        self.senders.get(&UserId(sender)).is_some_and(|sender| sender.settled.contains(sequence))
    }

    /// The fate of a message of our own: counted, told to the other workers, and settled in time.
    fn decide(&mut self, message: (u32, u32), fate: Fate) {
        let Some(flight) = self.in_flight.get_mut(&message) else { return };
        // A tag that nobody here sent has no room: a server made it up.
        let (Some(room), None) = (flight.room, flight.fate) else { return };
        flight.fate = Some(fate);
        match fate {
            Fate::Accepted(_) => self.delta.accepted += 1,
            Fate::Rejected => self.delta.rejected += 1,
            Fate::Unconfirmed(_) => self.delta.unconfirmed += 1,
            Fate::Abandoned => self.delta.abandoned += 1,
        }
        let at = flight.settles_at(self.late_after).unwrap_or(Timestamp::ZERO);
        self.agenda.push(Reverse((at, message)));
        let sent_at = flight.sent_at;
        let (rooms, log) = (&self.rooms, &mut self.log);
        let room = *self.logged_rooms.entry(room).or_insert_with(|| {
            log.rooms.push(rooms[room as usize].name.clone());
            log.rooms.len() as u32 - 1
        });
        let (sender, sequence) = (UserId(message.0), message.1);
        log.records.push(SentRecord { room, sender, sequence, sent_at, fate });
    }

    fn note_arrival(&mut self, now: Timestamp, receiver: UserId, tag: &Tag, latency: Span) {
        let message = key(tag);
        let micros = u32::try_from(latency.as_micros()).unwrap_or(u32::MAX);
        if let Some(flight) = self.in_flight.get_mut(&message) {
            flight.latencies.push(micros);
            if flight.is_overdue {
                self.note_seen(now, message);
            }
        } else if self.is_settled(message) {
            self.note_after_settlement(receiver, tag);
        } else {
            let mut latencies = self.spare.pop().unwrap_or_default();
            latencies.push(micros);
            self.in_flight.insert(message, InFlight::new(tag.sent_at, latencies));
            self.agenda.push(Reverse((now + UNKNOWN_FOR, message)));
        }
    }

    fn note_after_settlement(&mut self, receiver: UserId, tag: &Tag) {
        let pair = self.pairs.entry((receiver.0, tag.sender.0)).or_default();
        let place = pair.missing.as_ref().and_then(|missing| missing.iter().position(|&n| n == tag.sequence));
        match (place, &mut pair.missing) {
            (Some(place), Some(missing)) => {
                missing.swap_remove(place);
                self.delta.missing -= 1;
                self.delta.delivered += 1;
            }
            _ => self.delta.extra += 1,
        }
    }
}

fn key(tag: &Tag) -> (u32, u32) {
    (tag.sender.0, tag.sequence)
}

/// An arrived message that no worker has said to have sent is forgotten after this: no fate takes that long.
const UNKNOWN_FOR: Span = Span::from_secs(600);

/// Messages of one user in one life: eleven days at four a second.
const PER_LIFE: u32 = 1 << 22;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
