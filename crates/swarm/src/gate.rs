//! What of a broker's bytes is let in: whole MQTT 3.1.1 packets that we asked for, and nothing else.
//!
//! A library that speaks all of MQTT also answers what no honest broker would say to us (a message of quality 2, without a
//! number), and a broker is a stranger. So its bytes are cut into packets here, with a bound on their length, and each is held
//! against what can lawfully come now:
//!
//! ```text
//!   CONNECT ──▶ CONNACK ──▶ SUBSCRIBE ──▶ SUBACK          PINGREQ ──▶ PINGRESP, one for each
//!                                 └──▶ PUBLISH, quality 0, on a topic that we subscribed to
//! ```

use std::collections::VecDeque;

/// Bytes come in, packets go out. The first that is not lawful ends it.
#[derive(Debug)]
pub struct Gate {
    topics: Vec<String>,
    /// Of the packet that has not come as a whole.
    rest: VecDeque<u8>,
    stage: Stage,
    pings: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// We have introduced ourselves.
    Introduced,
    /// The broker has welcomed us.
    Welcomed,
    /// We have subscribed, under this number.
    Asked(u16),
    Subscribed,
}

/// Why the connection is not worth keeping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unlawful {
    #[error("a packet of {0} bytes, and {MOST_BYTES} are the most that a swarm needs")]
    Long(usize),
    #[error("a packet whose length is not written as MQTT has it")]
    Length,
    #[error("a {name} where none can come (first byte {first:#04x})")]
    Unasked { name: &'static str, first: u8 },
    #[error("a {0} that is malformed")]
    Malformed(&'static str),
    #[error("a message on a topic that nobody subscribed to")]
    Topic,
}

impl Gate {
    /// For a connection that will subscribe to these topics.
    pub fn new(topics: &[String]) -> Self {
        Self { topics: topics.to_vec(), rest: VecDeque::new(), stage: Stage::Introduced, pings: 0 }
    }

    /// Our subscription goes out.
    pub fn subscribing(&mut self, number: u16) {
        self.stage = Stage::Asked(number);
    }

    /// Our question whether it lives goes out.
    pub fn pinging(&mut self) {
        self.pings = self.pings.saturating_add(1);
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.rest.extend(bytes);
    }

    /// The next packet that has come as a whole.
    ///
    /// # Errors
    /// It is not what can come now: nothing after it is worth reading.
    pub fn poll(&mut self) -> Result<Option<Vec<u8>>, Unlawful> {
        let Some(&first) = self.rest.front() else { return Ok(None) };
        self.check_kind(first)?;
        let Some((head, length)) = self.length()? else { return Ok(None) };
        if length > MOST_BYTES {
            return Err(Unlawful::Long(length));
        }
        if self.rest.len() < head + length {
            return Ok(None);
        }
        let packet: Vec<u8> = self.rest.drain(..head + length).collect();
        self.check(first, &packet[head..])?;
        Ok(Some(packet))
    }

    /// Bytes of the fixed header, and those that follow it; `None`: they have not come yet.
    fn length(&self) -> Result<Option<(usize, usize)>, Unlawful> {
        let mut length = 0;
        for place in 0..4 {
            let Some(&byte) = self.rest.get(1 + place) else { return Ok(None) };
            length |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                // The shortest way is the only one.
                let is_padded = place > 0 && byte == 0;
                return if is_padded { Err(Unlawful::Length) } else { Ok(Some((2 + place, length))) };
            }
        }
        Err(Unlawful::Length)
    }

    /// Before anything of it is kept: such a packet can come now.
    fn check_kind(&self, first: u8) -> Result<(), Unlawful> {
        let is_lawful = match (first, self.stage) {
            (CONNACK, stage) => stage == Stage::Introduced,
            (SUBACK, stage) => matches!(stage, Stage::Asked(_)),
            // A broker may hand out what is retained before it confirms.
            (PUBLISH | PUBLISH_RETAINED, stage) => matches!(stage, Stage::Asked(_) | Stage::Subscribed),
            (PINGRESP, _) => self.pings > 0,
            _ => false,
        };
        if is_lawful { Ok(()) } else { Err(Unlawful::Unasked { name: name_of(first), first }) }
    }

    fn check(&mut self, first: u8, body: &[u8]) -> Result<(), Unlawful> {
        let malformed = Err(Unlawful::Malformed(name_of(first)));
        match (first, body) {
            (CONNACK, [present, code]) if *present <= 1 && *code <= 5 => self.stage = Stage::Welcomed,
            (SUBACK, [high, low, codes @ ..]) => {
                let is_ours = self.stage == Stage::Asked(u16::from_be_bytes([*high, *low]));
                let is_lawful = |code: &u8| [0, FAILURE].contains(code);
                if !is_ours || codes.len() != self.topics.len() || !codes.iter().all(is_lawful) {
                    return malformed;
                }
                self.stage = Stage::Subscribed;
            }
            (PUBLISH | PUBLISH_RETAINED, [high, low, rest @ ..]) => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let Some((topic, _)) = rest.split_at_checked(length) else { return malformed };
                if !self.topics.iter().any(|known| known.as_bytes() == topic) {
                    return Err(Unlawful::Topic);
                }
            }
            (PINGRESP, []) => self.pings -= 1,
            _ => return malformed,
        }
        Ok(())
    }
}

