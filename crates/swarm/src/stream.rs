//! Messages in order, once each, over a way that loses, doubles, delays and reorders: what a broker may do to us.
//!
//! A message is cut into fragments that any broker takes. Each has a number; the receiver says up to which it has all. What
//! is not confirmed in time, or was on its way when the connection was lost, goes out again.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// Counted from 0 over all messages of a stream.
    pub number: u64,
    /// The message ends with it.
    pub last: bool,
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// The sending end. Times in milliseconds of any clock.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// Not confirmed yet, the oldest first.
    waiting: VecDeque<Waiting>,
    next: u64,
}

#[derive(Debug)]
struct Waiting {
    fragment: Fragment,
    sent_ms: Option<f64>,
}

/// The receiving end.
#[derive(Debug, Default)]
pub struct IncomingStream {
    expected: u64,
    early: BTreeMap<u64, Fragment>,
    /// Bytes of those.
    early_bytes: usize,
    message: Vec<u8>,
    /// Of the message that comes now nothing is kept any more.
    is_given_up: bool,
}

/// What has come with a fragment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrival {
    /// Whole messages, in order.
    pub messages: Vec<Vec<u8>>,
    /// One of them was longer than anybody here has to say: it is lost, and those after it are not.
    pub is_too_long: bool,
}

impl Outgoing {
    pub fn push(&mut self, message: &[u8]) {
        let mut pieces = message.chunks(FRAGMENT).peekable();
        while let Some(piece) = pieces.next() {
            let fragment = Fragment { number: self.next, last: pieces.peek().is_none(), bytes: piece.to_vec() };
            self.next += 1;
            self.waiting.push_back(Waiting { fragment, sent_ms: None });
        }
    }

    /// The next fragment to send now, if there is one.
    pub fn poll(&mut self, now_ms: f64) -> Option<&Fragment> {
        let is_due = |sent_ms: Option<f64>| sent_ms.is_none_or(|sent_ms| now_ms - sent_ms >= CONFIRMED_WITHIN_MS);
        let next = self.waiting.iter_mut().take(IN_FLIGHT).find(|waiting| is_due(waiting.sent_ms))?;
        next.sent_ms = Some(now_ms);
        Some(&next.fragment)
    }

    /// The other end has all fragments below this.
    pub fn confirm(&mut self, below: u64) {
        while self.waiting.front().is_some_and(|waiting| waiting.fragment.number < below) {
            self.waiting.pop_front();
        }
    }

