//! A page's link to its swarm lives in a worker, and workers can die: when the next one is started, and what is said meanwhile.
//!
//! A new one is a new loading to all others, as if the page had been loaded anew, so that no number is used twice under one key.

/// Of one page, over all its links to one swarm. Times in milliseconds of any clock.
#[derive(Debug, Default)]
pub struct Revival {
    /// Deaths without a minute of calm between them.
    deaths: u32,
    died_ms: f64,
    is_dead: bool,
    why: Option<String>,
}

impl Revival {
    /// The worker broke, or could not be started. `Some`: start another after so many milliseconds; `None`: of this death it
    /// is known already.
    pub fn on_death(&mut self, now_ms: f64, why: &str) -> Option<u32> {
        if std::mem::replace(&mut self.is_dead, true) {
            return None;
        }
        let wait_ms = (FIRST_MS << self.deaths.min(10)).min(LONGEST_MS);
        self.deaths += 1;
        self.died_ms = now_ms;
        self.why = Some(why.chars().take(LONGEST_WHY).collect());
        Some(wait_ms)
    }

    pub fn on_start(&mut self) {
        self.is_dead = false;
    }

    /// `true` once: a minute has passed since the last death, and nobody needs to be told of it any more.
    pub fn on_tick(&mut self, now_ms: f64) -> bool {
        let is_calm = self.why.is_some() && !self.is_dead && now_ms - self.died_ms > CALM_MS;
        if is_calm {
            *self = Self::default();
        }
        is_calm
    }

    /// For people; `None`: nothing broke lately.
    pub fn note(&self) -> Option<String> {
        let why = self.why.as_ref()?;
        Some(format!("the link broke: {why}; a new one {} started", if self.is_dead { "is being" } else { "was" }))
    }
}

const FIRST_MS: u32 = 250;
const LONGEST_MS: u32 = 10_000;
const CALM_MS: f64 = 60_000.0;
const LONGEST_WHY: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_dies_is_started_anew_more_and_more_slowly() {
        let mut revival = Revival::default();
        assert_eq!(revival.note(), None);
        assert_eq!(revival.on_death(0.0, "a panic"), Some(250));
        assert_eq!(revival.on_death(1.0, "the same"), None, "a panic is told twice: by its hook and by the worker");
        assert_eq!(revival.note().as_deref(), Some("the link broke: a panic; a new one is being started"));
        let mut waits = Vec::new();
        for death in 1..9 {
            revival.on_start();
            assert_eq!(revival.note().as_deref().map(|note| note.ends_with("a new one was started")), Some(true));
            waits.extend(revival.on_death(f64::from(death) * 1e3, "again"));
        }
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
    }

    #[test]
    fn after_a_minute_of_calm_nothing_is_said_of_it() {
        let mut revival = Revival::default();
        revival.on_death(0.0, "a panic");
        assert!(!revival.on_tick(90_000.0), "it is still dead");
        revival.on_start();
        assert!(!revival.on_tick(60_000.0));
        assert!(revival.on_tick(60_001.0));
        assert!(!revival.on_tick(60_002.0));
        assert_eq!(revival.note(), None);
        assert_eq!(revival.on_death(70_000.0, "another"), Some(250));
    }
}