fn name_of(first: u8) -> &'static str {
    match first >> 4 {
        1 => "CONNECT",
        2 => "CONNACK",
        3 if first & 0b110 != 0 => "PUBLISH of a quality above 0",
        3 => "PUBLISH",
        4 => "PUBACK",
        5 => "PUBREC",
        6 => "PUBREL",
        7 => "PUBCOMP",
        8 => "SUBSCRIBE",
        9 => "SUBACK",
        10 => "UNSUBSCRIBE",
        11 => "UNSUBACK",
        12 => "PINGREQ",
        13 => "PINGRESP",
        14 => "DISCONNECT",
        _ => "packet of no kind",
    }
}

const CONNACK: u8 = 0x20;
const PUBLISH: u8 = 0x30;
const PUBLISH_RETAINED: u8 = 0x31;
const SUBACK: u8 = 0x90;
const PINGRESP: u8 = 0xd0;
/// The broker does not let us subscribe.
const FAILURE: u8 = 0x80;

/// Data comes in pieces of 3.5 KiB; a beacon names a plan's hosts, and a picture some dozen tiles.
const MOST_BYTES: usize = 256 * 1_024;

/// What one WebSocket message may hold: some brokers put many packets into one, and none has so many for us.
pub const MOST_AT_ONCE: u32 = 8 * 1_024 * 1_024;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gate(stage: Stage) -> Gate {
        let mut gate = Gate::new(&["t".to_owned(), "u".to_owned()]);
        gate.stage = stage;
        gate
    }

    /// What comes of these bytes: so many packets, and then perhaps a reason to close.
    #[track_caller]
    fn check(stage: Stage, bytes: &[u8], expected: (usize, Option<Unlawful>)) {
        for piece in [1, 3, bytes.len()] {
            let mut gate = gate(stage);
            let mut found = (0, None);
            'all: for bytes in bytes.chunks(piece) {
                gate.push(bytes);
                loop {
                    match gate.poll() {
                        Ok(None) => break,
                        Ok(Some(_)) => found.0 += 1,
                        Err(why) => {
                            found.1 = Some(why);
                            break 'all;
                        }
                    }
                }
            }
            assert_eq!(found, expected, "{bytes:02x?} in pieces of {piece}");
        }
    }

    fn unasked(name: &'static str, first: u8) -> Option<Unlawful> {
        Some(Unlawful::Unasked { name, first })
    }

    const ASKED: Stage = Stage::Asked(1);

    #[test]
    fn what_was_asked_for_is_let_in() {
        check(Stage::Introduced, &[0x20, 2, 0, 0], (1, None));
        check(Stage::Introduced, &[0x20, 2, 0, 5], (1, None));
        check(ASKED, b"\x31\x04\0\x01tx\x90\x04\0\x01\0\0\x30\x03\0\x01u", (3, None));
        check(Stage::Subscribed, b"\x30\x03\0\x01u\x30\x08\0", (1, None));
    }

    #[test]
    fn what_nobody_asked_for_is_not() {
        // The fourteen bytes that ended a browser's link for good.
        let killer = b"\x34\x0c\0\x01t\0\0payload";
        check(Stage::Subscribed, killer, (0, unasked("PUBLISH of a quality above 0", 0x34)));
        check(ASKED, b"\x32\x05\0\x01t\0\0", (0, unasked("PUBLISH of a quality above 0", 0x32)));
        check(Stage::Welcomed, b"\x30\x03\0\x01t", (0, unasked("PUBLISH", 0x30)));
        check(Stage::Subscribed, b"\x30\x03\0\x01v", (0, Some(Unlawful::Topic)));
        check(Stage::Subscribed, b"\x30\x03\0\x02t", (0, Some(Unlawful::Malformed("PUBLISH"))));
        check(Stage::Subscribed, &[0x20, 2, 0, 0], (0, unasked("CONNACK", 0x20)));
        check(Stage::Introduced, &[0x20, 2, 0, 6], (0, Some(Unlawful::Malformed("CONNACK"))));
        check(Stage::Introduced, &[0x20, 3, 0, 0, 0], (0, Some(Unlawful::Malformed("CONNACK"))));
        check(ASKED, &[0x90, 4, 0, 2, 0, 0], (0, Some(Unlawful::Malformed("SUBACK"))));
        check(ASKED, &[0x90, 3, 0, 1, 0], (0, Some(Unlawful::Malformed("SUBACK"))));
        check(ASKED, &[0x90, 4, 0, 1, 0, 2], (0, Some(Unlawful::Malformed("SUBACK"))));
        check(Stage::Subscribed, &[0xd0, 0], (0, unasked("PINGRESP", 0xd0)));
        for first in [0x10, 0x40, 0x50, 0x62, 0x70, 0x82, 0xa2, 0xb0, 0xc0, 0xe0, 0xf0, 0x00, 0x3f, 0x21] {
            check(Stage::Subscribed, &[first, 2, 0, 1], (0, unasked(name_of(first), first)));
        }
    }

    #[test]
    fn lengths_are_bounded_before_anything_is_kept() {
        check(Stage::Subscribed, &[0x30, 0xff, 0xff, 0xff, 0x7f], (0, Some(Unlawful::Long(268_435_455))));
        check(Stage::Subscribed, &[0x30, 0xff, 0xff, 0xff, 0xff, 0x7f], (0, Some(Unlawful::Length)));
        check(Stage::Subscribed, &[0x30, 0x83, 0x00, 0, 1, b't'], (0, Some(Unlawful::Length)));
    }

    #[test]
    fn each_question_has_one_answer() {
        let mut gate = gate(Stage::Subscribed);
        gate.pinging();
        gate.push(&[0xd0, 0, 0xd0, 0]);
        assert_eq!(gate.poll(), Ok(Some(vec![0xd0, 0])));
        assert!(gate.poll().is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_wait_for_more_than_a_packet(bytes: Vec<u8>, stage in 0..4usize) {
            let mut gate = gate([Stage::Introduced, Stage::Welcomed, ASKED, Stage::Subscribed][stage]);
            gate.push(&bytes);
            while let Ok(Some(packet)) = gate.poll() {
                prop_assert!(packet.len() <= MOST_BYTES + 5);
            }
        }
    }
}
