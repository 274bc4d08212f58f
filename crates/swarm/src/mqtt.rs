//! One MQTT 3.1.1 connection to a broker: who we are, what we subscribe to, what we publish.
//!
//! 3.1.1, because every broker with a WebSocket listener speaks it, while several (NATS, rumqttd, older RabbitMQ) do not
//! speak 5 there, and the swarm needs nothing that only 5 has. Quality of service 0: order, repetition and confirmation are
//! the swarm's own ([`super::stream`]), from end to end and not just to the broker.

use std::collections::VecDeque;

use mqtt_protocol_core::mqtt::Version;
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::role::Client;
use mqtt_protocol_core::mqtt::connection::{Connection, Event, TimerKind};
use mqtt_protocol_core::mqtt::packet::v3_1_1::{Connect, Publish, Subscribe};
use mqtt_protocol_core::mqtt::packet::{GenericPacketTrait, Packet, Qos, SubEntry, SubOpts};
use mqtt_protocol_core::mqtt::result_code::{ConnectReturnCode, MqttError, SubackReturnCode};
use serde::{Deserialize, Serialize};

use super::gate::Gate;

/// What a broker asks for before it lets somebody in. Kept in memory only.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Credentials {
    pub user: String,
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// How a connection introduces itself.
#[derive(Debug)]
pub struct MqttIdentity<'a> {
    pub client_id: &'a str,
    pub credentials: Option<&'a Credentials>,
    /// What the broker publishes for us when we vanish: topic and payload. Who cannot speak leaves none.
    pub will: Option<(&'a str, Vec<u8>)>,
    pub subscriptions: &'a [String],
}

#[derive(Debug, PartialEq, Eq)]
pub enum MqttOutput {
    /// Bytes for the socket.
    Send(Vec<u8>),
    /// Let in and subscribed.
    Ready,
    Message {
        topic: String,
        payload: Vec<u8>,
    },
    /// Nothing more will come: in plain words why.
    Closed(String),
}

/// A text is too long for MQTT, or has characters that it forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the broker's connection cannot be made: {0:?}")]
pub struct Unmakeable(MqttError);

/// A connection, from the moment its socket is open. Times in milliseconds of any clock.
pub struct Mqtt {
    connection: Connection<Client>,
    gate: Gate,
    subscriptions: Vec<String>,
    out: VecDeque<MqttOutput>,
    /// When to ask the broker whether it lives, and when to give it up.
    ping_ms: f64,
    silence_ms: f64,
    closed: bool,
}

impl Mqtt {
    /// # Errors
    /// A text is too long or has characters that MQTT forbids.
    pub fn new(introduction: &MqttIdentity<'_>) -> Result<Self, Unmakeable> {
        let MqttIdentity { client_id, credentials, will, subscriptions } = introduction;
        let connect = Connect::builder().client_id(*client_id).map_err(Unmakeable)?;
        let mut connect = connect.clean_session(true).keep_alive(KEEP_ALIVE_S);
        if let Some((topic, payload)) = will {
            connect = connect.will_message(*topic, payload.clone(), Qos::AtMostOnce, false).map_err(Unmakeable)?;
        }
        if let Some(Credentials { user, password }) = credentials {
            connect = connect.user_name(user.as_str()).map_err(Unmakeable)?;
            connect = connect.password(password.as_str()).map_err(Unmakeable)?;
        }
        let mut this = Self {
            connection: Connection::new(Version::V3_1_1),
            gate: Gate::new(subscriptions),
            subscriptions: subscriptions.to_vec(),
            out: VecDeque::new(),
            ping_ms: f64::INFINITY,
            silence_ms: f64::INFINITY,
            closed: false,
        };
        this.connection.set_pingresp_recv_timeout(PING_ANSWER_MS);
        let events = this.connection.send(Packet::V3_1_1Connect(connect.build().map_err(Unmakeable)?));
        this.obey(0.0, events);
        // Timers begin with the first tick, which knows the time.
        (this.ping_ms, this.silence_ms) = (f64::INFINITY, f64::INFINITY);
        Ok(this)
    }

    pub fn poll(&mut self) -> Option<MqttOutput> {
        self.out.pop_front()
    }

    /// A WebSocket message holds a part of a packet, or several. The library sees only those that we asked for.
    pub fn on_bytes(&mut self, now_ms: f64, bytes: &[u8]) {
        self.gate.push(bytes);
        while !self.closed {
            match self.gate.poll() {
                Ok(None) => return,
                Ok(Some(packet)) => {
                    let events = self.connection.recv(&mut Cursor::new(packet.as_slice()));
                    self.obey(now_ms, events);
                }
                Err(why) => self.close(format!("the broker sent what nobody asked for: {why}")),
            }
        }
    }

