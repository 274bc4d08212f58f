//! A window of some seconds that slides by one second: exact sums of what every second held, never means of means.
//!
//! A second is judged when every worker has handed over beyond it. What comes later still (from a browser that was cut off for
//! a while) is put into the second it belongs to, and the windows over that second are judged again, as long as it is kept.

use std::collections::VecDeque;

use super::tally::{Lens, Tally, Times};
use base::time::Span;
use plan::Operator;

#[derive(Debug, Clone)]
pub struct Windows {
    /// Seconds of a window.
    length: u32,
    /// The first second that counts.
    start: u32,
    /// What each kept second held, and the value of the window that ends with it.
    seconds: VecDeque<(Tally, Option<f64>)>,
    /// The number of the first kept second.
    first: u32,
    /// The sum of the window that ends before `judged`.
    sum: Tally,
    /// Windows that end before or with this second are judged.
    judged: u32,
    /// The earliest judged second that has changed since.
    changed: Option<u32>,
    /// Of the windows whose seconds are not kept any more.
    gone: WindowFindings,
}

/// What windows showed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WindowFindings {
    /// Windows that had a value.
    pub measured: u32,
    /// The worst value, and the second that its window ended at.
    pub worst: Option<(f64, u32)>,
    /// When the first window that broke the threshold ended.
    pub broken: Option<u32>,
}

impl Windows {
    pub fn new(length: Span, start: u32) -> Self {
        let length = (length.as_micros() / 1_000_000) as u32;
        let (seconds, sum) = (VecDeque::new(), Tally::default());
        Self {
            length,
            start,
            seconds,
            first: start,
            sum,
            judged: start,
            changed: None,
            gone: WindowFindings::default(),
        }
    }

    pub fn length(&self) -> u32 {
        self.length
    }

    /// The tally of a second; `None`: it is not looked at, or not kept any more.
    pub fn second(&mut self, second: u32) -> Option<&mut Tally> {
        let place = second.checked_sub(self.first)? as usize;
        if second < self.judged {
            self.changed = Some(self.changed.map_or(second, |changed| changed.min(second)));
        }
        while self.seconds.len() <= place {
            self.seconds.push_back((Tally::default(), None));
        }
        Some(&mut self.seconds[place].0)
    }

    /// Judges the windows that end with the second before `until`, or earlier.
    pub fn judge(&mut self, until: u32, lens: &Lens, compare: impl Fn(f64, f64) -> bool, breaks: impl Fn(f64) -> bool) {
        if let Some(changed) = self.changed.take() {
            self.rewind(changed);
        }
        while self.judged < until {
            let end = self.judged;
            self.second(end);
            self.slide_to(end);
            self.judged = end + 1;
            let is_full = self.judged - self.start >= self.length;
            let value = if is_full { lens.measure(&self.sum, self.times()) } else { None };
            self.seconds[(end - self.first) as usize].1 = value;
        }
        while self.seconds.len() > (self.length + KEPT_LATE) as usize
            && self.first + self.length + KEPT_LATE < self.judged
        {
            let (_, value) = self.seconds.pop_front().expect("it is longer than that");
            self.first += 1;
            self.gone.note(value, self.first, &compare, &breaks);
        }
    }

    /// So far. `compare`: the first value is worse than the second.
    pub fn findings(&self, compare: impl Fn(f64, f64) -> bool, breaks: impl Fn(f64) -> bool) -> WindowFindings {
        let mut findings = self.gone;
        for (place, (_, value)) in self.seconds.iter().enumerate() {
            findings.note(*value, self.first + place as u32 + 1, &compare, &breaks);
        }
        findings
    }

    /// The value of the newest judged window.
    pub fn latest(&self) -> Option<f64> {
        self.seconds.get(self.judged.checked_sub(self.first + 1)? as usize)?.1
    }

    fn times(&self) -> Times {
        let window = Span::from_secs(u64::from(self.length));
        Times { samples: window, counts: window }
    }

    /// The window that ends with this second, made of the one before it.
    fn slide_to(&mut self, end: u32) {
        let place = (end - self.first) as usize;
        self.sum.add(&self.seconds[place].0);
        let oldest = end.checked_sub(self.length).filter(|gone| *gone >= self.start);
        if let Some(gone) = oldest.and_then(|gone| gone.checked_sub(self.first)) {
            self.sum.take(&self.seconds[gone as usize].0);
        }
        if let Some(samples) = &mut self.sum.samples {
            let from = (place + 1).saturating_sub(self.length as usize);
            samples.bound(self.seconds.range(from..=place).filter_map(|(second, _)| second.samples.as_ref()));
        }
    }

    /// Goes back to before the first window that a changed second is part of, or as far as the seconds of windows are kept.
    fn rewind(&mut self, changed: u32) {
        let oldest = if self.first == self.start { self.start } else { self.first + self.length };
        self.judged = self.judged.min(changed.max(oldest));
        let from = self.judged.saturating_sub(self.length).max(self.first);
        let known = std::mem::take(&mut self.sum);
        for second in from..self.judged {
            self.sum.add(&self.seconds[(second - self.first) as usize].0);
        }
        // Names stay known.
        let mut names = known.clone();
        names.take(&known);
        self.sum.add(&names);
    }
}

impl WindowFindings {
    fn note(
        &mut self,
        value: Option<f64>,
        end: u32,
        is_worse: impl Fn(f64, f64) -> bool,
        breaks: impl Fn(f64) -> bool,
    ) {
        let Some(value) = value else { return };
        self.measured += 1;
        if self.worst.is_none_or(|(worst, _)| is_worse(value, worst)) {
            self.worst = Some((value, end));
        }
        if self.broken.is_none() && breaks(value) {
            self.broken = Some(end);
        }
    }
}

/// Whether the first value is further from keeping to the limit than the second.
pub fn is_worse(operator: Operator, limit: f64, value: f64, than: f64) -> bool {
    let distance = |value: f64| (value - limit).abs();
    match operator {
        Operator::Less | Operator::LessOrEqual => value > than,
        Operator::Greater | Operator::GreaterOrEqual => value < than,
        Operator::Equal => distance(value) > distance(than),
        Operator::NotEqual => distance(value) < distance(than),
    }
}

/// Seconds that are kept beyond a window's, for what comes late: a browser that was cut off has come back by then, or never does.
const KEPT_LATE: u32 = 60;

#[cfg(test)]
mod tests;
