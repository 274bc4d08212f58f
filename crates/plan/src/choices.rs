//! What a plan names: each value of these has a name of its own.

use document::choices;
use serde::{Deserialize, Serialize};

choices! {
    /// What is done with an answer that sends a request elsewhere.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Redirects {
        /// It is an error, and nothing goes there.
        #[default]
        Refuse = "refuse",
        /// The browser follows it; where that ends is checked.
        Follow = "follow",
    }
}

impl Redirects {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

choices! {
    /// Whether a connection says that it belongs to a load test, and how: as `tabswarm=<run>`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Mark {
        /// In the query of connections to public hosts.
        #[default]
        Public = "public",
        /// In the query of every connection.
        Query = "query",
        /// In the auth object of every Socket.IO connection.
        Auth = "auth",
        None = "none",
    }
}

impl Mark {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

choices! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum ShapeName {
        Smoke = "smoke",
        Load = "load",
        Stress = "stress",
        Spike = "spike",
        Soak = "soak",
        Breakpoint = "breakpoint",
    }
}

choices! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Ramp {
        #[default]
        Linear = "linear",
        Step = "step",
    }
}

choices! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Raised {
        /// Users at the same time.
        Users = "users",
        /// Arrivals per second.
        Arrivals = "arrivals",
        /// Messages per second of all users together.
        Messages = "messages",
    }
}

impl Raised {
    /// What stands behind a level.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Arrivals => "arrivals/s",
            Self::Messages => "messages/s",
        }
    }
}
