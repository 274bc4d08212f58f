//! What one browser of a swarm knows of the way to another: both ends of a stream, and when it was last heard.

use std::collections::BTreeMap;

use super::packet::PacketBody;
use super::peer::{Peer, SessionId};
use super::stream::{Arrival, Fragment, IncomingStream, Outgoing};

#[derive(Debug)]
pub struct Line {
    pub peer: Peer,
    pub out: Outgoing,
    into: IncomingStream,
    /// Fragments came that have not been confirmed.
    owes_confirmation: bool,
    heard_ms: f64,
    /// For how long nothing was heard of it while somebody listened here.
    silent_ms: f64,
    /// Its present connection to the broker, counted by itself.
    connection: u32,
    /// The last beacon that had been said when it was last heard: none of its messages so far names a later one.
    pub beacon: u64,
    pub is_away: bool,
}

impl Line {
    pub fn new(peer: Peer, now_ms: f64) -> Self {
        Self {
            peer,
            out: Outgoing::default(),
            into: IncomingStream::default(),
            owes_confirmation: false,
            heard_ms: now_ms,
            silent_ms: 0.0,
            connection: 0,
            beacon: 0,
            is_away: false,
        }
    }

    /// It lives. `true`: it had been given up.
    pub fn hear(&mut self, now_ms: f64, connection: Option<u32>) -> bool {
        self.heard_ms = self.heard_ms.max(now_ms);
        self.silent_ms = 0.0;
        self.connection = connection.map_or(self.connection, |connection| self.connection.max(connection));
        std::mem::take(&mut self.is_away)
    }

    /// When it was last heard.
    pub const fn heard_ms(&self) -> f64 {
        self.heard_ms
    }

    /// We listened for so much longer, and it said nothing. `true` once: when it has been silent for too long.
    pub fn is_overdue(&mut self, listened_ms: f64) -> bool {
        self.silent_ms += listened_ms;
        let overdue = !self.is_away && self.silent_ms > SILENCE_MS;
        self.is_away |= overdue;
        overdue
    }

    /// The same by the clock, time included in which we ourselves could not listen.
    pub fn is_overdue_at(&mut self, now_ms: f64) -> bool {
        let overdue = !self.is_away && now_ms - self.heard_ms > SILENCE_MS;
        self.is_away |= overdue;
        overdue
    }

    /// The broker says that its connection broke. `true`: that is news.
    pub fn lose(&mut self, connection: u32) -> bool {
        let is_news = connection >= self.connection && !self.is_away;
        self.is_away |= is_news;
        is_news
    }

    /// Messages of at most `longest` bytes.
    pub fn take(&mut self, fragment: Fragment, longest: usize) -> Arrival {
        self.owes_confirmation = true;
        self.into.take(fragment, longest)
    }

    fn kept(&self) -> usize {
        self.into.kept()
    }

    /// What is to be said to it now.
    pub fn poll(&mut self, now_ms: f64) -> Option<PacketBody> {
        if std::mem::take(&mut self.owes_confirmation) {
            return Some(PacketBody::Confirm { below: self.into.confirmed() });
        }
        // Nobody is there to hear it; what waits goes out when it is back.
        if self.is_away {
            return None;
        }
        self.out.poll(now_ms).cloned().map(PacketBody::Data)
    }
}

/// What all lines together keep of messages that are not whole yet is brought below `most` bytes: whoever keeps most loses what it had
/// begun to say, and first of all those that are not `seated`. Returns who that was.
pub fn make_room(
    lines: &mut BTreeMap<SessionId, Line>,
    seated: impl Fn(SessionId) -> bool,
    most: usize,
) -> Vec<SessionId> {
    let mut shed = Vec::new();
    let mut kept = lines.values().map(Line::kept).sum::<usize>();
    while kept > most {
        let weight = |line: &&mut Line| (line.kept() > 0 && !seated(line.peer.session), line.kept());
        let Some(heaviest) = lines.values_mut().max_by_key(weight) else { break };
        kept -= heaviest.kept();
        heaviest.into.shed();
        shed.push(heaviest.peer.session);
    }
    shed
}

/// Three questions or answers that did not come: within the three seconds in which a swarm knows of it.
pub const SILENCE_MS: f64 = 2_600.0;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::peer::Loading;
    use super::*;

    const MOST: usize = 1_000_000;
    const LONGEST: usize = 400_000;

    fn lines(count: u64) -> BTreeMap<SessionId, Line> {
        let line = |number| {
            let peer = Peer { session: SessionId(number), loading: Loading(0) };
            (peer.session, Line::new(peer, 0.0))
        };
        (0..count).map(line).collect()
    }

    fn says(lines: &mut BTreeMap<SessionId, Line>, who: u64, number: u64, last: bool) -> Vec<Vec<u8>> {
        let line = lines.get_mut(&SessionId(who)).expect("it is there");
        line.take(Fragment { number, last, bytes: vec![1; 1_000] }, LONGEST).messages
    }

    /// A thousand sessions that each begin a long message, and half of which also say things too early.
    #[test]
    fn all_lines_together_keep_no_more_than_is_allowed() {
        let mut lines = lines(1_024);
        let mut shed = 0;
        for number in 0..100 {
            for who in 0..1_024 {
                says(&mut lines, who, if who % 2 == 0 { number } else { 2 * number + 1 }, false);
                shed += make_room(&mut lines, |_| false, MOST).len();
                assert!(lines.values().map(Line::kept).sum::<usize>() <= MOST);
            }
        }
        assert!(shed > 100, "{shed}");
        // What is said in one piece is not kept, and so always heard.
        assert_eq!(says(&mut lines, 7, 500, true), Vec::<Vec<u8>>::new(), "far too early");
        let mut lines = self::lines(1_024);
        (0..1_023).for_each(|who| drop(says(&mut lines, who, 0, false)));
        assert_eq!(says(&mut lines, 1_023, 0, true).len(), 1);
    }

    #[test]
    fn who_plays_no_part_makes_room_first() {
        let mut lines = lines(3);
        (0..300).for_each(|number| drop(says(&mut lines, 0, number, false)));
        (0..20).for_each(|number| drop(says(&mut lines, 1, number, false)));
        let room = |lines: &mut BTreeMap<_, _>, most| make_room(lines, |session| session == SessionId(0), most);
        assert_eq!(room(&mut lines, 320_000), []);
        assert_eq!(room(&mut lines, 310_000), [SessionId(1)]);
        assert_eq!(room(&mut lines, 1_000), [SessionId(0)]);
        assert!(lines.values().all(|line| line.kept() == 0));
    }
}