    pub fn publish(&mut self, now_ms: f64, topic: &str, payload: Vec<u8>, retain: bool) {
        let publish = Publish::builder().topic_name(topic);
        let publish = publish.and_then(|publish| publish.qos(Qos::AtMostOnce).retain(retain).payload(payload).build());
        // Topics are hexadecimal digits and slashes: they cannot be refused.
        if let Ok(publish) = publish {
            let events = self.connection.send(Packet::V3_1_1Publish(publish));
            self.obey(now_ms, events);
        }
    }

    /// Asks the broker at once whether it lives: it has to answer.
    pub fn ask(&mut self, now_ms: f64) {
        let events = self.connection.notify_timer_fired(TimerKind::PingreqSend);
        self.obey(now_ms, events);
    }

    /// Time has passed.
    pub fn on_tick(&mut self, now_ms: f64) {
        if self.ping_ms.is_infinite() && self.silence_ms.is_infinite() {
            self.ping_ms = now_ms + f64::from(KEEP_ALIVE_S) * 1e3 / 2.0;
        }
        for (kind, due) in [(TimerKind::PingreqSend, self.ping_ms), (TimerKind::PingrespRecv, self.silence_ms)] {
            if due <= now_ms && !self.closed {
                *self.timer(kind) = f64::INFINITY;
                let events = self.connection.notify_timer_fired(kind);
                self.obey(now_ms, events);
                if kind == TimerKind::PingrespRecv {
                    self.close("the broker does not answer".to_owned());
                }
            }
        }
    }

    fn timer(&mut self, kind: TimerKind) -> &mut f64 {
        match kind {
            TimerKind::PingrespRecv => &mut self.silence_ms,
            _ => &mut self.ping_ms,
        }
    }

    fn obey(&mut self, now_ms: f64, events: Vec<Event>) {
        for event in events {
            match event {
                Event::RequestSendPacket { packet, .. } => {
                    if matches!(packet, Packet::V3_1_1Pingreq(_)) {
                        self.gate.pinging();
                    }
                    self.out.push_back(MqttOutput::Send(packet.to_continuous_buffer()));
                }
                Event::RequestTimerReset { kind, duration_ms } => *self.timer(kind) = now_ms + duration_ms as f64,
                Event::RequestTimerCancel(kind) => *self.timer(kind) = f64::INFINITY,
                Event::NotifyPacketReceived(packet) => self.on_packet(now_ms, packet),
                Event::NotifyError(error) => self.close(format!("the broker said what is no MQTT: {error:?}")),
                Event::RequestClose => self.close("the broker's connection is over".to_owned()),
                Event::NotifyPacketIdReleased(_) => {}
            }
        }
    }

    fn on_packet(&mut self, now_ms: f64, packet: Packet) {
        match packet {
            Packet::V3_1_1Connack(answer) => match answer.return_code() {
                ConnectReturnCode::Accepted => self.subscribe(now_ms),
                ConnectReturnCode::BadUserNameOrPassword => {
                    self.close("the broker refused the user name or password".into())
                }
                ConnectReturnCode::NotAuthorized => self.close("the broker wants a user name and a password".into()),
                code => self.close(format!("the broker refused the connection: {code:?}")),
            },
            Packet::V3_1_1Suback(answer) => {
                if answer.return_codes().iter().all(|code| *code != SubackReturnCode::Failure) {
                    self.out.push_back(MqttOutput::Ready);
                } else {
                    self.close("the broker does not let us subscribe".to_owned());
                }
            }
            Packet::V3_1_1Publish(publish) => self.out.push_back(MqttOutput::Message {
                topic: publish.topic_name().to_owned(),
                payload: publish.payload().as_slice().to_vec(),
            }),
            _ => {}
        }
    }

    fn subscribe(&mut self, now_ms: f64) {
        let options = || SubOpts::new().set_qos(Qos::AtMostOnce);
        let entries = self
            .subscriptions
            .iter()
            .map(|topic| SubEntry::new(topic.as_str(), options()))
            .collect::<Result<Vec<_>, _>>();
        let packet = entries.and_then(|entries| {
            let packet_id = self.connection.acquire_packet_id()?;
            self.gate.subscribing(packet_id);
            Subscribe::builder().packet_id(packet_id).entries(entries).build()
        });
        match packet {
            Ok(packet) => {
                let events = self.connection.send(Packet::V3_1_1Subscribe(packet));
                self.obey(now_ms, events);
            }
            Err(error) => self.close(format!("the topics cannot be subscribed to: {error:?}")),
        }
    }

