//! A look before the run: one user of each population goes all the way, and what fails gets its cause in plain words.
//!
//! The users are the engine's own, in a run of a few seconds ([`rehearsal`](fn@rehearsal)); what that run counted becomes a [`Checklist`].
//! A [`Rehearsal`] has the [`questions`] asked that remain, and [`diagnose`] answers.

mod around;
mod browser;
mod checklist;
mod closed;
mod diagnosis;
mod question;
mod reach;
mod rehearsal;

pub use around::{Around, Diagnosis, Nearby};
pub use browser::{BrowserFacts, browser_checks, more_browsers};
use checklist::origins;
pub use checklist::{Check, Checklist, Group, State, connects, failures};
pub use diagnosis::{Failure, diagnose};
pub use question::{AskedBy, Question, QuestionSeen, questions};
use question::{may_ask, most_counted};
pub use rehearsal::{BrowserSeen, CountAt, ENGINE, Rehearsal, RehearsalInput, RehearsalOutput, ToRehearse, rehearsal};
