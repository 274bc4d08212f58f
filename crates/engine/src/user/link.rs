//! A user's connection: from the wish for a handshake slot to the last frame.

use serde_json::Value;

use crate::ports::{FetchFailure, SocketId};
use crate::wire::Told;
use base::time::{Span, Timestamp};
use metrics::{ClosedBy, Phase};
use plan::{MARK, Mark};
use protocol::{EndReason, Session, SessionConfig};
use scenario::{OperationId, Protocol, Reconnect, WhenRefused, is_token};

use super::ack::refusal_code;
use super::actions::{REFUSED_TOKEN, spoil, spoil_auth};
use super::closing::{Closing, ServiceEnd};
use super::life::{AfterPause, LifeStage};
use super::step::is_to_everybody;
use super::voice::Ending;
use super::{Context, User, Wish};

/// A user's connection, and what it has learned by trying.
#[derive(Default)]
pub struct Contact {
    pub link: Option<Box<UserLink>>,
    /// Attempts to come back since a server last answered with a handshake.
    pub attempt: u32,
    /// It was connected before, in this life or an earlier one.
    pub has_been_in: bool,
    /// It is held: the limits of this browser's operator have no room at this host.
    waits_for: Option<String>,
    /// The service has ended its session.
    pub ended: Option<ServiceEnd>,
}

/// A socket and the session that speaks over it.
pub struct UserLink {
    pub socket: SocketId,
    pub session: Session,
    /// The WebSocket opened: only then does the browser say that it closed.
    pub opened: bool,
    /// A frame came.
    pub has_heard: bool,
    /// We decided to close it; the browser's `Closed` then finds this.
    pub closing: Option<Closing>,
    /// Rooms of another namespace are other rooms: stands before the names of its own.
    pub realm: String,
    /// Engine.IO pings stay unanswered.
    pub is_mute: bool,
    /// The tester has made the user behave so that the server may close: its close is no fault of the server's.
    pub provoked: Option<&'static str>,
}

/// The URL and what else a socket needs to be opened.
pub struct Opening {
    pub url: String,
    pub protocols: Vec<String>,
    config: SessionConfig,
}

/// How a connection is being established, with the times that were reached.
#[derive(Debug, Clone, Copy)]
pub struct HandshakeState {
    pub started: Timestamp,
    pub websocket: Option<Timestamp>,
    pub engineio: Option<Timestamp>,
    pub deadline: Timestamp,
    /// One of the handshake slots is its own.
    holds_slot: bool,
}

impl User {
    /// Asks for a handshake slot.
    pub(super) fn connect(&mut self, ctx: &mut Context<'_>) {
        self.contact.waits_for = None;
        self.life.stage = LifeStage::Queued { since: ctx.now };
        ctx.wishes.push(Wish::Slot);
    }

    /// The host that it waits for, though a slot was free.
    pub fn waits_for(&self) -> Option<&str> {
        self.contact.waits_for.as_deref()
    }

    pub fn wait_for(&mut self, host: String) {
        self.contact.waits_for = Some(host);
    }

