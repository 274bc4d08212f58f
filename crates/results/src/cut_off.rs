//! The report of a run whose page vanished: of what was written down while it went.

use metrics::{Browser, Report};
use swarm::{Beginning, Replayed, replay};

/// `None`: the pages hold no beginning, or the run never started. `date` makes RFC 3339 of milliseconds since 1970.
pub fn report_of_notes<'a>(pages: impl IntoIterator<Item = &'a [u8]>, date: impl Fn(f64) -> String) -> Option<Report> {
    let Replayed { mut run, beginning, .. } = replay("", pages)?;
    let started_at = run.epoch_ms().map(date)?;
    run.cut_off();
    let browsers = run.browsers().into_iter().map(|(name, workers)| {
        let counts = run.share_of(&workers).1;
        let (sent, received, errors) = (counts.sent, counts.received, counts.errors);
        Browser { workers: workers.len() as u32, sent, received, errors, ..browser(&beginning, name) }
    });
    Some(run.report(browsers.collect(), started_at))
}

/// Who plays parts of this name; `None`: who wrote this down, whom parts do not name and a swarm does.
fn browser(beginning: &Beginning, name: Option<&str>) -> Browser {
    let is_named = |name: &str| beginning.parts.iter().any(|part| part.browser.as_deref() == Some(name));
    let own = beginning.browsers.iter().find(|browser| browser.name.as_deref().is_none_or(|name| !is_named(name)));
    let own = own.cloned().unwrap_or_default();
    let Some(name) = name else { return own };
    let known = beginning.browsers.iter().find(|browser| browser.name.as_deref() == Some(name));
    known.cloned().unwrap_or_else(|| Browser {
        name: Some(name.to_owned()),
        // It came later. Everybody in a swarm runs the same build.
        version: own.version,
        build: own.build,
        ..Browser::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use run::{Capacity, layout};

    #[test]
    fn a_conductor_that_was_cut_off_is_still_known() {
        let known = |name: Option<&str>, user_agent: &str| Browser {
            name: name.map(str::to_owned),
            user_agent: user_agent.to_owned(),
            build: "b".to_owned(),
            ..Browser::default()
        };
        let named = Capacity { browser: Some("Kim".into()), ..Capacity::own(2, 250) };
        let parts = layout(&[Capacity::own(2, 250), named], 4);
        let begun = |browsers: &[Browser]| Beginning {
            parts: parts.clone(),
            browsers: browsers.to_vec(),
            ..Beginning::default()
        };
        let (own, kim) = (known(Some("Robin"), "Chromium"), known(Some("Kim"), "Firefox"));
        let swarm = begun(&[own.clone(), kim.clone()]);
        assert_eq!((browser(&swarm, None), browser(&swarm, Some("Kim"))), (own, kim));
        assert_eq!(browser(&swarm, Some("Ash")), known(Some("Ash"), ""), "it came later");
        let alone = known(None, "Chromium");
        assert_eq!(browser(&begun(std::slice::from_ref(&alone)), None), alone);
    }
}
