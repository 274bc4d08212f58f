//! What can happen to the page, and what the page then wants done. Nothing here does anything itself.

use crate::listen::{ListenEffect, ListenEvent};
use crate::page::{PageEffect, PageEvent};
use crate::plan::{ClipEffect, ClipEvent, Edit, PlanEffect, PlanEvent};
use crate::preflight::{PreflightEffect, PreflightEvent};
use crate::response::Undertaking;
use crate::results::{ResultsEffect, ResultsEvent};
use crate::run::{RunEffect, RunEvent};
use crate::safety::{SafetyEffect, SafetyEvent};
use crate::swarm::{SwarmEffect, SwarmEvent};
use crate::trace::{TraceEffect, TraceEvent};

/// The features of the page: each has its events and its effects.
macro_rules! features {
    ($($feature:ident($event:ident, $effect:ident),)*) => {
        /// One thing that happened: a person's doing, or a run's.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $($feature($event),)*
        }

        /// One thing to do in the browser.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Effect {
            $($feature($effect),)*
        }

        $(
            impl From<$event> for Event {
                fn from(event: $event) -> Self {
                    Self::$feature(event)
                }
            }

            impl From<$effect> for Effect {
                fn from(effect: $effect) -> Self {
                    Self::$feature(effect)
                }
            }
        )*
    };
}

features! {
    Page(PageEvent, PageEffect),
    Plan(PlanEvent, PlanEffect),
    Clips(ClipEvent, ClipEffect),
    Safety(SafetyEvent, SafetyEffect),
    Preflight(PreflightEvent, PreflightEffect),
    Run(RunEvent, RunEffect),
    Listen(ListenEvent, ListenEffect),
    Trace(TraceEvent, TraceEffect),
    Swarm(SwarmEvent, SwarmEffect),
    Results(ResultsEvent, ResultsEffect),
}

impl Event {
    /// Before it begins, something may have to be asked.
    pub const fn begins(&self) -> Option<Undertaking> {
        match self {
            Self::Run(RunEvent::Start) => Some(Undertaking::Run),
            Self::Preflight(PreflightEvent::Start) => Some(Undertaking::Preflight),
            _ => None,
        }
    }
}

impl From<Edit> for Event {
    fn from(edit: Edit) -> Self {
        Self::Plan(PlanEvent::Edit(edit))
    }
}

impl From<Undertaking> for Event {
    fn from(undertaking: Undertaking) -> Self {
        match undertaking {
            Undertaking::Run => Self::Run(RunEvent::Start),
            Undertaking::Preflight => Self::Preflight(PreflightEvent::Start),
        }
    }
}
