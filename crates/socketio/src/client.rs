//! The client's side of one Socket.IO session in one namespace.

use std::collections::VecDeque;

use super::args::Args;
use super::engineio::{self, EnginePacket, Handshake};
use super::error::{FrameError, excerpt};
use super::incoming::{EndReason, Incoming, Transmit};
use super::packet::Packet;
use super::partial::Partial;
use super::{decode, encode};
use base::json;
use base::time::{Span, Timestamp};

#[derive(Debug)]
pub struct Client {
    /// As packets carry it: with its slash, without its query.
    namespace: String,
    /// The CONNECT frame; taken when it is sent.
    connect: String,
    state: State,
    heartbeat: Option<Heartbeat>,
    partial: Option<Partial>,
    next_ack: u64,
    /// What else the last frame meant.
    behind: VecDeque<Incoming<'static>>,
    outbox: VecDeque<Transmit>,
    /// Sent when the namespace is granted.
    held: VecDeque<Transmit>,
}

/// | in         | OPEN       | CONNECT   | CONNECT_ERROR | too many events | DISCONNECT, close, time-out, leave |
/// |------------|------------|-----------|---------------|-----------------|------------------------------------|
/// | Opening    | Connecting | -         | -             | -               | Over                               |
/// | Connecting | error      | Connected | Over          | error, Over     | Over                               |
/// | Connected  | error      | error     | Over          | -               | Over                               |
/// | Over       | ignored    | ignored   | ignored       | ignored         | ignored                            |
#[derive(Debug)]
enum State {
    /// Until the Engine.IO handshake.
    Opening,
    /// Until the namespace is granted. Events wait for it, as in the official client.
    Connecting {
        early: Early,
    },
    Connected,
    Over,
}

/// Until when the server's next ping must come.
#[derive(Debug)]
struct Heartbeat {
    patience: Span,
    deadline: Timestamp,
}

impl Client {
    pub fn new(namespace: &str, auth: Option<&str>) -> Self {
        let address = address(namespace);
        let path = address.split('?').next().unwrap_or("/").to_owned();
        Self {
            connect: encode(&address, &Packet::Connect { data: auth.unwrap_or_default() }),
            namespace: path,
            state: State::Opening,
            heartbeat: None,
            partial: None,
            next_ack: 0,
            behind: VecDeque::new(),
            outbox: VecDeque::new(),
            held: VecDeque::new(),
        }
    }