    fn close(&mut self, why: String) {
        if !std::mem::replace(&mut self.closed, true) {
            self.out.push_back(MqttOutput::Closed(why));
        }
    }
}

/// A broker gives a silent client up after one and a half times this.
const KEEP_ALIVE_S: u16 = 10;
const PING_ANSWER_MS: u64 = 5_000;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mqtt() -> Mqtt {
        let subscriptions = ["tabswarm/b".to_owned()];
        let introduction = MqttIdentity {
            client_id: "ts1",
            credentials: None,
            will: Some(("tabswarm/c", vec![1])),
            subscriptions: &subscriptions,
        };
        Mqtt::new(&introduction).expect("nothing of it is forbidden")
    }

    fn outputs(mqtt: &mut Mqtt) -> Vec<MqttOutput> {
        std::iter::from_fn(|| mqtt.poll()).filter(|output| !matches!(output, MqttOutput::Send(_))).collect()
    }

    /// A broker's welcome, its confirmation of the first subscription, and a message.
    const CONNACK: &[u8] = &[0x20, 2, 0, 0];
    const SUBACK: &[u8] = &[0x90, 3, 0, 1, 0];
    const PUBLISH: &[u8] = b"\x30\x0e\0\x0atabswarm/bhi";

    fn message() -> MqttOutput {
        MqttOutput::Message { topic: "tabswarm/b".into(), payload: b"hi".to_vec() }
    }

    #[test]
    fn packets_come_in_pieces_or_several_at_once() {
        let all = [CONNACK, SUBACK, PUBLISH, PUBLISH].concat();
        for piece in 1..all.len() {
            let mut mqtt = mqtt();
            all.chunks(piece).for_each(|bytes| mqtt.on_bytes(0.0, bytes));
            assert_eq!(outputs(&mut mqtt), [MqttOutput::Ready, message(), message()], "in pieces of {piece}");
        }
    }

    #[test]
    fn a_refusal_says_what_the_broker_wants() {
        #[track_caller]
        fn check(code: u8, expected: &str) {
            let mut mqtt = mqtt();
            mqtt.on_bytes(0.0, &[0x20, 2, 0, code]);
            assert_eq!(outputs(&mut mqtt), [MqttOutput::Closed(expected.to_owned())]);
        }
        check(4, "the broker refused the user name or password");
        check(5, "the broker wants a user name and a password");
        check(3, "the broker refused the connection: ServerUnavailable");
    }

    #[test]
    fn what_nobody_asked_for_closes_the_connection_and_says_why() {
        let mut mqtt = mqtt();
        mqtt.on_bytes(0.0, &[CONNACK, SUBACK, b"\x34\x0c\0\x0atabswarm/b", PUBLISH].concat());
        let why = "the broker sent what nobody asked for: a PUBLISH of a quality above 0 where none can come (first byte 0x34)";
        assert_eq!(outputs(&mut mqtt), [MqttOutput::Ready, MqttOutput::Closed(why.to_owned())]);
    }

    #[test]
    fn a_broker_that_says_nothing_is_given_up() {
        let mut mqtt = mqtt();
        mqtt.on_bytes(0.0, &[CONNACK, SUBACK].concat());
        (0..80).for_each(|quarter| mqtt.on_tick(f64::from(quarter) * 250.0));
        assert!(matches!(outputs(&mut mqtt).as_slice(), [MqttOutput::Ready, MqttOutput::Closed(_)]));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(before in 0..3usize, bytes: Vec<u8>, more: Vec<u8>) {
            let mut mqtt = mqtt();
            mqtt.on_bytes(0.0, &[CONNACK, SUBACK, PUBLISH][..before].concat());
            mqtt.on_bytes(1.0, &bytes);
            mqtt.on_bytes(2.0, &more);
            mqtt.publish(3.0, "tabswarm/c", vec![1], false);
            mqtt.on_tick(60_000.0);
        }

        #[test]
        fn no_broken_packet_makes_it_panic(at in 0..20usize, byte: u8) {
            let mut all = [CONNACK, SUBACK, PUBLISH].concat();
            let length = all.len();
            all[at % length] = byte;
            mqtt().on_bytes(0.0, &all);
        }
    }
}
