//! What the switched rules ask of the state.

use std::time::{Duration, Instant};

use super::connections::{ConnectionId, Frame};
use super::views::MessageView;
use super::{RoomKey, Task, World};
use crate::clock;
use crate::packets;

impl World {
    /// A message waits until those that come meanwhile leave with it.
    pub(super) fn collect(&mut self, to: ConnectionId, frame: Frame) {
        let Some(connection) = self.connections.get_mut(&to) else {
            self.counts.faults.frames_discarded += 1;
            return;
        };
        connection.batch.push(frame);
        if connection.batch.len() == 1 {
            let due = clock::now() + Duration::from_secs_f64(self.faults.rules.batch_ms / 1e3);
            self.agenda.add(due, Task::Flush { to });
        }
    }

    pub(super) fn flush(&mut self, to: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&to) else { return };
        let frames = std::mem::take(&mut connection.batch);
        let Some(event) = frames.first().map(|frame| frame.event) else { return };
        let texts: Vec<_> = frames.into_iter().map(|frame| frame.text).collect();
        let text = match event {
            "message" => packets::batch(event, &texts),
            _ => format!("[{}]", texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(",")).into(),
        };
        self.dispatch(to, Frame { event, text });
    }

    /// Who joins gets what was said before, as if it were said now.
    pub fn replay(&mut self, to: ConnectionId, room: RoomKey) {
        let (messages, _) = self.history(room, self.faults.rules.join_history as usize, None);
        let frame =
            |key: &usize| Frame { event: "message", text: packets::event("message", &MessageView::new(self, *key)) };
        let frames: Vec<_> = messages.iter().map(frame).collect();
        self.counts.faults.messages_replayed += frames.len() as u64;
        frames.into_iter().for_each(|frame| self.send(to, frame));
    }

    /// When one more registration or log-in is done, as few as `login_threads` being worked on at a time; `None`: at once.
    pub fn logged_in_at(&mut self, now: Instant) -> Option<Instant> {
        let rules = &self.faults.rules;
        if rules.login_ms <= 0.0 {
            return None;
        }
        let (each, threads) = (Duration::from_secs_f64(rules.login_ms / 1e3), rules.login_threads.max(1) as usize);
        self.logins.retain(|due| *due > now);
        self.logins.sort_unstable();
        // Whoever comes waits for the one that leaves a thread free.
        let free = self.logins.len().checked_sub(threads).map_or(now, |at| self.logins[at]);
        self.logins.push(free + each);
        Some(free + each)
    }

    /// Somebody has, or had, that name, or a room has it.
    pub fn is_taken(&self, name: &str) -> bool {
        let is_it = |other: &str| other.to_lowercase() == name.to_lowercase();
        self.faults.rules.unique_names
            && (self.users.iter().any(|user| is_it(&user.name)) || self.rooms.iter().any(|room| is_it(&room.name)))
    }

    /// Where a REST call is to be made instead.
    pub fn redirects_to(&mut self) -> Option<String> {
        let origin = Some(&self.faults.rules.redirect_to).filter(|origin| !origin.is_empty()).cloned();
        self.counts.faults.redirected += u64::from(origin.is_some());
        origin
    }

    /// `true`: a frame of so many bytes is too large, and its connection has been cut for it.
    pub fn cuts_off(&mut self, from: ConnectionId, bytes: usize) -> bool {
        let is_too_large = self.faults.rules.is_too_large(bytes);
        if is_too_large {
            self.cut(from, TOO_LARGE);
        }
        is_too_large
    }
}

/// Why a connection was ended, in the counts.
pub const TOO_LARGE: &str = "frame too large";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::testing::{Tape, world};
    use faults::LabRules;

    #[test]
    fn log_ins_wait_for_one_of_few_threads() {
        let mut world = world();
        let now = clock::now();
        assert_eq!(world.logged_in_at(now), None);
        world.faults.rules = LabRules { login_ms: 100.0, login_threads: 2, ..LabRules::default() };
        let millis = |due: Option<Instant>| due.map(|due| (due - now).as_millis());
        let waits: Vec<_> = (0..5).map(|_| millis(world.logged_in_at(now))).collect();
        assert_eq!(waits, [100, 100, 200, 200, 300].map(Some));
        let later = now + Duration::from_millis(250);
        assert_eq!(millis(world.logged_in_at(later)), Some(350), "one thread is free again");
        assert_eq!(millis(world.logged_in_at(later)), Some(400));
    }

    #[test]
    fn messages_are_collected_and_leave_as_one() {
        let (mut world, tape) = (world(), Tape::default());
        world.open(1, "test", tape.sink(), None);
        world.faults.rules.batch_ms = 50.0;
        let now = clock::now();
        for id in [1, 2] {
            world.emit(1, "message", &serde_json::json!({ "id": id }));
        }
        world.emit(1, "userLeft", &());
        assert_eq!(tape.played(), [r#"2["userLeft"]"#], "news overtake messages");
        assert!(world.run_due(now).is_some());
        assert_eq!(tape.played(), [""; 0]);
        world.run_due(now + Duration::from_millis(100));
        assert_eq!(tape.played(), [r#"2["message",[{"id":1},{"id":2}]]"#]);
        world.emit(1, "message", &());
        world.close(1, "test over");
        assert_eq!(world.counts.faults.frames_discarded, 1);
    }
}