    pub fn on_text<'f>(&mut self, now: Timestamp, frame: &'f str) -> Option<Incoming<'f>> {
        self.read(now, frame).unwrap_or_else(|error| Some(Incoming::Invalid(error)))
    }

    pub fn on_binary(&mut self, frame: &[u8]) -> Option<Incoming<'static>> {
        if matches!(self.state, State::Over) {
            return Some(Incoming::Housekeeping);
        }
        self.on_attachment(frame.to_vec()).unwrap_or_else(|error| Some(Incoming::Invalid(error)))
    }

    pub fn on_lost_frame(&mut self) -> Option<Incoming<'static>> {
        self.partial.take().map(|partial| Incoming::Invalid(partial.interrupted()))
    }

    pub fn poll_event(&mut self) -> Option<Incoming<'static>> {
        self.behind.pop_front()
    }

    pub fn next_timeout(&self) -> Option<Timestamp> {
        self.heartbeat.as_ref().map(|heartbeat| heartbeat.deadline)
    }

    /// A ping that is late but was read before this call counts: a busy generator must not end healthy sessions.
    pub fn on_timeout(&mut self, now: Timestamp) -> Option<Incoming<'static>> {
        let is_due = self.next_timeout().is_some_and(|deadline| deadline <= now);
        is_due.then(|| self.end(EndReason::PingTimeout))
    }

    pub fn emit(&mut self, event: &str, args: &[String], attachments: &[Vec<u8>], ack: bool) -> Option<u64> {
        let id = ack.then(|| {
            self.next_ack += 1;
            self.next_ack - 1
        });
        let args = args.join(",");
        let packet = Packet::Event { name: event.into(), args: &args, ack: id, attachments: attachments.len() };
        self.send(&packet, attachments);
        id
    }

    pub fn acknowledge(&mut self, id: u64, args: &[String]) {
        self.send(&Packet::Ack { id, args: &args.join(","), attachments: 0 }, &[]);
    }

    /// A namespace that was not granted is not left.
    pub fn leave(&mut self) {
        if matches!(self.state, State::Connected) {
            self.send(&Packet::Disconnect, &[]);
        }
        self.close();
    }

    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.outbox.pop_front()
    }

    fn read<'f>(&mut self, now: Timestamp, frame: &'f str) -> Result<Option<Incoming<'f>>, FrameError> {
        if matches!(self.state, State::Over) {
            return Ok(Some(Incoming::Housekeeping));
        }
        Ok(Some(match engineio::decode(frame)? {
            EnginePacket::Message(text) => return self.on_message(text),
            EnginePacket::Base64(bytes) => return self.on_attachment(bytes),
            EnginePacket::Open(handshake) => self.on_open(now, frame, handshake)?,
            EnginePacket::Close => self.end(EndReason::EngineClose),
            EnginePacket::Ping(data) => {
                if let Some(heartbeat) = &mut self.heartbeat {
                    heartbeat.deadline = now + heartbeat.patience;
                }
                // A server that wants its data back wants little of it; the official client sends none back at all.
                let data = if data.len() <= MOST_PING { data } else { "" };
                self.outbox.push_back(Transmit::Text(engineio::encode(&EnginePacket::Pong(data))));
                Incoming::Housekeeping
            }
            EnginePacket::Pong(_) | EnginePacket::Upgrade | EnginePacket::Noop => Incoming::Housekeeping,
        }))
    }

    fn on_open(&mut self, now: Timestamp, frame: &str, handshake: Handshake) -> Result<Incoming<'static>, FrameError> {
        if !matches!(self.state, State::Opening) {
            return Err(FrameError::SecondHandshake(excerpt(frame)));
        }
        let (ping_interval, ping_timeout) = (handshake.ping_interval(), handshake.ping_timeout());
        let patience = ping_interval + ping_timeout;
        self.heartbeat = Some(Heartbeat { patience, deadline: now + patience });
        self.state = State::Connecting { early: Early::default() };
        self.outbox.push_back(Transmit::Text(std::mem::take(&mut self.connect)));
        let max_payload = handshake.max_payload();
        Ok(Incoming::Handshake { sid: handshake.sid, ping_interval, ping_timeout, max_payload })
    }

    /// A text packet where an attachment was due ends the packet that waits for it; the text packet itself counts.
    fn on_message<'f>(&mut self, text: &'f str) -> Result<Option<Incoming<'f>>, FrameError> {
        if matches!(self.state, State::Opening) {
            return Err(FrameError::BeforeHandshake(excerpt(text)));
        }
        let Some(interrupted) = self.partial.take() else { return self.on_packet(text) };
        // What it means comes behind that, and before what else follows from it.
        if let Some(incoming) = self.on_packet(text)? {
            self.behind.push_front(incoming.into_owned());
        }
        Err(interrupted.interrupted())
    }

    fn on_packet<'f>(&mut self, text: &'f str) -> Result<Option<Incoming<'f>>, FrameError> {
        let (namespace, packet) = decode(text)?;
        let ours = namespace == self.namespace;
        if packet.attachments() > 0 {
            self.partial = Partial::begin(&packet, ours);
            return Ok(None);
        }
        if !ours {
            // The official client, too, drops what is for a namespace it never asked for.
            return Ok(Some(Incoming::Housekeeping));
        }
        Ok(Some(match packet {
            Packet::Event { name, args, ack, .. } => {
                if let State::Connecting { early } = &mut self.state {
                    let event = Incoming::Event { name, args: Args::text(args), ack };
                    let held = early.push(event.into_owned());
                    return self.unless_flooded(held);
                }
                Incoming::Event { name, args: Args::text(args), ack }
            }
            Packet::Ack { id, args, .. } => Incoming::Ack { id, args: Args::text(args) },
            Packet::Connect { data } => self.on_answer(data)?,
            Packet::ConnectError { data } => self.refuse(refusal(data), data),
            Packet::Disconnect => self.end(EndReason::ServerDisconnect),
        }))
    }

    fn on_attachment(&mut self, bytes: Vec<u8>) -> Result<Option<Incoming<'static>>, FrameError> {
        let length = bytes.len();
        let mut partial = self.partial.take().ok_or(FrameError::UnexpectedBinary(length))?;
        if !partial.push(bytes)? {
            self.partial = Some(partial);
            return Ok(None);
        }
        if !partial.ours {
            return Ok(Some(Incoming::Housekeeping));
        }
        let incoming = partial.finish()?;
        match &mut self.state {
            State::Connecting { early } if matches!(incoming, Incoming::Event { .. }) => {
                let held = early.push(incoming);
                self.unless_flooded(held)
            }
            _ => Ok(Some(incoming)),
        }
    }

    /// The event waits, or was one too many: then the session is over as well.
    fn unless_flooded<'f>(&mut self, held: Result<(), FrameError>) -> Result<Option<Incoming<'f>>, FrameError> {
        if let Err(error) = held {
            let ended = self.end(EndReason::Flooded);
            self.behind.push_back(ended);
            return Err(error);
        }
        Ok(None)
    }

    fn on_answer<'f>(&mut self, data: &'f str) -> Result<Incoming<'f>, FrameError> {
        let State::Connecting { early } = &mut self.state else {
            return Err(FrameError::SecondConnect(excerpt(data)));
        };
        if json::member(data, "sid").and_then(json::as_string).is_none() {
            return Ok(self.refuse("the server's connect answer has no sid: is it Socket.IO 2?".to_owned(), data));
        }
        self.behind.extend(std::mem::take(early).events);
        self.state = State::Connected;
        self.outbox.append(&mut self.held);
        Ok(Incoming::Connected)
    }

    /// What is sent before the namespace is granted waits for it, as in the official client.
    fn send(&mut self, packet: &Packet<'_>, attachments: &[Vec<u8>]) {
        let queue = match self.state {
            State::Opening | State::Connecting { .. } => &mut self.held,
            State::Connected => &mut self.outbox,
            State::Over => return,
        };
        queue.push_back(Transmit::Text(encode(&self.namespace, packet)));
        queue.extend(attachments.iter().cloned().map(Transmit::Binary));
    }

    fn refuse<'f>(&mut self, message: String, data: &'f str) -> Incoming<'f> {
        self.close();
        Incoming::Refused { message, data: data.into() }
    }

    fn end(&mut self, reason: EndReason) -> Incoming<'static> {
        self.close();
        Incoming::Ended { reason }
    }

    fn close(&mut self) {
        self.state = State::Over;
        self.heartbeat = None;
        self.partial = None;
        self.held.clear();
    }
}

