//! What is wrong with a typed-in document, and where.

use std::cell::RefCell;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One problem: the place, and a sentence that names the value found and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Path from the document's root, like `populations[0].load.stages[2].target`.
    pub path: String,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

/// Collects problems while a document is walked, so that all are reported at once.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// Takes `&self`, so that every node of a document can hold on to the collection.
    pub fn add(&self, path: impl Into<String>, message: impl Into<String>) {
        self.0.borrow_mut().push(Problem { path: path.into(), message: message.into() });
    }

    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    pub fn into_vec(self) -> Vec<Problem> {
        self.0.into_inner()
    }

    /// `value` if nothing was wrong, else every problem.
    pub fn or<T>(self, value: T) -> Result<T, Vec<Problem>> {
        let problems = self.into_vec();
        if problems.is_empty() { Ok(value) } else { Err(problems) }
    }
}
