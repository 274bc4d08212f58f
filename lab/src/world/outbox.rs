//! The way out. Every frame leaves through here: delayed, lost, doubled or held back as the faults say, and counted.

use std::time::{Duration, Instant};

use engineioxide::Str;
use serde::Serialize;
use serde_json::Value;

use super::agenda::Task;
use super::connections::{ConnectionId, Frame};
use super::{World, dice::Fate};
use crate::clock;
use crate::packets;

/// Whose messages keep an order among each other: a user over Socket.IO, a connection over the plain WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SenderId {
    User(usize),
    Connection(ConnectionId),
}

/// A delivery that waits for the sender's next message to overtake it.
pub struct Held {
    frame: Frame,
    copies: usize,
    number: u64,
}

impl World {
    /// One event to one connection.
    pub fn emit(&mut self, to: ConnectionId, event: &'static str, payload: &impl Serialize) {
        let frame = Frame { event, text: packets::event(event, payload) };
        self.send(to, frame);
    }

    /// One event to many, encoded once.
    pub fn broadcast(&mut self, to: &[ConnectionId], event: &'static str, payload: &impl Serialize) {
        if to.is_empty() {
            return;
        }
        let frame = Frame { event, text: packets::event(event, payload) };
        for id in to {
            self.send(*id, frame.clone());
        }
    }

    pub fn acknowledge(&mut self, to: ConnectionId, ack: i64, answer: Option<&Value>) {
        self.send(to, Frame { event: ACK, text: packets::ack(ack, answer) });
    }

    /// A packet that is no event: the answer to CONNECT.
    pub fn control(&mut self, to: ConnectionId, text: Str) {
        self.send(to, Frame { event: CONTROL, text });
    }

    /// One chat message to one member, through the delivery faults. `copies` is how often this server version sends
    /// it to this member.
    pub(super) fn deliver(&mut self, to: ConnectionId, from: SenderId, frame: &Frame, copies: usize) -> bool {
        let fate = self.draw_fate();
        let Some(connection) = self.connections.get_mut(&to) else { return false };
        let overtaken = if fate == Fate::Lost { None } else { connection.held.remove(&from) };
        self.counts.messages.deliveries += 1;
        self.counts.messages.own_copies += (copies - 1) as u64;
        match fate {
            Fate::Lost => {
                self.counts.messages.lost += 1;
                self.counts.messages.own_copies -= (copies - 1) as u64;
                return false;
            }
            Fate::Held if overtaken.is_none() => {
                self.hold(to, from, frame.clone(), copies);
                return true;
            }
            Fate::Duplicated => {
                self.counts.messages.duplicated += 1;
                self.send_copies(to, frame, copies + 1);
            }
            Fate::Sent | Fate::Held => self.send_copies(to, frame, copies),
        }
        self.counts.messages.sent += 1;
        if let Some(held) = overtaken {
            self.counts.messages.reordered += 1;
            self.counts.messages.sent += 1;
            self.send_copies(to, &held.frame, held.copies);
        }
        true
    }

    fn hold(&mut self, to: ConnectionId, from: SenderId, frame: Frame, copies: usize) {
        self.ids += 1;
        let number = self.ids;
        let connection = self.connections.get_mut(&to).expect("the caller has just seen it");
        connection.held.insert(from, Held { frame, copies, number });
        self.agenda.add(clock::now() + LONGEST_HOLD, Task::Release { to, from, hold: number });
    }

    /// Nothing overtook the held delivery in time: it leaves late, but in order.
    fn release(&mut self, to: ConnectionId, from: SenderId, hold: u64) {
        let Some(connection) = self.connections.get_mut(&to) else { return };
        if connection.held.get(&from).is_none_or(|held| held.number != hold) {
            return;
        }
        let held = connection.held.remove(&from).expect("looked at above");
        self.counts.faults.holds_without_successor += 1;
        self.counts.messages.sent += 1;
        self.send_copies(to, &held.frame, held.copies);
    }

    /// To be called when the receiver leaves a room: what is held back for it leaves before the news of that.
    pub fn release_all(&mut self, to: ConnectionId) {
        let Some(connection) = self.connections.get(&to) else { return };
        let mut holds: Vec<_> = connection.held.iter().map(|(from, held)| (held.number, *from)).collect();
        holds.sort_unstable_by_key(|(number, _)| *number);
        for (number, from) in holds {
            self.release(to, from, number);
        }
    }

    fn send_copies(&mut self, to: ConnectionId, frame: &Frame, copies: usize) {
        for _ in 0..copies {
            self.send(to, frame.clone());
        }
    }

    pub(super) fn send(&mut self, to: ConnectionId, frame: Frame) {
        if self.faults.rules.batch_ms > 0.0 && frame.is_message() {
            return self.collect(to, frame);
        }
        self.dispatch(to, frame);
    }

    /// A frame leaves now, or after the delay, but never before one that was sent to the same receiver earlier.
    pub(super) fn dispatch(&mut self, to: ConnectionId, frame: Frame) {
        let delay = self.draw_delay();
        let Some(connection) = self.connections.get_mut(&to) else {
            self.counts.faults.frames_discarded += 1;
            return;
        };
        if delay.is_zero() && connection.delayed == 0 {
            return self.transmit(to, &frame);
        }
        let wanted = clock::now() + delay;
        let due = connection.last_due.map_or(wanted, |last| last.max(wanted));
        connection.last_due = Some(due);
        connection.delayed += 1;
        self.counts.faults.frames_delayed += 1;
        self.agenda.add(due, Task::Send { to, frame });
    }

