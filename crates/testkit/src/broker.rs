//! A simulated MQTT broker, and a network between it and the links of a swarm: slow, lossy, cut, restarted.

use std::collections::{BTreeMap, BinaryHeap, HashMap};

use mqtt_protocol_core::mqtt::Version;
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::role::Server;
use mqtt_protocol_core::mqtt::connection::{Connection, Event};
use mqtt_protocol_core::mqtt::packet::v3_1_1::{Connack, Pingresp, Publish, Suback};
use mqtt_protocol_core::mqtt::packet::{GenericPacketTrait, Packet, Qos};
use mqtt_protocol_core::mqtt::result_code::{ConnectReturnCode, SubackReturnCode};

use swarm::{Link, LinkCommand, LinkEvent, LinkInput, LinkOutput};

/// What happens to a message between broker and subscriber. Shares are 0 to 1, times milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct WayFaults {
    pub lose: f64,
    pub duplicate: f64,
    /// Delayed by up to `late_ms`, so that others overtake it.
    pub delay: f64,
    pub late_ms: f64,
}

/// Links around one broker.
pub struct SwarmNet {
    nodes: Vec<Node>,
    now_ms: f64,
    /// What is under way, by its time of arrival.
    way: BinaryHeap<Under>,
    sent: u64,
    clients: BTreeMap<usize, Client>,
    retained: HashMap<String, Vec<u8>>,
    is_up: bool,
    random: fastrand::Rng,
    pub faults: WayFaults,
    /// Every payload that was published, with its topic: what a curious broker sees.
    pub seen: Vec<(String, Vec<u8>)>,
}

struct Node {
    link: Link,
    /// Its clock against true time.
    offset_ms: f64,
    drift: f64,
    /// Ways to the broker and back, least and most milliseconds.
    there: (f64, f64),
    back: (f64, f64),
    is_cut: bool,
    /// It sleeps, and hears when it wakes what came meanwhile.
    is_asleep: bool,
    slept_through: Vec<Under>,
    /// Tells connections of a node apart.
    connection: u64,
    arrived_ms: [f64; 2],
    told: Vec<(f64, LinkEvent)>,
}

struct Client {
    mqtt: Connection<Server>,
    connection: u64,
    subscriptions: Vec<String>,
    will: Option<(String, Vec<u8>)>,
}

struct Under {
    at_ms: f64,
    number: u64,
    node: usize,
    connection: u64,
    what: Way,
}

enum Way {
    Opened,
    Closed(&'static str),
    ToBroker(Vec<u8>),
    FromBroker(Vec<u8>),
}

impl SwarmNet {
    pub fn new(seed: u64) -> Self {
        Self {
            nodes: Vec::new(),
            now_ms: 0.0,
            way: BinaryHeap::new(),
            sent: 0,
            clients: BTreeMap::new(),
            retained: HashMap::new(),
            is_up: true,
            random: fastrand::Rng::with_seed(seed),
            faults: WayFaults::default(),
            seen: Vec::new(),
        }
    }

    /// A browser with a clock that is wrong by so much at time zero, and runs wrong by `drift`.
    pub fn add(&mut self, link: Link, offset_ms: f64, drift: f64, there: (f64, f64), back: (f64, f64)) -> usize {
        let (is_cut, connection, arrived_ms, told) = (false, 0, [0.0; 2], Vec::new());
        let (is_asleep, slept_through) = (false, Vec::new());
        self.nodes.push(Node {
            link,
            offset_ms,
            drift,
            there,
            back,
            is_cut,
            is_asleep,
            slept_through,
            connection,
            arrived_ms,
            told,
        });
        self.nodes.len() - 1
    }

    /// The page of that browser is loaded anew.
    pub fn reload(&mut self, node: usize, link: Link) {
        self.nodes[node].link = link;
        self.hang_up(node);
    }

    pub fn command(&mut self, node: usize, command: LinkCommand) {
        self.give(node, LinkInput::Command(command));
    }

    /// What its link told since the last call, with the true time.
    pub fn told(&mut self, node: usize) -> Vec<(f64, LinkEvent)> {
        std::mem::take(&mut self.nodes[node].told)
    }

    pub fn now_ms(&self) -> f64 {
        self.now_ms
    }

    /// What a clock shows at true time.
    pub fn clock_of(&self, node: usize) -> f64 {
        let node = &self.nodes[node];
        BEGINNING_MS + self.now_ms + node.offset_ms + node.drift * self.now_ms
    }

    /// Nothing gets through to it or from it; nobody is told.
    pub fn cut(&mut self, node: usize, is_cut: bool) {
        self.nodes[node].is_cut = is_cut;
    }

