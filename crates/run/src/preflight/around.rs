//! What is known of a browser and a server besides the failure, and what comes of it.

use std::collections::BTreeMap;

use super::question::{Question, QuestionSeen};

/// What is known besides.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Around {
    /// Where the page comes from, like `https://example.org`.
    pub origin: String,
    pub nearby: Nearby,
    pub seen: BTreeMap<Question, QuestionSeen>,
}

/// What the browser says about requests to nearer networks than the page's own: `granted`, `prompt`, `denied`; empty: it knows
/// no such permission.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nearby {
    pub private: String,
    pub this_machine: String,
    /// The page came unencrypted from elsewhere: such a page is not even asked for.
    pub is_insecure: bool,
}

impl Around {
    /// How long nothing came from this server, milliseconds; `None`: something did, whatever it was, or nobody asked.
    pub fn silence(&self, address: &str) -> Option<f64> {
        let answers = || self.seen.iter().filter(|(question, _)| question.is_to(address)).map(|(_, seen)| seen);
        let is_silent = answers().all(|seen| matches!(seen, QuestionSeen::Nothing { .. }));
        let times = answers().filter_map(|seen| if let QuestionSeen::Nothing { ms } = seen { Some(*ms) } else { None });
        times.filter(|_| is_silent).reduce(f64::max)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    pub cause: String,
    /// What to do.
    pub remedy: String,
}

pub fn found(cause: impl Into<String>, remedy: impl Into<String>) -> Diagnosis {
    Diagnosis { cause: cause.into(), remedy: remedy.into() }
}
