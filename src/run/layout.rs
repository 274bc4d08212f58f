//! Which workers a browser gives a run, and what each of them plays.

use crate::plan::Segment;

/// What one worker of this browser plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub segment: Segment,
    /// Handshakes that this worker may have in flight.
    pub handshakes: u32,
    /// HTTP exchanges that it may have in flight.
    pub fetches: u32,
}

impl Part {
    /// It plays the probe and nobody else.
    pub fn is_probe(&self) -> bool {
        self.segment.probe_part == Some(self.segment.part)
    }
}

/// The parts of a run that has one browser with `cores` logical processors to itself.
///
/// One core is left to the page and the browser's own processes. The probe is a worker of its own: one user whose
/// worker has nothing else to do shows what the others would see if they were not busy. It comes last, has no weight
/// among the users, and needs one handshake.
pub fn layout(cores: u32, handshakes_in_flight: u32) -> Vec<Part> {
    let load_parts = cores.saturating_sub(1).clamp(1, MAX_LOAD_WORKERS) as usize;
    let mut weights = vec![1; load_parts];
    weights.push(0);
    let handshakes = split(handshakes_in_flight.saturating_sub(1), load_parts).chain([1]);
    let fetches = split(CONNECTIONS_PER_HOST - 1, load_parts).chain([1]);
    handshakes
        .zip(fetches)
        .enumerate()
        .map(|(part, (handshakes, fetches))| Part {
            segment: Segment { part, weights: weights.clone(), probe_part: Some(load_parts) },
            handshakes,
            fetches,
        })
        .collect()
}

/// `total` in `parts` shares that differ by at most one, none below one.
fn split(total: u32, parts: usize) -> impl Iterator<Item = u32> {
    let (each, rest) = (total / parts as u32, total as usize % parts);
    (0..parts).map(move |part| (each + u32::from(part < rest)).max(1))
}

/// HTTP/1.1 connections that browsers open to one host at the same time.
const CONNECTIONS_PER_HOST: u32 = 6;

/// More workers than this gain nothing: all sockets of a browser share one network process, and 255 of them is its cap.
const MAX_LOAD_WORKERS: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cores: u32, handshakes_in_flight: u32, expected: &[u32]) {
        let parts = layout(cores, handshakes_in_flight);
        assert_eq!(parts.iter().map(|part| part.handshakes).collect::<Vec<_>>(), expected);
        for (index, part) in parts.iter().enumerate() {
            assert_eq!(part.segment.part, index);
            assert_eq!(part.segment.weights.len(), parts.len());
            assert_eq!(part.is_probe(), index == parts.len() - 1);
        }
    }

    #[test]
    fn handshakes_are_split_over_the_parts_and_the_probe_is_last() {
        check(0, 4, &[3, 1]);
        check(1, 4, &[3, 1]);
        check(2, 4, &[3, 1]);
        check(3, 4, &[2, 1, 1]);
        check(4, 4, &[1, 1, 1, 1]);
        check(5, 8, &[2, 2, 2, 1, 1]);
        check(64, 4, &[1, 1, 1, 1, 1]);
        check(2, 0, &[1, 1]);
    }
}