/// Events that came before the namespace was granted.
#[derive(Debug, Default)]
struct Early {
    events: Vec<Incoming<'static>>,
    bytes: usize,
}

impl Early {
    /// A server that never grants it must not fill the memory. Beyond this nothing of the session can be told rightly any more: what
    /// was dropped is missing from it.
    fn push(&mut self, event: Incoming<'static>) -> Result<(), FrameError> {
        let (name, size) = match &event {
            Incoming::Event { name, args, .. } => (&**name, name.len() + args.size()),
            _ => ("", 0),
        };
        let bytes = self.bytes.saturating_add(size);
        if self.events.len() >= MOST_EARLY || bytes > MOST_EARLY_BYTES {
            let event = excerpt(name);
            return Err(FrameError::TooEarly { event, most_events: MOST_EARLY, most_bytes: MOST_EARLY_BYTES });
        }
        self.bytes = bytes;
        self.events.push(event);
        Ok(())
    }
}

/// Far more than a server says before it lets anybody in.
const MOST_EARLY: usize = 1_000;
const MOST_EARLY_BYTES: usize = 4 << 20;
/// As much as fits into the ping of a WebSocket.
const MOST_PING: usize = 125;

/// The namespace as CONNECT carries it. A comma would end it, so it is written as in a URL.
fn address(namespace: &str) -> String {
    let slash = if namespace.starts_with('/') { "" } else { "/" };
    format!("{slash}{}", namespace.replace(',', "%2C"))
}

/// Why the server refused: the message of an object, or a bare string.
fn refusal(data: &str) -> String {
    let message = json::as_string(data).or_else(|| json::member(data, "message").and_then(json::as_string));
    match message {
        Some(message) => message.into_owned(),
        None if data.is_empty() => "the server gave no reason".to_owned(),
        None => excerpt(data),
    }
}
