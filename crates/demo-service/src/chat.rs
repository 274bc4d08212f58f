//! A simulated chat server with the REST and Socket.IO behaviour that the `ktb-chat` preset needs, and exact counts.
//!
//! It writes frames by hand, on purpose: a mistake of our codec must not cancel itself out.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::net::Peer;
use super::rest::{Body, Reply, Request};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use base::url::encode_component;

/// What goes wrong, as shares of deliveries (one message to one member).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Faults {
    pub lose: f64,
    pub duplicate: f64,
    pub reorder: f64,
    /// The sender gets its own broadcast twice, as some server versions do.
    pub own_twice: bool,
    /// Of messages in an answered history: left out, listed twice, listed before the one in front of it, without readers.
    pub history_lose: f64,
    pub history_duplicate: f64,
    pub history_reorder: f64,
    pub stuck_unread: f64,
    /// Of messages: broadcast with a number for an id; followed by an event that nobody knows.
    pub mistyped: f64,
    pub strange: f64,
    /// It tells a user's password, token and session in its answers, errors, names of events and broken frames, in every spelling.
    pub tells: bool,
}

/// What the server saw and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChatCounts {
    pub rest: BTreeMap<String, u64>,
    pub events: BTreeMap<String, u64>,
    pub messages: u64,
    pub deliveries: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub reordered: u64,
    pub accounts: u64,
    pub most_sockets: usize,
    pub mistyped: u64,
    pub strange: u64,
    /// Entries of histories that a fault has touched.
    pub history_lost: u64,
    pub history_duplicated: u64,
    pub history_reordered: u64,
    pub unread: u64,
    /// Connections of an account that another connection was using.
    pub twice: u64,
    pub most_connected: usize,
}

pub struct Chat {
    pub counts: ChatCounts,
    pub faults: Faults,
    random: fastrand::Rng,
    accounts: HashMap<String, u64>,
    /// By user: what it has proved itself with.
    proofs: HashMap<u64, Vec<String>>,
    rooms: HashMap<String, Vec<Peer>>,
    sockets: HashMap<Peer, Socket>,
    /// By message, then by emoji: users.
    reactions: HashMap<String, BTreeMap<String, Vec<String>>>,
    /// By room: messages, oldest first.
    history: HashMap<String, Vec<Value>>,
    next_id: u64,
    out: Vec<(Peer, String)>,
}

#[derive(Default)]
struct Socket {
    user: u64,
    rooms: Vec<String>,
    /// A ping went out, and nothing came back yet.
    unanswered: bool,
    /// By sender: held back, to be sent behind its next message.
    held: HashMap<u64, Held>,
}

struct Held {
    frame: String,
    rounds: u32,
}

/// Rounds (of a second) after which a held message is sent although nothing has overtaken it.
const MOST_ROUNDS: u32 = 5;

/// How a server may write a secret down: as it is, for a URL, in base64 from each place of a group, in hex.
pub fn spellings(secret: &str) -> Vec<String> {
    let encoded = |before: &str| BASE64_STANDARD.encode(format!("{before}{secret}"));
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let url = BASE64_URL_SAFE_NO_PAD.encode(format!("{secret}?"));
    vec![
        secret.to_owned(),
        encode_component(secret),
        encoded(""),
        encoded("1"),
        encoded("12"),
        url,
        hex.to_uppercase(),
        hex,
    ]
}