    /// A slot is free: what it would open now. `None`: the user does not want to any more.
    pub fn opening(&mut self, ctx: &mut Context<'_>) -> Option<Opening> {
        let LifeStage::Queued { .. } = self.life.stage else { return None };
        let connect = &ctx.program.connect;
        self.memory.teach_again();
        let wall = ctx.wall_ms;
        let mut text = |template: &scenario::Template| template.text(&mut self.memory.scope(wall, None, ""));
        let config = match &ctx.program.protocol {
            Protocol::SocketIo => {
                let namespace = text(&connect.namespace);
                let auth = connect.auth.as_ref().map(|auth| {
                    let mut json = String::new();
                    auth.write_json(&mut self.memory.scope(wall, None, ""), &mut json);
                    self.memory.secrets.add_auth(&json);
                    if self.overrides.spoiled { spoil_auth(&json) } else { json }
                });
                let is_marked = ctx.terms.mark == Mark::Auth;
                let auth = if is_marked { Some(marked(auth, &self.memory.facts.run)) } else { auth };
                SessionConfig::SocketIo { namespace, auth }
            }
            Protocol::WebSocket { event_field } => SessionConfig::WebSocket { event_field: event_field.clone() },
        };
        let query = connect.query.iter().filter_map(|(name, value)| {
            // Null leaves the parameter out.
            let value = value.value(&mut self.memory.scope(wall, None, ""));
            (!value.is_null()).then(|| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        });
        let mut query: Vec<_> = query.collect();
        query.iter().for_each(|(name, value)| self.memory.secrets.add_named(name, value));
        if self.overrides.spoiled {
            query.iter_mut().filter(|(name, _)| is_token(name)).for_each(|(_, value)| *value = spoil(value));
        }
        let mut text = |template: &scenario::Template| template.text(&mut self.memory.scope(wall, None, ""));
        let (base, path) = (text(&connect.url), text(&connect.path));
        // What is null is left out here as well; a browser takes no empty protocol.
        let protocols = connect.protocols.iter().map(text).filter(|protocol| !protocol.is_empty()).collect();
        let mut url = Session::url(&config, &base, &path, &query);
        if ctx.terms.marks_query(&url) {
            query.push((MARK.to_owned(), self.memory.facts.run.clone()));
            url = Session::url(&config, &base, &path, &query);
        }
        Some(Opening { url, protocols, config })
    }

    /// It is opened, as this socket.
    pub fn open(&mut self, ctx: &mut Context<'_>, socket: SocketId, opening: Opening) {
        let LifeStage::Queued { since } = self.life.stage else { return };
        ctx.sample(ctx.meters.slot_wait, ctx.now.since(since));
        if let Some(way) = &mut self.life.way {
            way.waited(ctx.now.since(since));
        }
        self.contact.waits_for = None;
        self.memory.secrets.add_protocols(&opening.protocols);
        self.memory.secrets.teach(ctx.redactor);
        let deadline = ctx.now + ctx.program.connect.timeout;
        let (started, websocket, engineio) = (ctx.now, None, None);
        self.life.stage =
            LifeStage::Connecting(HandshakeState { started, websocket, engineio, deadline, holds_slot: true });
        if let Some(old) = self.contact.link.take() {
            // Its close was never confirmed; it must not vanish from the table.
            self.count_disconnect(ctx, *old, CUT_OFF, NOT_YET);
        }
        let realm = realm_of(&opening.config);
        let session = Session::new(opening.config);
        self.contact.ended = None;
        self.contact.link = Some(Box::new(UserLink {
            socket,
            session,
            opened: false,
            has_heard: false,
            closing: None,
            realm,
            is_mute: false,
            provoked: self.overrides.spoiled.then_some(REFUSED_TOKEN),
        }));
    }

    /// Its address leads where it must not go: nothing was opened.
    pub fn on_not_allowed(&mut self, ctx: &mut Context<'_>, why: &str) {
        let code = FetchFailure::NotAllowed.code();
        ctx.named_error(catalogue::CONNECT, code, Phase::Connecting, || why.to_owned());
        self.on_link_lost(ctx, None);
    }

    pub(super) fn on_connected(&mut self, ctx: &mut Context<'_>) {
        let LifeStage::Connecting(handshake) = self.life.stage else { return };
        if let Some(engineio) = handshake.engineio {
            ctx.sample(ctx.meters.socketio, ctx.now.since(engineio));
        }
        ctx.sample(ctx.meters.connect, ctx.now.since(handshake.started));
        self.note_accepted_token(ctx);
        self.release_slot(ctx);
        self.contact.attempt = 0;
        self.contact.has_been_in = true;
        if is_to_everybody(ctx.program) {
            self.enter(ctx, &self.everybody());
        }
        self.begin_voice(ctx);
        self.begin_flow(ctx);
    }

    /// The WebSocket opened.
    pub fn on_opened(&mut self, ctx: &mut Context<'_>) {
        if let Some(link) = &mut self.contact.link {
            link.opened = true;
        }
        if let LifeStage::Connecting(handshake) = &mut self.life.stage {
            handshake.websocket = Some(ctx.now);
            ctx.sample(ctx.meters.websocket, ctx.now.since(handshake.started));
        }
        self.feed(ctx, |session, now| session.on_open(now));
    }

    /// The server refused the CONNECT. Like socket.io-client, we close and do not try again by ourselves.
    pub(super) fn on_refused(&mut self, ctx: &mut Context<'_>, message: &str, data: &str) {
        if self.overrides.spoiled {
            self.close(ctx, ClosedBy::User, Some(REFUSED_TOKEN));
            return self.renew(ctx);
        }
        let code = refusal_code(ctx.program.connect.error_code.as_ref(), data);
        let code = code.as_deref().unwrap_or(if message.is_empty() { "refused" } else { message });
        ctx.named_error(catalogue::CONNECT, code, Phase::Connecting, || data.to_owned());
        self.close(ctx, ClosedBy::Timeout, Some("refused"));
        // Somebody who was in before has lost its session; somebody who never was is not welcome.
        if self.contact.has_been_in
            && ctx.program.connect.refused == WhenRefused::LogIn
            && let Some(wait) = self.backoff(ctx)
        {
            self.release_slot(ctx);
            self.life.stage = LifeStage::Backoff { until: ctx.now + wait, then: AfterPause::LogIn };
            return;
        }
        self.fail(ctx, &format!("the server refused the connection: {}", ctx.redactor.shown(data, 120)));
    }

    /// The session ended within the protocol.
    pub(super) fn on_ended(&mut self, ctx: &mut Context<'_>, reason: EndReason) {
        let (by, text) = match reason {
            EndReason::ServerDisconnect => (ClosedBy::Server, "io server disconnect"),
            EndReason::EngineClose => (ClosedBy::Server, "transport close"),
            EndReason::PingTimeout => (ClosedBy::Timeout, "ping timeout"),
            EndReason::Flooded => (ClosedBy::Timeout, "flooded before the connect answer"),
        };
        let provoked = self.contact.link.as_ref().and_then(|link| link.provoked);
        match provoked {
            Some(why) => self.close(ctx, ClosedBy::User, Some(why)),
            None => self.close(ctx, by, Some(text)),
        }
        // socket.io-client does not reconnect by itself after the server's DISCONNECT; a user of a chat page would
        // have to reload it. The simulated one comes back as after any lost connection.
        // Of a flood the frames are the error.
        let is_counted = provoked.is_some() || reason == EndReason::Flooded;
        self.on_link_lost(ctx, (!is_counted).then_some(text));
    }

    /// Its frames are this user's: the socket is not one that it has given up.
    pub fn owns(&self, socket: SocketId) -> bool {
        self.contact.link.as_ref().is_some_and(|link| link.socket == socket)
    }

    /// The browser says that its socket is closed (or could not be opened).
    pub fn on_closed(&mut self, ctx: &mut Context<'_>, code: u16, reason: &str) {
        let phase = self.phase();
        let Some(link) = self.contact.link.take() else { return };
        let wanted = link.closing.is_some();
        if !wanted && self.overrides.spoiled && phase == Phase::Connecting {
            self.count_disconnect(ctx, *link, code, reason);
            return self.renew(ctx);
        }
        let provoked = link.provoked.is_some();
        let mute = !link.has_heard && self.voice.is_some();
        self.count_disconnect(ctx, *link, code, reason);
        if !wanted {
            let cause = match phase {
                Phase::Connecting => {
                    ctx.named_error(catalogue::CONNECT, &format!("closed {code}"), phase, || {
                        format!("the WebSocket closed with {code} before it was usable: {reason}")
                    });
                    None
                }
                _ if provoked => None,
                _ if mute => {
                    ctx.named_error(catalogue::CONNECT, "died without a frame", phase, || {
                        format!("the WebSocket opened, brought nothing, and closed with {code}")
                    });
                    None
                }
                _ => Some(format!("closed {code}")),
            };
            self.on_link_lost(ctx, cause.as_deref());
        } else if matches!(self.life.stage, LifeStage::Closing { .. }) {
            self.end(ctx);
        }
    }

    /// Its socket has not opened yet.
    pub fn is_opening(&self, socket: SocketId) -> bool {
        self.contact.link.as_ref().is_some_and(|link| link.socket == socket && !link.opened)
    }

    /// Its socket does not open, and that is nobody's error: it asks for another one.
    pub fn queue_again(&mut self, ctx: &mut Context<'_>) {
        if matches!(self.life.stage, LifeStage::Connecting(_))
            && self.contact.link.as_ref().is_some_and(|link| !link.opened)
        {
            self.close(ctx, ClosedBy::User, None);
            self.release_slot(ctx);
            self.connect(ctx);
        }
    }

    /// An attempt of an operation has failed. When the service has ended the user's session with an error, that is counted: what its
    /// farewell then fails with is the same loss.
    pub(super) fn count_failure(
        &self,
        ctx: &mut Context<'_>,
        operation: OperationId,
        code: &str,
        sample: impl FnOnce() -> String,
    ) {
        let is_in_vain = self.contact.ended.as_ref().is_some_and(|end| !end.is_planned);
        if is_in_vain && matches!(self.life.stage, LifeStage::Finishing { .. }) {
            let name = &ctx.program.operations[operation.0 as usize];
            return ctx.show(|| Told::Saw(format!("{name} failed as well: {code}")));
        }
        ctx.error(operation, code, self.phase(), sample);
    }

    /// Gives the handshake slot back, if it holds one.
    pub(super) fn release_slot(&mut self, ctx: &mut Context<'_>) {
        if let LifeStage::Connecting(handshake) = &mut self.life.stage
            && std::mem::take(&mut handshake.holds_slot)
        {
            ctx.wishes.push(Wish::SlotDone);
        }
    }

    /// The connection is gone, not by our own will: what was on its way is lost, then it is tried again. `cause`: what ended it; `None`: its
    /// error is counted, or it is none of the server's. One loss is one error, however much was on its way.
    pub(super) fn on_link_lost(&mut self, ctx: &mut Context<'_>, cause: Option<&str>) {
        self.overrides.stall = None;
        self.overrides.is_moving = false;
        self.release_slot(ctx);
        if let Some(cause) = cause.filter(|_| !self.life.stage.is_leaving()) {
            let lost = self.in_flight.pendings.iter().filter(|pending| pending.is_open());
            let lost: Vec<&str> =
                lost.map(|pending| ctx.program.operations[pending.operation.0 as usize].as_str()).collect();
            ctx.named_error(catalogue::CONNECT, &format!("lost: {cause}"), self.phase(), || match lost.len() {
                0 => "no request waited for an answer".to_owned(),
                _ => format!("on its way: {}", lost.join(", ")),
            });
        }
        self.end_voice(ctx, Ending::Lost);
        let why = if self.life.stage.is_leaving() { "disconnected" } else { "left" };
        self.drop_pendings(ctx, why);
        ctx.ledger.leave(ctx.now, None, self.id);
        if self.life.stage.is_leaving() {
            return self.end(ctx);
        }
        self.script.tasks.clear();
        self.in_flight.drop_unsent();
        match self.backoff(ctx) {
            Some(wait) => self.life.stage = LifeStage::Backoff { until: ctx.now + wait, then: AfterPause::Connect },
            None => self.fail(ctx, "its connection was lost"),
        }
    }

    /// How long to wait before the next attempt; `None`: no more.
    pub(super) fn backoff(&mut self, ctx: &mut Context<'_>) -> Option<Span> {
        let Reconnect::Backoff { initial, max, jitter, attempts } = ctx.program.connect.reconnect else { return None };
        if self.contact.attempt >= attempts {
            return None;
        }
        // As socket.io-client does it: initial * 2^n, spread by the jitter, and only then cut to the maximum.
        let base = initial.as_secs_f64() * 2f64.powi(self.contact.attempt.min(30) as i32);
        let spread = base * jitter * (2.0 * self.memory.random.f64() - 1.0);
        self.contact.attempt += 1;
        ctx.count(ctx.meters.reconnects, 1);
        Some(Span::from_secs_f64((base + spread).min(max.as_secs_f64())))
    }
}

/// Nothing for the main namespace, whose rooms are called as the scenario calls them.
fn realm_of(config: &SessionConfig) -> String {
    match config {
        SessionConfig::SocketIo { namespace, .. } => match namespace.split('?').next().unwrap_or_default() {
            "" | "/" => String::new(),
            path if path.starts_with('/') => format!("{path} "),
            name => format!("/{name} "),
        },
        SessionConfig::WebSocket { .. } => String::new(),
    }
}

/// An auth object that says which run it belongs to; what is no object stays as it is.
fn marked(auth: Option<String>, run: &str) -> String {
    let auth = auth.unwrap_or_else(|| "{}".to_owned());
    match serde_json::from_str(&auth) {
        Ok(Value::Object(mut fields)) => {
            fields.insert(MARK.to_owned(), Value::from(run));
            Value::Object(fields).to_string()
        }
        _ => auth,
    }
}

/// The close code of a connection that broke or never came to be, as browsers report it.
pub(super) const CUT_OFF: u16 = 1006;
/// When the user has opened its next connection.
const NOT_YET: &str = "no answer to our close yet";
