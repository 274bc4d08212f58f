//! From the text of an expression to its meaning.

use std::str::FromStr;

use super::scanner::{Column, Scanner, quoted};
use super::subject::{TIMES, Words, Wrong};
use super::{Bound, Scope, Subject, Threshold, ThresholdError, Unit};
use base::time::Span;
use catalogue::Metric;

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let mut scanner = Scanner::new(text);
        let name_at = scanner.skip_spaces();
        let name = scanner
            .name()
            .ok_or_else(|| name_at.error(format!("expected a metric like `{}`", Metric::RoundTrip.of("message"))))?;
        let filter = scanner.between(['[', ']'])?.map(|(filter, _)| filter);
        let population = scanner.between(['{', '}'])?;
        let statistic_at = scanner.skip_spaces();
        let statistic = scanner.name().map(str::to_lowercase);
        let operator = scanner.operator()?;
        let written = Written::read(&mut scanner)?;
        let words = Words { name, filter, statistic: statistic.as_deref(), share: written.is_share() };
        let subject = words
            .subject()
            .map_err(|(wrong, message)| if wrong == Wrong::Name { name_at } else { statistic_at }.error(message))?;
        if let (Subject::Delivery { .. }, Some((_, at))) = (&subject, population) {
            return Err(at.error("the ledger is kept for the whole run, not by population"));
        }
        let (unit, mut clauses) = (subject.unit(), Clauses::default());
        let bound = written.bound(unit)?;
        while clauses.read(&mut scanner)? {}
        if matches!(subject, Subject::Standing(_)) && (clauses.window.is_some() || clauses.scope.is_some()) {
            return Err(name_at.error("it is of the whole run, and of no part of it"));
        }
        Ok(Self {
            text: text.trim().to_owned(),
            subject,
            population: population.map(|(name, _)| name.to_owned()),
            operator,
            bound,
            unit,
            scope: clauses.scope.unwrap_or_default(),
            window: clauses.window,
            abort: clauses.abort,
        })
    }
}

/// The right side, before it is known what is compared.
enum Written {
    Number { number: f64, at: Column, unit: Option<&'static str>, unit_at: Column },
    Baseline(f64),
}

impl Written {
    fn read(scanner: &mut Scanner<'_>) -> Result<Self, ThresholdError> {
        if !scanner.word("baseline") {
            let (number, at) = scanner.number()?;
            let unit_at = scanner.skip_spaces();
            return Ok(Self::Number { number, at, unit: scanner.unit(), unit_at });
        }
        if scanner.sign('*') {
            return Ok(Self::Baseline(scanner.number()?.0));
        }
        let sign = if scanner.sign('+') {
            1.0
        } else if scanner.sign('-') {
            -1.0
        } else {
            return Ok(Self::Baseline(1.0));
        };
        let (number, at) = scanner.number()?;
        let unit_at = scanner.skip_spaces();
        if scanner.unit() != Some("%") {
            return Err(unit_at.error("expected `%`: a baseline is raised or lowered in percent of its own value"));
        }
        if sign < 0.0 && number > 100.0 {
            return Err(at.error("at most 100 % can be taken off"));
        }
        Ok(Self::Baseline(1.0 + sign * number / 100.0))
    }

    fn is_share(&self) -> bool {
        matches!(self, Self::Number { unit: Some("%"), .. })
    }

    fn bound(&self, natural: Unit) -> Result<Bound, ThresholdError> {
        match *self {
            Self::Baseline(factor) => Ok(Bound::Baseline(factor)),
            Self::Number { number, at, unit, unit_at } => {
                let limit = number * natural.factor(unit).map_err(|error| unit_at.error(error.to_string()))?;
                if natural == Unit::Share && !(0.0..=1.0).contains(&limit) {
                    return Err(at.error("a share is from 0 to 1, or 0 % to 100 %"));
                }
                Ok(Bound::Fixed(limit))
            }
        }
    }
}

/// What may follow a comparison, each once and in any order.
#[derive(Default)]
struct Clauses {
    scope: Option<Scope>,
    window: Option<Span>,
    abort: Option<Span>,
}

impl Clauses {
    /// One more; `false`: it is the end.
    fn read(&mut self, scanner: &mut Scanner<'_>) -> Result<bool, ThresholdError> {
        let at = scanner.skip_spaces();
        if scanner.rest().is_empty() {
            return Ok(false);
        }
        let twice = |is_new: bool| if is_new { Ok(true) } else { Err(at.error("it has been said already")) };
        if scanner.word("for") {
            let window = window(scanner)?;
            return twice(self.window.replace(window).is_none());
        }
        if scanner.word("abort") {
            let delay = if scanner.word("after") { time(scanner)?.0 } else { Span::ZERO };
            return twice(self.abort.replace(delay).is_none());
        }
        if scanner.word("whole") {
            let run_at = scanner.skip_spaces();
            let is_run = scanner.word("run");
            let is_new = self.scope.replace(Scope::WholeRun).is_none();
            return if is_run { twice(is_new) } else { Err(run_at.error("expected `whole run`")) };
        }
        if scanner.word("after") {
            let warmup_at = scanner.skip_spaces();
            let is_warmup = scanner.word("warm-up") || scanner.word("warmup");
            let is_new = self.scope.replace(Scope::AfterWarmup).is_none();
            return if is_warmup { twice(is_new) } else { Err(warmup_at.error("expected `after warm-up`")) };
        }
        Err(at.error(format!("did not expect {} here, only {CLAUSES}", quoted(scanner.rest()))))
    }
}

fn window(scanner: &mut Scanner<'_>) -> Result<Span, ThresholdError> {
    let (window, at) = time(scanner)?;
    let is_whole = window.as_micros().is_multiple_of(1_000_000);
    if !is_whole || !(Span::from_secs(1)..=LONGEST_WINDOW).contains(&window) {
        return Err(at.error("a window is from 1 s to 10 min long, in whole seconds"));
    }
    Ok(window)
}

/// A time with its unit.
fn time(scanner: &mut Scanner<'_>) -> Result<(Span, Column), ThresholdError> {
    let (number, at) = scanner.number()?;
    let unit_at = scanner.skip_spaces();
    let found = scanner.rest();
    let unit = scanner.unit().and_then(|unit| TIMES.iter().find(|(known, _)| *known == unit));
    let (_, millis) = unit.ok_or_else(|| {
        unit_at.error(format!("expected a time like `30 s`, found {} behind the number", quoted(found)))
    })?;
    Ok((Span::from_secs_f64(number * millis / 1e3), at))
}

/// A window's seconds are kept apart: more of them than this take too much memory.
const LONGEST_WINDOW: Span = Span::from_secs(600);

const CLAUSES: &str = "`for 30 s`, `whole run`, `after warm-up` or `abort`";