    fn transmit(&mut self, to: ConnectionId, frame: &Frame) {
        let sent = self.connections.get(&to).is_some_and(|connection| connection.transmit(frame.text.clone()));
        match frame.event {
            _ if !sent => self.counts.faults.frames_discarded += 1,
            CONTROL => {}
            ACK => self.counts.acks_out += 1,
            event => self.counts.event_out(event, frame.text.len()),
        }
    }

    /// Does what is due and says when to come back.
    pub fn run_due(&mut self, now: Instant) -> Option<Instant> {
        while let Some(task) = self.agenda.pop_due(now) {
            match task {
                Task::Serve { from, message, ack } => self.handle_event(from, "chatMessage", message, ack),
                Task::Send { to, frame } => {
                    if let Some(connection) = self.connections.get_mut(&to) {
                        connection.delayed -= 1;
                    }
                    self.transmit(to, &frame);
                }
                Task::Flush { to } => self.flush(to),
                Task::Release { to, from, hold } => self.release(to, from, hold),
                Task::EndSession { of } => self.end_duplicate_session(of),
                Task::Cut { connection } => {
                    self.counts.faults.connections_cut += u64::from(self.connections.contains_key(&connection));
                    self.cut(connection, "dropped by fault");
                }
            }
        }
        self.agenda.next()
    }
}

const ACK: &str = "(ack)";
const CONTROL: &str = "(control)";
/// A sender's next message must fall into this time, and a run that settles for three seconds must not end before it.
const LONGEST_HOLD: Duration = Duration::from_millis(2500);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::testing::{Tape, world};
    use faults::LabFaults;

    fn say(world: &mut World, to: ConnectionId, text: &'static str) {
        world.deliver(to, SenderId::User(0), &Frame { event: "message", text: text.into() }, 1);
    }

    #[test]
    fn a_held_message_leaves_right_after_the_next_one() {
        let (mut world, tape) = (world(), Tape::default());
        world.open(1, "test", tape.sink(), None);
        world.faults.reorder_share = 1.0;
        say(&mut world, 1, "a");
        assert_eq!(tape.played(), [""; 0]);
        say(&mut world, 1, "b");
        assert_eq!(tape.played(), ["b", "a"]);
        say(&mut world, 1, "c");
        world.faults.lose_share = 1.0;
        say(&mut world, 1, "d");
        assert_eq!(tape.played(), [""; 0], "what is lost overtakes nothing");
        world.run_due(clock::now() + LONGEST_HOLD);
        assert_eq!(tape.played(), ["c"]);
        let messages = &world.counts.messages;
        assert_eq!((messages.deliveries, messages.sent, messages.lost, messages.reordered), (4, 3, 1, 1));
        assert_eq!(world.counts.faults.holds_without_successor, 1);
    }

    #[test]
    fn another_senders_message_overtakes_nothing() {
        let (mut world, tape) = (world(), Tape::default());
        world.open(1, "test", tape.sink(), None);
        world.faults.reorder_share = 1.0;
        say(&mut world, 1, "a");
        world.faults.reorder_share = 0.0;
        world.deliver(1, SenderId::User(1), &Frame { event: "message", text: "b".into() }, 1);
        assert_eq!(tape.played(), ["b"]);
        world.close(1, "test over");
        assert_eq!((world.counts.messages.cut_off, world.counts.messages.reordered), (1, 0));
    }

    #[test]
    fn nothing_overtakes_a_delayed_frame_to_the_same_receiver() {
        let (mut world, near, far) = (world(), Tape::default(), Tape::default());
        world.open(1, "test", near.sink(), None);
        world.open(2, "test", far.sink(), None);
        world.faults = LabFaults { latency_ms: 100.0, ..LabFaults::default() };
        world.emit(1, "first", &());
        world.faults = LabFaults::default();
        world.emit(1, "second", &());
        world.acknowledge(1, 7, None);
        world.emit(2, "other", &());
        assert_eq!((near.played(), far.played()), (vec![], vec![r#"2["other"]"#.to_owned()]));
        assert!(world.run_due(clock::now()).is_some());
        assert!(world.run_due(clock::now() + Duration::from_millis(100)).is_none());
        assert_eq!(near.played(), [r#"2["first"]"#, r#"2["second"]"#, "37[]"]);
        world.emit(1, "third", &());
        assert_eq!(near.played(), [r#"2["third"]"#]);
        assert_eq!((world.counts.faults.frames_delayed, world.counts.acks_out), (3, 1));
    }

    #[test]
    fn frames_for_a_connection_that_is_gone_are_counted_as_discarded() {
        let (mut world, tape) = (world(), Tape::default());
        world.open(1, "test", tape.sink(), None);
        world.faults.latency_ms = 1.0;
        world.emit(1, "late", &());
        world.close(1, "test over");
        world.run_due(clock::now() + Duration::from_secs(1));
        assert_eq!((world.counts.faults.frames_discarded, world.counts.events_out.len()), (1, 0));
    }
}
