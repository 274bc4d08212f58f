//! The search for the breaking point as a state machine: levels up in steps, then halfway between what held and what broke.
//!
//! It says which level the load should have and when measuring begins, and hears how a level did. Between a level that broke and the
//! next one the load goes down to half of where the search began, and further, until the thresholds hold there again: a queue that an
//! overload has left behind would be counted against a level that could do without.

use base::time::{Span, Timestamp};
use metrics::{Ended, LevelMeasured, SearchReport, SearchStep, StepOutcome};
use plan::Search;

#[derive(Debug, Clone, PartialEq)]
pub struct Breakpoint {
    search: Search,
    stage: Stage,
    /// The highest level that held, and the lowest that broke.
    held: Option<f64>,
    broke: Option<f64>,
    steps: Vec<SearchStep>,
    ended: Option<Ended>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    Beginning,
    /// The level has been asked for; nothing is measured yet.
    Settling {
        level: f64,
        until: Timestamp,
        recovering: Option<u32>,
    },
    Measuring {
        level: f64,
        since: Timestamp,
        until: Timestamp,
        recovering: Option<u32>,
    },
    Over,
}

/// What the search wants done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SearchOrder {
    /// The load goes to this level, within so many seconds.
    Level { level: f64, over_s: f64 },
    /// A fresh measurement begins.
    Measure,
    /// The search is over.
    Stop,
}

impl Breakpoint {
    pub fn new(search: Search) -> Self {
        Self { search, stage: Stage::Beginning, held: None, broke: None, steps: Vec::new(), ended: None }
    }

    pub fn search(&self) -> &Search {
        &self.search
    }

    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// The level that is tried just now.
    pub fn level(&self) -> Option<f64> {
        match self.stage {
            Stage::Settling { level, .. } | Stage::Measuring { level, .. } => Some(level),
            Stage::Beginning | Stage::Over => None,
        }
    }

    pub fn report(&self, metric: &str) -> SearchReport {
        SearchReport {
            raise: self.search.raise,
            metric: metric.to_owned(),
            held: self.held,
            broke: self.broke,
            ended: self.ended,
            steps: self.steps.clone(),
        }
    }

    /// The run ends, whatever the search is doing.
    pub fn end(&mut self) {
        if !self.is_over() {
            self.finish(Ended::Unfinished);
        }
    }

    /// `heard`: every worker has handed over up to here. `judge` is asked when a level has been measured.
    pub fn advance(
        &mut self,
        now: Timestamp,
        heard: Timestamp,
        judge: impl FnOnce() -> LevelMeasured,
    ) -> Option<SearchOrder> {
        match self.stage {
            Stage::Beginning => Some(self.go_to(self.search.from, now, None)),
            Stage::Settling { level, until, recovering } if now >= until => {
                let time = if recovering.is_some() { self.search.settle_s.max(2.0) } else { self.search.hold_s };
                let until = now + Span::from_secs_f64(time);
                self.stage = Stage::Measuring { level, since: now, until, recovering };
                Some(SearchOrder::Measure)
            }
            Stage::Measuring { level, since, until, recovering } if heard >= until => {
                let measured = judge();
                match recovering {
                    Some(tries) => self.recovered(&measured, tries, now),
                    None => self.tried(level, since, until, measured, now),
                }
            }
            _ => None,
        }
    }

    fn tried(
        &mut self,
        level: f64,
        since: Timestamp,
        until: Timestamp,
        measured: LevelMeasured,
        now: Timestamp,
    ) -> Option<SearchOrder> {
        let outcome = measured.outcome();
        let (from_s, to_s) = (since.as_secs_f64(), until.as_secs_f64());
        self.steps.push(SearchStep { level, from_s, to_s, outcome, measured });
        match outcome {
            StepOutcome::Invalid => Some(self.finish(Ended::Invalid)),
            StepOutcome::Held => {
                self.held = Some(self.held.map_or(level, |held| held.max(level)));
                match self.next() {
                    Ok(level) => Some(self.go_to(level, now, None)),
                    Err(ended) => Some(self.finish(ended)),
                }
            }
            StepOutcome::Broke => {
                self.broke = Some(self.broke.map_or(level, |broke| broke.min(level)));
                match self.next() {
                    Ok(_) => Some(self.go_to(self.calm(0), now, Some(0))),
                    Err(ended) => Some(self.finish(ended)),
                }
            }
        }
    }

    fn recovered(&mut self, measured: &LevelMeasured, tries: u32, now: Timestamp) -> Option<SearchOrder> {
        match measured.outcome() {
            StepOutcome::Invalid => Some(self.finish(Ended::Invalid)),
            StepOutcome::Held => match self.next() {
                Ok(level) => Some(self.go_to(level, now, None)),
                Err(ended) => Some(self.finish(ended)),
            },
            StepOutcome::Broke if tries + 1 >= MOST_TRIES => Some(self.finish(Ended::NotRecovered)),
            StepOutcome::Broke => Some(self.go_to(self.calm(tries + 1), now, Some(tries + 1))),
        }
    }

    /// A level at which a server that could not keep up gets well again; lower with every try, as a queue may be long.
    fn calm(&self, tries: u32) -> f64 {
        let level = self.search.from / 2.0f64.powi(tries as i32 + 1);
        self.whole(level).max(self.search.least_distance())
    }

    /// The level to try next, or why there is none.
    fn next(&self) -> Result<f64, Ended> {
        let least = self.search.least_distance();
        match (self.held, self.broke) {
            (None, Some(_)) => Err(Ended::BrokenAtStart),
            (None, None) => Ok(self.search.from),
            (Some(held), None) if held >= self.search.to => Err(Ended::NotReached),
            (Some(held), None) => Ok(self.whole((held + self.search.step).min(self.search.to))),
            // A level that held above one that broke: noise at the limit itself.
            (Some(held), Some(broke)) if broke - held <= (held * self.search.precision).max(least) => Err(Ended::Found),
            (Some(held), Some(broke)) => {
                let middle = self.whole(f64::midpoint(held, broke));
                if middle - held < least * 0.999 || broke - middle < least * 0.999 {
                    Err(Ended::Found)
                } else {
                    Ok(middle)
                }
            }
        }
    }

    fn whole(&self, level: f64) -> f64 {
        let least = self.search.least_distance();
        let steps = (level / least).round();
        // Tenths by division, which gives the number that people write.
        if least < 1.0 { steps / (1.0 / least).round() } else { steps }
    }

    fn go_to(&mut self, level: f64, now: Timestamp, recovering: Option<u32>) -> SearchOrder {
        let settle = Span::from_secs_f64(self.search.settle_s);
        self.stage = Stage::Settling { level, until: now + settle, recovering };
        let over_s = if recovering.is_some() { 0.0 } else { self.search.settle_s / 2.0 };
        SearchOrder::Level { level, over_s }
    }

    fn finish(&mut self, ended: Ended) -> SearchOrder {
        self.stage = Stage::Over;
        self.ended = Some(ended);
        SearchOrder::Stop
    }
}

/// Measurements after a level that broke, until the search gives up.
const MOST_TRIES: u32 = 20;

#[cfg(test)]
mod tests;
