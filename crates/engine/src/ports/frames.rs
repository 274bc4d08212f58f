//! Outbound audio frames, made once and sent by all users of a worker.

use std::rc::Rc;

/// One frame of [`Frames`]. Never given another text within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FrameId(pub u32);

/// Texts by [`FrameId`].
#[derive(Debug, Default)]
pub struct Frames(Vec<Rc<str>>);

impl Frames {
    pub fn add(&mut self, text: String) -> FrameId {
        self.0.push(text.into());
        FrameId((self.0.len() - 1) as u32)
    }

    /// The frame's text.
    ///
    /// # Panics
    /// If the id is of another engine.
    pub fn text(&self, frame: FrameId) -> &Rc<str> {
        &self.0[frame.0 as usize]
    }
}
