//! Where a browser tries whether it still opens sockets: a place that is not the target's, so that a target which does not answer says
//! nothing about the browser.

use serde_json::Value;

use base::url;
use engine::wire::Trial;
use plan::{Plan, Population};
use scenario::resolve;

/// The first of these that no population goes to. Browsers open one socket after the other to the same host and port, so a place there
/// would wait behind the target's. `None`: none is left.
pub fn trial(plan: &Plan, places: impl IntoIterator<Item = Trial>) -> Option<Trial> {
    let texts: Vec<String> = plan.populations.iter().map(addresses).collect();
    places.into_iter().find(|place| {
        let authority = authority(&place.url);
        // This machine has several names.
        let is_here = url::host(&place.url).is_some_and(|host| url::is_loopback(&host));
        let port = authority.rfind(':').map(|colon| &authority[colon..]);
        let needle = port.filter(|_| is_here).unwrap_or(authority);
        !texts.iter().any(|text| text.contains(needle))
    })
}

/// Everything in which a population may name an address.
fn addresses(population: &Population) -> String {
    let scenario = resolve(&population.scenario).unwrap_or_default();
    format!("{scenario} {}", Value::from(population.variables.clone()))
}

/// Host and port as they are written.
fn authority(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(target: &str, places: &[&str], expected: Option<&str>) {
        let plan = Plan::check(&json!({ "version": 1, "name": "p", "seed": 1, "populations": [{
            "name": "users", "scenario": "ktb-chat", "variables": { "target": target },
            "load": { "model": "closed", "start": 1, "stages": [{ "duration_s": 1, "target": 1 }] }
        }] }));
        let plan = plan.unwrap_or_else(|problems| panic!("{problems:#?}"));
        let places = places.iter().map(|url| Trial { url: (*url).to_owned(), protocols: Vec::new() });
        assert_eq!(trial(&plan, places).map(|place| place.url).as_deref(), expected, "{target}");
    }

    #[test]
    fn a_place_is_never_the_target_s() {
        check("http://127.0.0.1:8080", &["ws://127.0.0.1:1883/"], Some("ws://127.0.0.1:1883/"));
        check("http://127.0.0.1:8080", &["ws://127.0.0.1:8080/x"], None);
        check("http://localhost:8080", &["ws://127.0.0.1:8080/x"], None);
        check("https://chat.example", &["ws://127.0.0.1:8099/x"], Some("ws://127.0.0.1:8099/x"));
        check(
            "http://127.0.0.1:8080",
            &["ws://127.0.0.1:8080/", "wss://broker.example/mqtt"],
            Some("wss://broker.example/mqtt"),
        );
        check("http://127.0.0.1:8080", &[], None);
    }
}
