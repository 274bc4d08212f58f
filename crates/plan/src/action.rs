//! What a tester does to a run while it goes on, as data: the same document is sent live, recorded and played again.
//!
//! An action speaks of simulated users only; nothing here could reach anybody else. Whom it meets is drawn from the plan's
//! seed and the action's time, so that a recorded session meets the same users again.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use base::time::{Span, Timestamp};

/// An action and when it happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimedAction {
    /// Seconds from the run's start.
    pub at_s: f64,
    /// The population by its name; `None`: each that it suits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    #[serde(flatten)]
    pub action: Action,
}

/// Shares are 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// So many users from now to the load's end, instead of what the plan's shape says.
    Users {
        users: u32,
        /// Seconds that the change takes; 0: at once.
        #[serde(default)]
        over_s: f64,
    },
    /// So many arrivals a second from now on.
    ArrivalRate {
        per_s: f64,
        #[serde(default)]
        over_s: f64,
    },
    /// The named timer (`None`: each that sends messages) ticks in other intervals.
    Interval {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timer: Option<String>,
        #[serde(flatten)]
        pace: Pace,
    },
    /// Every think time from now on is the scenario's times this.
    Think {
        factor: f64,
    },
    /// Another value for a variable that the scenario declares as `live`: shares of a mix, sizes.
    Set {
        variable: String,
        value: Value,
    },
    /// Nobody sends until `Resume`.
    Pause,
    Resume,
    /// Each user sends one message more, now.
    SendNow,
    /// Each user sends so many messages more, now.
    Burst {
        messages: u32,
    },
    /// Connections are cut, and come back as the scenario's reconnect says.
    Drop {
        share: f64,
    },
    /// Connections are cut and opened again without any back-off.
    ReconnectStorm {
        share: f64,
    },
    /// Users hang: what arrives is thrown away unread and unanswered, and they send nothing.
    StopReading {
        share: f64,
        for_s: f64,
    },
    /// Engine.IO pings stay unanswered until the server gives the connection up.
    StopAnsweringPings {
        share: f64,
    },
    /// Users come back with a token that is not valid, and log in again when they are refused.
    ExpireTokens {
        share: f64,
    },
    /// Users run the scenario's `rejoin` steps.
    LeaveAndRejoin {
        share: f64,
    },
    /// All users run the scenario's `storm` steps at once.
    JoinStorm,
}

/// How a timer ticks, against what the scenario says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Each interval times this.
    Factor(f64),
    /// Always this, milliseconds.
    Ms(f64),
}

impl TimedAction {
    /// As soon as possible, on every population that it suits.
    pub fn now(action: Action) -> Self {
        Self { at_s: 0.0, population: None, action }
    }

    pub fn at(&self) -> Timestamp {
        Timestamp::from_millis_f64(self.at_s * 1e3)
    }

    /// For people.
    pub fn text(&self) -> String {
        match &self.population {
            Some(population) => format!("{population}: {}", self.action.text()),
            None => self.action.text(),
        }
    }
}

impl Pace {
    /// The scenario's own.
    pub const USUAL: Self = Self::Factor(1.0);

    /// What becomes of an interval that the scenario drew.
    pub fn of(self, drawn: Span) -> Span {
        match self {
            Self::Factor(factor) => Span::from_secs_f64(drawn.as_secs_f64() * factor),
            Self::Ms(ms) => Span::from_secs_f64(ms / 1e3),
        }
    }
}

impl Action {
    /// It changes how things are from then on, so whoever comes later takes it over; otherwise it happens and is over.
    pub fn lasts(&self) -> bool {
        matches!(
            self,
            Self::Users { .. }
                | Self::ArrivalRate { .. }
                | Self::Interval { .. }
                | Self::Think { .. }
                | Self::Set { .. }
                | Self::Pause
                | Self::Resume
        )
    }

    /// The share of users that it meets.
    pub fn share(&self) -> f64 {
        match *self {
            Self::Drop { share }
            | Self::ReconnectStorm { share }
            | Self::StopReading { share, .. }
            | Self::StopAnsweringPings { share }
            | Self::ExpireTokens { share }
            | Self::LeaveAndRejoin { share } => share,
            _ => 1.0,
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let percent = |share: &f64| format!("{} % of", number(share * 100.0));
        let over = |seconds: &f64| if *seconds > 0.0 { format!(" over {} s", number(*seconds)) } else { String::new() };
        match self {
            Self::Users { users, over_s } => format!("{users} users{}", over(over_s)),
            Self::ArrivalRate { per_s, over_s } => format!("{} arrivals a second{}", number(*per_s), over(over_s)),
            Self::Interval { timer, pace } => {
                let what =
                    timer.as_ref().map_or_else(|| "message interval".to_owned(), |name| format!("interval of {name}"));
                match pace {
                    Pace::Factor(factor) => format!("{what} × {}", number(*factor)),
                    Pace::Ms(ms) => format!("{what} {} ms", number(*ms)),
                }
            }
            Self::Think { factor } => format!("think time × {}", number(*factor)),
            Self::Set { variable, value } => format!("{variable} = {value}"),
            Self::Pause => "sending paused".to_owned(),
            Self::Resume => "sending resumed".to_owned(),
            Self::SendNow => "everyone sends now".to_owned(),
            Self::Burst { messages } => format!("burst of {messages} messages by every user"),
            Self::Drop { share } => format!("{} connections dropped", percent(share)),
            Self::ReconnectStorm { share } => format!("reconnect storm of {} users", percent(share)),
            Self::StopReading { share, for_s } => {
                format!("{} users stop reading for {} s", percent(share), number(*for_s))
            }
            Self::StopAnsweringPings { share } => format!("{} users stop answering pings", percent(share)),
            Self::ExpireTokens { share } => format!("tokens of {} users expire", percent(share)),
            Self::LeaveAndRejoin { share } => format!("{} users leave and rejoin", percent(share)),
            Self::JoinStorm => "everyone joins one room".to_owned(),
        }
    }
}

/// Without the digits that say nothing.
fn number(value: f64) -> String {
    let rounded = (value * 1e3).round() / 1e3;
    rounded.to_string()
}