    /// Its machine sleeps, or wakes up again; its clock goes on.
    pub fn sleep(&mut self, node: usize, is_asleep: bool) {
        self.nodes[node].is_asleep = is_asleep;
        let missed = std::mem::take(&mut self.nodes[node].slept_through);
        self.way.extend(missed);
    }

    /// Its socket closes, and the broker publishes its will.
    pub fn hang_up(&mut self, node: usize) {
        self.drop_client(node);
        self.under(node, Way::Closed("reset"));
    }

    /// The broker is gone, or there again; it forgets everything.
    pub fn power(&mut self, is_up: bool) {
        self.is_up = is_up;
        if !is_up {
            self.retained.clear();
            self.clients.clear();
            (0..self.nodes.len()).for_each(|node| self.under(node, Way::Closed("the broker is gone")));
        }
    }

    /// Somebody else publishes.
    pub fn inject(&mut self, topic: &str, payload: &[u8]) {
        self.route(topic, payload.to_vec(), false);
    }

    pub fn run(&mut self, millis: f64) {
        let until_ms = self.now_ms + millis;
        while self.now_ms < until_ms {
            let next_tick = (self.now_ms / TICK_MS).floor() * TICK_MS + TICK_MS;
            let next = self.way.peek().map_or(f64::INFINITY, |under| under.at_ms);
            self.now_ms = next_tick.min(next).min(until_ms).max(self.now_ms);
            while self.way.peek().is_some_and(|under| under.at_ms <= self.now_ms) {
                let under = self.way.pop().expect("it was looked at");
                self.arrive(under);
            }
            if self.now_ms >= next_tick {
                let awake = (0..self.nodes.len()).filter(|&node| !self.nodes[node].is_asleep);
                awake.collect::<Vec<_>>().into_iter().for_each(|node| self.give(node, LinkInput::Tick));
            }
        }
    }

    fn give(&mut self, node: usize, input: LinkInput<'_>) {
        let clock_ms = self.clock_of(node);
        let now_ms = self.now_ms;
        self.nodes[node].link.handle(clock_ms, input);
        while let Some(output) = self.nodes[node].link.poll() {
            match output {
                LinkOutput::Tell(event) => self.nodes[node].told.push((now_ms, event)),
                LinkOutput::Open => self.open(node),
                LinkOutput::Send(bytes) => self.under(node, Way::ToBroker(bytes)),
                LinkOutput::Close => self.drop_client(node),
            }
        }
    }

    fn open(&mut self, node: usize) {
        self.nodes[node].connection += 1;
        // What a cut network swallows is neither opened nor refused.
        if self.nodes[node].is_cut {
            return;
        }
        let opens = self.is_up;
        if opens {
            let client = Client {
                mqtt: Connection::new(Version::V3_1_1),
                connection: self.nodes[node].connection,
                subscriptions: Vec::new(),
                will: None,
            };
            self.clients.insert(node, client);
        }
        self.under(node, if opens { Way::Opened } else { Way::Closed("refused") });
    }

    /// Puts something on its way, in order with what went the same way before.
    fn under(&mut self, node: usize, what: Way) {
        let to_broker = matches!(what, Way::ToBroker(_));
        let (least, most) = if to_broker { self.nodes[node].there } else { self.nodes[node].back };
        let takes = least + (most - least) * self.random.f64().powi(3);
        let last = &mut self.nodes[node].arrived_ms[usize::from(to_broker)];
        let at_ms = (self.now_ms + takes).max(*last);
        *last = at_ms;
        let connection = self.nodes[node].connection;
        self.push(at_ms, node, connection, what);
    }

    fn push(&mut self, at_ms: f64, node: usize, connection: u64, what: Way) {
        self.sent += 1;
        self.way.push(Under { at_ms, number: self.sent, node, connection, what });
    }

    fn arrive(&mut self, under: Under) {
        if self.nodes[under.node].is_asleep && !matches!(under.what, Way::ToBroker(_)) {
            return self.nodes[under.node].slept_through.push(under);
        }
        let Under { node, connection, what, .. } = under;
        let of_now = self.nodes[node].connection == connection;
        let is_cut = self.nodes[node].is_cut;
        match what {
            Way::Opened if of_now && !is_cut => self.give(node, LinkInput::Opened),
            Way::Closed(why) if of_now => self.give(node, LinkInput::Closed(why)),
            Way::FromBroker(bytes) if of_now && !is_cut => self.give(node, LinkInput::Bytes(&bytes)),
            Way::ToBroker(bytes) if !is_cut => self.hear(node, connection, &bytes),
            _ => {}
        }
    }

