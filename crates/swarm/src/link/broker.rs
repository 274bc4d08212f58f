//! The connection to the broker: opened, let in, lost, and tried again.

use super::EVERY_MS;
use crate::line::SILENCE_MS;
use crate::mqtt::Mqtt;

pub struct Broker {
    state: State,
    /// Connections so far.
    connection: u32,
    /// Spreads the retries of many browsers.
    jitter: fastrand::Rng,
}

enum State {
    Down { until_ms: f64, failures: u32 },
    Opening { since_ms: f64, failures: u32 },
    Up { mqtt: Box<Mqtt>, is_ready: bool, since_ms: f64, failures: u32, quiet: Quiet },
}

/// For how long a broker that let us in has said nothing while we listened.
#[derive(Debug, Clone, Copy, Default)]
struct Quiet {
    ms: f64,
    is_asked: bool,
}

/// What the connection needs because time has passed.
pub enum BrokerNeed {
    Open,
    /// For this reason.
    Close(&'static str),
}

impl Broker {
    pub fn new(jitter: fastrand::Rng) -> Self {
        Self { state: State::Down { until_ms: f64::NEG_INFINITY, failures: 0 }, connection: 0, jitter }
    }

    /// The number of the present connection, from 1.
    pub const fn connection(&self) -> u32 {
        self.connection
    }

    /// The socket is open: the number of the connection that begins. `None`: nobody has asked for one.
    pub fn next_connection(&mut self) -> Option<u32> {
        let State::Opening { .. } = self.state else { return None };
        self.connection += 1;
        Some(self.connection)
    }

    /// What speaks to the broker from now on.
    pub fn introduce(&mut self, now_ms: f64, mqtt: Mqtt) {
        if let State::Opening { failures, .. } = self.state {
            let (mqtt, quiet) = (Box::new(mqtt), Quiet::default());
            self.state = State::Up { mqtt, is_ready: false, since_ms: now_ms, failures, quiet };
        }
    }

    /// The broker has let us in.
    pub fn welcome(&mut self) {
        if let State::Up { is_ready, .. } = &mut self.state {
            *is_ready = true;
        }
    }

    /// What speaks to the broker, if anything does.
    pub fn mqtt(&mut self) -> Option<&mut Mqtt> {
        match &mut self.state {
            State::Up { mqtt, .. } => Some(mqtt),
            State::Down { .. } | State::Opening { .. } => None,
        }
    }

    /// The same, once the broker has let us in.
    pub fn ready(&mut self) -> Option<&mut Mqtt> {
        match &mut self.state {
            State::Up { mqtt, is_ready: true, .. } => Some(mqtt),
            _ => None,
        }
    }

    pub fn on_bytes(&mut self, now_ms: f64, bytes: &[u8]) {
        if let State::Up { mqtt, quiet, .. } = &mut self.state {
            *quiet = Quiet::default();
            mqtt.on_bytes(now_ms, bytes);
        }
    }

    /// The socket closed, or could not be opened: it is tried again in a while. `false`: that is known.
    pub fn lose(&mut self, now_ms: f64) -> bool {
        let failures = match &self.state {
            State::Up { is_ready: true, .. } => 0,
            State::Up { failures, .. } | State::Opening { failures, .. } => failures + 1,
            State::Down { .. } => return false,
        };
        let wait_ms = RETRY_MS.0 + (RETRY_MS.1 - RETRY_MS.0) * self.jitter.f64();
        self.state = State::Down { until_ms: now_ms + wait_ms, failures };
        true
    }

    /// Time has passed; for `listened_ms` of it the broker could be heard.
    pub fn on_tick(&mut self, now_ms: f64, listened_ms: f64) -> Option<BrokerNeed> {
        match &mut self.state {
            State::Down { until_ms, failures } if *until_ms <= now_ms => {
                self.state = State::Opening { since_ms: now_ms, failures: *failures };
                Some(BrokerNeed::Open)
            }
            State::Opening { since_ms, failures } | State::Up { is_ready: false, since_ms, failures, .. }
                if now_ms - *since_ms > welcome_ms(*failures) =>
            {
                Some(BrokerNeed::Close("the broker does not let us in"))
            }
            State::Up { mqtt, is_ready, quiet, .. } => {
                mqtt.on_tick(now_ms);
                quiet.ms += if *is_ready { listened_ms } else { 0.0 };
                // A network that is cut says nothing, and TCP takes minutes to say so.
                if quiet.ms > SILENCE_MS {
                    return Some(BrokerNeed::Close("the broker is silent"));
                }
                if quiet.ms >= EVERY_MS && !std::mem::replace(&mut quiet.is_asked, true) {
                    mqtt.ask(now_ms);
                }
                None
            }
            State::Down { .. } | State::Opening { .. } => None,
        }
    }
}

/// Between two attempts to reach the broker, least and most: all browsers of a swarm miss it at the same moment.
const RETRY_MS: (f64, f64) = (500.0, 1_000.0);

/// How long an attempt may take until the socket is open, and how long from there to the broker's welcome. What the network
/// has swallowed never ends, so it is begun anew soon; on a slow way every fourth attempt has time.
fn welcome_ms(failures: u32) -> f64 {
    if failures % 4 == 3 { 10_000.0 } else { SILENCE_MS }
}
