//! Who was in a room when, and who is therefore owed a message.

use crate::ids::IdMap;
use crate::user::UserId;
use base::time::{Span, Timestamp};

/// A message counts as owed to a member that left only if it was accepted at least this long before the leaving.
/// Acceptance is known at the sender; the server may still hold the broadcast to this member, and whether it or the
/// leaving comes first there is nobody's fault. Two seconds are far beyond a working server's fan-out, and the few
/// messages around a leaving that this leaves out are a loss of evidence, not of truth.
pub const MARGIN: Span = Span::from_secs(2);

#[derive(Debug)]
pub struct Room {
    pub name: String,
    /// Everybody of this worker who is in, or was while some message may still ask, in order of first entry.
    pub members: Vec<RoomMember>,
    places: IdMap<UserId, u32>,
    /// So many members are a reason to forget those that are gone.
    crowded: usize,
}

#[derive(Debug)]
pub struct RoomMember {
    pub user: UserId,
    here_since: Option<Timestamp>,
    /// Entered and left, while some message may still ask.
    past: Vec<(Timestamp, Timestamp)>,
}

impl Room {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), members: Vec::new(), places: IdMap::default(), crowded: CROWDED }
    }

    /// Entering twice without leaving in between is one stay.
    pub fn enter(&mut self, now: Timestamp, user: UserId) {
        if self.members.len() >= self.crowded {
            self.forget_the_gone(now);
        }
        let members = &mut self.members;
        let place = *self.places.entry(user).or_insert_with(|| {
            members.push(RoomMember { user, here_since: None, past: Vec::new() });
            members.len() as u32 - 1
        });
        let member = &mut members[place as usize];
        member.past.retain(|&(_, left)| now.since(left) < REMEMBERED);
        member.here_since.get_or_insert(now);
    }

    /// A room through which thousands of users pass must not grow, nor every message ask all of them.
    fn forget_the_gone(&mut self, now: Timestamp) {
        self.members.retain(|member| {
            member.here_since.is_some() || member.past.iter().any(|&(_, left)| now.since(left) < REMEMBERED)
        });
        self.places = self.members.iter().zip(0..).map(|(member, place)| (member.user, place)).collect();
        self.crowded = CROWDED.max(2 * self.members.len());
    }

    pub fn leave(&mut self, now: Timestamp, user: UserId) {
        if let Some(&place) = self.places.get(&user) {
            let member = &mut self.members[place as usize];
            if let Some(entered) = member.here_since.take() {
                member.past.push((entered, now));
            }
        }
    }
}

impl RoomMember {
    /// Whether a message sent and accepted at these times is owed to this member: it was in when the message was
    /// sent, and has not left since, or not before [`MARGIN`] after the acceptance.
    pub fn is_owed(&self, sent_at: Timestamp, accepted: Timestamp) -> bool {
        self.here_since.is_some_and(|entered| entered <= sent_at)
            || self.past.iter().any(|&(entered, left)| entered <= sent_at && accepted + MARGIN <= left)
    }
}

/// Stays that ended longer ago than this are forgotten when their member enters again: every message sent during them
/// has met its fate, and every worker has heard of it.
pub const REMEMBERED: Span = Span::from_secs(600);
const CROWDED: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_forgets_who_left_long_ago_and_nobody_else() {
        let mut room = Room::new("r");
        let at = |seconds: u64| Timestamp::ZERO + Span::from_secs(seconds);
        room.enter(at(0), UserId(u32::MAX));
        for user in 0..10_000 {
            let now = u64::from(user) * 10;
            room.enter(at(now), UserId(user));
            room.leave(at(now + 5), UserId(user));
        }
        assert!(room.members.len() < 200, "{}", room.members.len());
        let owed = |user: u32, sent_at: u64| {
            room.members.iter().any(|member| member.user == UserId(user) && member.is_owed(at(sent_at), at(sent_at)))
        };
        assert!(owed(u32::MAX, 100_000));
        // Everybody of the last ten minutes.
        assert!((9_941..10_000).all(|user| owed(user, u64::from(user) * 10 + 1)));
        assert!(!owed(9_999, 99_994), "it left too soon after this one");
    }

    #[test]
    fn who_was_forgotten_may_come_back() {
        let mut room = Room::new("r");
        let at = |seconds: u64| Timestamp::ZERO + Span::from_secs(seconds);
        for user in 0..100 {
            room.enter(at(0), UserId(user));
            room.leave(at(1), UserId(user));
        }
        room.enter(at(5_000), UserId(100));
        room.enter(at(5_000), UserId(7));
        room.leave(at(5_010), UserId(7));
        room.enter(at(5_020), UserId(7));
        assert!(room.members.iter().any(|member| member.user == UserId(7) && member.is_owed(at(5_030), at(5_030))));
    }
}
