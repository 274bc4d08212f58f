//! Several browsers, one run.

mod bounds;
mod cast;
mod clock;
mod conductor;
mod consent;
mod disclosure;
mod envelope;
mod gate;
mod generator;
mod invite;
mod journal;
mod key;
mod line;
mod link;
mod membership;
mod message;
mod mqtt;
mod notes;
mod packet;
mod peer;
mod plausible;
mod revival;
mod scan;
mod secret;
mod signature;
mod stream;
mod thread;
mod watcher;

pub use bounds::{Beyond, Bounds};
pub use cast::Cast;
pub use clock::{ClockExchange, ClockSync, Offset};
pub use conductor::{Conductor, ConductorOutput, Seat};
pub use consent::{Agreed, Agreements, Decision};
pub use disclosure::{KEPT, withhold};
pub use envelope::{Opened, Opener, Refusal, Refused, Safe, Sealer, VERSION};
pub use gate::{Gate, MOST_AT_ONCE, Unlawful};
pub use generator::{Generator, GeneratorOutput, PartEnd};
pub use invite::{Invite, InviteError, checked_broker};
pub use journal::{Beginning, Journal, Redaction, Replayed, replay};
pub use key::{Keys, Role, Topics};
pub use link::{Link, LinkCommand, LinkEvent, LinkInput, LinkOutput, Traffic};
pub use membership::{Entrance, MemberInput, MemberOutput, Membership, NoteKind, Remembered, Side};
pub use message::{
    Card, Consent, Offer, Order, Patience, Picture, Said, ToConductor, ToGenerator, What, pack, unpack, unpack_within,
};
pub use mqtt::{Credentials, Mqtt, MqttIdentity, MqttOutput, Unmakeable};
pub use notes::Notes;
pub use packet::{PacketBody, SwarmPacket};
pub use peer::{Loading, Peer, SessionId};
pub use plausible::Unreasonable;
pub use revival::Revival;
pub use scan::{Allowance, scan};
pub use secret::{KeyError, Secret};
pub use signature::{PublicKey, Signer};
pub use stream::{Arrival, Fragment, IncomingStream, Outgoing};
pub use thread::{FromLink, OpenLink, ToLink};
pub use watcher::Watcher;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
