//! Who plays which part of a run.

use super::peer::SessionId;
use run::{Capacity, Part, homes, layout};

/// The parts of a run, in the order of its workers.
#[derive(Debug, Clone, PartialEq)]
pub struct Cast {
    pub parts: Vec<Part>,
    /// In which browser each part's worker lives; `None`: in this one.
    pub places: Vec<Option<SessionId>>,
}

impl Cast {
    /// Of this browser and the others that are ready. `None`: all of them only watch.
    pub fn of(own: Capacity, others: Vec<(SessionId, Capacity)>, handshakes_in_flight: u32) -> Option<Self> {
        let sessions: Vec<_> = [None].into_iter().chain(others.iter().map(|(session, _)| Some(*session))).collect();
        let browsers: Vec<_> = [own].into_iter().chain(others.into_iter().map(|(_, capacity)| capacity)).collect();
        let plays = browsers.iter().any(|browser| !browser.only_watches);
        plays.then(|| Self {
            parts: layout(&browsers, handshakes_in_flight),
            places: homes(&browsers, handshakes_in_flight).into_iter().map(|home| sessions[home]).collect(),
        })
    }

    /// Workers that this page has to start.
    pub fn own_workers(&self) -> impl Iterator<Item = usize> + use<'_> {
        (0..self.places.len()).filter(|&worker| self.places[worker].is_none())
    }

    /// From the decision to start to the epoch: orders have to reach everybody.
    pub fn start_delay_ms(&self) -> f64 {
        if self.places.iter().all(Option::is_none) { START_MS } else { SWARM_START_MS }
    }
}

/// Enough for every worker of one page to hear of it.
const START_MS: f64 = 250.0;
const SWARM_START_MS: f64 = 3_000.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn watching(capacity: Capacity) -> Capacity {
        Capacity { only_watches: true, ..capacity }
    }

    #[test]
    fn each_worker_lives_where_its_part_is_played() {
        let other = SessionId(7);
        let kim = Capacity { browser: Some("Kim".into()), ..Capacity::own(2, 250) };
        let cast = Cast::of(watching(Capacity::own(4, 250)), vec![(other, kim.clone())], 20).expect("Kim plays");
        assert_eq!(cast.places, [Some(other), None, Some(other)]);
        let browsers: Vec<_> = cast.parts.iter().map(|part| part.browser.as_deref()).collect();
        assert_eq!(browsers, [Some("Kim"), None, Some("Kim")]);
        assert_eq!(cast.own_workers().collect::<Vec<_>>(), [1]);
        assert_eq!(cast.start_delay_ms(), 3_000.0);
        assert_eq!(Cast::of(watching(Capacity::own(4, 250)), vec![(other, watching(kim))], 20), None);
    }

    #[test]
    fn who_is_alone_waits_for_nobody() {
        let cast = Cast::of(Capacity::own(2, 250), Vec::new(), 20).expect("it plays");
        assert_eq!((cast.own_workers().count(), cast.start_delay_ms()), (2, 250.0));
    }
}
