//! What a plan's microphones need of this machine's uplink, before anything starts: a sum, and a word of warning.

use crate::format;
use base::url;
use plan::Plan;

/// Above this most uplinks are full, and then every time in the results is also the uplink's.
pub const LIMIT_BYTES_PER_SECOND: f64 = 2_500_000.0;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uplink {
    pub text: String,
    /// It may well be more than the way to the target carries.
    pub is_heavy: bool,
}

/// `None`: nobody has a microphone.
pub fn uplink(plan: &Plan) -> Option<Uplink> {
    let mut needs = Needs::default();
    for population in &plan.populations {
        let Ok(program) = population.program() else { continue };
        let each = program.uplink();
        if each > 0.0 {
            let users = f64::from(population.load.max_users());
            let target = population.variables.get("target").and_then(|target| target.as_str());
            needs.microphones += users;
            needs.all += users * each;
            needs.away +=
                if target.and_then(url::host).is_some_and(|host| url::is_loopback(&host)) { 0.0 } else { users * each };
        }
    }
    (needs.microphones > 0.0).then(|| needs.in_words())
}

/// Microphones, and bytes a second of all of them and of those that leave this machine.
#[derive(Debug, Default)]
struct Needs {
    microphones: f64,
    all: f64,
    away: f64,
}

impl Needs {
    fn in_words(&self) -> Uplink {
        let is_heavy = self.away > LIMIT_BYTES_PER_SECOND;
        let needed = format!(
            "Needs up to {}/s of uplink: {} open microphones.",
            format::bytes(self.all),
            format::number(self.microphones)
        );
        let rest = match (is_heavy, self.away > 0.0) {
            (true, _) => format!(
                " More than {}/s ({} Mbit/s) is more than many uplinks carry; a full one delays everything that is measured.",
                format::bytes(LIMIT_BYTES_PER_SECOND),
                format::number(LIMIT_BYTES_PER_SECOND * 8.0 / 1e6)
            ),
            (false, false) => " The target is this machine: no uplink is used.".to_owned(),
            (false, true) => String::new(),
        };
        Uplink { text: needed + &rest, is_heavy }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(scenario: &str, target: &str, users: u32, expected: Option<(&str, bool)>) {
        let plan = json!({"version": 1, "name": "a", "populations": [{
            "name": "a", "scenario": scenario, "variables": {"target": target},
            "load": {"model": "shape", "name": "load", "users": users, "duration_s": 60},
        }]});
        let plan = Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:?}"));
        let found = uplink(&plan).map(|uplink| (uplink.text.replace('\u{a0}', " "), uplink.is_heavy));
        assert_eq!(found, expected.map(|(text, is_heavy)| (text.to_owned(), is_heavy)));
    }

    #[test]
    fn the_sum_of_all_microphones() {
        check("ktb-chat", "https://a.example", 500, None);
        check(
            "voice-guest",
            "https://a.example",
            20,
            Some(("Needs up to 1.29 MB/s of uplink: 20 open microphones.", false)),
        );
        let heavy = "Needs up to 6.43 MB/s of uplink: 100 open microphones. More than 2.5 MB/s (20 Mbit/s) is more than many \
                     uplinks carry; a full one delays everything that is measured.";
        check("voice-guest", "https://a.example", 100, Some((heavy, true)));
        let local =
            "Needs up to 6.43 MB/s of uplink: 100 open microphones. The target is this machine: no uplink is used.";
        check("voice-guest", "http://127.0.0.1:4280", 100, Some((local, false)));
    }
}