impl Chat {
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self {
            counts: ChatCounts::default(),
            faults,
            random: fastrand::Rng::with_seed(seed),
            accounts: HashMap::new(),
            proofs: HashMap::new(),
            rooms: HashMap::new(),
            sockets: HashMap::new(),
            reactions: HashMap::new(),
            history: HashMap::new(),
            next_id: 0,
            out: Vec::new(),
        }
    }

    /// Frames to send, in order.
    pub fn drain(&mut self) -> impl Iterator<Item = (Peer, String)> {
        std::mem::take(&mut self.out).into_iter()
    }

    pub fn open(&mut self, peer: Peer) {
        self.sockets.insert(peer, Socket::default());
        self.counts.most_sockets = self.counts.most_sockets.max(self.sockets.len());
        self.send(peer, r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":60000}"#);
    }

    pub fn close(&mut self, peer: Peer) {
        let Some(socket) = self.sockets.remove(&peer) else { return };
        for room in socket.rooms {
            self.rooms.entry(room).or_default().retain(|member| *member != peer);
        }
    }

    pub fn peers(&self) -> Vec<Peer> {
        let mut peers: Vec<Peer> = self.sockets.keys().copied().collect();
        peers.sort();
        peers
    }

    /// Who has not answered the ping before is given up: these connections are to be closed.
    pub fn ping(&mut self) -> Vec<Peer> {
        let (silent, alive): (Vec<Peer>, Vec<Peer>) =
            self.peers().into_iter().partition(|peer| self.sockets.get(peer).is_some_and(|socket| socket.unanswered));
        silent.iter().for_each(|&peer| self.close(peer));
        for peer in alive {
            if let Some(socket) = self.sockets.get_mut(&peer) {
                socket.unanswered = true;
            }
            self.send(peer, "2");
        }
        silent
    }

    pub fn text(&mut self, peer: Peer, frame: &str) {
        if frame == "3"
            && let Some(socket) = self.sockets.get_mut(&peer)
        {
            socket.unanswered = false;
        }
        if frame == "3" || frame.starts_with("41") {
            return;
        }
        if let Some(auth) = frame.strip_prefix("40") {
            return self.connect(peer, auth);
        }
        let Some(rest) = frame.strip_prefix("42") else { return };
        let digits = rest.find('[').unwrap_or(0);
        let (ack, rest) = rest.split_at(digits);
        let Ok(Value::Array(args)) = serde_json::from_str::<Value>(rest) else { return };
        let name = args[0].as_str().unwrap_or_default().to_owned();
        *self.counts.events.entry(name.clone()).or_default() += 1;
        self.event(peer, &name, args.get(1).unwrap_or(&Value::Null));
        if !ack.is_empty() {
            self.send(peer, &format!("43{ack}[]"));
        }
    }

    pub fn fetch(&mut self, request: &Request<'_>) -> Reply {
        let path = request.url.split("/api/").nth(1).unwrap_or_default().to_owned();
        *self.counts.rest.entry(format!("{} {path}", request.method)).or_default() += 1;
        let body: Value = match request.body {
            Body::Json(text) => serde_json::from_str(text).unwrap_or(Value::Null),
            _ => Value::Null,
        };
        let (status, answer) = match path.as_str() {
            "auth/register" => self.register(&body),
            "auth/login" => self.login(&body),
            "rooms" if request.method == "POST" => {
                let id = self.id();
                (201, json!({"success": true, "data": {"_id": format!("room{id}"), "name": body["name"]}}))
            }
            "rooms" => (200, json!({"success": true, "data": []})),
            "files/upload" => (200, json!({"success": true, "file": {"_id": format!("file{}", self.id())}})),
            _ => (200, json!({"success": true, "data": {}})),
        };
        Reply { status, body: answer.to_string() }
    }

    fn register(&mut self, body: &Value) -> (u16, Value) {
        let email = body["email"].as_str().unwrap_or_default().to_owned();
        if self.accounts.contains_key(&email) {
            return (409, json!({"success": false}));
        }
        let id = self.id();
        self.accounts.insert(email, id);
        self.counts.accounts += 1;
        (201, json!({"success": true, "user": {"_id": format!("user{id}")}}))
    }

    fn login(&mut self, body: &Value) -> (u16, Value) {
        let Some(id) = body["email"].as_str().and_then(|email| self.accounts.get(email)) else {
            return (401, json!({"success": false}));
        };
        let id = *id;
        let user = json!({"_id": format!("user{id}")});
        let (token, session) = (format!("token.of.user-{id}"), format!("session/of user-{id}"));
        let password = body["password"].as_str().unwrap_or_default().to_owned();
        self.proofs.insert(id, vec![password, token.clone(), session.clone()]);
        let echo = self.faults.tells.then(|| self.proofs_of(id));
        (200, json!({"success": true, "token": token, "sessionId": session, "user": user, "echo": echo}))
    }

    fn connect(&mut self, peer: Peer, auth: &str) {
        let auth: Value = serde_json::from_str(auth).unwrap_or(Value::Null);
        let token = auth["token"].as_str().unwrap_or_default();
        match token.strip_prefix("token.of.user-").and_then(|id| id.parse().ok()) {
            Some(user) => {
                self.counts.twice += u64::from(self.sockets.values().any(|socket| socket.user == user));
                self.sockets.entry(peer).or_default().user = user;
                let connected = self.sockets.values().filter(|socket| socket.user > 0).count();
                self.counts.most_connected = self.counts.most_connected.max(connected);
                self.send(peer, r#"40{"sid":"t"}"#);
                if self.faults.tells {
                    self.tell(peer, user);
                }
            }
            None => self.send(peer, r#"44"Authentication error""#),
        }
    }

    /// Everything that it knows, wherever a client may look at it.
    fn tell(&mut self, peer: Peer, user: u64) {
        let told = self.proofs_of(user);
        for (number, word) in told.iter().enumerate() {
            self.emit(peer, &format!("hello {number}:{word}"), &json!({"told": told}));
            self.emit(peer, "error", &json!({"code": word, "message": told.join(", ")}));
            self.emit(peer, "error", &json!({"message": format!("no {word}")}));
        }
        self.send(peer, &format!("42[\"error\",{}", told.join(" ")));
        self.send(peer, &format!("9{}", told.join(" ")));
    }

    /// In every spelling.
    fn proofs_of(&self, user: u64) -> Vec<String> {
        let proofs = self.proofs.get(&user).map(Vec::as_slice).unwrap_or_default();
        proofs.iter().flat_map(|proof| spellings(proof)).collect()
    }

    /// The same of whoever has this connection.
    pub fn proofs(&self, peer: Peer) -> Vec<String> {
        self.sockets.get(&peer).map(|socket| self.proofs_of(socket.user)).unwrap_or_default()
    }

    fn event(&mut self, peer: Peer, name: &str, body: &Value) {
        match name {
            "joinRoom" => {
                let room = body.as_str().unwrap_or_default().to_owned();
                self.rooms.entry(room.clone()).or_default().push(peer);
                let socket = self.sockets.entry(peer).or_default();
                socket.rooms.push(room.clone());
                self.emit(
                    peer,
                    "joinRoomSuccess",
                    &json!({"roomId": room, "participants": [], "messages": [], "hasMore": false}),
                );
                self.broadcast(&room, "participantsUpdate", &json!([]));
            }
            "leaveRoom" => {
                let room = body.as_str().unwrap_or_default();
                self.rooms.entry(room.to_owned()).or_default().retain(|member| *member != peer);
            }
            "chatMessage" => self.message(peer, body),
            "fetchPreviousMessages" => {
                self.emit(peer, "messageLoadStart", &Value::Null);
                let page = self.page(peer, body);
                self.emit(peer, "previousMessagesLoaded", &page);
            }
            "markMessagesAsRead" => {
                let user = self.sockets.get(&peer).map_or(0, |socket| socket.user);
                let read = json!({"userId": format!("user{user}"), "messageIds": body["messageIds"]});
                self.broadcast_to_rooms_of(peer, "messagesRead", &read);
            }
            "messageReaction" => {
                let update = self.react(peer, body);
                self.broadcast_to_rooms_of(peer, "messageReactionUpdate", &update);
            }
            _ => {}
        }
    }

    /// A page of history for one reader. Everybody has read everything here, whatever was told.
    fn page(&mut self, peer: Peer, body: &Value) -> Value {
        let user = format!("user{}", self.sockets.get(&peer).map_or(0, |socket| socket.user));
        let all = self.history.get(body["roomId"].as_str().unwrap_or_default()).cloned().unwrap_or_default();
        let before = body["before"].as_u64().unwrap_or(u64::MAX);
        let end = all.partition_point(|message| message["timestamp"].as_u64() < Some(before));
        let start = end.saturating_sub(body["limit"].as_u64().map_or(30, |limit| limit as usize));
        let mut messages: Vec<Value> = Vec::new();
        for mut message in all[start..end].iter().cloned() {
            if self.random.f64() < self.faults.history_lose {
                self.counts.history_lost += 1;
                continue;
            }
            let stuck = self.random.f64() < self.faults.stuck_unread && message["sender"]["id"] != user.as_str();
            self.counts.unread += u64::from(stuck);
            message["readers"] = if stuck { json!([]) } else { json!([{"userId": user}]) };
            if self.random.f64() < self.faults.history_duplicate {
                self.counts.history_duplicated += 1;
                messages.push(message.clone());
            }
            messages.push(message);
            let last = messages.len() - 1;
            if last > 0 && self.random.f64() < self.faults.history_reorder {
                self.counts.history_reordered += 1;
                messages.swap(last - 1, last);
            }
        }
        json!({"messages": messages, "hasMore": start > 0})
    }

    /// Adds or removes a reaction; the update holds all that are left.
    fn react(&mut self, peer: Peer, body: &Value) -> Value {
        let user = format!("user{}", self.sockets.get(&peer).map_or(0, |socket| socket.user));
        let message = body["messageId"].as_str().unwrap_or_default().to_owned();
        let emoji = body["reaction"].as_str().unwrap_or_default().to_owned();
        let reactions = self.reactions.entry(message.clone()).or_default();
        let users = reactions.entry(emoji).or_default();
        users.retain(|other| *other != user);
        if body["type"] == "add" {
            users.push(user);
        }
        json!({"messageId": message, "reactions": reactions})
    }

    fn message(&mut self, sender: Peer, body: &Value) {
        let room = body["room"].as_str().unwrap_or_default().to_owned();
        let Some(members) = self.rooms.get(&room).cloned() else { return };
        let user = self.sockets.get(&sender).map_or(0, |socket| socket.user);
        self.counts.messages += 1;
        let id = self.id();
        let message = json!({
            "_id": format!("message{id}"), "room": room, "type": body["type"], "content": body["content"],
            "sender": {"id": format!("user{user}")}, "timestamp": id,
        });
        self.history.entry(room.clone()).or_default().push(message.clone());
        let mut seen = message;
        if self.random.f64() < self.faults.mistyped {
            self.counts.mistyped += 1;
            seen["_id"] = json!(id);
        }
        let frame = format!("42{}", json!(["message", seen]));
        if self.random.f64() < self.faults.strange {
            self.counts.strange += members.len() as u64;
            self.broadcast(&room, "strange", &json!({"a": 1}));
        }
        for member in members {
            self.deliver(member, user, &frame);
            if self.faults.own_twice && member == sender {
                self.send(member, &frame);
            }
        }
    }

    /// One message to one member, with at most one fault.
    fn deliver(&mut self, member: Peer, sender: u64, frame: &str) {
        let Faults { lose, duplicate, reorder, .. } = self.faults;
        let draw = self.random.f64();
        let held = self.sockets.get_mut(&member).and_then(|socket| socket.held.remove(&sender));
        if draw < lose {
            self.counts.lost += 1;
            // What was held stays held: it has not been overtaken.
            if let (Some(held), Some(socket)) = (held, self.sockets.get_mut(&member)) {
                socket.held.insert(sender, held);
            }
            return;
        }
        if draw > 1.0 - reorder && held.is_none() {
            if let Some(socket) = self.sockets.get_mut(&member) {
                socket.held.insert(sender, Held { frame: frame.to_owned(), rounds: 0 });
            }
            return;
        }
        self.counts.deliveries += 1;
        self.send(member, frame);
        if draw < lose + duplicate {
            self.counts.duplicated += 1;
            self.send(member, frame);
        }
        if let Some(held) = held {
            self.counts.deliveries += 1;
            self.counts.reordered += 1;
            self.send(member, &held.frame);
        }
    }

    /// Once a second: sends what has been held back for too long; nothing has overtaken it, so it is not reordered.
    pub fn release(&mut self) {
        for peer in self.peers() {
            let Some(socket) = self.sockets.get_mut(&peer) else { continue };
            let mut due = Vec::new();
            socket.held.retain(|_, held| {
                held.rounds += 1;
                let keep = held.rounds < MOST_ROUNDS;
                if !keep {
                    due.push(std::mem::take(&mut held.frame));
                }
                keep
            });
            for frame in due {
                self.counts.deliveries += 1;
                self.send(peer, &frame);
            }
        }
    }

    fn broadcast_to_rooms_of(&mut self, peer: Peer, name: &str, body: &Value) {
        let rooms = self.sockets.get(&peer).map(|socket| socket.rooms.clone()).unwrap_or_default();
        for room in rooms {
            self.broadcast(&room, name, body);
        }
    }

    fn broadcast(&mut self, room: &str, name: &str, body: &Value) {
        let frame = format!("42{}", json!([name, body]));
        for member in self.rooms.get(room).cloned().unwrap_or_default() {
            self.send(member, &frame);
        }
    }

    fn emit(&mut self, peer: Peer, name: &str, body: &Value) {
        let frame = if body.is_null() { json!([name]) } else { json!([name, body]) };
        self.send(peer, &format!("42{frame}"));
    }

    fn send(&mut self, peer: Peer, frame: &str) {
        self.out.push((peer, frame.to_owned()));
    }

    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}