    /// The connection was lost: nobody knows what of it arrived.
    pub fn send_again(&mut self) {
        self.waiting.iter_mut().for_each(|waiting| waiting.sent_ms = None);
    }

    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl IncomingStream {
    /// Takes a fragment and gives the messages that are complete with it, of which none has more than `longest` bytes.
    pub fn take(&mut self, fragment: Fragment, longest: usize) -> Arrival {
        let is_near = fragment.number >= self.expected && fragment.number - self.expected < 2 * IN_FLIGHT as u64;
        if is_near && fragment.bytes.len() <= FRAGMENT {
            self.early_bytes += fragment.bytes.len();
            let before = self.early.insert(fragment.number, fragment);
            self.early_bytes -= before.map_or(0, |before| before.bytes.len());
        }
        let mut arrival = Arrival::default();
        while let Some(Fragment { last, bytes, .. }) = self.early.remove(&self.expected) {
            self.expected += 1;
            self.early_bytes -= bytes.len();
            if !self.is_given_up && self.message.len() + bytes.len() > longest {
                arrival.is_too_long = true;
                self.give_up();
            }
            if !self.is_given_up {
                self.message.extend_from_slice(&bytes);
            }
            if last && !std::mem::take(&mut self.is_given_up) {
                arrival.messages.push(std::mem::take(&mut self.message));
            }
        }
        arrival
    }

    /// Bytes that wait here for what is still to come.
    pub fn kept(&self) -> usize {
        self.message.len() + self.early_bytes
    }

    /// Keeps nothing of what has come: the message that has begun is lost, and what came early will come again.
    pub fn shed(&mut self) {
        if !self.message.is_empty() {
            self.give_up();
        }
        self.early.clear();
        self.early_bytes = 0;
    }

    fn give_up(&mut self) {
        self.is_given_up = true;
        self.message = Vec::new();
    }

    /// For the other end's [`Outgoing::confirm`].
    pub fn confirmed(&self) -> u64 {
        self.expected
    }
}

/// Mosquitto 2.0.11 takes 0.1 s for each further 4 KiB of a message.
const FRAGMENT: usize = 3_584;
/// Fragments on their way at a time: a quarter of a MiB. What is said past the stream, like STOP, waits for no more than this.
const IN_FLIGHT: usize = 64;
/// Longer than a way there and back through a broker on another continent.
const CONFIRMED_WITHIN_MS: f64 = 1_500.0;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Everything arrives although a third of what is sent does not, a third comes twice, and all of it in any order.
    fn play(messages: &[Vec<u8>], seed: u64) -> Vec<Vec<u8>> {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut out, mut into, mut heard) = (Outgoing::default(), IncomingStream::default(), Vec::new());
        messages.iter().for_each(|message| out.push(message));
        let mut now_ms = 0.0;
        while !out.is_idle() {
            let mut way = Vec::new();
            while let Some(fragment) = out.poll(now_ms) {
                way.extend((0..random.usize(..3)).map(|_| fragment.clone()));
            }
            random.shuffle(&mut way);
            way.into_iter().for_each(|fragment| heard.extend(into.take(fragment, 1_000_000).messages));
            if random.bool() {
                out.confirm(into.confirmed());
            }
            if random.u8(..) < 20 {
                out.send_again();
            }
            now_ms += 700.0;
            assert!(now_ms < 10_000_000.0, "it never ends");
        }
        heard
    }

    proptest! {
        #[test]
        fn every_message_arrives_once_and_in_order(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..100), seed: u64
        ) {
            prop_assert_eq!(play(&messages, seed), messages);
        }
    }

    #[test]
    fn long_messages_go_in_pieces() {
        let long: Vec<u8> = (0..1_000_000u32).map(|n| n as u8).collect();
        assert_eq!(play(&[vec![1], long.clone(), vec![2]], 3), [vec![1], long, vec![2]]);
    }

    #[test]
    fn what_is_on_its_way_is_not_sent_twice_too_soon() {
        let mut out = Outgoing::default();
        out.push(b"a");
        out.push(b"b");
        let mut sent =
            |now_ms| std::iter::from_fn(|| out.poll(now_ms).map(|fragment| fragment.number)).collect::<Vec<_>>();
        assert_eq!(sent(0.0), [0, 1]);
        assert_eq!(sent(1_000.0), [0; 0]);
        assert_eq!(sent(1_500.0), [0, 1]);
        out.confirm(1);
        out.send_again();
        assert_eq!(out.poll(1_600.0).map(|fragment| fragment.number), Some(1));
    }

    fn fragment(number: u64, last: bool, bytes: usize) -> Fragment {
        Fragment { number, last, bytes: vec![0; bytes] }
    }

    #[test]
    fn nobody_fills_our_memory() {
        let mut into = IncomingStream::default();
        for number in (1..10_000).chain([u64::MAX]) {
            assert_eq!(into.take(fragment(number, false, FRAGMENT), 1_000), Arrival::default());
        }
        assert!(into.kept() <= 2 * IN_FLIGHT * FRAGMENT);
        // A message without end is given up, once, and what comes after it is heard.
        let longest = 10 * FRAGMENT;
        let mut into = IncomingStream::default();
        let arrivals = (0..1_000).map(|number| into.take(fragment(number, false, FRAGMENT), longest));
        assert_eq!(arrivals.filter(|arrival| arrival.is_too_long).count(), 1);
        assert_eq!((into.kept(), into.confirmed()), (0, 1_000));
        assert_eq!(into.take(fragment(1_000, true, 1), longest), Arrival::default());
        assert_eq!(into.take(fragment(1_001, true, 1), longest).messages, [[0]]);
    }

    #[test]
    fn what_is_shed_is_lost_to_its_end_and_what_came_early_comes_again() {
        let mut into = IncomingStream::default();
        into.take(fragment(0, false, 9), 100);
        into.take(fragment(2, true, 9), 100);
        assert!(into.kept() >= 18);
        into.shed();
        assert_eq!((into.kept(), into.confirmed()), (0, 1));
        assert_eq!(into.take(fragment(1, true, 9), 100), Arrival::default());
        assert_eq!(into.take(fragment(2, true, 9), 100).messages, [[0; 9]]);
        // Nothing had begun: nothing is lost.
        into.take(fragment(4, true, 9), 100);
        into.shed();
        into.take(fragment(4, true, 9), 100);
        assert_eq!(into.take(fragment(3, true, 2), 100).messages, [vec![0; 2], vec![0; 9]]);
    }
}
