//! The newest frames of every user, as `tap.js` keeps them: `rings.json` is the test of both.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

use engine::{Caught, Rings, SHARED_MS};
use metrics::{UserId, Way};

#[derive(Debug, Default)]
pub struct HostRings {
    rings: RefCell<HashMap<UserId, Ring>>,
    wide: RefCell<Option<UserId>>,
}

#[derive(Debug, Default)]
struct Ring {
    frames: VecDeque<Caught>,
    next: u64,
    chars: usize,
    /// By way: the number and the beginning of the last long frame; an empty one stands for bytes.
    long: [Option<(u64, String)>; 4],
}

impl HostRings {
    /// A text or binary frame passes by.
    pub fn keep(&self, user: UserId, at_ms: f64, way: Way, text: Option<&str>, length: usize) {
        let slots = if *self.wide.borrow() == Some(user) { WIDE } else { SLOTS };
        self.rings.borrow_mut().entry(user).or_default().keep(slots, at_ms, way, text, length);
    }
}

impl Rings for HostRings {
    fn recent(&self, user: UserId, most: usize, sent: usize) -> Vec<Caught> {
        let rings = self.rings.borrow();
        let Some(ring) = rings.get(&user) else { return Vec::new() };
        let newest = ring.frames.len().saturating_sub(most);
        let before = ring.frames.iter().take(newest).filter(|frame| frame.way.is_out());
        let left_out = before.clone().count().saturating_sub(sent);
        before.skip(left_out).chain(ring.frames.iter().skip(newest)).cloned().collect()
    }

    fn since(&self, user: UserId, number: u64, most: usize) -> Vec<Caught> {
        let rings = self.rings.borrow();
        let Some(ring) = rings.get(&user) else { return Vec::new() };
        let from = number.max(ring.next.saturating_sub(most as u64));
        ring.frames.iter().filter(|frame| frame.number >= from).cloned().collect()
    }

    fn note(&self, user: UserId, at_ms: f64, way: Way, line: &str) {
        if way.is_out() || self.rings.borrow().contains_key(&user) {
            self.keep(user, at_ms, way, Some(line), line.len());
        }
    }

    fn widen(&self, user: Option<UserId>) {
        *self.wide.borrow_mut() = user;
    }

    fn forget(&self, user: UserId) {
        self.rings.borrow_mut().remove(&user);
    }
}

impl Ring {
    fn keep(&mut self, slots: usize, at_ms: f64, way: Way, text: Option<&str>, length: usize) {
        let is_long = text.is_none() || length > LONG;
        if is_long && self.goes_on(at_ms, way, text) {
            return;
        }
        let number = self.next;
        self.next += 1;
        let kept = text.map(|text| if is_long { head(text, HEAD) + "…" } else { text.to_owned() });
        if is_long {
            self.long[way as usize] = Some((number, text.map(|text| head(text, ALIKE)).unwrap_or_default()));
        }
        self.chars += kept.as_deref().map_or(0, units);
        self.frames.push_back(Caught { number, at_ms, way, length: length as u32, more: 0, text: kept });
        while self.frames.len() > slots || self.chars > CHARS && self.frames.len() > 1 {
            let gone = self.frames.pop_front().and_then(|frame| frame.text);
            self.chars -= gone.as_deref().map_or(0, units);
        }
    }

    /// It begins as the last long one of its way, which is still here.
    fn goes_on(&mut self, at_ms: f64, way: Way, text: Option<&str>) -> bool {
        let Some((number, beginning)) = &self.long[way as usize] else { return false };
        let is_alike = text.map_or(beginning.is_empty(), |text| !beginning.is_empty() && text.starts_with(beginning));
        let found = self.frames.iter_mut().find(|frame| frame.number == *number && at_ms - frame.at_ms <= SHARED_MS);
        found.filter(|_| is_alike).map(|frame| frame.more += 1).is_some()
    }
}

/// UTF-16 units, as JavaScript counts.
fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

fn head(text: &str, most: usize) -> String {
    String::from_utf16_lossy(&text.encode_utf16().take(most).collect::<Vec<_>>())
}

