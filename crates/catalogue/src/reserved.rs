//! Names that the engine keeps for itself: a scenario's operation that was called so would be counted as something else.

use super::definition::Name;
use super::{Counter, Metric};

/// Operations of the engine: errors are counted under these names, and times where one has any.
pub const CONNECT: &str = Metric::Connect.name();
/// Of audio that came.
pub const AUDIO: &str = "audio";
/// Of frames that cannot be read.
pub const FRAME: &str = "frame";
/// Of leaving.
pub const FINISH: &str = "finish";

/// Why a name cannot be an operation's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// The engine itself measures or counts under it.
    Engines,
    /// It ends like what is measured of another operation.
    EndsLike(&'static str),
}

/// `None`: it is free.
pub fn reserved(name: &str) -> Option<Reserved> {
    if [FRAME, FINISH].contains(&name) || of_engine(name).is_some() {
        return Some(Reserved::Engines);
    }
    Some(match taken().find(|pattern| pattern.whose(name).is_some())? {
        Name::Whole(_) => Reserved::Engines,
        Name::Behind(_, fixed) | Name::Before(fixed, _) | Name::Numbered(_, fixed) => Reserved::EndsLike(fixed),
    })
}

fn taken() -> impl Iterator<Item = Name> {
    let of_metrics = Metric::ALL.iter().map(|metric| metric.definition().name);
    // An operation may be called like a counter of the engine's, and not like the counter of another operation.
    let of_operations = Counter::ALL.iter().map(|counter| counter.definition().name);
    let of_operations = of_operations.filter(|pattern| matches!(pattern, Name::Behind(..)));
    of_metrics.chain(of_operations).filter(|pattern| !pattern.fixed().is_empty())
}

/// All of them as patterns (ECMA-262), for a schema.
pub fn reserved_patterns() -> Vec<String> {
    let literally = |text: &str| text.replace('.', "\\.");
    let families = [AUDIO, CONNECT].map(|family| format!("^{family}(\\.|$)"));
    let own = [FRAME, FINISH].map(|name| format!("^{name}$"));
    let names = taken().map(|pattern| match pattern {
        Name::Whole(name) => format!("^{}$", literally(name)),
        Name::Behind(_, ending) => format!(".{}$", literally(ending)),
        Name::Before(beginning, _) => format!("^{}.", literally(beginning)),
        Name::Numbered(_, between) => format!(".{}[0-9]", literally(between)),
    });
    families.into_iter().chain(own).chain(names).collect()
}

/// Whose row a metric stands below: its operation's, or that of the engine's own family.
pub fn family(metric: &str) -> &str {
    of_engine(metric).unwrap_or(Metric::read(metric).whose)
}

/// Everything under these names is the engine's.
fn of_engine(name: &str) -> Option<&'static str> {
    let is_of = |family: &&str| name.strip_prefix(*family).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    [AUDIO, CONNECT].into_iter().find(is_of)
}
