//! What is sealed: one small datagram between two browsers. Nothing here is sure to arrive; [`super::stream`] sees to that.

use serde::{Deserialize, Serialize};

use super::envelope::Refusal;
use super::peer::Peer;
use super::stream::Fragment;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SwarmPacket {
    /// The loading it is meant for: what was said to an earlier one is stale. `None`: everybody.
    pub to: Option<Peer>,
    pub body: PacketBody,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PacketBody {
    /// Conductor to all, retained, once a second: I conduct. What that is about, for the application.
    Beacon {
        #[serde(with = "serde_bytes")]
        card: Vec<u8>,
    },
    /// Generator to conductor, once a second: I am here; what time is it? `connection` counts the generator's
    /// connections to the broker, `asked` is its own time, `beacon` the number of the last beacon that it heard.
    Ask {
        connection: u32,
        asked: f64,
        beacon: u64,
    },
    /// The answer, with the conductor's times.
    Answer {
        asked: f64,
        heard: f64,
        answered: f64,
    },
    Data(Fragment),
    /// All fragments below this number have come.
    Confirm {
        below: u64,
    },
    /// Conductor to all: the run as it is now, for the application. The next one is better.
    Live {
        #[serde(with = "serde_bytes")]
        picture: Vec<u8>,
    },
    /// Published by the broker when a generator's connection breaks: its last will.
    Gone {
        connection: u32,
    },
}

impl SwarmPacket {
    pub fn encode(&self) -> Vec<u8> {
        rmp_serde::to_vec(self).expect("packets hold nothing that MessagePack cannot")
    }

    /// # Errors
    /// The bytes are no packet.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        rmp_serde::from_slice(bytes).map_err(|_| Refusal::Malformed)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::super::peer::{Loading, SessionId};
    use super::*;

    #[test]
    fn packets_are_read_as_they_are_written() {
        let peer = Peer { session: SessionId::new(u64::MAX), loading: Loading(3) };
        let bodies = [
            PacketBody::Beacon { card: vec![1, 2] },
            PacketBody::Ask { connection: 1, asked: 1.7e12, beacon: 3 },
            PacketBody::Answer { asked: 0.1, heard: -2.0, answered: 3.5 },
            PacketBody::Data(Fragment { number: 9, last: true, bytes: vec![0; 300] }),
            PacketBody::Confirm { below: u64::MAX },
            PacketBody::Live { picture: Vec::new() },
            PacketBody::Gone { connection: 7 },
        ];
        for body in bodies {
            let packet = SwarmPacket { to: Some(peer), body };
            assert_eq!(SwarmPacket::decode(&packet.encode()), Ok(packet));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = SwarmPacket::decode(&bytes);
        }

        #[test]
        fn no_broken_packet_makes_it_panic(at in 0..60usize, byte: u8, cut in 0..60usize) {
            let fragment = Fragment { number: 9, last: true, bytes: vec![7; 30] };
            let mut bytes = SwarmPacket { to: None, body: PacketBody::Data(fragment) }.encode();
            let length = bytes.len();
            bytes[at % length] = byte;
            let _ = SwarmPacket::decode(&bytes);
            let _ = SwarmPacket::decode(&bytes[..cut % length]);
        }
    }
}
