//! Every number that is measured, once: its name or the pattern of its names, what it is, what can falsify it, and what it means.
//!
//! There are three kinds, each a table: times of which histograms are kept ([`Metric`]), counts of what happened ([`Counter`]), and
//! numbers that are neither ([`Figure`]): the ledger's, errors, levels by the second. [`reserved`] says which names the engine keeps
//! for itself. Whoever wants to know something of a name asks here: nobody else looks into it (`tests/documents/catalogue.rs`).
//! The tables of docs/metrics.md are these.
//!
//! It knows nothing of plans, runs or views.

mod counter;
mod definition;
mod figure;
mod metric;
mod order;
mod pages;
mod reserved;

pub use counter::Counter;
pub use definition::{Better, Chapter, Clocks, Definition, Falsifier, Measure, MetricKind, Name, Success};
pub use figure::{Figure, LEDGER, STANDING};
pub use metric::{COMPLETIONS, Metric, Named, TURNS};
pub use order::{answer, by_importance, first_audio, most_important};
pub use pages::{counters, falsified, plain, times};
pub use reserved::{AUDIO, CONNECT, FINISH, FRAME, Reserved, family, reserved, reserved_patterns};

/// An enum of which every variant has its definition beside it.
macro_rules! table {
    ($(#[$about:meta])* $table:ident { $($(#[$what:meta])* $variant:ident = $definition:expr;)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $table {
            $($(#[$what])* $variant,)*
        }

        impl $table {
            /// In the order of their table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            pub const fn definition(self) -> &'static Definition {
                const DEFINITIONS: &[Definition] = &[$($definition,)*];
                &DEFINITIONS[self as usize]
            }

            /// The whole name; of a pattern that part of it which is the same for all.
            pub const fn name(self) -> &'static str {
                self.definition().name.fixed()
            }

            /// One name of the pattern: of this operation, event or state.
            pub fn of(self, whose: &str) -> String {
                self.definition().name.of(whose)
            }
        }
    };
}
use table;

#[cfg(test)]
mod tests;