/// Frames of a user, and of the one that is watched.
const SLOTS: usize = 64;
const WIDE: usize = 512;
/// Characters of all its frames.
const CHARS: usize = 32_768;
/// Longer frames are audio or lists: what they begin with is kept, and how many of them there were.
const LONG: usize = 2_048;
const HEAD: usize = 256;
/// Characters by which long frames are told apart.
const ALIKE: usize = 24;

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// What passes by, like `in hello` or `out x*5000`, and what is kept of it, like `0 in hello` or `1 out xx… (5000) +3`.
    #[derive(Deserialize)]
    struct Case {
        frames: Vec<String>,
        kept: Vec<String>,
    }

    #[test]
    fn rings_keep_what_the_table_says() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("rings.json")).unwrap();
        for case in cases {
            let rings = HostRings::default();
            for frame in &case.frames {
                let (way, text) = frame.split_once(' ').unwrap();
                let way = serde_json::from_value(way.into()).expect("a way");
                match text.split_once('*').map(|(text, times)| (text, times.parse::<usize>())) {
                    Some(("bytes", Ok(length))) => rings.keep(UserId(1), 0.0, way, None, length),
                    Some((text, Ok(times))) => {
                        rings.keep(UserId(1), 0.0, way, Some(&text.repeat(times)), text.len() * times);
                    }
                    _ => rings.keep(UserId(1), 0.0, way, Some(text), text.len()),
                }
            }
            let kept: Vec<_> = rings.since(UserId(1), 0, usize::MAX).iter().map(in_short).collect();
            assert_eq!(kept, case.kept, "{:?}", case.frames);
        }
    }

    fn in_short(caught: &Caught) -> String {
        let way = serde_json::to_value(caught.way).unwrap();
        let text = match &caught.text {
            Some(text) if text.chars().count() > 8 => head(text, 8),
            Some(text) => text.clone(),
            None => "bytes".to_owned(),
        };
        let way = way.as_str().unwrap();
        format!("{} {way} {text} ({}) +{}", caught.number, caught.length, caught.more)
    }

    #[test]
    fn a_ring_is_bounded_by_number_and_by_length() {
        let rings = HostRings::default();
        for _ in 0..1_000 {
            rings.keep(UserId(1), 0.0, Way::In, Some("x"), 1);
        }
        assert_eq!(rings.since(UserId(1), 0, usize::MAX).len(), SLOTS);
        for _ in 0..1_000 {
            rings.keep(UserId(1), 0.0, Way::In, Some(&"y".repeat(LONG)), LONG);
        }
        assert_eq!(rings.since(UserId(1), 0, usize::MAX).len(), CHARS / LONG);
        rings.widen(Some(UserId(2)));
        for _ in 0..1_000 {
            rings.keep(UserId(2), 0.0, Way::In, Some("x"), 1);
        }
        assert_eq!(rings.since(UserId(2), 0, usize::MAX).len(), WIDE);
    }

    #[test]
    fn what_goes_on_for_long_takes_a_new_place_from_time_to_time() {
        let rings = HostRings::default();
        for tenth in 0..50 {
            rings.keep(UserId(1), f64::from(tenth) * 100.0, Way::In, Some(&"y".repeat(LONG + 1)), LONG + 1);
        }
        let more: Vec<_> = rings.since(UserId(1), 0, usize::MAX).iter().map(|frame| frame.more).collect();
        assert_eq!(more, [20, 20, 7]);
    }

    #[test]
    fn what_a_user_sent_stands_before_what_is_newest() {
        let rings = HostRings::default();
        for number in 0..40 {
            let way = if number % 10 == 0 { Way::Out } else { Way::In };
            rings.keep(UserId(1), 0.0, way, Some("x"), 1);
        }
        let numbers: Vec<_> = rings.recent(UserId(1), 3, 2).iter().map(|frame| frame.number).collect();
        assert_eq!(numbers, [20, 30, 37, 38, 39]);
    }
}
