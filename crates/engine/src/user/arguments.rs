//! An event's arguments as a user looks at them: where they lie, one part at a time, never all of them.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::Value;

use protocol::Args;
use scenario::{Arguments, Pointer};

/// The arguments of the event that is being judged.
pub struct HeardArguments<'a> {
    pub args: &'a Args<'a>,
    /// Something was looked for and not found.
    missed: Cell<bool>,
}

impl<'a> HeardArguments<'a> {
    pub fn new(args: &'a Args<'a>) -> Self {
        Self { args, missed: Cell::new(false) }
    }

    /// Looked at and no JSON. Text in which everything was found is not doubted.
    pub fn is_bad(&self) -> bool {
        self.missed.get() && self.args.values().is_err()
    }

    /// For a task that outlives the frame.
    pub fn kept(&self) -> KeptArguments {
        KeptArguments((&*self.args.raw).into())
    }
}

impl Arguments for HeardArguments<'_> {
    fn part(&self, pointer: &Pointer) -> Option<Cow<'_, Value>> {
        let part = self.args.value(pointer.arg, &pointer.path);
        self.missed.set(self.missed.get() || part.is_none());
        part.map(Cow::Owned)
    }
}

/// The arguments of the event that started a task.
pub struct KeptArguments(Box<str>);

impl KeptArguments {
    /// The raw arguments of an event that came before.
    pub fn new(raw: String) -> Self {
        Self(raw.into())
    }
}

impl Arguments for KeptArguments {
    fn part(&self, pointer: &Pointer) -> Option<Cow<'_, Value>> {
        let args = Args::text(&self.0);
        args.value(pointer.arg, &pointer.path).map(Cow::Owned)
    }
}