    fn drop_client(&mut self, node: usize) {
        if let Some((topic, payload)) = self.clients.remove(&node).and_then(|client| client.will) {
            self.route(&topic, payload, false);
        }
    }

    fn hear(&mut self, node: usize, connection: u64, bytes: &[u8]) {
        let mut cursor = Cursor::new(bytes);
        while (cursor.position() as usize) < bytes.len() {
            let Some(client) = self.clients.get_mut(&node).filter(|client| client.connection == connection) else {
                return;
            };
            let events = client.mqtt.recv(&mut cursor);
            for event in events {
                if let Event::NotifyPacketReceived(packet) = event {
                    self.on_packet(node, packet);
                }
            }
        }
    }

    fn on_packet(&mut self, node: usize, packet: Packet) {
        let Some(client) = self.clients.get_mut(&node) else { return };
        match packet {
            Packet::V3_1_1Connect(connect) => {
                client.will = connect
                    .will_topic()
                    .zip(connect.will_payload())
                    .map(|(topic, payload)| (topic.to_owned(), payload.to_vec()));
                let answer = Connack::builder().session_present(false).return_code(ConnectReturnCode::Accepted).build();
                self.answer(node, Packet::V3_1_1Connack(answer.expect("it is complete")));
            }
            Packet::V3_1_1Subscribe(subscribe) => {
                let topics: Vec<_> = subscribe.entries().iter().map(|entry| entry.topic_filter().to_owned()).collect();
                client.subscriptions.extend(topics.iter().cloned());
                let codes = vec![SubackReturnCode::SuccessMaximumQos0; topics.len()];
                let answer = Suback::builder().packet_id(subscribe.packet_id()).return_codes(codes).build();
                self.answer(node, Packet::V3_1_1Suback(answer.expect("it is complete")));
                for topic in topics {
                    if let Some(payload) = self.retained.get(&topic).cloned() {
                        self.publish_to(node, &topic, payload, 0.0);
                    }
                }
            }
            Packet::V3_1_1Pingreq(_) => self.answer(node, Packet::V3_1_1Pingresp(Pingresp::new())),
            Packet::V3_1_1Publish(publish) => {
                let payload = publish.payload().as_slice().to_vec();
                self.route(publish.topic_name(), payload, publish.retain());
            }
            _ => {}
        }
    }

    fn route(&mut self, topic: &str, payload: Vec<u8>, retain: bool) {
        if !self.is_up {
            return;
        }
        self.seen.push((topic.to_owned(), payload.clone()));
        if retain && payload.is_empty() {
            self.retained.remove(topic);
        } else if retain {
            self.retained.insert(topic.to_owned(), payload.clone());
        }
        let subscribers: Vec<usize> = self
            .clients
            .iter()
            .filter(|(_, client)| client.subscriptions.iter().any(|known| known == topic))
            .map(|(&node, _)| node)
            .collect();
        for node in subscribers {
            let WayFaults { lose, duplicate, delay, late_ms } = self.faults;
            if self.random.f64() < lose {
                continue;
            }
            for _ in 0..=u8::from(self.random.f64() < duplicate) {
                let late_ms = if self.random.f64() < delay { self.random.f64() * late_ms } else { 0.0 };
                self.publish_to(node, topic, payload.clone(), late_ms);
            }
        }
    }

    fn publish_to(&mut self, node: usize, topic: &str, payload: Vec<u8>, late_ms: f64) {
        let publish = Publish::builder()
            .topic_name(topic)
            .expect("it came as a topic")
            .qos(Qos::AtMostOnce)
            .payload(payload)
            .build();
        let bytes = publish.expect("it is complete").to_continuous_buffer();
        if late_ms > 0.0 {
            let (connection, least) = (self.nodes[node].connection, self.nodes[node].back.0);
            return self.push(self.now_ms + least + late_ms, node, connection, Way::FromBroker(bytes));
        }
        self.under(node, Way::FromBroker(bytes));
    }

    fn answer(&mut self, node: usize, packet: Packet) {
        let Some(client) = self.clients.get_mut(&node) else { return };
        for event in client.mqtt.send(packet) {
            if let Event::RequestSendPacket { packet, .. } = event {
                self.under(node, Way::FromBroker(packet.to_continuous_buffer()));
            }
        }
    }
}

impl PartialEq for Under {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Under {}

impl PartialOrd for Under {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The earliest is the greatest: a heap gives that first.
impl Ord for Under {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.at_ms.total_cmp(&self.at_ms).then(other.number.cmp(&self.number))
    }
}

/// True time zero, milliseconds since 1970.
const BEGINNING_MS: f64 = 1.795e12;
const TICK_MS: f64 = 250.0;
